"""The par2 program: found, bounded, confined where it reads what others made, and its answer read."""

import errno
import functools
import os
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.system import process, sandbox
from securedoc.system.process import Finished

MEMORY_MB: Final = 128
"""What par2 may keep of recovery data at once; with its buffers it stays below 250 MB (decision 021)."""
SLOWEST_BYTES_PER_S: Final = 200_000
"""Debian's par2 on an old machine: a run that takes longer is ended."""
LEAST_S: Final = 120.0

SANDBOX_TRIES: Final = 5

_SIGNALLED: Final = 128
"""Whoever waited for it adds the signal's number to this."""
_OF_THE_MACHINE: Final = frozenset({6, 8})
"""Its own codes: it could not read or write, it had no memory. What it works on lies on our own disk."""
_SANDBOX_SAID: Final = b"bwrap:"
_SANDBOX_PAUSE_S: Final = 0.2
_ADDRESS_SPACE: Final = 4 << 30  # threads reserve far more than they use; a hostile set could ask for all
_WHOLE: Final = 0
_REPAIRABLE: Final = 1
_BEYOND: Final = 2
_DATA: Final = re.compile(rb"You have (\d+) out of (\d+) data blocks available")
_RECOVERY: Final = re.compile(rb"You have (\d+) recovery blocks available")


@dataclass(frozen=True, slots=True)
class Answer:
    """What par2 says of a set of files."""

    whole: bool
    possible: bool
    """Whether it can repair what is wrong."""
    needed: int
    """Blocks that are lost."""
    available: int
    """Blocks of recovery data that are intact."""


class Par2Failed(OSError):
    """The program ended in a way that is no answer."""


class Par2Killed(OSError):
    """The program was ended, or failed for want of disk or memory: its answer, nobody knows."""


class SandboxFailed(OSError):
    """The sandbox could not be set up: the program was never asked."""


@functools.cache
def program() -> Path | None:
    """Return where par2 is: the one installed with us, else the system's; None where there is none."""
    try:
        from par2.cli import par2_executable  # noqa: PLC0415 - no wheel for every platform
    except ImportError:
        return process.find("par2")
    path = Path(par2_executable())
    return path if os.access(path, os.X_OK) else process.find("par2")


def create(root: Path, index: Path, names: Sequence[str], *, block_bytes: int, recovery: int) -> None:
    """Make recovery data for files below `root`: `index`, and volumes beside it; the same each time.

    Raises:
        Par2Failed: the program says that it could not.
        Par2Killed, SandboxFailed, OSError: it was ended, could not be started, or took too long.
    """
    words = ["create", f"-s{block_bytes}", f"-c{recovery}", "-u", f"-n{_volumes(recovery, block_bytes)}"]
    files = [root / name for name in names]
    # Sources and names are our own here: nothing to be confined from.
    done = _run([*words, *_common(root), str(index), *map(str, files)], root, _octets(files))
    if done.code != _WHOLE:
        raise _failed(done)


def verify(root: Path, index: Path) -> Answer:
    """Ask whether the files below `root` are whole, and whether they could be repaired.

    Raises:
        Par2Failed: the program gave no answer: its own files are too damaged, or something else failed.
        Par2Killed, SandboxFailed, OSError: it was ended, could not be started, or took too long.
    """
    done = _confined(["verify", *_common(root), str(index)], root)
    if done.code == _WHOLE:
        return Answer(whole=True, possible=True, needed=0, available=0)
    data, recovery = _DATA.search(done.output), _RECOVERY.search(done.output)
    if done.code not in {_REPAIRABLE, _BEYOND} or data is None:
        raise _failed(done)
    return Answer(
        whole=False,
        possible=done.code == _REPAIRABLE,
        needed=int(data[2]) - int(data[1]),
        available=int(recovery[1]) if recovery else 0,
    )


def repair(root: Path, index: Path) -> None:
    """Repair the files below `root`; the damaged ones keep their bytes under `NAME.1`.

    Raises:
        Par2Failed: it could not; what it left is worth nothing.
        Par2Killed, SandboxFailed, OSError: it was ended, could not be started, or took too long.
    """
    done = _confined(["repair", *_common(root), str(index)], root)
    if done.code != _WHOLE:
        raise _failed(done)


def _volumes(recovery: int, block_bytes: int) -> int:
    """Return how many volumes: a lost one must not take all, and none may reach what vfat can hold."""
    largest = 1 << 30
    return min(31, recovery, max(4, -(-recovery * block_bytes // largest)))


def _common(root: Path) -> list[str]:
    return [f"-m{MEMORY_MB}", "-B", str(root)]


def _confined(words: Sequence[str], root: Path) -> Finished:
    octets = _octets(path for path in root.rglob("*") if path.is_file())
    confine, said = sandbox.probe() is None, ""
    for _ in range(SANDBOX_TRIES):
        done = _run(words, root, octets, confine=confine)
        if not (confine and done.errors.startswith(_SANDBOX_SAID)):
            return done
        said = done.errors.decode("utf-8", "replace").strip()
        # A file system that somebody unmounts meanwhile makes it fail: try again, never without it.
        time.sleep(_SANDBOX_PAUSE_S)
    raise SandboxFailed(errno.EAGAIN, said)


def _run(words: Sequence[str], root: Path, octets: int, *, confine: bool = False) -> Finished:
    found = program()
    if found is None:
        raise FileNotFoundError("par2")
    argv = [str(found), *words]
    if confine:
        argv = sandbox.wrap(argv, workspace=root, hide=(), display={}, own_terminal=True)
    limiter = process.find("prlimit")
    if limiter is not None:
        argv = [str(limiter), f"--as={_ADDRESS_SPACE}", "--core=0", "--", *argv]
    return process.run(argv, cwd=root, timeout_s=LEAST_S + octets / SLOWEST_BYTES_PER_S)


def _octets(paths: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in paths)


def _failed(done: Finished) -> OSError:
    if done.code < 0 or done.code > _SIGNALLED or done.code in _OF_THE_MACHINE:
        return Par2Killed(errno.EIO, "par2 was ended, or had no memory or disk to work with")
    said = (done.errors or done.output).decode("utf-8", "replace").strip().splitlines()
    return Par2Failed(done.code, said[-1] if said else "par2 said nothing")
