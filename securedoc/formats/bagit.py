"""BagIt 1.0 tag files (RFC 8493): exact bytes to values and back; strict where RFC and safety agree."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from securedoc.core.digests import Digest
from securedoc.formats import names

MANIFEST: Final = "manifest-sha256.txt"
TAG_MANIFEST: Final = "tagmanifest-sha256.txt"
DECLARATION_FILE: Final = "bagit.txt"
INFO_FILE: Final = "bag-info.txt"
FETCH_FILE: Final = "fetch.txt"
PAYLOAD: Final = "data/"

DECLARATION: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

MAX_LINES: Final = 200_000
"""A manifest line is one file of a bag, which has some dozens."""
MAX_TAG_FILE_BYTES: Final = 64 * 1024 * 1024

_LINE: Final = re.compile(r"([0-9a-f]{64}) [ *]([^\r\n]+)")
_LABEL: Final = re.compile(r"([^:\s](?:[^:]*[^:\s])?):[ \t](.*)")
_ENCODED: Final = re.compile(r"%(25|0[AaDd])")
_OXUM: Final = re.compile(r"(0|[1-9][0-9]{0,17})\.(0|[1-9][0-9]{0,9})")


class BagMalformed(ValueError):
    """A tag file breaks the rules of BagIt, or a rule that keeps a reader safe."""

    def __init__(self, file: str, line: int, why: str) -> None:
        super().__init__(f"{file}:{line}: {why}")
        self.file = file
        self.line = line
        """From 1; 0 where the file as a whole is meant."""
        self.why = why


@dataclass(frozen=True, slots=True, order=True)
class ManifestLine:
    """One file of a bag and the digest it must have."""

    path: str
    """Relative to the bag, with `/`; decoded."""
    digest: Digest


@dataclass(frozen=True, slots=True)
class Oxum:
    """Payload-Oxum: how many octets in how many files the payload has."""

    octets: int
    streams: int

    def __str__(self) -> str:
        return f"{self.octets}.{self.streams}"

    @classmethod
    def parse(cls, untrusted_text: str) -> "Oxum":
        """Read `octets.streams`.

        Raises:
            BagMalformed: it is something else.
        """
        match = _OXUM.fullmatch(untrusted_text)
        if match is None:
            raise BagMalformed(INFO_FILE, 0, "Payload-Oxum is not two numbers")
        return cls(int(match[1]), int(match[2]))


def check_declaration(untrusted_data: bytes) -> None:
    """Accept the declaration of BagIt 1.0 in UTF-8, and no other.

    Raises:
        BagMalformed: it differs; earlier versions encode paths another way.
    """
    if untrusted_data != DECLARATION:
        raise BagMalformed(DECLARATION_FILE, 1, "not the declaration of a BagIt 1.0 bag in UTF-8")


def format_manifest(lines: Iterable[ManifestLine]) -> bytes:
    """Spell a manifest, ordered by path; `sha256sum -c` reads the same bytes.

    Raises:
        BagMalformed: a path is unsafe or stands twice, also where case is ignored.
    """
    ordered = sorted(lines)
    _check_paths(MANIFEST, [line.path for line in ordered])
    return "".join(f"{line.digest.hex}  {_encode_path(line.path)}\n" for line in ordered).encode()


def parse_manifest(untrusted_data: bytes, *, file: str = MANIFEST) -> tuple[ManifestLine, ...]:
    """Read a payload manifest, or the tag manifest where `file` says so.

    Raises:
        BagMalformed: any line that is not a digest and a safe path of its own; none is skipped,
            since a skipped line is a file that nobody checks.
    """
    lines = []
    for number, text in enumerate(_text_lines(file, untrusted_data), start=1):
        match = _LINE.fullmatch(text)
        if match is None:
            raise BagMalformed(file, number, "not a digest, two characters and a path")
        lines.append(ManifestLine(_decode_path(file, number, match[2]), Digest.parse(match[1])))
    payload = not file.startswith("tagmanifest-")
    for number, line in enumerate(lines, start=1):
        if line.path.startswith(PAYLOAD) != payload:
            raise BagMalformed(file, number, "a path on the wrong side of data/")
    _check_paths(file, [line.path for line in lines])
    return tuple(lines)


def format_info(fields: Sequence[tuple[str, str]]) -> bytes:
    """Spell bag-info.txt, one line a field.

    Raises:
        BagMalformed: a label or value would not be read back as it is.
    """
    data = "".join(f"{label}: {value}\n" for label, value in fields).encode()
    if parse_info(data) != tuple(fields):
        raise BagMalformed(INFO_FILE, 0, "a field that one line cannot hold")
    return data


def parse_info(untrusted_data: bytes) -> tuple[tuple[str, str], ...]:
    """Read bag-info.txt, continuation lines joined by one space.

    Raises:
        BagMalformed: a line is neither a field nor the continuation of one.
    """
    fields: list[tuple[str, str]] = []
    for number, text in enumerate(_text_lines(INFO_FILE, untrusted_data), start=1):
        match = _LABEL.fullmatch(text)
        if text[:1] in (" ", "\t") and fields:
            label, value = fields[-1]
            fields[-1] = (label, f"{value} {text.strip()}")
        elif match is None:
            raise BagMalformed(INFO_FILE, number, "neither a field nor its continuation")
        else:
            fields.append((match[1], match[2]))
    return tuple(fields)


def _text_lines(file: str, untrusted_data: bytes) -> list[str]:
    if len(untrusted_data) > MAX_TAG_FILE_BYTES:
        raise BagMalformed(file, 0, "too large for a tag file")
    try:
        text = untrusted_data.decode("utf-8")
    except UnicodeDecodeError:
        raise BagMalformed(file, 0, "not UTF-8") from None
    if not text:
        raise BagMalformed(file, 0, "empty")
    if not text.endswith("\n"):
        raise BagMalformed(file, text.count("\n") + 1, "cut off within a line")
    lines = text[:-1].split("\n")
    if len(lines) > MAX_LINES:
        raise BagMalformed(file, 0, "too many lines")
    return lines


def _encode_path(path: str) -> str:
    # Line breaks would be encoded too, but no safe path has one.
    return path.replace("%", "%25")


def _decode_path(file: str, number: int, untrusted_path: str) -> str:
    # A bare % is refused: two spellings of one path would be two lines for one file.
    if "%" in _ENCODED.sub("", untrusted_path):
        raise BagMalformed(file, number, "a percent sign that is not %25, %0D or %0A")
    return _ENCODED.sub(lambda match: chr(int(match[1], 16)), untrusted_path)


def _check_paths(file: str, untrusted_paths: Sequence[str]) -> None:
    seen: set[str] = set()
    for number, path in enumerate(untrusted_paths, start=1):
        if not names.is_safe_relative(path):
            raise BagMalformed(file, number, "a path that could leave the bag or that no stick can hold")
        if names.fold(path) in seen:
            raise BagMalformed(file, number, "a path that stands here twice")
        seen.add(names.fold(path))
