"""Looks at one file: its name, its bytes, its text, its time; and says what it is a remnant of."""

import errno
import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.core.documents import DocumentId
from securedoc.system.traces import lists, reaching
from securedoc.system.traces.places import Holds, Sign
from securedoc.system.traces.walk import Met
from securedoc.tracing import remnants
from securedoc.tracing.fingerprints import Matching
from securedoc.tracing.gathering import Gathered, pages_of
from securedoc.tracing.names import Named, Naming
from securedoc.tracing.past import Opening
from securedoc.tracing.remnants import Remnant
from securedoc.tracing.unpacking import MIB, Unlooked, Unpacker

MOST_PAGES: Final = 20
MOST_PDFS: Final = 500
"""Whose text is read without `every_pdf`: each takes up to half a second."""
MOST_HASHED_BYTES: Final = 256 * MIB
_QUOTES: Final = re.compile("[\"'<>\\n\\0]")
_DUMPS: Final = frozenset({Sign.CRASH_DUMP, Sign.CLIPBOARD_STORE, Sign.SEARCH_INDEX, Sign.TEMPORARY})
_INBOXES: Final = frozenset(
    {"Downloads", "Desktop", "Tải về", "Tải xuống", "Màn hình nền", "Bàn làm việc", "Màn hình chính"}
)
_OF_AN_OFFICE: Final = frozenset({".docx", ".doc", ".odt", ".rtf", ".pdf", ".txt", ".fodt", ".xps"})
_REMNANTS_GATHER: Final = frozenset(
    {
        *(Sign.THUMBNAIL, Sign.TRASH, Sign.EDITOR_BACKUP, Sign.EDITOR_LOCK, Sign.SCREENSHOT, Sign.TEMPORARY),
        *(Sign.PRINT_SPOOL, Sign.PRINTED_FILE, Sign.CRASH_DUMP),
    }
)
_SPEAKING: Final = frozenset(
    {Sign.THUMBNAIL, Sign.RECENT_FILES, Sign.EDITOR_HISTORY, Sign.TRASH, Sign.VIEWER_DATA, Sign.PRINT_SPOOL}
)
"""What says which file it is of: a thumbnail in its tEXt chunk, `Thumb::URI`."""


@dataclass(frozen=True, slots=True)
class Depth:
    """How much is looked into."""

    since_s: float | None = None
    """Only what changed since; None: everything."""
    every_pdf: bool = False
    """Read the text of every PDF, not only of those that something points to."""


class Looker:
    """Looks at files, one after another, and counts."""

    def __init__(self, gathered: Gathered, depth: Depth) -> None:
        self._gathered = gathered
        self._depth = depth
        self.looked = 0
        """Files that were looked into, at least in part."""
        self.names = gathered.names
        self._pdfs = 0
        self.unlooked: Counter[Unlooked] = Counter()

    def look(self, met: Met) -> Iterator[Remnant]:
        """Yield what a file is a remnant of; of several reasons, the surest for each document."""
        lasting = met.place.holds in {Holds.LIST, Holds.STORE}
        if not lasting and self._depth.since_s is not None and met.changed_s < self._depth.since_s:
            self.unlooked[Unlooked.OLDER] += 1
            return
        named = None if lasting else self._gathered.names.in_name(met.name)
        try:
            found = list(self._into(met, named))
        except OSError:
            self.unlooked[Unlooked.UNREADABLE] += 1
            found = []
        if named is not None:
            found.append(remnants.by_name(met, named.document, named.by))
        if not found:
            found = list(self._by_time(met))
        if found:
            yield from _surest(found)

    def _into(self, met: Met, named: Naming | None) -> Iterator[Remnant]:
        place = met.place
        if place.holds is Holds.LIST:
            yield from self._list(met)
            if self._gathered.printer is None:
                return
        elif place.sign is Sign.COPY and not self._comparable(met):
            self.unlooked[Unlooked.KEYLESS] += 1
            return
        yield from self._content(met, named)

    def _comparable(self, met: Met) -> bool:
        return self._gathered.printer is not None or met.identity.size_bytes in self._gathered.sizes

    def _list(self, met: Met) -> Iterator[Remnant]:
        if met.identity.size_bytes > lists.MOST_BYTES or met.place.form is None:
            self.unlooked[Unlooked.LARGE] += 1
            return
        with reaching.opened(met.path) as stream:
            data = stream.read(lists.MOST_BYTES) or b""
        namings = {one for entry in lists.entries(met.place.form, data) if (one := self.named_in(entry))}
        for naming in sorted(namings, key=lambda one: (one.document, one.by)):
            yield remnants.by_name(met, naming.document, naming.by)

    def named_in(self, entry: bytes) -> Naming | None:
        """Return the document that an entry of a list speaks of."""
        plain = lists.unquoted(entry)
        names = self.names
        for document in names.identifiers(plain):
            return Naming(document, Named.IDENTIFIER)
        for part in _names_in(plain):
            naming = names.in_name(part)
            if naming is not None:
                return naming
        return None

    def _content(self, met: Met, named: Naming | None) -> Iterator[Remnant]:
        gathered, size = self._gathered, met.identity.size_bytes
        heard = None if met.place.holds is Holds.FILE else _Heard(self, met)
        matching = None if gathered.printer is None else Matching(gathered.printer, gathered.index)
        unpacker = Unpacker(
            matching.take if matching else _drop,
            marked_only=gathered.index.marked_only,
            pages=(lambda data: self._pages(data, met, named)) if matching else None,
            deep=met.place.sign in _DUMPS,
            seen=heard,
        )
        with reaching.Held(met.file) as stream:
            self.looked += 1
            whole = self._whole(stream.descriptor, size)
            if whole is not None:
                yield remnants.by_digest(met, whole)
                return
            if matching is not None or heard is not None:
                unpacker.file(stream, size)
        if matching is None:
            self.unlooked[Unlooked.KEYLESS] += 1
        elif matching.full:
            unpacker.unlooked.add(Unlooked.LARGE)
        self.unlooked.update(unpacker.unlooked)
        match = matching.best() if matching else None
        if match is not None:
            yield remnants.by_content(met, gathered.owners[match.owner], match)
        if heard is not None and met.place.holds is not Holds.LIST:
            yield from heard.remnants()

    def _points_to(self, met: Met, named: Naming | None) -> bool:
        """Tell whether a PDF here is worth the time that reading its words takes."""
        if self._depth.every_pdf:
            return True
        ordinary = met.place.sign is Sign.COPY or (met.place.sign is Sign.TEMPORARY and met.shared)
        pointed = named is not None or not ordinary or _is_inbox(met)
        return self._pdfs < MOST_PDFS and (pointed or any(True for _ in self._during(met)))

    def _during(self, met: Met) -> Iterator[Opening]:
        return self._gathered.past.during(met.changed_s)

    def _pages(self, data: bytes, met: Met, named: Naming | None) -> Iterator[str]:
        if not len(self._gathered.index) or not self._points_to(met, named):
            raise OSError(errno.EAGAIN, "nothing points to this PDF")
        self._pdfs += 1
        return pages_of(MOST_PAGES)(data)

    def _whole(self, descriptor: int, size: int) -> DocumentId | None:
        """Return the document that the file is, byte for byte; read only where its size is right.

        The descriptor is at the file's beginning then as before.
        """
        gathered = self._gathered
        keyed = gathered.whole.get(size) if size else None
        if size > MOST_HASHED_BYTES or (keyed is None and size not in gathered.sizes):
            return None
        plain = hashlib.sha256()
        secret = None if gathered.printer is None or keyed is None else gathered.printer.whole()
        while piece := os.read(descriptor, MIB):
            plain.update(piece)
            if secret is not None:
                secret.update(piece)
        os.lseek(descriptor, 0, os.SEEK_SET)
        if secret is not None and keyed is not None and secret.digest() in keyed:
            return keyed[secret.digest()]
        return gathered.past.digests.get(plain.digest())

    def _by_time(self, met: Met) -> Iterator[Remnant]:
        if not self._gathered.past.openings:
            return
        of_office = os.path.splitext(met.name)[1].lower() in _OF_AN_OFFICE  # noqa: PTH122 - no Path for each file
        # Programs of all kinds write to directories for temporary files all the time.
        busy = met.place.sign is Sign.TEMPORARY and met.place.holds is Holds.FILE
        suspicious = (met.place.sign in _REMNANTS_GATHER and not busy) or (
            of_office and (busy or _is_inbox(met))
        )
        if suspicious:
            for opening in self._during(met):
                yield remnants.by_time(met, opening.document)
                return


class _Heard:
    """Collects the names that are in a file's bytes, as they are unpacked."""

    def __init__(self, looker: Looker, met: Met) -> None:
        self._looker = looker
        self._met = met
        self._identified: dict[DocumentId, None] = {}
        self._spoken: Naming | None = None

    def __call__(self, data: bytes) -> None:
        """Take the names in these bytes."""
        self._identified.update(dict.fromkeys(self._looker.names.identifiers(data)))
        if self._met.place.sign in _SPEAKING and not self._identified and self._spoken is None:
            self._spoken = self._looker.named_in(data)

    def remnants(self) -> Iterator[Remnant]:
        """Yield a remnant for each document that was named."""
        for document in self._identified:
            yield remnants.by_name(self._met, document, Named.IDENTIFIER, inside=True)
        if self._spoken is not None and not self._identified:
            yield remnants.by_name(self._met, self._spoken.document, self._spoken.by, inside=True)


def _surest(found: list[Remnant]) -> Iterator[Remnant]:
    recognised, certainties = list(remnants.Recognised), list(remnants.Certainty)
    best: dict[DocumentId | None, Remnant] = {}
    for one in sorted(
        found, key=lambda one: (certainties.index(one.certainty), recognised.index(one.recognised))
    ):
        best.setdefault(one.document, one)
    # Text that is there weighs more than a name of another document beside it; a list names many.
    if found and found[0].holds in {Holds.LIST, Holds.STORE}:
        yield from best.values()
    else:
        yield from list(best.values())[:1]


def _is_inbox(met: Met) -> bool:
    return bool(_INBOXES & set(met.path.relative_to(met.base).parts[:1]))


def _names_in(entry: bytes) -> Iterator[str]:
    """Yield what in an entry may be the name of a file: the last part of each path."""
    text = entry.decode("utf-8", "replace")
    for quoted in _QUOTES.split(text):
        name = Path(quoted.strip()).name if quoted.strip() else ""
        if name:
            yield name


def _drop(text: str) -> None:
    del text
