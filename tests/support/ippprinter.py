"""A real IPP printer on loopback: ippeveprinter, with a message bus and an avahi-daemon of its own.

It refuses to start without DNS-SD, so it is given one that nobody outside the test can see.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from securedoc.system import process

_PROGRAMS = ("ippeveprinter", "avahi-daemon", "dbus-daemon", "pdfinfo")
_MISSING = next((name for name in _PROGRAMS if process.find(name) is None), None)
needs_ippeveprinter = pytest.mark.skipif(
    _MISSING is not None or os.geteuid() != 0,
    reason=f"{_MISSING} is not installed" if _MISSING else "needs root",
)

_LISTEN = "0A"  # as the kernel spells it in /proc/net/tcp
_BUS = """<busconfig><type>system</type><listen>unix:path={root}/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/>
<allow send_destination="*"/><allow receive_type="method_call"/><allow receive_type="method_return"/>
<allow receive_type="signal"/><allow receive_type="error"/></policy></busconfig>
"""
_AVAHI = """[server]
use-ipv4=yes
use-ipv6=no
allow-interfaces=lo
[wide-area]
enable-wide-area=no
[publish]
publish-addresses=no
publish-hinfo=no
publish-workstation=no
"""
# The engine: it keeps each job as paper would be kept, and counts sides as an office printer does.
# What it does to the paper is read from a file, so that a test can jam it.
_ENGINE = """#!/bin/sh
root={root}
how=$(cat $root/how)
number=$(ls $root/paper | wc -l)
sides=$(pdfinfo "$1" | sed -n 's/^Pages: *//p')
if [ "$how" = jam ]; then
    echo "ATTR: job-impressions-completed=1" >&2
    echo "STATE: +media-jam-error" >&2
    for _ in $(seq 1 600); do [ "$(cat $root/how)" = jam ] || break; sleep 0.1; done
    echo "STATE: -media-jam-error" >&2
fi
cp "$1" "$root/paper/$number-$IPP_SIDES.pdf"
echo "ATTR: job-impressions=$sides job-impressions-completed=$sides" >&2
"""


@dataclass(frozen=True, slots=True)
class IppPrinter:
    """One printer."""

    root: Path
    port: int

    @property
    def uri(self) -> str:
        """Where it takes jobs."""
        return f"ipp://localhost:{self.port}/ipp/print"

    def papers(self) -> list[Path]:
        """Return what it printed, in order; each is named `NUMBER-SIDES.pdf`."""
        return sorted((self.root / "paper").iterdir(), key=lambda path: int(path.name.partition("-")[0]))

    def be(self, how: str) -> None:
        """Make it `well`, or `jam` after the first side."""
        (self.root / "how").write_text(how)


@contextmanager
def ipp_printer() -> Iterator[IppPrinter]:
    """Run a printer that takes PDF on both sides."""
    root = Path(tempfile.mkdtemp(prefix="ipp-"))
    environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={root}/bus", "LANG": "C"}
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, root)
        (root / "bus.conf").write_text(_BUS.format(root=root))
        (root / "avahi.conf").write_text(_AVAHI)
        for name in ("paper", "spool"):
            (root / name).mkdir()
        engine = root / "engine"
        engine.write_text(_ENGINE.format(root=root))
        engine.chmod(0o755)
        printer = IppPrinter(root, 20_000 + os.getpid() % 20_000)
        printer.be("well")
        log = stack.enter_context((root / "log").open("wb"))

        def start(words: Sequence[str], ready: Callable[[], bool]) -> None:
            program = process.find(words[0])
            running = subprocess.Popen(
                [str(program), *words[1:]], env=environment, stdout=log, stderr=log, cwd=root
            )
            stack.callback(_end, running)
            for _ in range(100):
                if ready():
                    return
                assert running.poll() is None, (root / "log").read_text("utf-8", "replace")
                time.sleep(0.05)
            raise AssertionError(f"{words[0]} is not ready: " + (root / "log").read_text("utf-8", "replace"))

        start(
            ("dbus-daemon", f"--config-file={root}/bus.conf", "--nofork", "--nopidfile"),
            (root / "bus").exists,
        )
        start(
            (
                *("avahi-daemon", "-f", f"{root}/avahi.conf", "--no-drop-root", "--no-rlimits"),
                *("--no-chroot", "--no-proc-title"),
            ),
            lambda: b"startup complete" in (root / "log").read_bytes(),
        )
        start(
            (
                *("ippeveprinter", "-n", "localhost", "-p", str(printer.port), "-r", "off", "-2"),
                *("-d", f"{root}/spool", "-f", "application/pdf", "-c", str(engine), "Test"),
            ),
            lambda: _listens(printer.port),
        )
        yield printer


def _listens(port: int) -> bool:
    tables = [Path(f"/proc/net/{name}") for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables if table.exists() for line in table.read_text().splitlines()[1:]]
    return any(row[1].endswith(f":{port:04X}") and row[3] == _LISTEN for row in rows)


def _end(running: "subprocess.Popen[bytes]") -> None:
    running.terminate()
    try:
        running.wait(5)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()
