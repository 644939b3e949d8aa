"""Checks N: network and radio hardware, interfaces, addresses, sockets."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from securedoc.core.text import message
from securedoc.system.host.reading import Check, Machine, Observation, failed, listed, passed, unknown

_LOOPBACK: Final = "lo"
# Made by the kernel itself without any hardware behind them.
_HARMLESS: Final = ("ifb", "dummy", "sit", "tunl", "ip6tnl", "ip_vti", "ip6_vti", "gre", "erspan")
_USB_NETWORK: Final = frozenset({"02", "0a", "e0"})  # communication, its data, wireless (bInterfaceClass)
_PHONE_DRIVERS: Final = frozenset(
    {"rndis_host", "cdc_ether", "cdc_ncm", "cdc_mbim", "ipheth", "huawei_cdc_ncm"}
)
_RADIO_DRIVERS: Final = frozenset(
    {
        "bluetooth",
        "btusb",
        "cfg80211",
        "mac80211",
        "iwlwifi",
        "iwlmvm",
        "ath9k",
        "ath10k_pci",
        "rtw88_core",
        "nfc",
    }
)
_MODEM_DRIVERS: Final = frozenset({"option", "qmi_wwan", "cdc_acm", "sierra"})
_UP: Final = 1  # IFF_UP
_INIT_PROCESSES: Final = "pid:[4026531836]"  # PROC_PID_INIT_INO: the machine's first process namespace
_SOCKET_TABLES: Final = ("tcp", "tcp6", "udp", "udp6", "raw", "raw6")
_IPV6_LOOPBACK: Final = "00000000000000000000000001000000"


def _controllers(machine: Machine) -> Observation:
    classes = machine.find("sys/bus/pci/devices/*/class")
    if not classes:
        return unknown("host.N-01", "/sys/bus/pci/devices")
    found = [path.parent.name for path in classes if _first(path).startswith(("0x02", "0x0d"))]
    if found:
        detail = message("network or radio controllers are built in: {found}", found=listed(found))
        return failed("host.N-01", detail)
    return passed("host.N-01", message("no network or radio controller is on the PCI bus"))


def _usb_functions(machine: Machine) -> Observation:
    if machine.names("sys/bus/usb/devices") is None:
        return unknown("host.N-02", "/sys/bus/usb/devices")
    classes = machine.find("sys/bus/usb/devices/*/bInterfaceClass")
    found = [path.parent.name for path in classes if _first(path) in _USB_NETWORK]
    if found:
        return failed("host.N-02", message("USB devices can carry a network: {found}", found=listed(found)))
    return passed("host.N-02", message("no USB device can carry a network"))


def _interfaces(machine: Machine) -> Observation:
    names = _foreign(machine)
    if names is None:
        return unknown("host.N-03", "/sys/class/net")
    if names:
        return failed("host.N-03", message("there are network interfaces: {names}", names=listed(names)))
    return passed("host.N-03", message("there is no network interface but the loopback"))


def _carrier(machine: Machine) -> Observation:
    names = _foreign(machine)
    if names is None:
        return unknown("host.N-04", "/sys/class/net")
    lively = [name for name in names if _carried(machine, name)]
    if lively:
        detail = message("connected at some time since the machine started: {names}", names=listed(lively))
        return failed("host.N-04", detail)
    return passed("host.N-04", message("no interface was connected since the machine started"))


def _carried(machine: Machine, name: str) -> bool:
    # Reading `carrier` of an interface that is down gives an error: then the counters still tell.
    counters = ("carrier", "carrier_up_count", "statistics/rx_bytes", "statistics/tx_bytes")
    return any(machine.text(f"sys/class/net/{name}/{counter}") not in {None, "", "0"} for counter in counters)


def _admin_state(machine: Machine) -> Observation:
    names = _foreign(machine)
    if names is None:
        return unknown("host.N-05", "/sys/class/net")
    up = [name for name in names if int(machine.text(f"sys/class/net/{name}/flags") or "0x0", 16) & _UP]
    if up:
        return failed("host.N-05", message("switched on: {names}", names=listed(up)))
    return passed("host.N-05", message("every network interface is switched off"))


def _routes(machine: Machine) -> Observation:
    # Of process 1: our own network namespace is empty, because we left the machine's.
    ipv4, ipv6 = machine.text("proc/1/net/route"), machine.text("proc/1/net/ipv6_route")
    if ipv4 is None:
        return unknown("host.N-06", "/proc/1/net/route")
    rows = [line.split() for line in ipv4.splitlines()[1:]]
    found = [row[0] for row in rows if row[1] == "00000000"]
    found += [
        row[-1]
        for row in (line.split() for line in (ipv6 or "").splitlines())
        if row[0] == "0" * 32 and row[1] == "00" and row[-1] != _LOOPBACK
    ]
    if found:
        return failed(
            "host.N-06",
            message("there is a default route through {names}", names=listed([*dict.fromkeys(found)])),
        )
    return passed("host.N-06", message("there is no default route"))


def _addresses(machine: Machine) -> Observation:
    tree, ipv6 = machine.text("proc/1/net/fib_trie"), machine.text("proc/1/net/if_inet6")
    if tree is None:
        return unknown("host.N-07", "/proc/1/net/fib_trie")
    found, address = set(), ""
    for words in (line.split() for line in tree.splitlines()):
        if words[0] == "|--":
            address = words[1]
        elif "host" in words and "LOCAL" in words and not address.startswith("127."):
            found.add(address)
    for row in (line.split() for line in (ipv6 or "").splitlines()):
        if row[-1] != _LOOPBACK:
            found.add(row[0])
    if found:
        return failed("host.N-07", message("addresses are assigned: {found}", found=listed(sorted(found))))
    return passed("host.N-07", message("there is no address but the loopback's"))


def _sockets(machine: Machine) -> Observation:
    if machine.text("proc/1/net/tcp") is None:
        return unknown("host.N-08", "/proc/1/net/tcp")
    found = []
    for table in _SOCKET_TABLES:
        for line in (machine.text(f"proc/1/net/{table}") or "").splitlines()[1:]:
            address, port = line.split()[1].split(":")
            if address != _IPV6_LOOPBACK and not address.endswith("7F"):  # bytes in reverse: 127.x.x.x
                found.append(f"{table} {int(port, 16)}")
    if found:
        detail = message("programs listen or talk beyond this machine: {found}", found=listed(found))
        return failed("host.N-08", detail)
    return passed("host.N-08", message("no program has a socket open to other machines"))


def _wifi(machine: Machine) -> Observation:
    found = machine.find("sys/class/net/*/wireless", "sys/class/net/*/phy80211", "sys/class/ieee80211/*")
    if machine.names("sys/class/net") is None:
        return unknown("host.N-09", "/sys/class/net")
    if found:
        return failed("host.N-09", message("there is Wi-Fi: {found}", found=listed([p.name for p in found])))
    return passed("host.N-09", message("there is no Wi-Fi"))


def _rfkill(machine: Machine) -> Observation:
    if machine.names("sys/class") is None:
        return unknown("host.N-10", "/sys/class")
    radios = machine.names("sys/class/rfkill") or []
    on = [
        machine.text(f"sys/class/rfkill/{radio}/name") or radio
        for radio in radios
        if machine.text(f"sys/class/rfkill/{radio}/hard") != "1"
        and machine.text(f"sys/class/rfkill/{radio}/soft") != "1"
    ]
    if on:
        return failed("host.N-10", message("radios are not blocked: {names}", names=listed(on)))
    return passed("host.N-10", message("no radio is free to send"))


def _bluetooth(machine: Machine) -> Observation:
    if machine.names("sys/class") is None:
        return unknown("host.N-11", "/sys/class")
    present = machine.names("sys/class/bluetooth") or []
    paired = machine.find("var/lib/bluetooth/*/*/info")
    if present:
        return failed("host.N-11", message("there is Bluetooth: {names}", names=listed(present)))
    if paired:
        return failed("host.N-11", message("{count} Bluetooth devices were paired once", count=len(paired)))
    return passed("host.N-11", message("there is no Bluetooth and none was paired"))


def _modems(machine: Machine) -> Observation:
    if machine.names("sys/class") is None:
        return unknown("host.N-12", "/sys/class")
    found = [path.name for path in machine.find("sys/class/wwan/*", "sys/class/net/wwan*", "dev/cdc-wdm*")]
    drivers = machine.find("sys/class/tty/*/device/driver")
    found += [driver.parents[1].name for driver in drivers if driver.resolve().name in _MODEM_DRIVERS]
    if found:
        return failed("host.N-12", message("there is a modem: {names}", names=listed(found)))
    return passed("host.N-12", message("there is no modem"))


def _senses(machine: Machine) -> Observation:
    if machine.names("sys/class") is None:
        return unknown("host.N-13", "/sys/class")
    kinds = ("nfc", "rc", "video4linux", "sound")
    found = [f"{kind} ({len(names)})" for kind in kinds if (names := machine.names(f"sys/class/{kind}"))]
    if found:
        detail = message("cameras, sound, infrared or NFC are present: {found}", found=listed(found))
        return failed("host.N-13", detail)
    return passed("host.N-13", message("there is no camera, sound, infrared or NFC"))


def _radio_drivers(machine: Machine) -> Observation:
    return _loaded(machine, "host.N-14", _RADIO_DRIVERS)


def _phone_drivers(machine: Machine) -> Observation:
    return _loaded(machine, "host.N-17", _PHONE_DRIVERS)


def _loaded(machine: Machine, check: str, drivers: frozenset[str]) -> Observation:
    modules = machine.text("proc/modules")
    if modules is None:  # a kernel without modules: what it has built in, the interfaces show
        return unknown(check, "/proc/modules")
    found = sorted({line.split()[0] for line in modules.splitlines()} & drivers)
    if found:
        return failed(check, message("drivers that carry a network are loaded: {names}", names=listed(found)))
    return passed(check, message("no driver of this kind is loaded"))


def _management(machine: Machine) -> Observation:
    if machine.names("dev") is None:
        return unknown("host.N-16", "/dev")
    found = [path.name for path in machine.find("dev/mei*", "dev/ipmi*")]
    if found:
        detail = message("the machine can be managed from outside its system: {names}", names=listed(found))
        return failed("host.N-16", detail)
    return passed("host.N-16", message("no management controller is visible"))


def _namespaces(machine: Machine) -> Observation:
    processes = machine.link("proc/self/ns/pid")
    if processes is None:
        return unknown("host.N-18", "/proc/self/ns/pid")
    if processes != _INIT_PROCESSES:
        detail = message("this runs inside a container: what it sees is not the machine")
        return failed("host.N-18", detail)
    return passed("host.N-18", message("this runs on the machine itself, not in a container"))


def _foreign(machine: Machine) -> list[str] | None:
    names = machine.names("sys/class/net")
    if names is None:
        return None
    return [
        name
        for name in names
        if name != _LOOPBACK
        and (machine.path(f"sys/class/net/{name}/device").exists() or not name.startswith(_HARMLESS))
    ]


def _first(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""


CHECKS: Final[Mapping[str, Check]] = {
    "host.N-01": _controllers,
    "host.N-02": _usb_functions,
    "host.N-03": _interfaces,
    "host.N-04": _carrier,
    "host.N-05": _admin_state,
    "host.N-06": _routes,
    "host.N-07": _addresses,
    "host.N-08": _sockets,
    "host.N-09": _wifi,
    "host.N-10": _rfkill,
    "host.N-11": _bluetooth,
    "host.N-12": _modems,
    "host.N-13": _senses,
    "host.N-14": _radio_drivers,
    "host.N-16": _management,
    "host.N-17": _phone_drivers,
    "host.N-18": _namespaces,
}
