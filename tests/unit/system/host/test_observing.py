from pathlib import Path

import pytest

from securedoc.core.findings import State
from securedoc.system.host import observing
from securedoc.system.host.observing import air_gap_level, observe
from tests.support.machine import clean_machine
from tests.support.system import fake_tree

ASKS_THE_KERNEL = {"host.M-09", "host.T-02"}
MACHINE_OF_ITS_OWN = {"host.M-06"}  # looks at the real mounts of /tmp, which no fake tree can move


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    return clean_machine(tmp_path / "root")


def states(root: Path) -> dict[str, State]:
    return {observation.check: observation.state for observation in observe(root=root)}


def test_a_clean_machine_passes_every_check_that_files_can_show(machine: Path) -> None:
    found = states(machine)

    assert {check for check, state in found.items() if state is not State.PASS} <= (
        ASKS_THE_KERNEL | MACHINE_OF_ITS_OWN
    )
    assert len(found) >= 50


def test_every_check_answers_under_its_own_name(machine: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()

    assert [o.check for o in observe(root=machine)] == list(observing.CHECKS)
    assert [o.check for o in observe(root=empty)] == list(observing.CHECKS)


def test_nothing_passes_on_a_machine_that_shows_nothing(tmp_path: Path) -> None:
    passed = {check for check, state in states(tmp_path).items() if state is State.PASS}

    # Absence is evidence for two only: no name server file, nothing preloaded.
    assert passed <= {"host.H-03", "host.B-08"}


ETH = "sys/class/net/enp3s0"
BROKEN: list[tuple[str, dict[str, str]]] = [
    ("host.N-01", {"sys/bus/pci/devices/0000:03:00.0/class": "0x020000"}),
    ("host.N-01", {"sys/bus/pci/devices/0000:04:00.0/class": "0x0d1100"}),
    ("host.N-02", {"sys/bus/usb/devices/1-2:1.0/bInterfaceClass": "e0"}),
    ("host.N-03", {f"{ETH}/device": "/"}),
    ("host.N-03", {"sys/class/net/docker0/flags": "0x0"}),
    ("host.N-04", {f"{ETH}/statistics/rx_bytes": "17"}),
    ("host.N-05", {f"{ETH}/flags": "0x1003"}),
    ("host.N-06", {"proc/1/net/route": "Iface\tDestination\nenp3s0\t00000000\n"}),
    ("host.N-06", {"proc/1/net/ipv6_route": f"{'0' * 32} 00 {'0' * 32} 00 {'f' * 32} 1 1 0 1 enp3s0\n"}),
    ("host.N-07", {"proc/1/net/fib_trie": "  |-- 10.0.0.7\n     /32 host LOCAL\n"}),
    ("host.N-07", {"proc/1/net/if_inet6": "fe800000000000000000000000000001 02 40 20 80 enp3s0\n"}),
    ("host.N-08", {"proc/1/net/tcp": "  sl\n   0: 00000000:0016 00000000:0000 0A\n"}),
    ("host.N-08", {"proc/1/net/udp6": f"  sl\n   0: {'0' * 32}:14E9 {'0' * 32}:0000 07\n"}),
    ("host.N-09", {"sys/class/net/wlp1s0/wireless": "/"}),
    ("host.N-10", {"sys/class/rfkill/rfkill0/soft": "0", "sys/class/rfkill/rfkill0/hard": "0"}),
    ("host.N-11", {"sys/class/bluetooth/hci0": "/"}),
    ("host.N-11", {"var/lib/bluetooth/AA:BB/CC:DD/info": "[General]"}),
    ("host.N-12", {"dev/cdc-wdm0": ""}),
    ("host.N-13", {"sys/class/video4linux/video0": "/"}),
    ("host.N-14", {"proc/modules": "iwlwifi 1 0 - Live\n"}),
    ("host.N-16", {"dev/mei0": ""}),
    ("host.N-17", {"proc/modules": "rndis_host 1 0 - Live\n"}),
    ("host.N-18", {"proc/self/ns/pid": "->pid:[4026532201]"}),
    ("host.H-01", {"etc/NetworkManager/system-connections/Office.nmconnection": ""}),
    ("host.H-02", {"etc/netplan/01.yaml": ""}),
    ("host.H-02", {"etc/network/interfaces": "iface eth0 inet dhcp\n"}),
    ("host.H-03", {"etc/resolv.conf": "nameserver 8.8.8.8\n"}),
    ("host.H-05", {"run/systemd/timesync/synchronized": ""}),
    ("host.H-06", {"etc/apt/sources.list.d/debian.sources": "URIs: https://deb.debian.org/debian\n"}),
    ("host.H-07", {"var/lib/dpkg/status": "Package: snapd\nStatus: install ok installed\n"}),
    ("host.U-02", {"etc/usbguard/rules.conf": "# none\n"}),
    ("host.U-06", {"sys/bus/thunderbolt/devices/domain0/security": "none"}),
    ("host.P-01", {"etc/cups/cupsd.conf": "PreserveJobFiles 86400\n"}),
    ("host.P-02", {"etc/cups/cupsd.conf": "Listen localhost:631\n"}),
    ("host.P-03", {"var/spool/cups/d00001-001": "%PDF"}),
    ("host.P-04", {"etc/cups/cupsd.conf": "LogLevel warn\n"}),
    ("host.P-04", {"etc/cups/cupsd.conf": "PageLogFormat\nLogLevel debug\n"}),
    ("host.P-05", {"etc/cups/cups-files.conf": "RequestRoot /srv/spool\n"}),
    ("host.P-07", {"etc/cups/printers.conf": "<Printer a>\nDeviceURI ipp://10.0.0.9/p\n</Printer>\n"}),
    ("host.P-09", {"etc/cups/printers.conf": "<DefaultPrinter a>\nDeviceURI cups-pdf:/\n</Printer>\n"}),
    ("host.P-06", {"etc/cups/cupsd.conf": "ErrorPolicy retry-job\n"}),
    ("host.P-10", {"etc/cups/cupsd.conf": "Listen 0.0.0.0:631\n"}),
    ("host.P-10", {"etc/cups/cupsd.conf": "Browsing On\n"}),
    ("host.M-01", {"proc/swaps": "Filename\tType\n/dev/sda3 partition 1 0 -2\n"}),
    ("host.M-02", {"sys/power/state": "freeze mem disk\n"}),
    ("host.M-07", {"proc/sys/fs/suid_dumpable": "2"}),
    ("host.M-08", {"proc/sys/kernel/yama/ptrace_scope": "0"}),
    ("host.M-13", {"proc/sys/kernel/kexec_load_disabled": "0"}),
    ("host.B-01", {"sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c": "\6\0\0\0\0"}),
    ("host.B-02", {"sys/kernel/security/lockdown": "[none] integrity"}),
    ("host.B-03", {"sys/kernel/security/lsm": "capability,yama"}),
    ("host.B-04", {"proc/cmdline": "root=/dev/sda1 init=/bin/sh"}),
    ("host.B-05", {"boot/grub/grub.cfg": "menuentry"}),
    ("host.B-07", {"etc/passwd": "root:x:0:0::/:/bin/sh\ntoor:x:0:0::/:/bin/sh\n"}),
    ("host.B-08", {"etc/ld.so.preload": "/opt/evil.so"}),
    ("host.B-09", {"proc/812/comm": "sshd\n"}),
    ("host.T-01", {"sys/class/rtc/rtc0/since_epoch": "1000000000"}),
    ("host.T-05", {"etc/adjtime": "0\n0\nLOCAL\n"}),
    ("host.T-06", {"etc/localtime": "->/usr/share/zoneinfo/Etc/UTC"}),
]


@pytest.mark.parametrize(("check", "change"), BROKEN, ids=[f"{c}-{n}" for n, (c, _) in enumerate(BROKEN)])
def test_one_change_fails_its_check(check: str, change: dict[str, str], machine: Path) -> None:
    for name in change:
        (machine / name).unlink(missing_ok=True)
    fake_tree(machine, change)

    assert states(machine)[check] is State.FAIL


def test_usb_devices_are_accepted_without_usbguard_only_when_authorised(machine: Path) -> None:
    (machine / "run/usbguard.pid").unlink()
    before = states(machine)["host.U-01"]
    (machine / "sys/bus/usb/devices/usb1/authorized_default").write_text("1\n")

    assert before is State.PASS
    assert states(machine)["host.U-01"] is State.FAIL


def test_encrypted_swap_passes(machine: Path) -> None:
    fake_tree(
        machine,
        {
            "proc/swaps.new": "Filename\tType\n/dev/dm-1 partition 1 0 -2\n",
            "sys/class/block/dm-1/dm/uuid": "CRYPT-PLAIN-swap",
        },
    )
    (machine / "proc/swaps.new").rename(machine / "proc/swaps")

    assert states(machine)["host.M-01"] is State.PASS


def test_a_form_that_nobody_has_seen_is_unknown_not_a_pass_and_not_the_end(machine: Path) -> None:
    (machine / "proc/1/net/route").write_text("Iface\nx\n")

    assert states(machine)["host.N-06"] is State.UNKNOWN


def test_the_level_of_air_gap_follows_what_is_found(machine: Path) -> None:
    levels = [air_gap_level(observe(root=machine))]
    fake_tree(machine, {"sys/bus/pci/devices/0000:03:00.0/class": "0x020000"})
    levels.append(air_gap_level(observe(root=machine)))
    fake_tree(machine, {f"{ETH}/device": "/", f"{ETH}/flags": "0x1002"})
    levels.append(air_gap_level(observe(root=machine)))
    fake_tree(machine, {f"{ETH}/statistics/rx_bytes": "17"})
    levels.append(air_gap_level(observe(root=machine)))
    (machine / "proc/1/net/route").write_text("Iface\tDestination\nenp3s0\t00000000\n")
    levels.append(air_gap_level(observe(root=machine)))

    assert levels == [0, 1, 2, 3, None]


def test_looking_is_cheap(machine: Path) -> None:
    assert len(observe(root=machine)) == len(observing.CHECKS)
    assert observe()  # the real machine, whatever it is, ends in no exception
