"""What a snapshot needs beside itself: the fixed files and the objects bags, as `sha256sum -c` reads them."""

import re
from collections.abc import Mapping
from typing import Final

from securedoc.backup.layout import FIXED_FILES, BagKind, BagName
from securedoc.core.digests import Digest
from securedoc.formats.bagit import MANIFEST

MAX_OUTSIDE_BYTES: Final = 4 << 20

# From the snapshot's data/ directory up to the directory that all bags lie in.
_UP: Final = "../../"
_LINE: Final = re.compile(r"([0-9a-f]{64})  \.\./\.\./([^\r\n]+)")


def manifest_path(bag: BagName) -> str:
    """Return where a bag's manifest lies, from the directory that all bags lie in."""
    return f"{bag}/{MANIFEST}"


def format_outside(digests: Mapping[str, Digest]) -> bytes:
    """Spell the list; its paths are seen from the snapshot's `data/`."""
    return "".join(f"{digest.hex}  {_UP}{path}\n" for path, digest in sorted(digests.items())).encode()


def parse_outside(untrusted_data: bytes) -> dict[str, Digest]:
    """Read the list: paths from the directory that all bags lie in, and their digests.

    Raises:
        ValueError: a line is not of the form, names something else, or stands twice.
    """
    digests: dict[str, Digest] = {}
    text = untrusted_data.decode("ascii")
    if not text.endswith("\n"):
        raise ValueError("cut off within a line")
    for line in text[:-1].split("\n"):
        match = _LINE.fullmatch(line)
        if match is None or not _is_ours(match[2]) or match[2] in digests:
            raise ValueError("not a line of the list, or a path that stands twice")
        digests[match[2]] = Digest.parse(match[1])
    return digests


def _is_ours(untrusted_path: str) -> bool:
    if untrusted_path in FIXED_FILES:
        return True
    bag, slash, file = untrusted_path.partition("/")
    try:
        return slash == "/" and file == MANIFEST and BagName.parse(bag).kind is BagKind.OBJECTS
    except ValueError:
        return False
