"""Checks M: where plaintext could come to rest: swap, hibernation, disks, crash dumps, other processes."""

import os
import resource
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from securedoc.core.text import Message, message
from securedoc.system import confinement, volumes
from securedoc.system.host.reading import Check, Machine, Observation, failed, listed, passed, unknown

_RAM_DIRECTORIES: Final = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - looked at, not used
_FREE: Final = frozenset({"", "0"})


def _swap(machine: Machine) -> Observation:
    text = machine.text("proc/swaps")
    if text is None:
        return unknown("host.M-01", "/proc/swaps")
    plain = [line.split()[0] for line in text.splitlines()[1:] if not _encrypted(machine, line.split()[0])]
    if plain:
        return failed(
            "host.M-01", message("memory is swapped to disk unencrypted: {names}", names=listed(plain))
        )
    return passed("host.M-01", message("nothing is swapped, or only encrypted"))


def _encrypted(machine: Machine, device: str) -> bool:
    name = machine.path(device.lstrip("/")).resolve().name
    if name.startswith("zram"):
        return True  # compressed memory, not a disk
    return (machine.text(f"sys/class/block/{name}/dm/uuid") or "").startswith("CRYPT-")


def _hibernation(machine: Machine) -> Observation:
    state = machine.text("sys/power/state")
    if state is None:
        return unknown("host.M-02", "/sys/power/state")
    if "disk" not in state.split() or machine.link("etc/systemd/system/hibernate.target") == "/dev/null":
        return passed("host.M-02", message("the machine cannot hibernate"))
    return failed("host.M-02", message("hibernating would write all memory to disk"))


def _disk_encryption(machine: Machine) -> Observation:
    try:
        places = [volumes.volume(Path(name), root=machine.path("")) for name in ("/", "/home", "/var")]
    except (OSError, ValueError):
        return unknown("host.M-03", "/proc/self/mountinfo")
    disks = [place for place in places if not place.memory]
    if any(place.encrypted is None for place in disks):
        return unknown("host.M-03", "/sys/class/block")
    plain = sorted({str(place.mount_point) for place in disks if not place.encrypted})
    if plain:
        return failed("host.M-03", message("not encrypted: {names}", names=listed(plain)))
    return passed("host.M-03", message("the system's disks are encrypted"))


def _old_copies(machine: Machine) -> Observation:
    try:
        system = volumes.volume(Path("/"), root=machine.path(""))
    except (OSError, ValueError):
        return unknown("host.M-05", "/proc/self/mountinfo")
    if system.filesystem in {"btrfs", "zfs", "f2fs"} or "data=journal" in system.options:
        detail = message("{kind} keeps old copies of what is overwritten", kind=system.filesystem)
        return failed("host.M-05", detail)
    return passed("host.M-05", message("{kind} overwrites in place", kind=system.filesystem))


def _temporary(machine: Machine) -> Observation:
    try:
        places = {name: volumes.volume(Path(name), root=machine.path("")) for name in _RAM_DIRECTORIES}
    except (OSError, ValueError):
        return unknown("host.M-06", "/proc/self/mountinfo")
    on_disk = [name for name, volume in places.items() if not volume.memory]
    if on_disk:
        detail = message("temporary files of other programs reach the disk: {names}", names=listed(on_disk))
        return failed("host.M-06", detail)
    return passed("host.M-06", message("temporary files stay in memory"))


def _core_dumps(machine: Machine) -> Observation:
    pattern, setuid = machine.text("proc/sys/kernel/core_pattern"), machine.text("proc/sys/fs/suid_dumpable")
    if pattern is None or setuid is None:
        return unknown("host.M-07", "/proc/sys/kernel/core_pattern")
    settings = machine.lines("etc/systemd/coredump.conf") or []
    kept = pattern.startswith("|") and "Storage=none" not in settings
    limit = resource.getrlimit(resource.RLIMIT_CORE)[1] if machine.real else 0
    to_file = not pattern.startswith("|") and pattern not in {"", "/dev/null"} and limit > 1
    if setuid != "0" or kept or to_file:
        detail = message("a crashing program's memory is written to disk ({pattern})", pattern=pattern)
        return failed("host.M-07", detail)
    return passed("host.M-07", message("no memory is written to disk when a program crashes"))


def _setting(check: str, name: str, holds: Callable[[int], bool], ok: Message, not_ok: Message) -> Check:
    def look(machine: Machine) -> Observation:
        text = machine.text(f"proc/sys/kernel/{name}")
        if text is None or not text.lstrip("-").isdigit():
            return unknown(check, f"/proc/sys/kernel/{name}")
        return passed(check, ok) if holds(int(text)) else failed(check, not_ok, name)

    return look


def _own_process(machine: Machine) -> Observation:
    if not machine.real:
        return unknown("host.M-09", "/proc/self/status")
    held = confinement.current()
    open_points = [
        name
        for name, holds in (
            ("umask", held.private_files),
            ("core", held.no_core),
            ("dumpable", held.not_dumpable),
            ("sockets", held.sockets_refused),
            ("network", held.own_network),
        )
        if not holds
    ]
    if open_points:
        return failed(
            "host.M-09", message("this process is not confined: {names}", names=listed(open_points))
        )
    return passed("host.M-09", message("this process has no network, no core dumps, no readers"))


def _privileges(machine: Machine) -> Observation:
    if machine.real and os.geteuid() == 0:
        return failed("host.B-06", message("securedoc runs as root: use an ordinary account for daily work"))
    status = machine.text("proc/self/status")
    if status is None:
        return unknown("host.B-06", "/proc/self/status")
    capabilities = next((line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), "")
    if capabilities.strip("0") not in _FREE and not confinement.current().own_network:
        return failed("host.B-06", message("this account has privileges of the administrator"))
    return passed("host.B-06", message("securedoc runs in an ordinary account"))


CHECKS: Final[Mapping[str, Check]] = {
    "host.M-01": _swap,
    "host.M-02": _hibernation,
    "host.M-03": _disk_encryption,
    "host.M-05": _old_copies,
    "host.M-06": _temporary,
    "host.M-07": _core_dumps,
    "host.M-08": _setting(
        "host.M-08",
        "yama/ptrace_scope",
        lambda value: value >= 1,
        message("programs cannot read each other's memory"),
        message("any program can read the memory of others of the same account"),
    ),
    "host.M-10": _setting(
        "host.M-10",
        "dmesg_restrict",
        lambda value: value == 1,
        message("the kernel's log is for the administrator only"),
        message("everybody can read the kernel's log"),
    ),
    "host.M-11": _setting(
        "host.M-11",
        "kptr_restrict",
        lambda value: value >= 1,
        message("kernel addresses are hidden"),
        message("kernel addresses are shown to programs"),
    ),
    "host.M-12": _setting(
        "host.M-12",
        "unprivileged_bpf_disabled",
        lambda value: value >= 1,
        message("only the administrator can load programs into the kernel"),
        message("every account can load programs into the kernel"),
    ),
    "host.M-13": _setting(
        "host.M-13",
        "kexec_load_disabled",
        lambda value: value == 1,
        message("the running kernel cannot be replaced"),
        message("the running kernel can be replaced without a restart"),
    ),
    "host.M-09": _own_process,
    "host.B-06": _privileges,
}
