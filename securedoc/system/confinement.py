"""What this process takes away from itself before anything else: network, dumps, a loose umask.

Loaded at every start of the program: it imports little, and no pathlib.
"""
# ruff: noqa: PTH123 - see above

import contextlib
import os
import resource
import sys
from dataclasses import dataclass
from typing import Final

from securedoc.system import kernel

_UMASK: Final = 0o077
# Not 0: a limit of 0 stops files only, and a handler that the kernel pipes dumps to gets them all the same
# (measured: 8.7 MB of an editor's memory). At 1 the kernel writes and pipes nothing, for us and our children.
_NO_CORE: Final = 1
_LOCAL: Final = 1  # AF_UNIX, without importing the module that could open the others
_USER_NAMESPACES: Final = (
    # Each refuses, in its own way, what we would try: Debian's switch, the count, Ubuntu's AppArmor.
    ("/proc/sys/kernel/unprivileged_userns_clone", "0"),
    ("/proc/sys/user/max_user_namespaces", "0"),
    ("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"),
)
# What can put foreign code into a Python process before its first line runs.
_INJECTORS: Final = ("LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", "PYTHONSTARTUP", "PYTHONPATH", "PYTHONHOME")


@dataclass(frozen=True, slots=True)
class Confinement:
    """What holds of this process now."""

    private_files: bool
    """New files are readable by their owner only."""
    no_core: bool
    not_dumpable: bool
    """No debugger of the same user reads our memory."""
    sockets_refused: bool
    """The interpreter refuses every socket that is not local."""
    own_network: bool
    """The kernel shows us no network at all."""
    memory_locked: bool


_hooked = False


def apply() -> Confinement:
    """Confine this process; what the machine does not allow is left out and reported as not held."""
    os.umask(_UMASK)
    _forbid_cores()
    _refuse_sockets()
    with contextlib.suppress(OSError):
        _leave_network()
    # After the namespace: its maps cannot be written by a process that is not dumpable.
    with contextlib.suppress(OSError):
        kernel.forbid_dumps()
    with contextlib.suppress(OSError):
        _lock_memory()
    return current()


def current() -> Confinement:
    """Read back what holds, from the kernel where it can be asked."""
    status = _status()
    return Confinement(
        private_files=status.get("Umask") == "0077",
        no_core=resource.getrlimit(resource.RLIMIT_CORE)[0] in {0, _NO_CORE},
        not_dumpable=not kernel.dumpable(),
        sockets_refused=_hooked,
        own_network=_only_loopback(),
        memory_locked=status.get("VmLck", "0 kB") != "0 kB",
    )


def core_dumps_forbidden() -> bool:
    """Tell whether a program that we start leaves no memory behind when it crashes."""
    if resource.getrlimit(resource.RLIMIT_CORE)[0] == _NO_CORE:
        return True
    try:
        piped = _read("/proc/sys/kernel/core_pattern").startswith("|")
    except OSError:
        return False
    return not piped and resource.getrlimit(resource.RLIMIT_CORE)[0] == 0


def _forbid_cores() -> None:
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (_NO_CORE, _NO_CORE))
    except (OSError, ValueError):  # a hard limit of 0 may not be raised
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def environment_findings() -> tuple[str, ...]:
    """Return the names of set variables that can put foreign code into this process."""
    if sys.flags.isolated:  # Python ignored its own; the dynamic loader did not
        return tuple(name for name in _INJECTORS if name.startswith("LD_") and os.environ.get(name))
    return tuple(name for name in _INJECTORS if os.environ.get(name))


def _refuse_sockets() -> None:
    global _hooked  # noqa: PLW0603 - an audit hook can be added once and never removed
    if not _hooked:
        sys.addaudithook(_refuse_foreign)
        _hooked = True


def _refuse_foreign(event: str, arguments: tuple[object, ...]) -> None:
    # Every library that loads network code goes through here before it can open anything.
    if event == "socket.__new__" and arguments[1] != _LOCAL:
        raise PermissionError("securedoc opens no network socket")
    if event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}:
        raise PermissionError("securedoc asks no name server")


def _leave_network() -> None:
    if os.geteuid() == 0:
        kernel.leave_network(as_user=False)
        return
    if any(_says(path, refusal) for path, refusal in _USER_NAMESPACES):
        return
    uid, gid = os.geteuid(), os.getegid()
    kernel.leave_network(as_user=True)
    # We stay who we are: the one mapping that needs no privilege.
    maps = (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1"))
    for name, text in maps:
        with open(f"/proc/self/{name}", "w", encoding="ascii") as stream:
            stream.write(text)


def _lock_memory() -> None:
    # Under a limit, locking succeeds and a later allocation fails: worse than a page in swap.
    unlimited = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY
    if unlimited or os.geteuid() == 0:
        kernel.lock_memory()


def _says(path: str, value: str) -> bool:
    try:
        return _read(path).strip() == value
    except OSError:
        return False


def _only_loopback() -> bool:
    try:
        lines = _read("/proc/self/net/dev").splitlines()[2:]
    except OSError:
        return False
    return all(line.split(":")[0].strip() == "lo" for line in lines)


def _status() -> dict[str, str]:
    lines = _read("/proc/self/status").splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as stream:
        return stream.read()
