"""A remnant: what was found, of which document, how it was recognised, and how it is cleaned."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from securedoc.core.documents import DocumentId
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.text import Message, message
from securedoc.system.traces.places import Holds, Place, Sign
from securedoc.system.traces.walk import Met
from securedoc.tracing.fingerprints import LIKELY, Match
from securedoc.tracing.names import Named


class Recognised(StrEnum):
    """What gave a remnant away, the surest first."""

    DIGEST = "digest"
    """The whole file is one that the vault holds, byte for byte."""
    CONTENT = "content"
    IDENTIFIER = "identifier"
    NUMBER = "number"
    SUBJECT = "subject"
    TIME = "time"
    """It appeared in a place for remnants while a document was open."""
    PLACE = "place"
    """It may hold anything that was in memory."""


class Certainty(StrEnum):
    """How sure it is that this is a remnant of a document."""

    CERTAIN = "certain"
    """Removed without asking."""
    LIKELY = "likely"
    POSSIBLE = "possible"


class Cleaning(StrEnum):
    """How a remnant is cleaned."""

    SHRED = "shred"
    REWRITE = "rewrite"
    """The entry is taken out of the list, which stays."""
    BY_HAND = "by-hand"


PLAINTEXT: Final = frozenset({Recognised.DIGEST, Recognised.CONTENT})
_NAMED: Final = {
    Named.IDENTIFIER: Recognised.IDENTIFIER,
    Named.NUMBER: Recognised.NUMBER,
    Named.SUBJECT: Recognised.SUBJECT,
}
_OF_ONE: Final = frozenset(
    {
        *(Sign.THUMBNAIL, Sign.RECENT_FILES, Sign.EDITOR_HISTORY, Sign.EDITOR_LOCK, Sign.TRASH),
        *(Sign.VIEWER_DATA, Sign.PRINT_SPOOL, Sign.TEMPORARY),
    }
)
"""Whose content says which file it is about; a backup that mentions a document may be of another."""
_BY_HAND: Final = {
    Sign.SWAP: message(
        "switch swap off, or encrypt it with a key that is forgotten; guard check looks at it"
    ),
    Sign.HIBERNATION: message("forbid it: systemctl mask hibernate.target hybrid-sleep.target"),
    Sign.CLIPBOARD: message("end this clipboard manager and remove its package: it keeps what is copied"),
    Sign.CLIPBOARD_STORE: message("clear the history in its program, then shred this file"),
    Sign.SEARCH_INDEX: message(
        "clear the index with its program (tracker3 reset -s, balooctl purge), then switch indexing off"
    ),
    Sign.VIEWER_DATA: message("end the programs of the desktop, then shred this file: they make it anew"),
    Sign.NAME_INDEX: message("shred this file, and remove the package that makes it (plocate, mlocate)"),
    Sign.SYSTEM_LOG: message(
        "rotate and empty the logs: journalctl --rotate, journalctl --vacuum-time=1s; blocks that are freed "
        "so are not overwritten"
    ),
    Sign.PRINT_LOG: message("stop the print service, shred its logs and job lists, start it again"),
    Sign.EDITOR_HISTORY: message(
        "clear the history in its program, or shred this file while it does not run"
    ),
    Sign.SHELL_HISTORY: message("take the lines out with an editor, or shred this file"),
    Sign.RECENT_FILES: message("clear the list in its program, or shred this file"),
}
_OTHERWISE: Final = message("look at it, and shred it with: securedoc shred PATH")


@dataclass(frozen=True, slots=True)
class Remnant:
    """One remnant."""

    what: Sign
    path: Path
    document: DocumentId | None
    recognised: Recognised
    certainty: Certainty
    clean: Cleaning
    met: Met | None
    """The file as it was looked at; None for what is no file."""
    holds: Holds
    withheld: bool = False
    """Its name may say what a document is about whose abstract is not written."""

    @property
    def cannot(self) -> Message | None:
        """What has to be done by people, because no program can."""
        return _BY_HAND.get(self.what, _OTHERWISE) if self.clean is Cleaning.BY_HAND else None

    @property
    def plaintext(self) -> bool:
        """Whether words of a document lie there, as far as that is known."""
        return self.recognised in PLAINTEXT and self.certainty is not Certainty.POSSIBLE

    def shown(self) -> str:
        """Return its path as a report may show it."""
        if not self.withheld or self.met is None:
            return str(self.path)
        mark = hashlib.sha256(str(self.path).encode("utf-8", "surrogateescape")).hexdigest()[:12]
        return str(self.met.base / "…" / mark)

    def as_json(self) -> JsonObject:
        """Return it as reports and programs are given it."""
        return {
            "what": self.what.value,
            "path": self.shown().encode("utf-8", "replace").decode(),
            "document": self.document,
            "recognised": self.recognised.value,
            "certainty": self.certainty.value,
            "clean": self.clean.value,
            "cannot": None if self.cannot is None else self.cannot.template,
        }


def by_digest(met: Met, document: DocumentId) -> Remnant:
    """Return the remnant that a file is which the vault holds byte for byte."""
    return _remnant(met, document, Recognised.DIGEST, Certainty.CERTAIN)


def by_content(met: Met, document: DocumentId, match: Match) -> Remnant:
    """Return the remnant that a file is whose text has much in common with a document."""
    # A person's file may hold a person's own words, and so may a program's backup of it: before it is removed
    # unasked, most of it must be the document; of a person's file, it must be most of the document too.
    mostly = match.own >= LIKELY and 2 * match.own >= match.of_text
    sure = match.most or (met.place.holds is Holds.COPY and mostly)
    return _remnant(met, document, Recognised.CONTENT, Certainty.CERTAIN if sure else Certainty.LIKELY)


def by_name(met: Met, document: DocumentId, named: Named, *, inside: bool = False) -> Remnant:
    """Return the remnant that something is whose name, or a name `inside` it, speaks of a document."""
    # Other offices have documents of the same number, and other files are called what a subject says.
    of_one = met.place.sign in _OF_ONE if inside else met.place.holds is not Holds.FILE
    certain = named is Named.IDENTIFIER and (of_one or met.place.holds in {Holds.LIST, Holds.STORE})
    return _remnant(met, document, _NAMED[named], Certainty.CERTAIN if certain else Certainty.LIKELY)


def by_time(met: Met, document: DocumentId) -> Remnant:
    """Return the remnant that something may be which appeared while a document was open."""
    return _remnant(met, document, Recognised.TIME, Certainty.POSSIBLE)


def by_place(what: Sign, path: Path) -> Remnant:
    """Return what may hold anything that was in memory."""
    return Remnant(
        what, path, None, Recognised.PLACE, Certainty.POSSIBLE, Cleaning.BY_HAND, None, Holds.STORE
    )


def _remnant(met: Met, document: DocumentId, recognised: Recognised, certainty: Certainty) -> Remnant:
    clean = _cleaning(met.place, recognised)
    return Remnant(met.place.sign, met.path, document, recognised, certainty, clean, met, met.place.holds)


def _cleaning(place: Place, recognised: Recognised) -> Cleaning:
    if place.holds in {Holds.COPY, Holds.FILE}:
        return Cleaning.SHRED
    if place.holds is Holds.LIST and recognised not in PLAINTEXT:
        return Cleaning.REWRITE
    return Cleaning.BY_HAND
