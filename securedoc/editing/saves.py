"""Saves: each complete DOCX that the editor wrote is sealed into the vault as a new version."""

import os
import stat
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, Kind
from securedoc.core.entries import Act
from securedoc.documents.package import open_package
from securedoc.errors import DocumentError, DocumentIncomplete, DocumentUntrusted
from securedoc.office.objectfacts import facts_of
from securedoc.office.office import Office
from securedoc.system import files, terminal
from securedoc.system.traces import reaching

# As much as any file that is read in; documents.package has its own bounds.
_LARGEST: Final = 256 * 1024 * 1024
_SUFFIX: Final = ".docx"
# What an editor keeps beside the document: Word's and LibreOffice's locks, vim's swap and backup.
_ASIDE: Final = (".", "~$", "#")
# Text in these would be lost: the vault keeps drafts as DOCX, and nothing converts them unseen.
_OTHER_FORMATS: Final = frozenset({".odt", ".ott", ".fodt", ".doc", ".rtf", ".docm", ".dotx", ".txt"})
_MOST_OTHERS: Final = 100  # documents under other names; an officer saves under a handful

Mark = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class SavedAs:
    """A save under another name than the draft's: sealed all the same, as a version of the draft."""

    name: str
    version: int


class Saves:
    """The saves of one session: looks at the folder, seals what is new and complete."""

    def __init__(  # noqa: PLR0913 - what is compared with differs after a crash
        self,
        office: Office,
        path: Path,
        document: DocumentId,
        *,
        source: str,
        sealed: Collection[Digest],
        opened: bool = True,
    ) -> None:
        """`sealed` are the contents that the vault has, the newest last; `opened`: that is what lay there."""
        self.count = 0
        self.version: int | None = None
        """The newest version that was made here."""
        self.elsewhere: list[SavedAs] = []
        self.unfinished: dict[str, DocumentError] = {}
        """Files that were saved in a form that cannot be kept, and what is wrong with them."""
        self._office = office
        self._path = path
        self._document = document
        self._source = source
        self._sealed = set(sealed)
        self._here = list(sealed)[-1] if opened and sealed else None
        self._looked: dict[str, Mark] = {}
        self._seen: dict[str, tuple[Mark, float]] = {}
        self._left = ""
        """A document that was not looked at, because there are too many."""

    def collect(self, *, quiet_s: float = 0.0, now: Callable[[], float] = time.monotonic) -> int:
        """Seal every complete file that is new, the oldest first, and return how many were.

        A file that changed less than `quiet_s` ago is still being written. Without it everything is
        read again, whatever was seen of it before: that is the truth at the end.

        Raises:
            LedgerBusy, LedgerFailed: nothing more could be sealed; the files are untouched.
        """
        before = self.count
        with self._folder() as folder:
            for path, mark in self._found(folder):
                if quiet_s and not self._settled(path.name, mark, quiet_s, now()):
                    continue
                data = self._read_whole(path)
                if data is not None and self._take(path, data):
                    self._looked[path.name] = mark
                elif data is None and not quiet_s:
                    self.unfinished[path.name] = _not_read(path.name)
            if self._left and not quiet_s:
                self.unfinished.setdefault(self._left, _too_many(self._left))
        return self.count - before

    def left_out(self) -> tuple[str, ...]:
        """Return the names of documents in forms that the vault does not take, not to be told as kept."""
        with self._folder() as folder:
            entries: Iterable[os.DirEntry[str]] = () if folder is None else os.scandir(folder)
            return tuple(sorted(entry.name for entry in entries if _is_other_format(entry)))

    @contextmanager
    def _folder(self) -> Iterator[Path | None]:
        """Hold the folder; None, and an error to be told, when the program put something else in its place.

        The workspace is the program's to change: a link there would have us read, with more rights than it
        has, what it cannot see itself, and hand it over as a version of its draft.
        """
        with ExitStack() as stack:
            try:
                folder = stack.enter_context(folder_of(self._path))
            except OSError:
                self.unfinished[self._path.name] = DocumentUntrusted(
                    "the program put something else in the place of the folder of {name}",
                    name=self._path.name,
                    hint="what was saved before is in the vault; have the program looked at",
                )
                folder = None
            yield folder

    def _found(self, folder: Path | None) -> Iterator[tuple[Path, Mark]]:
        found, others, self._left = [], 0, ""
        for entry in [] if folder is None else os.scandir(folder):
            mine = entry.name == self._path.name
            if not mine and not _is_document(entry.name):
                continue
            others += not mine
            if not mine and others > _MOST_OTHERS:
                self._left = entry.name
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            # A link could lead out of the workspace: only what lies here itself is a save.
            if stat.S_ISREG(status.st_mode):
                found.append((status.st_mtime_ns, Path(entry.path), _mark(status)))
        yield from ((path, mark) for _, path, mark in sorted(found))

    def _settled(self, name: str, mark: Mark, quiet_s: float, now: float) -> bool:
        # By our own clock, since the first look that found it so: a file's times are its editor's to set.
        if self._looked.get(name) == mark:
            return False
        before = self._seen.get(name)
        if before is None or before[0] != mark:
            self._seen[name] = (mark, now)
            return False
        return now - before[1] >= quiet_s

    def _read_whole(self, path: Path) -> bytes | None:
        """Return the file's bytes, or None when it was written or replaced while it was read."""
        try:
            before = path.lstat()
            data = files.read_bounded(path, _LARGEST)
            return data if _mark(before) == _mark(path.lstat()) else None
        except OSError:
            return None

    def _take(self, path: Path, data: bytes) -> bool:
        """Seal what is new and whole; tell whether the file has been dealt with."""
        digest, mine = Digest.of(data), path.name == self._path.name
        # Going back to an earlier text is a save of the draft; a copy of it under another name, as editors
        # make for a backup, is none: it would hide the newer text.
        known = digest == self._here if mine else digest in self._sealed
        if not known:
            try:
                _require_complete(data)
            except DocumentError as error:
                self.unfinished[path.name] = error
                return True
            self._seal(data)
            self._sealed.add(digest)
            if not mine and self.version is not None:
                self.elsewhere.append(SavedAs(path.name, self.version))
        if mine:
            self._here = digest
        self.unfinished.pop(path.name, None)
        return True

    def _seal(self, data: bytes) -> None:
        office, document = self._office, self._document
        with office.write() as writing, office.document_key(document) as key:
            version = office.ledger.document(document).version + 1
            made = office.seal(document, version, Kind.DRAFT, data, key)
            writing.append(Act.DRAFT_SAVED, document, {"objects": facts_of((made,)), "source": self._source})
        self.version = version
        self.count += 1


def folder_of(document: Path) -> AbstractContextManager[Path]:
    """Hold the folder that a document lies in, in its workspace, and return a path that leads there alone.

    Raises:
        OSError: it is a link, or not there.
    """
    return reaching.parent_of(document, document.parent.parent)


def not_kept(name: str) -> DocumentIncomplete:
    """Return the error for a document that was saved in a form that the vault does not take."""
    return DocumentIncomplete(
        "{name} was not kept: only DOCX is",
        name=terminal.visible(name),
        hint="what was saved as DOCX is in the vault; save as DOCX next time",
    )


def _not_read(name: str) -> DocumentIncomplete:
    return DocumentIncomplete(
        "{name} was not kept: it could not be read whole, or is larger than {limit} MiB",
        name=terminal.visible(name),
        limit=_LARGEST // files.MIB,
        hint="what was saved before is in the vault",
    )


def _too_many(name: str) -> DocumentIncomplete:
    return DocumentIncomplete(
        "{name} was not kept: only {most} documents under other names are",
        name=terminal.visible(name),
        most=_MOST_OTHERS,
        hint="what was saved as the draft itself is in the vault; keep one document in one session",
    )


def _is_document(name: str) -> bool:
    return name.lower().endswith(_SUFFIX) and not name.startswith(_ASIDE)


def _is_other_format(entry: "os.DirEntry[str]") -> bool:
    stem, dot, ending = entry.name.rpartition(".")  # no Path: a folder may hold a flood of files
    known = bool(stem) and dot + ending.lower() in _OTHER_FORMATS
    return known and not stem.startswith(_ASIDE) and entry.is_file(follow_symlinks=False)


def _mark(status: os.stat_result) -> Mark:
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size


def _require_complete(untrusted: bytes) -> None:
    """Refuse what is no whole DOCX: every part is unpacked, and so compared with its checksum.

    Raises:
        DocumentError: it is torn, or no DOCX.
    """
    package = open_package(untrusted)
    package.xml(package.main_part())
    for name in package.names:
        package.read(name)
