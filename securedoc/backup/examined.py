"""What an examination knows of one bag so far, and how it reads the bag's small files."""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from securedoc.backup import index, layout
from securedoc.backup.card import BagCard
from securedoc.backup.defects import Defect, DefectKind, Shown
from securedoc.backup.index import Index, IndexMalformed
from securedoc.backup.layout import BagName
from securedoc.core.digests import Digest
from securedoc.core.protocols import Progress
from securedoc.core.text import Message, message
from securedoc.formats.bagit import Oxum
from securedoc.signing.cms import Signer
from securedoc.system import files

MAX_FOUND_FILES: Final = 400_000
"""Twice what a manifest may list: a stick stuffed with files must not fill the memory."""
MAX_DEPTH: Final = 16
"""Directories within one another; a bag of ours has five."""
MAX_DEFECTS: Final = 1000
"""Listed of one kind in one part of a medium; what is beyond is said to be, and decides nothing."""
MAX_AT_ONCE_BYTES: Final = 16 << 20
"""A larger file is compared before it is taken into memory: a stick holds sparse files of any size."""


@dataclass(slots=True)
class Counts:
    """How many of how many: a file is checked when its bytes were compared with a digest."""

    files: int = 0
    checked_files: int = 0
    octets: int = 0
    checked_octets: int = 0

    def add(self, other: "Counts") -> None:
        """Count what another part of the medium holds, too."""
        self.files += other.files
        self.checked_files += other.checked_files
        self.octets += other.octets
        self.checked_octets += other.checked_octets


@dataclass(frozen=True, slots=True)
class Info:
    """What bag-info.txt says."""

    oxum: Oxum
    exact: bool
    """Whether it is, byte for byte, what follows from the signed card."""


@dataclass(slots=True)
class Examined:
    """A directory of a medium, and what was found in it."""

    directory: Path
    name: str
    """Name of the bag; empty for the directory that all bags lie in."""
    defects: list[Defect] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Path of every file found, and its size."""
    manifest: Mapping[str, Digest] = field(default_factory=dict)
    """Of the payload; empty where no manifest could be used."""
    manifest_digest: Digest | None = None
    card: BagCard | None = None
    """Only when its bytes are those that the manifest names."""
    signer: Signer | None = None
    """Only when the signature over the manifest holds and leads to our trust."""
    info: Info | None = None
    """What bag-info.txt says, where it could be used."""
    missized: set[str] = field(default_factory=set)
    """Files whose size is known to be wrong."""
    _noted: set[tuple[DefectKind, str, str, str]] = field(default_factory=set)
    _numbers: dict[DefectKind, int] = field(default_factory=dict)
    _indexes: dict[str, Index] = field(default_factory=dict)

    @property
    def bag(self) -> BagName:
        """The bag that the directory's name says it is."""
        return BagName.parse(self.name)

    def report(
        self, kind: DefectKind, path: str, expected: Shown | None = None, found: Shown | None = None
    ) -> None:
        """Note a defect, once."""
        key = (kind, path, str(expected), str(found))
        number = self._numbers.get(kind, 0)
        if key in self._noted or number > MAX_DEFECTS:
            return
        self._noted.add(key)
        self._numbers[kind] = number + 1
        if number == MAX_DEFECTS:
            path, expected, found = "", None, message("more of this kind than are listed")
        where = "/".join(part for part in (self.name, path) if part)
        self.defects.append(Defect(kind, where.encode("utf-8", "backslashreplace").decode(), expected, found))

    def read(self, path: str, limit: int) -> bytes | None:
        """Read a small file from the medium; None, with the defect noted, where that fails."""
        try:
            with files.open_bounded(self.directory / path, limit) as stream:
                files.drop_cache(stream.fileno())
                return stream.read(limit)
        except FileNotFoundError:
            self.report(DefectKind.MISSING, path)
        except OSError as error:
            self._explain(path, limit, error)
        return None

    def _explain(self, path: str, limit: int, error: OSError) -> None:
        """Tell what has no business there from what the medium could not give."""
        try:
            status = os.lstat(self.directory / path)
        except OSError:
            status = None
        if status is not None and not stat.S_ISREG(status.st_mode):
            self.report(DefectKind.UNEXPECTED, path, found=message("neither a file nor a directory"))
        elif status is not None and status.st_size > limit:
            self.report(DefectKind.MISMATCH, path, found=message("{size} bytes", size=status.st_size))
        else:
            self.report(DefectKind.UNREADABLE, path, found=reason(error))

    def compare(self, path: str, expected: Digest, found: Digest, octets: int) -> bool:
        """Count a file as checked, and note it where its digest is another."""
        self.counts.checked_files += 1
        self.counts.checked_octets += octets
        if found != expected:
            self.report(DefectKind.MISMATCH, path, str(expected), str(found))
        return found == expected

    def digest(self, path: str, expected: Digest, progress: Progress) -> None:
        """Read a file of any size from the medium and compare it."""
        hasher = hashlib.sha256()
        octets = 0
        try:
            for chunk in files.read_back(self.directory / path):
                hasher.update(chunk)
                octets += len(chunk)
                progress.advance(len(chunk))
        except OSError as error:
            self.report(DefectKind.UNREADABLE, path, found=reason(error))
            return
        self.compare(path, expected, Digest(hasher.digest()), octets)

    def _differs(self, path: str) -> bool:
        """Compare a file that may be of any size, without holding it in memory, and note what is wrong."""
        hasher = hashlib.sha256()
        try:
            for chunk in files.read_back(self.directory / path):
                hasher.update(chunk)
        except OSError as error:
            self.report(DefectKind.UNREADABLE, path, found=reason(error))
            return True
        found = Digest(hasher.digest())
        if found != self.manifest[path]:
            self.report(DefectKind.MISMATCH, path, str(self.manifest[path]), str(found))
        return found != self.manifest[path]

    def content(self, path: str, limit: int) -> bytes | None:
        """Return a payload file's bytes if the manifest names them; None, and the defect noted, if not."""
        if not self._is_named(path):
            return None
        if self.sizes.get(path, 0) > MAX_AT_ONCE_BYTES and self._differs(path):
            return None
        untrusted_data = self.read(path, limit)
        if untrusted_data is None:
            return None
        found = Digest.of(untrusted_data)
        if found != self.manifest[path]:
            self.report(DefectKind.MISMATCH, path, str(self.manifest[path]), str(found))
            return None
        return untrusted_data

    def _is_named(self, path: str) -> bool:
        if path not in self.manifest and self.manifest:
            self.report(DefectKind.MISSING, path, message("a line in the manifest"))
        return path in self.manifest

    def placed(self, path: str) -> Index | None:
        """Return an index of objects; None, with the defect noted, where it cannot be used."""
        if path in self._indexes:
            return self._indexes[path]
        if not self._is_named(path):
            return None
        try:
            read = self._read_index(path)
        except FileNotFoundError:
            self.report(DefectKind.MISSING, path)
            return None
        except OSError as error:
            self._explain(path, index.MAX_INDEX_BYTES, error)
            return None
        if read is None:
            return None
        if path == layout.PACK_INDEX:  # asked for twice; a snapshot's names every object there is
            self._indexes[path] = read
        return read

    def forget_indexes(self) -> None:
        """Let go of what was read of its objects: with many, it is most of the memory."""
        self._indexes.clear()

    def _read_index(self, path: str) -> Index | None:
        """Read an index and digest it on the way: what it says counts only if it is what was signed."""
        hasher = hashlib.sha256()
        untrusted_read: Index | None = None
        wrong: IndexMalformed | None = None
        with files.open_bounded(self.directory / path, index.MAX_INDEX_BYTES) as stream:
            files.drop_cache(stream.fileno())

            def readline(limit: int) -> bytes:
                line = stream.readline(limit)
                hasher.update(line)
                return line

            try:
                untrusted_read = index.read_index(readline)
            except IndexMalformed as error:
                wrong = error
            while chunk := stream.read(files.CHUNK_BYTES):
                hasher.update(chunk)
        found = Digest(hasher.digest())
        if found != self.manifest[path]:
            self.report(DefectKind.MISMATCH, path, str(self.manifest[path]), str(found))
            return None
        if wrong is not None:
            self.report(DefectKind.MALFORMED, path, found=why(wrong.line, wrong.why))
        return untrusted_read


def why(line: int, words: str) -> Message:
    """Say in which line of a file what is wrong."""
    return message("line {line}: {why}", line=line, why=words)


def reason(error: OSError) -> str:
    """Return the system's own words for an error."""
    return error.strerror or type(error).__name__


def found_files(seen: Examined) -> dict[str, int]:
    """Return every regular file of the directory and its size; note what is none."""
    sizes: dict[str, int] = {}
    for number, (path, entry) in enumerate(_entries(seen, "", MAX_DEPTH)):
        if number >= MAX_FOUND_FILES:
            seen.report(DefectKind.UNEXPECTED, "", found=message("more files than a bag can name"))
            break
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError as error:
            seen.report(DefectKind.UNREADABLE, path, found=reason(error))
            continue
        if stat.S_ISREG(status.st_mode):
            sizes[path] = status.st_size
        else:
            # A link could lead out of the medium, and a device could hang its reader.
            seen.report(DefectKind.UNEXPECTED, path, found=message("neither a file nor a directory"))
    return sizes


def _entries(seen: Examined, below: str, depth: int) -> Iterator[tuple[str, os.DirEntry[str]]]:
    if depth == 0:
        seen.report(DefectKind.UNEXPECTED, below, found=message("deeper than any directory of a bag"))
        return
    try:
        with os.scandir(seen.directory / below) as entries:
            listed = sorted(islice(entries, MAX_FOUND_FILES + 1), key=lambda entry: entry.name)
    except OSError as error:
        seen.report(DefectKind.UNREADABLE, below, found=reason(error))
        return
    for entry in listed:
        path = f"{below}/{entry.name}" if below else entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _entries(seen, path, depth - 1)
        else:
            yield path, entry
