"""Checks H: whether this machine was ever online, and programs that would want it to be."""

import re
from collections.abc import Mapping
from typing import Final

from securedoc.core.text import message
from securedoc.system.host.reading import Check, Machine, Observation, failed, listed, passed, unknown

_PACKAGE: Final = re.compile(r"^Package: (\S+)\nStatus: install ok installed", re.MULTILINE)
# Programs whose work is to talk to other machines, or to send reports about this one.
_TALKERS: Final = frozenset(
    {
        "snapd",
        "fwupd",
        "packagekit",
        "unattended-upgrades",
        "avahi-daemon",
        "whoopsie",
        "apport",
        "firefox",
        "firefox-esr",
        "chromium",
        "google-chrome-stable",
        "thunderbird",
        "openssh-server",
        "teamviewer",
        "anydesk",
        "nextcloud-desktop",
        "dropbox",
        "zalo",
    }
)
_REMOTE_SOURCE: Final = re.compile(r"\b(?:https?|ftp|mirror)(?:\+\w+)?:", re.IGNORECASE)


def _profiles(machine: Machine) -> Observation:
    if machine.names("etc") is None:
        return unknown("host.H-01", "/etc")
    found = machine.find(
        "etc/NetworkManager/system-connections/*",
        "run/NetworkManager/system-connections/*",
        "var/lib/NetworkManager/*.lease",
        "var/lib/NetworkManager/seen-bssids",
        "var/lib/NetworkManager/timestamps",
    )
    if found:
        detail = message("NetworkManager remembers {count} connections or networks", count=len(found))
        return failed("host.H-01", detail)
    return passed("host.H-01", message("NetworkManager remembers no connection"))


def _other_stacks(machine: Machine) -> Observation:
    if machine.names("etc") is None:
        return unknown("host.H-02", "/etc")
    found = machine.find(
        "etc/netplan/*.yaml",
        "etc/systemd/network/*.network",
        "run/systemd/netif/leases/*",
        "var/lib/dhcp/*.leases",
        "etc/wpa_supplicant/*.conf",
    )
    names = [path.name for path in found]
    for path in ("etc/network/interfaces", *_below(machine, "etc/network/interfaces.d")):
        lines = machine.lines(path) or []
        names += [line for line in lines if line.startswith("iface ") and not line.startswith("iface lo ")]
    if names:
        return failed("host.H-02", message("a network is set up: {names}", names=listed(names)))
    return passed("host.H-02", message("no network is set up"))


def _resolver(machine: Machine) -> Observation:
    lines = machine.lines("etc/resolv.conf")
    if lines is None:
        return passed("host.H-03", message("no name server is set up"))
    servers = [line.split()[-1] for line in lines if line.startswith("nameserver")]
    found = [server for server in servers if not server.startswith("127.") and server != "::1"]
    if found:
        return failed("host.H-03", message("name servers are set up: {names}", names=listed(found)))
    return passed("host.H-03", message("no name server is set up"))


def _time_sync(machine: Machine) -> Observation:
    if machine.names("run") is None:
        return unknown("host.H-05", "/run")
    found = machine.find("run/systemd/timesync/synchronized", "var/lib/chrony/drift", "var/lib/ntp/ntp.drift")
    if found:
        detail = message("the clock was set over a network: {names}", names=listed([p.name for p in found]))
        return failed("host.H-05", detail)
    return passed("host.H-05", message("nothing shows that the clock was set over a network"))


def _package_sources(machine: Machine) -> Observation:
    if machine.names("etc/apt") is None:
        return unknown("host.H-06", "/etc/apt")
    below = _below(machine, "etc/apt/sources.list.d")
    files = ["etc/apt/sources.list", *(name for name in below if name.endswith((".list", ".sources")))]
    remote = [name for name in files if any(map(_REMOTE_SOURCE.search, machine.lines(name) or []))]
    if remote:
        detail = message("software comes from the network: {names}", names=listed(remote))
        return failed("host.H-06", detail)
    return passed("host.H-06", message("software comes from local media only"))


def _talkers(machine: Machine) -> Observation:
    status = machine.text("var/lib/dpkg/status")
    if status is None:
        return unknown("host.H-07", "/var/lib/dpkg/status")
    found = sorted(set(_PACKAGE.findall(status)) & _TALKERS)
    if found:
        detail = message("programs that want a network are installed: {names}", names=listed(found))
        return failed("host.H-07", detail)
    return passed("host.H-07", message("no program that wants a network is installed"))


def _below(machine: Machine, directory: str) -> list[str]:
    return [f"{directory}/{name}" for name in machine.names(directory) or []]


CHECKS: Final[Mapping[str, Check]] = {
    "host.H-01": _profiles,
    "host.H-02": _other_stacks,
    "host.H-03": _resolver,
    "host.H-05": _time_sync,
    "host.H-06": _package_sources,
    "host.H-07": _talkers,
}
