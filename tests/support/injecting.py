"""Answers one file system call of a process, or of what it starts, otherwise than the kernel would.

The calls are stopped by a seccomp filter with a supervisor: unlike under strace, the rest of the program
runs at full speed, and calls are numbered over all threads and children in the order in which they come.
"""

import ctypes
import errno
import fcntl
import json
import os
import platform
import select
import signal
import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_X86_64: Final = 0xC000003E
_SECCOMP: Final = 317
_SET_MODE_FILTER: Final = 1
_NEW_LISTENER: Final = 8
_ALLOW: Final = 0x7FFF0000
_USER_NOTIF: Final = 0x7FC00000
_RECEIVE: Final = 0xC0502100
_SEND: Final = 0xC0182101
_CONTINUE: Final = 1
_NOTIFICATION: Final = struct.Struct("=QIIiIQ6Q")
_RESPONSE: Final = struct.Struct("=QqiI")
_PATH_BYTES: Final = 4096
_PIDFD_GETFD: Final = 438
_PIDFD_OPEN: Final = 434

CHANGING: Final = {
    "write": 1,
    "pwrite64": 18,
    "pwritev": 296,
    "writev": 20,
    "fsync": 74,
    "fdatasync": 75,
    "syncfs": 306,
    "ftruncate": 77,
    "rename": 82,
    "mkdir": 83,
    "rmdir": 84,
    "link": 86,
    "unlink": 87,
    "unlinkat": 263,
    "renameat": 264,
    "linkat": 265,
    "fallocate": 285,
    "renameat2": 316,
}
READING: Final = {
    "read": 0,
    "pread64": 17,
    "fstat": 5,
    "stat": 4,
    "lstat": 6,
    "getdents64": 217,
    "openat": 257,
    "newfstatat": 262,
    "statfs": 137,
    "fadvise64": 221,
}
"""`openat` also makes files; it is answered with the errors of both kinds."""
NAMES: Final = {number: name for name, number in {**CHANGING, **READING}.items()}
_BY_PATH: Final = {"rename", "mkdir", "rmdir", "link", "unlink", "stat", "lstat", "statfs"}
_AT_PATH: Final = {"unlinkat", "renameat", "linkat", "renameat2", "openat", "newfstatat"}


supervised = pytest.mark.skipif(
    platform.machine() != "x86_64" or os.geteuid() != 0,
    reason="supervised file system calls need root and x86-64",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What becomes of the call of that number, counted from 1."""

    number: int
    effect: str
    """`kill`, `short` (half of a write is done), `lie` (nothing is done, success is said) or an errno."""
    changing_only: bool = True
    within: str = ""
    """Only calls about what lies there count."""
    only: str = ""
    """Only calls of this name count."""
    record: str = ""
    """Where the calls that count are written down, a line of JSON each."""

    def unused(self) -> "Fault":
        """Return what counts the same calls, and answers none of them."""
        return replace(self, number=0)


@dataclass(slots=True)
class Seen:
    """What a supervisor saw."""

    calls: int = 0
    struck: str = ""
    """The call that was answered otherwise, and what it was about."""


def install(numbers: list[int]) -> int:
    """Have these calls of this process stop at a supervisor; return the descriptor that it needs."""
    words = [(0x20, 0, 0, 4), (0x15, 1, 0, _X86_64), (0x06, 0, 0, _ALLOW), (0x20, 0, 0, 0)]
    count = len(numbers)
    words += [(0x15, count - place, 0, number) for place, number in enumerate(numbers)]
    words += [(0x06, 0, 0, _ALLOW), (0x06, 0, 0, _USER_NOTIF)]
    code = b"".join(struct.pack("=HBBI", *word) for word in words)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("=H6xQ", len(words), ctypes.addressof(buffer))
    listener = int(
        _LIBC.syscall(_SECCOMP, _SET_MODE_FILTER, _NEW_LISTENER, ctypes.create_string_buffer(program))
    )
    if listener < 0:
        raise OSError(ctypes.get_errno(), "this kernel has no supervised filters")
    return listener


class Supervisor:
    """Counts the calls that concern files below `root`, and answers one of them otherwise."""

    def __init__(self, listener: int, child: int, root: str, fault: Fault) -> None:
        self._listener = listener
        self._child = child
        self._root = root
        self._fault = fault
        self.seen = Seen()

    def watch(self) -> None:
        """Answer calls until nobody is left who could make any."""
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        while True:
            events = poll.poll()[0][1]
            if not events & select.POLLIN:
                return
            buffer = bytearray(_NOTIFICATION.size)
            try:
                fcntl.ioctl(self._listener, _RECEIVE, buffer)
            except OSError as error:
                if error.errno in {errno.ENOENT, errno.EINTR}:  # it died meanwhile
                    continue
                raise
            identity, pid, _, number, _, _, *args = _NOTIFICATION.unpack(bytes(buffer))
            self._answer(identity, *self._decided(pid, NAMES[number], args))

    def _answer(self, identity: int, value: int, error: int, flags: int) -> None:
        try:
            fcntl.ioctl(self._listener, _SEND, bytearray(_RESPONSE.pack(identity, value, -error, flags)))
        except OSError as failed:
            if failed.errno != errno.ENOENT:
                raise

    def _decided(self, pid: int, name: str, args: list[int]) -> tuple[int, int, int]:
        fault = self._fault
        about = _about(pid, name, args) if self._counts(name, args) else ""
        if not about.startswith(self._root) or not about.startswith(fault.within):
            return (0, 0, _CONTINUE)
        self.seen.calls += 1
        if fault.record:
            _record(Path(fault.record), pid, name, args, about)
        if self.seen.calls != fault.number:
            return (0, 0, _CONTINUE)
        self.seen.struck = f"{name} {about.removeprefix(self._root)}"
        if fault.effect == "kill":
            _kill_all(self._child)
            return (0, errno.EINTR, 0)
        if fault.effect in {"short", "lie"}:
            return _half(pid, name, args) if fault.effect == "short" else (_said(name, args), 0, 0)
        return (0, getattr(errno, fault.effect), 0)

    def _counts(self, name: str, args: list[int]) -> bool:
        if self._fault.only:
            return name == self._fault.only
        return not self._fault.changing_only or name in CHANGING or _makes(name, args)


def _makes(name: str, args: list[int]) -> bool:
    return name == "openat" and bool(args[2] & (os.O_CREAT | os.O_TMPFILE & ~os.O_DIRECTORY))


def _about(pid: int, name: str, args: list[int]) -> str:
    """Return the path that a call is about; what it is about in vain, where nobody can tell."""
    try:
        if name not in _BY_PATH | _AT_PATH:
            return str(Path(f"/proc/{pid}/fd/{args[0]}").readlink())
        path = _text(pid, args[1] if name in _AT_PATH else args[0])
        if path.startswith("/"):
            return path
        at = ctypes.c_int32(args[0] & 0xFFFFFFFF).value if name in _AT_PATH else -100
        where = f"/proc/{pid}/cwd" if at == -100 else f"/proc/{pid}/fd/{at}"
        return f"{Path(where).readlink()}/{path}"
    except OSError:
        return ""


def _record(log: Path, pid: int, name: str, args: list[int], about: str) -> None:
    """Write a call down: its name, its path, where a rename leads, and the bytes of a write."""
    told = {"name": name, "path": about, "to": "", "data": ""}
    if name == "rename":
        told["to"] = _text(pid, args[1])
    elif name == "write":
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:  # noqa: PTH123 - as below
            memory.seek(args[1])
            told["data"] = memory.read(args[2]).hex()
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(told) + "\n")


def _text(pid: int, address: int) -> str:
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:  # noqa: PTH123 - a thousand times a second
        memory.seek(address)
        page = _PATH_BYTES - address % _PATH_BYTES
        data = memory.read(page)
        if b"\0" not in data:
            data += memory.read(_PATH_BYTES)
    return data.split(b"\0", 1)[0].decode("utf-8", "replace")


def _said(name: str, args: list[int]) -> int:
    return args[2] if "write" in name else 0


def _half(pid: int, name: str, args: list[int]) -> tuple[int, int, int]:
    """Write the first half of what was to be written, and say so."""
    if name not in {"write", "pwrite64"} or args[2] < 2:
        return (0, 0, _CONTINUE)
    size = args[2] // 2
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:  # noqa: PTH123 - as above
        memory.seek(args[1])
        data = memory.read(size)
    leader = int(Path(f"/proc/{pid}/status").read_text("utf-8").split("Tgid:")[1].split()[0])
    holder = _LIBC.syscall(_PIDFD_OPEN, leader, 0)
    descriptor = _LIBC.syscall(_PIDFD_GETFD, holder, ctypes.c_int(args[0]), 0)
    try:
        done = os.write(descriptor, data) if name == "write" else os.pwrite(descriptor, data, args[3])
    finally:
        os.close(descriptor)
        os.close(holder)
    return (done, 0, 0)


def _kill_all(child: int) -> None:
    """Kill a process and everything that descends from it, as a power cut would."""
    doomed = [child]
    for pid in doomed:
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            doomed += [int(one) for one in task.read_text("utf-8").split()]
    for pid in doomed:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
