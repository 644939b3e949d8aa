"""What a print job leaves in the print service's own files, and getting rid of it."""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.core.jsonvalue import JsonObject
from securedoc.system import files, volumes
from securedoc.system.shred import shred

_CONFIG_BYTES: Final = 1024 * 1024
_BLOCK: Final = 1024 * 1024
_NO: Final = frozenset({"no", "off", "false", "0"})
_REQUEST_ROOT: Final = "/var/spool/cups"


@dataclass(frozen=True, slots=True)
class Setup:
    """How the print service is set up to keep what it prints; None: its settings cannot be read."""

    keeps_files: bool | None
    keeps_history: bool | None
    spool: Path
    temporary: Path
    in_memory: bool | None
    """Whether spool and temporary files are on a RAM disk."""


@dataclass(frozen=True, slots=True)
class SpoolReport:
    """What became of a job's files in the spool."""

    setup: Setup
    overwritten: int
    """Files of the document that were overwritten, all of their names gone or not."""
    remains: tuple[str, ...] | None
    """Names that are still there; None: nobody may look."""

    @property
    def clean(self) -> bool:
        """Whether it was seen that nothing is left, and nothing was kept where a disk could give it back."""
        return self.remains == () and (self.setup.in_memory is True or self.overwritten > 0)

    def as_json(self) -> JsonObject:
        """Return it as an entry keeps it: counts, no paths."""
        return {
            "keeps_files": self.setup.keeps_files,
            "keeps_history": self.setup.keeps_history,
            "in_memory": self.setup.in_memory,
            "overwritten": self.overwritten,
            "remains": None if self.remains is None else len(self.remains),
        }


def setup(configuration: Path) -> Setup:
    """Read how the print service whose settings are in `configuration` treats files."""
    service = _directives(configuration / "cupsd.conf")
    places = _directives(configuration / "cups-files.conf")
    spool = Path((places or {}).get("requestroot", _REQUEST_ROOT))
    temporary = Path((places or {}).get("tempdir", str(spool / "tmp")))
    return Setup(
        keeps_files=None if service is None else service.get("preservejobfiles", "86400").lower() not in _NO,
        keeps_history=None
        if service is None
        else service.get("preservejobhistory", "yes").lower() not in _NO,
        spool=spool,
        temporary=temporary,
        in_memory=_in_memory(spool, temporary) if places is not None else None,
    )


def _directives(path: Path) -> dict[str, str] | None:
    try:
        text = files.read_bounded(path, _CONFIG_BYTES).decode("utf-8", "replace")
    except OSError:
        return None
    words = (line.split(maxsplit=1) for line in text.splitlines())
    return {pair[0].lower(): pair[1].strip() for pair in words if len(pair) == 2}  # noqa: PLR2004 - name, value


def _in_memory(*places: Path) -> bool | None:
    try:
        return all(volumes.volume(place).memory for place in places)
    except OSError:
        return None


class JobFiles:
    """The files of one job in the spool.

    The service unlinks a document's file when the job ends, and the disk keeps its blocks. Who may open
    the file before can still overwrite it afterwards: so it is held open from the moment it is there.
    """

    def __init__(self, how: Setup, before: frozenset[str], job: int) -> None:
        self._setup = how
        self._before = before
        self._job = job
        self._held = [_opened(path) for path in _matching(how.spool, f"d{job:05d}-*")]

    def clear(self, *, alone: bool) -> SpoolReport:
        """Overwrite what was held, remove what the service left, and say what is still there.

        Call it once the service has forgotten the job. Temporary files that came up meanwhile are
        ours only where no other job was there (`alone`).
        """
        overwritten = 0
        for descriptor in self._held:
            if descriptor is not None:
                with suppress(OSError):
                    _overwrite(descriptor)
                    overwritten += 1
        self.close()
        left = self._left(alone)
        if left is not None and os.geteuid() == 0:
            report = shred(left)
            overwritten += sum(1 for file in report.files if file.path.name.startswith("d"))
            left = self._left(alone=True)
        return SpoolReport(self._setup, overwritten, None if left is None else tuple(p.name for p in left))

    def close(self) -> None:
        """Let go of the files."""
        for descriptor in self._held:
            if descriptor is not None:
                os.close(descriptor)
        self._held = []

    def _left(self, alone: bool) -> list[Path] | None:  # noqa: FBT001 - one private caller
        try:
            names = os.listdir(self._setup.spool)  # noqa: PTH208 - whether it may be listed is the question
        except FileNotFoundError:
            names = []
        except OSError:
            return None
        ours = (f"d{self._job:05d}-", f"c{self._job:05d}")
        found = [self._setup.spool / name for name in sorted(names) if name.startswith(ours)]
        new = temporary(self._setup) - self._before if alone else frozenset()
        return found + [self._setup.temporary / name for name in sorted(new)]


def temporary(how: Setup) -> frozenset[str]:
    """Return the names of the service's temporary files; none where it cannot be listed."""
    try:
        return frozenset(path.name for path in how.temporary.iterdir() if not path.is_dir())
    except OSError:
        return frozenset()


def _matching(directory: Path, pattern: str) -> Iterator[Path]:
    try:
        yield from sorted(directory.glob(pattern))
    except OSError:
        return


def _opened(path: Path) -> int | None:
    try:
        # Each write reaches the disk before it returns.
        return os.open(path, os.O_RDWR | os.O_DSYNC | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None


def _overwrite(descriptor: int) -> None:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        return
    for at in range(0, status.st_size, _BLOCK):
        os.pwrite(descriptor, secrets.token_bytes(min(_BLOCK, status.st_size - at)), at)
