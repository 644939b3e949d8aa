"""File names that every file system of a stick can hold, and which of them stand for which text."""

import re
from typing import Final

MAX_NAME_BYTES: Final = 240
"""Of an encoded name: 255 on every file system, less what a suffix or a temporary name adds."""

_ESCAPE: Final = "="
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")
_ESCAPED: Final = re.compile(r"=([0-9a-f]{2})")
# Names that Windows reads as devices, whatever their suffix.
_DEVICES: Final = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))]
)
_FORBIDDEN: Final = frozenset('<>:"|?*\\')


def encode(text: str) -> str:
    """Spell `text` as one file name; two texts never share a name, also where case is ignored.

    Lower-case letters, digits, `-`, `_` and inner dots stand for themselves; every other byte of
    the UTF-8 form is `=` and two hexadecimal digits. `%` is not used: BagIt gives it a meaning.

    Raises:
        ValueError: the text is empty, or its name would be too long.
    """
    if not text:
        raise ValueError("an empty text has no file name")
    name = "".join(c if c in _PLAIN else _escaped(c) for c in text)
    if name.startswith(".") or name.split(".", 1)[0] in _DEVICES:
        name = _escaped(name[0]) + name[1:]
    if name.endswith("."):
        name = name[:-1] + _escaped(".")
    if len(name) > MAX_NAME_BYTES:
        raise ValueError("the file name would be too long")
    return name


def decode(untrusted_name: str) -> str:
    """Return the text that `encode` spelled as this name.

    Raises:
        ValueError: no text has this name.
    """
    raw = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), untrusted_name)
    text = raw.encode("latin-1").decode("utf-8")
    # One text, one name: any other spelling of it was not written by us.
    if encode(text) != untrusted_name:
        raise ValueError("not a file name of ours")
    return text


def is_safe_relative(untrusted_path: str) -> bool:
    """Tell whether a path read from a medium stays below its root on every file system.

    Refused: absolute paths, drive letters, `.` and `..`, empty parts, backslashes, control
    characters, and parts that FAT would shorten (a trailing dot or space).
    """
    if not untrusted_path or not untrusted_path.isprintable() or _FORBIDDEN & set(untrusted_path):
        return False
    parts = untrusted_path.split("/")
    return all(part not in ("", ".", "..") and not part.endswith((".", " ")) for part in parts)


def fold(path: str) -> str:
    """Return what a file system that ignores case takes the path for."""
    return path.casefold()


def _escaped(character: str) -> str:
    return "".join(f"{_ESCAPE}{byte:02x}" for byte in character.encode("utf-8"))
