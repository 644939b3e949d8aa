"""Files of ours among the machine's own: told from foreign and changed ones by their first line."""

import errno
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from securedoc.core.digests import Digest
from securedoc.errors import HostFailed, HostRefused
from securedoc.system import files

MODE: Final = 0o644
MAX_BYTES: Final = 256 * 1024
"""No unit of ours is near it; what is larger was not written by us."""

_MARK: Final = re.compile(rb"# securedoc schedule/1 ([0-9a-f]{32}) (sha256:[0-9a-f]{64})\n")
_NOT_OURS: Final = frozenset({errno.ELOOP, errno.EINVAL, errno.EFBIG, errno.EISDIR, errno.ENXIO})


class State(StrEnum):
    """What stands where a file of ours belongs."""

    ABSENT = "absent"
    CURRENT = "current"
    """As it is written now."""
    OUTDATED = "outdated"
    """Ours, as it was written earlier."""
    CHANGED = "changed"
    """Ours by its first line, but edited since."""
    FOREIGN = "foreign"
    """Somebody else's: another program's, another vault's, a link."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A file that we put among the machine's own."""

    path: Path
    owner: str
    """Vault id: 32 hexadecimal digits."""
    body: str

    @property
    def data(self) -> bytes:
        """Its exact bytes: a first line that says whose it is and what follows, then the body."""
        return marked(self.owner, self.body)

    def state(self) -> State:
        """Look at what stands there.

        Raises:
            HostFailed: it cannot be read.
        """
        return state_of(self.path, self.owner, self.data)


def marked(owner: str, body: str) -> bytes:
    """Return a body below the line that makes it ours."""
    return f"# securedoc schedule/1 {owner} {Digest.of(body.encode())}\n{body}".encode()


def without(text: bytes, owner: str) -> bytes:
    """Return a text without our marked lines of one line each; every other byte of it stays.

    Raises:
        ValueError: a line of ours was edited.
    """
    lines = text.splitlines(keepends=True)
    kept: list[bytes] = []
    while lines:
        mark = lines.pop(0)
        state = read_mark(mark + (lines[0] if lines else b""), owner)
        if state is State.FOREIGN:
            kept.append(mark)
        elif state is State.CHANGED:
            raise ValueError("a line of ours was edited")
        else:
            lines.pop(0)
    return b"".join(kept)


def state_of(path: Path, owner: str, wanted: bytes) -> State:
    """Tell what stands at `path`, where we would put `wanted`.

    Raises:
        HostFailed: it cannot be read.
    """
    try:
        status = path.lstat()
        untrusted_data = files.read_bounded(path, MAX_BYTES)
    except FileNotFoundError:
        return State.ABSENT
    except OSError as error:
        if error.errno in _NOT_OURS:
            return State.FOREIGN
        raise _failed(path, error) from error
    # What another user could rewrite is not ours, whatever its first line says.
    if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return State.FOREIGN
    if untrusted_data == wanted:
        return State.CURRENT
    return read_mark(untrusted_data, owner)


def read_mark(untrusted_data: bytes, owner: str) -> State:
    """Tell from its first line whose a file is, and whether the rest is as we wrote it."""
    match = _MARK.match(untrusted_data)
    if match is None or match[1].decode() != owner:
        return State.FOREIGN
    intact = match[2].decode() == str(Digest.of(untrusted_data[match.end() :]))
    return State.OUTDATED if intact else State.CHANGED


def put(planted: Sequence[Planted]) -> tuple[Path, ...]:
    """Put files in place, in their order; return those that were not there as they are now.

    Raises:
        HostRefused: one of them would replace what is not ours, or was edited; nothing was written.
        HostFailed: the disk refused; what was written before it is whole.
    """
    states = [(one, one.state()) for one in planted]
    for one, state in states:
        _require_ours(one.path, state)
    written = []
    for one, state in states:
        if state is State.CURRENT:
            continue
        try:
            files.make_dirs(one.path.parent)
            if state is State.ABSENT:
                files.write_new(one.path, one.data, mode=MODE)
            else:
                files.replace(one.path, one.data, mode=MODE)
            one.path.chmod(MODE)  # our umask took away what the manager of these files needs
        except OSError as error:
            raise _failed(one.path, error) from error
        written.append(one.path)
    return tuple(written)


def take_away(planted: Sequence[Planted]) -> tuple[Path, ...]:
    """Remove what `put` wrote, now or earlier, and nothing else; return what was there.

    Raises:
        HostRefused: one of them is not ours, or was edited since; nothing was removed.
        HostFailed: the disk refused.
    """
    there = [(one.path, state) for one in planted if (state := one.state()) is not State.ABSENT]
    for path, state in there:
        _require_ours(path, state)
    for path, _ in there:
        try:
            files.remove(path)
        except OSError as error:
            raise _failed(path, error) from error
    return tuple(path for path, _ in there)


def _require_ours(path: Path, state: State) -> None:
    if state is State.FOREIGN:
        raise HostRefused(
            "{path} was not written by securedoc for this vault",
            path=path.name,
            hint="look at it, and move it away yourself if nobody needs it; nothing was changed",
        )
    if state is State.CHANGED:
        raise HostRefused(
            "{path} was edited after securedoc wrote it",
            path=path.name,
            hint="keep your changes in a drop-in beside it, remove the file yourself, and try again",
        )


def _failed(path: Path, error: OSError) -> HostFailed:
    return HostFailed(
        "{path} cannot be read or written: {reason}",
        path=path.name,
        reason=error.strerror or type(error).__name__,
    )
