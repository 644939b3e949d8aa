"""Checks B and T: boot, kernel protection, accounts, remote access, and a clock without a time server."""

import re
import time
from collections.abc import Mapping
from typing import Final

from securedoc.core.text import message
from securedoc.system import confinement, kernel
from securedoc.system.host.reading import Check, Machine, Observation, failed, listed, passed, unknown

_EFI: Final = "sys/firmware/efi/efivars"
_EFI_GLOBAL: Final = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
_EFI_VARIABLE_BYTES: Final = 5  # four of attributes, one of value
_REMOTE: Final = frozenset(
    {"sshd", "x11vnc", "Xvnc", "vino-server", "xrdp", "anydesk", "teamviewerd", "telnetd", "gnome-remote-de"}
)
_BOOT_WORDS: Final = re.compile(r"^(?:init=.*|rdinit=.*|single|systemd\.unit=(?:rescue|emergency).*)$")
_CLOCK_TOLERANCE_S: Final = 120


def _secure_boot(machine: Machine) -> Observation:
    try:
        value = machine.path(f"{_EFI}/SecureBoot-{_EFI_GLOBAL}").read_bytes()
        setup = machine.path(f"{_EFI}/SetupMode-{_EFI_GLOBAL}").read_bytes()
    except OSError:
        return unknown("host.B-01", f"/{_EFI}")
    if len(value) != _EFI_VARIABLE_BYTES or value[-1] != 1 or setup[-1:] != b"\0":
        return failed("host.B-01", message("Secure Boot is off"))
    return passed("host.B-01", message("Secure Boot is on"))


def _lockdown(machine: Machine) -> Observation:
    text = machine.text("sys/kernel/security/lockdown")
    if text is None:
        return unknown("host.B-02", "/sys/kernel/security/lockdown")
    if "[none]" in text:
        return failed("host.B-02", message("the kernel is not locked down"))
    return passed("host.B-02", message("the kernel is locked down"))


def _apparmor(machine: Machine) -> Observation:
    modules = machine.text("sys/kernel/security/lsm")
    if modules is None:
        return unknown("host.B-03", "/sys/kernel/security/lsm")
    if not {"apparmor", "selinux"} & set(modules.split(",")):
        return failed("host.B-03", message("no mandatory access control (AppArmor) is active"))
    return passed("host.B-03", message("mandatory access control is active"))


def _boot_words(machine: Machine) -> Observation:
    line = machine.text("proc/cmdline")
    if line is None:
        return unknown("host.B-04", "/proc/cmdline")
    found = [word for word in line.split() if _BOOT_WORDS.match(word)]
    if found:
        return failed("host.B-04", message("the machine was started with {words}", words=listed(found)))
    return passed("host.B-04", message("the machine was started in the ordinary way"))


def _boot_password(machine: Machine) -> Observation:
    text = machine.text("boot/grub/grub.cfg")
    if text is None:
        return unknown("host.B-05", "/boot/grub/grub.cfg")
    if "password_pbkdf2" not in text:
        return failed("host.B-05", message("the boot menu can be changed without a password"))
    return passed("host.B-05", message("the boot menu asks for a password"))


def _accounts(machine: Machine) -> Observation:
    lines = machine.lines("etc/passwd")
    if lines is None:
        return unknown("host.B-07", "/etc/passwd")
    rows = [line.split(":") for line in lines]
    found = [row[0] for row in rows if row[2:3] == ["0"] and row[0] != "root"]
    if found:
        return failed("host.B-07", message("accounts beside root are root: {names}", names=listed(found)))
    return passed("host.B-07", message("only root is root"))


def _injected(machine: Machine) -> Observation:
    found = list(confinement.environment_findings()) if machine.real else []
    if machine.lines("etc/ld.so.preload"):
        found.append("/etc/ld.so.preload")
    if found:
        return failed("host.B-08", message("code can be put into securedoc by {names}", names=listed(found)))
    return passed("host.B-08", message("nothing puts foreign code into securedoc"))


def _remote_access(machine: Machine) -> Observation:
    names = {
        machine.text(str(path.relative_to(machine.path("")))) for path in machine.find("proc/[0-9]*/comm")
    }
    if not names:
        return unknown("host.B-09", "/proc")
    found = sorted(name for name in names if name in _REMOTE)
    if found:
        return failed("host.B-09", message("remote access is running: {names}", names=listed(found)))
    return passed("host.B-09", message("no remote access is running"))


def _hardware_clock(machine: Machine) -> Observation:
    text = machine.text("sys/class/rtc/rtc0/since_epoch")
    if text is None or not text.isdigit():
        return unknown("host.T-01", "/sys/class/rtc/rtc0/since_epoch")
    apart = abs(int(text) - int(time.time()))
    if apart > _CLOCK_TOLERANCE_S:
        return failed("host.T-01", message("the two clocks differ by {seconds} seconds", seconds=apart))
    return passed("host.T-01", message("the hardware's clock and the system's agree"))


def _synchronised(machine: Machine) -> Observation:
    if not machine.real:
        return unknown("host.T-02", "adjtimex")
    try:
        synchronised = kernel.clock_is_synchronised()
    except OSError:
        return unknown("host.T-02", "adjtimex")
    if synchronised:
        return failed(
            "host.T-02", message("something keeps the clock in step: a network, on a machine without one")
        )
    return passed("host.T-02", message("nothing outside sets the clock"))


def _clock_in_utc(machine: Machine) -> Observation:
    lines = machine.lines("etc/adjtime")
    if lines is None:
        return unknown("host.T-05", "/etc/adjtime")
    if lines[-1:] == ["LOCAL"]:
        return failed("host.T-05", message("the hardware's clock runs in local time"))
    return passed("host.T-05", message("the hardware's clock runs in UTC"))


def _time_zone(machine: Machine) -> Observation:
    target = machine.link("etc/localtime")
    if target is None:
        return unknown("host.T-06", "/etc/localtime")
    zone = target.partition("zoneinfo/")[2]
    if zone not in {"Asia/Ho_Chi_Minh", "Asia/Saigon"}:
        return failed("host.T-06", message("the time zone is {zone}", zone=zone or target))
    return passed("host.T-06", message("the time zone is {zone}", zone=zone))


CHECKS: Final[Mapping[str, Check]] = {
    "host.B-01": _secure_boot,
    "host.B-02": _lockdown,
    "host.B-03": _apparmor,
    "host.B-04": _boot_words,
    "host.B-05": _boot_password,
    "host.B-07": _accounts,
    "host.B-08": _injected,
    "host.B-09": _remote_access,
    "host.T-01": _hardware_clock,
    "host.T-02": _synchronised,
    "host.T-05": _clock_in_utc,
    "host.T-06": _time_zone,
}
