import base64
import bz2
import gzip
import io
import json
import lzma
import quopri
import struct
import tarfile
import unicodedata
import zipfile
import zlib

import pytest

from securedoc.core.secret import Secret
from securedoc.tracing import unpacking
from securedoc.tracing.fingerprints import Index, Matching, Printer, prints
from securedoc.tracing.unpacking import Unlooked, Unpacker
from tests.support.tracing import TEXT, UNRELATED, docx, odt

RAW = TEXT.encode()


def looked(data: bytes, *, deep: bool = False) -> tuple[bool, set[Unlooked]]:
    """Tell whether the document is recognised in a file of these bytes, and what was not looked into."""
    printer = Printer(Secret(b"k" * 32))
    index = Index()
    index.add(0, prints(printer, [TEXT]))
    index.settle()
    matching = Matching(printer, index)
    unpacker = Unpacker(matching.take, marked_only=index.marked_only, deep=deep)
    unpacker.file(io.BytesIO(data), len(data))
    return matching.best() is not None, unpacker.unlooked


def zipped(data: bytes, name: str = "a.txt", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr(name, data)
    return packed.getvalue()


def tarred(data: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        info = tarfile.TarInfo("a.txt")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


def libreoffice_pack(data: bytes) -> bytes:
    packed = zlib.compress(data, 9)
    return b"PACK" + struct.pack(">IIII", 1, len(data), zlib.crc32(data), len(packed)) + packed


def rtf(text: str) -> bytes:
    said = "".join(c if ord(c) < 128 else f"\\u{ord(c)}?" for c in text)
    return ("{\\rtf1\\ansi " + said.replace("\n\n", "\\par ") + "}").encode()


DISGUISES = {
    "plain": RAW,
    "with a byte order mark": b"\xef\xbb\xbf" + RAW,
    "wide, little end first": TEXT.encode("utf-16"),
    "wide, big end first": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "wide, without a mark": TEXT.encode("utf-16-le"),
    "decomposed letters": unicodedata.normalize("NFD", TEXT).encode(),
    "a DOCX": docx(),
    "an ODT": odt(),
    "a DOCX in a zip": zipped(docx(), "body.docx"),
    "a DOCX stored in a zip": zipped(docx(), "body.docx", zipfile.ZIP_STORED),
    "a DOCX cut off in its middle": docx()[: int(len(docx()) * 0.9)],
    "gzip": gzip.compress(RAW),
    "bzip2": bz2.compress(RAW),
    "xz": lzma.compress(RAW),
    "zlib": zlib.compress(RAW),
    "LibreOffice's pack": libreoffice_pack(RAW),
    "tar": tarred(RAW),
    "tar.gz": gzip.compress(tarred(RAW)),
    "mail in base64": b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(RAW),
    "bare base64": base64.encodebytes(RAW),
    "a DOCX mailed in base64": b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(docx()),
    "mail in quoted-printable": quopri.encodestring(RAW),
    "a data URI": b'<img src="data:text/plain;base64,' + base64.b64encode(RAW) + b'">',
    "HTML": f"<!doctype html><html><p>{TEXT.replace('mật', '<b>m</b>ật')}</p></html>".encode(),
    "HTML with numbered letters": ("<html>" + TEXT).encode("ascii", "xmlcharrefreplace"),
    "JSON": json.dumps({"text": TEXT}).encode(),
    "percent signs": "".join(f"%{byte:02X}" if byte > 127 else chr(byte) for byte in RAW).encode(),
    "RTF": rtf(TEXT),
    "in the middle of a binary file": bytes(range(256)) * 40 + b"\0" + RAW + b"\0" * 5000,
    "across the pieces that are read": b"x\n" * (unpacking.PIECE_BYTES // 2 - 300) + RAW,
    "upper case": TEXT.upper().encode(),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_text_is_found_in_every_disguise(disguise: str) -> None:
    found, _ = looked(DISGUISES[disguise])

    assert found


@pytest.mark.parametrize("disguise", ["plain", "a DOCX", "gzip", "JSON"])
def test_another_text_in_the_same_disguise_is_not(disguise: str) -> None:
    other = {
        "plain": UNRELATED.encode(),
        "a DOCX": docx(UNRELATED),
        "gzip": gzip.compress(UNRELATED.encode()),
        "JSON": json.dumps([UNRELATED]).encode(),
    }[disguise]

    assert looked(other) == (False, set())


def test_wide_text_in_a_dump_is_found_where_dumps_are() -> None:
    dump = bytes(range(256)) * 40 + b"\1" + TEXT.encode("utf-16-le") + b"\0" * 100

    assert looked(dump, deep=True)[0]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(100), Unlooked.CLOSED),
        (b"\xff\xd8\xff\xe0" + bytes(100), Unlooked.CLOSED),
        (b"7z\xbc\xaf\x27\x1c" + bytes(100), Unlooked.CLOSED),
        (b"\x28\xb5\x2f\xfd" + bytes(100), Unlooked.CLOSED),
        (b"%PDF-1.7\n", Unlooked.PDF),
        (b"PK\x03\x04\x14\0\1\0\x08\0" + bytes(20), Unlooked.ENCRYPTED),
    ],
)
def test_what_is_not_looked_into_is_said(data: bytes, reason: Unlooked) -> None:
    assert looked(data) == (False, {reason})


def test_a_file_beyond_the_bound_is_looked_into_as_far_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "MOST_BYTES", 3 * unpacking.MIB)
    monkeypatch.setattr(unpacking, "MOST_PACKED_BYTES", 3 * unpacking.MIB)

    assert looked(RAW + bytes(4 * unpacking.MIB)) == (True, {Unlooked.LARGE})
    assert looked(bytes(4 * unpacking.MIB) + RAW) == (False, {Unlooked.LARGE})
    assert Unlooked.LARGE in looked(docx() + bytes(4 * unpacking.MIB))[1]


@pytest.mark.parametrize("depth", [2, 60])
def test_archives_within_archives_end(depth: int) -> None:
    data = RAW
    for _ in range(depth):
        data = gzip.compress(data)

    found, unlooked = looked(data)

    assert found == (depth == 2)
    assert bool(unlooked) == (depth != 2)


def test_a_bomb_is_given_up_and_that_is_said() -> None:
    bomb = gzip.compress(bytes(140 * unpacking.MIB), 1)

    found, unlooked = looked(bomb)

    assert (found, unlooked) == (False, {Unlooked.LARGE})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x1f\x8b",
        b"\x1f\x8b\x08garbage",
        b"BZh9garbage",
        b"\xfd7zXZgarbage",
        b"PACK",
        b"PK\x03\x04",
        b"\x78\x9cxxxx",
        b"x\x01 is how a text may begin",
        b"\xff\xfe",
        b"base64," + b"A" * 81,
    ],
)
def test_what_only_looks_packed_breaks_nothing(data: bytes) -> None:
    assert looked(data)[0] is False


def test_a_file_that_grew_while_it_was_read_is_read_no_further_than_it_was() -> None:
    class Growing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return b"x" * (size or 0)

    unpacker = Unpacker(lambda _text: None, marked_only=True)

    unpacker.file(Growing(), 10)
