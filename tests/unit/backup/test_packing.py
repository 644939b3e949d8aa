import hashlib
import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from securedoc.backup import packing
from securedoc.backup.largefile import Block
from securedoc.backup.packing import PackProof, Source
from securedoc.core.digests import Digest
from securedoc.errors import (
    BackupMalformed,
    BackupUntrusted,
    DocumentFailed,
    DocumentMissing,
    DocumentUntrusted,
)
from tests.support.media import body, sealed


def packed(sources: list[Source]) -> bytes:
    out = io.BytesIO()
    block = Block(out.write)
    packing.write_pack(sources, block)
    block.flush()
    proof = PackProof(sources)
    proof.feed(out.getbuffer())
    proof.digest()
    return out.getvalue()


def unpacked(data: bytes) -> dict[Digest, bytes]:
    return {one.digest: b"".join(one.chunks) for one in packing.read_pack(io.BytesIO(data), "pack-0001.tar")}


@pytest.fixture
def sources(root: Path) -> list[Source]:
    return sealed(b"", body(1, 1), body(2, 512), body(3, 513), body(4, 3_000_000), into=root)


def test_a_pack_gives_every_object_back_and_has_the_size_foretold(sources: list[Source]) -> None:
    data = packed(sources)

    assert unpacked(data) == {one.digest: one.path.read_bytes() for one in sources}
    assert len(data) == packing.pack_size(one.size_bytes for one in sources)


def test_the_same_objects_make_the_same_pack(sources: list[Source]) -> None:
    assert packed(sources) == packed(sources)


@pytest.mark.parametrize("size", [0, 1, 511, 512, 4096, 8**11 - 1])
def test_a_header_is_byte_for_byte_what_the_tar_library_makes(size: int) -> None:
    info = tarfile.TarInfo(packing.member_name(Digest.of(b"x")))
    info.size, info.mode = size, 0o600

    assert packing._header(Digest.of(b"x"), size) == info.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")


def test_an_object_that_no_header_can_state_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        packing._header(Digest.of(b"x"), 8**11)


def test_gnu_tar_lists_a_pack_without_a_complaint(sources: list[Source]) -> None:
    done = subprocess.run(["tar", "-tf", "-"], input=packed(sources), capture_output=True, check=True)

    assert done.stderr == b""
    assert done.stdout.decode().split() == [packing.member_name(one.digest) for one in sources]


def test_objects_are_divided_into_packs_and_none_is_too_large_but_for_one_object_alone() -> None:
    def source(size: int) -> Source:
        return Source(Digest.of(bytes([size % 251])), size, Path("x"))

    packs = list(packing.into_packs([source(size) for size in (1000, 2000, 9000, 1, 1)], 4096))

    assert [[one.size_bytes for one in pack] for pack in packs] == [[1000], [2000], [9000], [1, 1]]
    assert list(packing.into_packs([], 4096)) == []


@pytest.mark.parametrize("damage", [b"", b"x", b"longer than it was"])
def test_a_damaged_object_in_the_vault_stops_the_pack_by_name(sources: list[Source], damage: bytes) -> None:
    sources[2].path.write_bytes(damage)

    with pytest.raises(DocumentUntrusted, match=sources[2].digest.hex):
        packed(sources)


def test_an_object_that_is_not_there_or_is_a_link_stops_the_pack_by_name(sources: list[Source]) -> None:
    sources[1].path.unlink()
    with pytest.raises(DocumentMissing, match=sources[1].digest.hex):
        packed(sources)

    sources[1].path.symlink_to(sources[2].path)
    with pytest.raises(DocumentFailed, match=sources[1].digest.hex):
        packed(sources)


def test_every_flipped_bit_of_a_small_pack_is_refused(root: Path) -> None:
    good = packed(sealed(body(1, 40), into=root))

    for bit in range(len(good) * 8):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        with pytest.raises((BackupMalformed, BackupUntrusted)):
            unpacked(bytes(bad))


def test_every_truncated_pack_is_refused(root: Path) -> None:
    good = packed(sealed(body(1, 40), into=root))

    for length in range(len(good)):
        with pytest.raises(BackupMalformed):
            unpacked(good[:length])
    with pytest.raises(BackupMalformed):
        unpacked(good + b"\0")


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "ab/../../x", "zz/" + "0" * 64, hashlib.sha256(b"").hexdigest()]
)
def test_a_member_that_is_not_named_as_ours_is_refused(name: str) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO(b""))

    with pytest.raises(BackupMalformed, match="not a pack"):
        unpacked(out.getvalue())


def test_a_link_named_as_an_object_is_refused() -> None:
    info = tarfile.TarInfo(packing.member_name(Digest.of(b"")))
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        tar.addfile(info)

    with pytest.raises(BackupMalformed, match="not a pack"):
        unpacked(out.getvalue())
