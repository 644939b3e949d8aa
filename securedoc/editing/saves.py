"""Saves: each complete DOCX that the editor wrote is sealed into the vault as a new version."""

import os
import stat
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, Kind
from securedoc.core.entries import Act
from securedoc.documents.package import open_package
from securedoc.errors import DocumentError
from securedoc.office.objectfacts import facts_of
from securedoc.office.office import Office
from securedoc.system import files

_LARGEST: Final = (
    256 * 1024 * 1024
)  # as much as any file that is read in; documents.package has its own bounds
_SUFFIX: Final = ".docx"


class Saves:
    """The saves of one session: looks at the folder, seals what is new and complete."""

    def __init__(  # noqa: PLR0913 - what is compared with differs after a crash
        self,
        office: Office,
        document: DocumentId,
        folder: Path,
        *,
        source: str,
        opened: Mapping[str, Digest] | None = None,
        sealed: Collection[Digest] = (),
    ) -> None:
        self.count = 0
        self.version: int | None = None
        """The newest version that was made here."""
        self.unfinished: dict[str, DocumentError] = {}
        """Files that were saved in a form that cannot be kept, and what is wrong with them."""
        self._office = office
        self._document = document
        self._folder = folder
        self._source = source
        self._last = dict(opened or {})
        self._sealed = frozenset(sealed)
        self._looked: dict[str, tuple[int, int, int]] = {}

    def collect(self, *, quiet_s: float = 0.0) -> None:
        """Seal every complete file that is new, the oldest first; leave out what was written just now.

        Raises:
            LedgerBusy, LedgerFailed: nothing more could be sealed; the files are untouched.
        """
        for path, status in self._changed(quiet_s):
            data = self._read_whole(path)
            if data is None:
                continue
            digest = Digest.of(data)
            if digest != self._last.get(path.name) and digest not in self._sealed:
                try:
                    _require_complete(data)
                except DocumentError as error:
                    self.unfinished[path.name] = error
                    self._looked[path.name] = _mark(status)
                    continue
                self._seal(data)
            self._last[path.name] = digest
            self._looked[path.name] = _mark(status)
            self.unfinished.pop(path.name, None)

    def _changed(self, quiet_s: float) -> Iterator[tuple[Path, os.stat_result]]:
        found = []
        for entry in os.scandir(self._folder):
            status = entry.stat(follow_symlinks=False)
            settled = time.time() - status.st_mtime >= quiet_s
            # A link could lead out of the workspace: only what lies here itself is a save.
            ours = entry.name.endswith(_SUFFIX) and stat.S_ISREG(status.st_mode)
            if ours and settled and self._looked.get(entry.name) != _mark(status):
                found.append((Path(entry.path), status))
        yield from sorted(found, key=lambda one: one[1].st_mtime_ns)

    def _read_whole(self, path: Path) -> bytes | None:
        """Return the file's bytes, or None when it was written or replaced while it was read."""
        try:
            before = path.lstat()
            data = files.read_bounded(path, _LARGEST)
            return data if _mark(before) == _mark(path.lstat()) else None
        except OSError:
            return None

    def _seal(self, data: bytes) -> None:
        office, document = self._office, self._document
        with office.write() as writing, office.document_key(document) as key:
            version = office.ledger.document(document).version + 1
            made = office.seal(document, version, Kind.DRAFT, data, key)
            writing.append(Act.DRAFT_SAVED, document, {"objects": facts_of((made,)), "source": self._source})
        self.version = version
        self.count += 1


def _mark(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_mtime_ns, status.st_size


def _require_complete(untrusted: bytes) -> None:
    """Refuse what is no whole DOCX: every part is unpacked, and so compared with its checksum.

    Raises:
        DocumentError: it is torn, or no DOCX.
    """
    package = open_package(untrusted)
    package.xml(package.main_part())
    for name in package.names:
        package.read(name)
