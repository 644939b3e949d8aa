"""Checks U and P: USB and other buses that devices arrive on, and the print service."""

from collections.abc import Mapping
from typing import Final

from securedoc.core.text import message
from securedoc.system import volumes
from securedoc.system.host.reading import Check, Machine, Observation, failed, listed, passed, unknown

_SAFE_MOUNT: Final = frozenset({"nodev", "nosuid", "noexec"})
_CUPS: Final = "etc/cups/cupsd.conf"


def _authorisation(machine: Machine) -> Observation:
    controllers = machine.find("sys/bus/usb/devices/usb*/authorized_default")
    if not controllers:
        return unknown("host.U-01", "/sys/bus/usb/devices")
    if machine.path("run/usbguard.pid").exists():
        return passed("host.U-01", message("USBGuard decides which USB devices may connect"))
    open_ones = [path.parent.name for path in controllers if path.read_text().strip() not in {"0", "2"}]
    if open_ones:
        detail = message("every USB device that is plugged in is accepted: {names}", names=listed(open_ones))
        return failed("host.U-01", detail)
    return passed("host.U-01", message("new USB devices are not accepted by themselves"))


def _usb_rules(machine: Machine) -> Observation:
    if machine.names("etc") is None:
        return unknown("host.U-02", "/etc")
    if machine.names("etc/usbguard") is None:
        return failed("host.U-02", message("USBGuard is not installed"))
    rules = machine.lines("etc/usbguard/rules.conf")
    if rules is None:
        return unknown("host.U-02", "/etc/usbguard/rules.conf")
    if not rules:
        return failed("host.U-02", message("USBGuard has no rules"))
    return passed("host.U-02", message("USBGuard has {count} rules", count=len(rules)))


def _removable(machine: Machine) -> Observation:
    try:
        mounted = volumes.mounted(root=machine.path(""))
    except OSError:
        return unknown("host.U-04", "/proc/self/mountinfo")
    loose = [
        str(volume.mount_point)
        for volume in mounted
        if (volume.usb or volume.removable) and not set(volume.options) >= _SAFE_MOUNT
    ]
    if loose:
        detail = message(
            "removable media are mounted without nodev, nosuid, noexec: {names}", names=listed(loose)
        )
        return failed("host.U-04", detail)
    return passed("host.U-04", message("removable media, if any, are mounted so that nothing on them runs"))


def _memory_ports(machine: Machine) -> Observation:
    if machine.names("sys/bus") is None:
        return unknown("host.U-06", "/sys/bus")
    domains = machine.find("sys/bus/thunderbolt/devices/domain*/security")
    found = [path.parent.name for path in domains if path.read_text().strip() in {"none", "secure0"}]
    found += machine.names("sys/bus/firewire/devices") or []
    if found:
        detail = message("ports that reach into memory are open: {names}", names=listed(found))
        return failed("host.U-06", detail)
    return passed("host.U-06", message("no open port reaches into memory"))


def _kept_jobs(machine: Machine) -> Observation:
    return _cups_says_no(machine, "host.P-01", "PreserveJobFiles")


def _kept_titles(machine: Machine) -> Observation:
    return _cups_says_no(machine, "host.P-02", "PreserveJobHistory")


def _cups_says_no(machine: Machine, check: str, directive: str) -> Observation:
    lines = machine.lines(_CUPS)
    if lines is None:
        return _without_cups(machine, check)
    values = [line.split()[1].lower() for line in lines if line.lower().startswith(directive.lower() + " ")]
    if values and values[-1] in {"no", "off", "false"}:
        return passed(check, message("{directive} is No", directive=directive))
    detail = message("the print service keeps what was printed: {directive} is not No", directive=directive)
    return failed(check, detail)


def _printed_left(machine: Machine) -> Observation:
    if machine.names("var/spool/cups") is None:
        if machine.there("var/spool/cups"):
            return unknown("host.P-03", "/var/spool/cups")
        return _without_cups(machine, "host.P-03")
    found = [path.name for path in machine.find("var/spool/cups/d*", "var/spool/cups/tmp/*")]
    if found:
        return failed("host.P-03", message("{count} printed files lie in the spool", count=len(found)))
    return passed("host.P-03", message("the print spool is empty"))


def _retried_jobs(machine: Machine) -> Observation:
    lines = machine.lines(_CUPS)
    if lines is None:
        return _without_cups(machine, "host.P-06")
    policies = [line.split()[1] for line in lines if line.lower().startswith("errorpolicy ")]
    if policies and policies[-1] == "abort-job":
        return passed("host.P-06", message("a failed print job is given up"))
    return failed("host.P-06", message("a failed print job waits and may print later, when nobody is there"))


def _shared_printing(machine: Machine) -> Observation:
    lines = machine.lines(_CUPS)
    if lines is None:
        return _without_cups(machine, "host.P-10")
    words = [line.lower().split() for line in lines]
    local = ("localhost", "127.0.0.1", "[::1]", "/")
    found = [" ".join(line) for line in words if line[0] == "listen" and not line[1].startswith(local)]
    found += [" ".join(line) for line in words if line[0] in {"port", "browseprotocols"}]
    found += [" ".join(line) for line in words if line[:2] in (["browsing", "on"], ["browsing", "yes"])]
    if found:
        return failed(
            "host.P-10", message("the print service is open to others: {found}", found=listed(found))
        )
    return passed("host.P-10", message("the print service is open to this machine only"))


def _without_cups(machine: Machine, check: str) -> Observation:
    if machine.names("etc") is None or machine.there(_CUPS):
        return unknown(check, f"/{_CUPS}")
    return passed(check, message("there is no print service"))


CHECKS: Final[Mapping[str, Check]] = {
    "host.U-01": _authorisation,
    "host.U-02": _usb_rules,
    "host.U-04": _removable,
    "host.U-06": _memory_ports,
    "host.P-01": _kept_jobs,
    "host.P-02": _kept_titles,
    "host.P-03": _printed_left,
    "host.P-06": _retried_jobs,
    "host.P-10": _shared_printing,
}
