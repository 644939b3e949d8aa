"""A fake machine that passes every check that files can show, to break one thing at a time."""

import os
import time
from pathlib import Path

from tests.support.system import fake_tree

_IN_MEMORY = ("/dev/shm", "/tmp", "/var/tmp", "/var/spool/cups", "/var/cache/cups")  # noqa: S108 - a fake
EFI_GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"


def clean_machine(root: Path) -> Path:
    """Write the tree of an office machine without a network, as one would wish it."""
    status = Path("/").stat()
    number = f"{os.major(status.st_dev)}:{os.minor(status.st_dev)}"
    fake_tree(
        root,
        {
            "sys/bus/pci/devices/0000:00:02.0/class": "0x030000\n",
            "sys/bus/usb/devices/1-1:1.0/bInterfaceClass": "03\n",
            "sys/bus/usb/devices/usb1/authorized_default": "0\n",
            "sys/class/net/lo/flags": "0x9\n",
            "sys/class/tty": "/",
            "sys/power/state": "freeze mem\n",
            "sys/class/rtc/rtc0/since_epoch": f"{int(time.time())}\n",
            "sys/kernel/security/lockdown": "none [integrity] confidentiality\n",
            "sys/kernel/security/lsm": "lockdown,capability,yama,apparmor\n",
            f"sys/firmware/efi/efivars/SecureBoot-{EFI_GLOBAL}": "\x06\x00\x00\x00\x01",
            f"sys/firmware/efi/efivars/SetupMode-{EFI_GLOBAL}": "\x06\x00\x00\x00\x00",
            f"sys/dev/block/{number}/dm/uuid": "CRYPT-LUKS2-00-system",
            "proc/1/net/route": "Iface\tDestination\tGateway\n",
            "proc/1/net/ipv6_route": f"{'0' * 32} 00 {'0' * 32} 00 {'0' * 32} ffffffff 1 0 200200 lo\n",
            "proc/1/net/fib_trie": "Local:\n  |-- 127.0.0.1\n     /32 host LOCAL\n",
            "proc/1/net/if_inet6": f"{'0' * 31}1 01 80 10 80       lo\n",
            "proc/1/net/tcp": "  sl  local_address\n   0: 0100007F:0277 00000000:0000 0A\n",
            "proc/1/comm": "systemd\n",
            "proc/self/ns/pid": "->pid:[4026531836]",
            "proc/self/mountinfo": f"1 0 {number} / / rw,relatime - ext4 /dev/mapper/system rw\n"
            + "".join(
                f"2 1 0:{99 + place} / {name} rw,nosuid,nodev - tmpfs tmpfs rw\n"
                for place, name in enumerate(_IN_MEMORY)
            ),
            "proc/self/status": "CapEff:\t0000000000000000\n",
            "proc/modules": "ext4 1 2 - Live\nusbhid 1 0 - Live\n",
            "proc/swaps": "Filename\tType\n",
            "proc/cmdline": "BOOT_IMAGE=/vmlinuz root=/dev/mapper/system ro quiet\n",
            "proc/sys/kernel/core_pattern": "|/bin/false\n",
            "proc/sys/fs/suid_dumpable": "0\n",
            "proc/sys/kernel/yama/ptrace_scope": "1\n",
            "proc/sys/kernel/dmesg_restrict": "1\n",
            "proc/sys/kernel/kptr_restrict": "2\n",
            "proc/sys/kernel/unprivileged_bpf_disabled": "2\n",
            "proc/sys/kernel/kexec_load_disabled": "1\n",
            "run/usbguard.pid": "1\n",
            "dev/null": "",
            "etc/usbguard/rules.conf": "allow id 046d:c31c\n",
            "etc/systemd/coredump.conf": "[Coredump]\nStorage=none\n",
            "etc/cups/cups-files.conf": "SystemGroup lpadmin\n",
            "etc/cups/printers.conf": "<Printer mau>\nDeviceURI usb://Mau/1\n</Printer>\n",
            "etc/cups/cupsd.conf": (
                "Listen /run/cups/cups.sock\nBrowsing No\nPreserveJobFiles No\nPreserveJobHistory No\n"
                "ErrorPolicy abort-job\nLogLevel warn\nPageLogFormat\n"
            ),
            "etc/apt/sources.list": "# deb https://deb.debian.org/debian x\ndeb file:/srv/mirror x\n",
            "etc/network/interfaces": "auto lo\niface lo inet loopback\n",
            "etc/passwd": "root:x:0:0::/root:/bin/sh\nvan-thu:x:1000:1000::/home/v:/bin/sh\n",
            "etc/adjtime": "0.0 0 0\n0\nUTC\n",
            "etc/localtime": "->/usr/share/zoneinfo/Asia/Ho_Chi_Minh",
            "var/lib/dpkg/status": "Package: bash\nStatus: install ok installed\n",
            "var/spool/cups/tmp": "/",
            "boot/grub/grub.cfg": "password_pbkdf2 admin grub.pbkdf2\n",
        },
    )
    return root
