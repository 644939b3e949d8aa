"""What to do about each check of the machine that fails, in words for a person who is no technician."""

from collections.abc import Mapping
from typing import Final

from securedoc.core.text import Message, message

_TAKE_OUT: Final = message("have a technician take this device out, or switch it off in the firmware set-up")
_UNPLUG: Final = message("unplug the network, and find out how and since when it was connected")

REMEDIES: Final[Mapping[str, Message]] = {
    "host.N-01": _TAKE_OUT,
    "host.N-02": message("unplug this device, and find out who plugged it in"),
    "host.N-03": _TAKE_OUT,
    "host.N-04": _UNPLUG,
    "host.N-05": message("switch the interface off, and take its cable out"),
    "host.N-06": _UNPLUG,
    "host.N-07": _UNPLUG,
    "host.N-08": message("stop these programs, and remove them"),
    "host.N-09": _TAKE_OUT,
    "host.N-10": message("block every radio with its switch or with rfkill"),
    "host.N-11": _TAKE_OUT,
    "host.N-12": _TAKE_OUT,
    "host.N-13": message("cover or unplug it, or accept the risk in writing"),
    "host.N-14": message("forbid these drivers in /etc/modprobe.d with `install NAME /bin/false`"),
    "host.N-16": message("switch remote management off in the firmware set-up"),
    "host.N-17": message("unplug the telephone, and forbid these drivers in /etc/modprobe.d"),
    "host.N-18": message("run securedoc on the machine itself"),
    "host.H-01": message("find out when and why the machine was connected, then delete the connection"),
    "host.H-02": message("take the network out of this file"),
    "host.H-03": message("take the name server out of /etc/resolv.conf"),
    "host.H-05": message("find out when the machine was online; remove the time service"),
    "host.H-06": message("install from a checked medium only: a file: or cdrom: source"),
    "host.H-07": message("remove these programs"),
    "host.U-01": message("install USBGuard, and let it accept the devices of this office only"),
    "host.U-02": message("install USBGuard; make its rules from the devices that are plugged in now"),
    "host.U-04": message("mount sticks with nodev, nosuid and noexec"),
    "host.U-06": message("switch these ports off in the firmware set-up"),
    "host.P-01": message(
        "write `PreserveJobFiles No` into /etc/cups/cupsd.conf and restart the print service"
    ),
    "host.P-02": message("write `PreserveJobHistory No` into /etc/cups/cupsd.conf"),
    "host.P-03": message("shred these files, then write `PreserveJobFiles No` into /etc/cups/cupsd.conf"),
    "host.P-04": message(
        "write `PageLogFormat` with nothing behind it, and `LogLevel warn`, into /etc/cups/cupsd.conf"
    ),
    "host.P-05": message(
        "mount a tmpfs at /var/spool/cups and at /var/cache/cups, or name one in RequestRoot, TempDir "
        "and CacheDir"
    ),
    "host.P-07": message("print on a printer with a USB cable, without a network of its own"),
    "host.P-09": message("remove these printers: `lpadmin -x NAME`"),
    "host.P-06": message("write `ErrorPolicy abort-job` into /etc/cups/cupsd.conf"),
    "host.P-10": message("write `Browsing No` and `Listen /run/cups/cups.sock` into /etc/cups/cupsd.conf"),
    "host.M-01": message("switch swap off, or encrypt it with a key that changes at every start"),
    "host.M-02": message("run `systemctl mask hibernate.target`"),
    "host.M-03": message("install the system anew on an encrypted disk"),
    "host.M-05": message("keep the vault on an ext4 file system"),
    "host.M-06": message("mount a tmpfs at /tmp and /var/tmp"),
    "host.M-07": message("set `Storage=none` in /etc/systemd/coredump.conf and fs.suid_dumpable to 0"),
    "host.M-08": message("set kernel.yama.ptrace_scope to 1 or more"),
    "host.M-10": message("set kernel.dmesg_restrict to 1"),
    "host.M-11": message("set kernel.kptr_restrict to 1 or more"),
    "host.M-12": message("set kernel.unprivileged_bpf_disabled to 1 or more"),
    "host.M-13": message("set kernel.kexec_load_disabled to 1"),
    "host.M-09": message("start securedoc by its own command, on a kernel that allows namespaces"),
    "host.B-01": message("switch Secure Boot on in the firmware set-up"),
    "host.B-02": message("start the kernel with lockdown=integrity"),
    "host.B-03": message("switch AppArmor on"),
    "host.B-04": message("start the machine in the ordinary way"),
    "host.B-05": message("set a password for the boot menu"),
    "host.B-06": message("work in an account without the administrator's rights"),
    "host.B-07": message("remove these accounts, and find out who made them"),
    "host.B-08": message("take these settings away, and find out who made them"),
    "host.B-09": message("stop these services, and remove them"),
    "host.T-01": message("set both clocks by a reference, with two people, and write it down"),
    "host.T-02": message("find out what sets the clock; remove the time service"),
    "host.T-05": message("run `hwclock --systohc --utc`"),
    "host.T-06": message("run `timedatectl set-timezone Asia/Ho_Chi_Minh`"),
}
