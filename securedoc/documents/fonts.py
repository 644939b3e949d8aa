"""Which fonts a document may be drawn with, proven to hold every Vietnamese letter."""

import io
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont, TTLibError

from securedoc.core.digests import Digest
from securedoc.core.findings import Finding, Severity, State
from securedoc.core.text import message
from securedoc.errors import DocumentRefused

KNOWN_DIRECTORIES: Final = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
"""The only places searched: a font in somebody's home directory must not change a state document."""

MAX_FONT_BYTES: Final = 16 * 1024 * 1024
MAX_DIRECTORIES: Final = 2000

# OS/2.fsType bit 1: the foundry forbids embedding, so a PDF/A with it would not be allowed.
_EMBEDDING_FORBIDDEN: Final = 0x0002

_MARKED = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
_TONES = "\u0300\u0301\u0303\u0309\u0323"
NEEDED_LETTERS: Final = frozenset(
    [unicodedata.normalize("NFC", letter + tone) for letter in _MARKED for tone in _TONES]
    + list(_MARKED)
    + list("đĐ₫“”‘’–—…§°×÷²³ \u00a0")
    + [chr(code) for code in range(0x20, 0x7F)]
)


@dataclass(frozen=True, slots=True)
class FontFile:
    """One file of the family, pinned by what it held when it was checked."""

    path: Path
    digest: Digest

    def __str__(self) -> str:
        return f"{self.path.name} {self.digest}"


@dataclass(frozen=True, slots=True)
class FontSet:
    """A family that documents may be drawn with."""

    family: str
    directory: Path | None
    """None: the family is built into the layout engine."""
    files: tuple[FontFile, ...]
    letters: frozenset[int] | None
    """Code points that every file has; None: not known, the engine refuses what it lacks."""
    warning: Finding | None = None

    @property
    def record(self) -> tuple[str, ...]:
        """The fonts as a FinalDocument names them."""
        return tuple(str(file) for file in self.files) or (f"{self.family} (built in)",)

    def require(self, text: str) -> None:
        """Check that every character of `text` can be drawn.

        Raises:
            DocumentRefused: one cannot; it is named.
        """
        if self.letters is None:
            return
        for character in sorted(set(text) - {"\n", "\t"}):
            if ord(character) not in self.letters:
                refuse_character(character, self.family)


def refuse_character(character: str, family: str) -> None:
    """Name a character that the font does not have.

    Raises:
        DocumentRefused: always.
    """
    raise DocumentRefused(
        "the font {font} has no glyph for {character}",
        hint="replace that character in the draft, or install a font that has it",
        font=family,
        character=f"U+{ord(character):04X} {unicodedata.name(character, 'without a name')}",
    )


@dataclass(frozen=True, slots=True)
class _Candidate:
    family: str
    names: tuple[str, ...]
    """File names of regular, bold, italic and bold italic, in lower case."""
    from_revision: float = 0.0


# In order of preference. Liberation Serif 1.x lacks 93 Vietnamese letters, so its revision counts.
_CANDIDATES: Final = (
    _Candidate("Times New Roman", ("times.ttf", "timesbd.ttf", "timesi.ttf", "timesbi.ttf")),
    _Candidate(
        "Times New Roman",
        (
            "times_new_roman.ttf",
            "times_new_roman_bold.ttf",
            "times_new_roman_italic.ttf",
            "times_new_roman_bold_italic.ttf",
        ),
    ),
    _Candidate("Tinos", ("tinos-regular.ttf", "tinos-bold.ttf", "tinos-italic.ttf", "tinos-bolditalic.ttf")),
    _Candidate(
        "Liberation Serif",
        (
            "liberationserif-regular.ttf",
            "liberationserif-bold.ttf",
            "liberationserif-italic.ttf",
            "liberationserif-bolditalic.ttf",
        ),
        from_revision=2.0,
    ),
)


@lru_cache(maxsize=8)
def choose(roots: tuple[Path, ...] = KNOWN_DIRECTORIES) -> FontSet:
    """Find the best family under `roots`; the one built into the engine where none is good enough."""
    directories = tuple(_directories(roots))
    for candidate in _CANDIDATES:
        for directory, files in directories:
            if found := _checked(candidate, directory, files):
                return found
    return FontSet("Libertinus Serif", None, (), None, _fallback_warning())


def _fallback_warning() -> Finding:
    return Finding(
        "documents.font",
        Severity.MEDIUM,
        State.FAIL,
        message("no Times font with Vietnamese letters was found; drawn with Libertinus Serif"),
        message("install fonts-croscore or fonts-liberation2"),
    )


def _directories(roots: Iterable[Path]) -> Iterator[tuple[Path, dict[str, Path]]]:
    """Walk directories with their TrueType files by lower-case name, in a fixed order."""
    waiting, seen = sorted(roots, reverse=True), 0
    while waiting and seen < MAX_DIRECTORIES:
        directory, seen = waiting.pop(), seen + 1
        if not directory.is_dir():
            continue
        entries = sorted(directory.iterdir())
        waiting.extend(entry for entry in reversed(entries) if entry.is_dir() and not entry.is_symlink())
        yield directory, {entry.name.lower(): entry for entry in entries if entry.suffix.lower() == ".ttf"}


def _checked(candidate: _Candidate, directory: Path, files: dict[str, Path]) -> FontSet | None:
    """Make a FontSet of `candidate` when all four files are there and each is good."""
    if not all(name in files for name in candidate.names):
        return None
    checked: list[FontFile] = []
    common: set[int] | None = None
    for name in candidate.names:
        if files[name].stat().st_size > MAX_FONT_BYTES:
            return None
        data = files[name].read_bytes()
        letters = _letters(data, candidate)
        if letters is None:
            return None
        common = letters if common is None else common & letters
        checked.append(FontFile(files[name], Digest.of(data)))
    return FontSet(candidate.family, directory, tuple(checked), frozenset(common or ()))


def _letters(data: bytes, candidate: _Candidate) -> set[int] | None:
    """Return the code points of a font that may be used, None for one that may not."""
    try:
        with TTFont(io.BytesIO(data), lazy=True) as font:
            letters = set(font.getBestCmap() or {})
            family = font["name"].getBestFamilyName()
            usable = (
                family == candidate.family
                and font["head"].fontRevision >= candidate.from_revision
                and not font["OS/2"].fsType & _EMBEDDING_FORBIDDEN
                and all(ord(letter) in letters for letter in NEEDED_LETTERS)
            )
    except (TTLibError, KeyError, OSError, AssertionError):
        return None
    return letters if usable else None
