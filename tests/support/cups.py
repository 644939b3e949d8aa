"""A print service of the test's own: real cupsd, real queues, and printers that do as they are told."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from securedoc.system import process

_PROGRAMS = ("cupsd", "lp", "lpstat", "lpadmin", "cancel", "ipptool")
_MISSING = next((name for name in _PROGRAMS if process.find(name) is None), None)
_SERVER_BIN = Path("/usr/lib/cups")
needs_cups = pytest.mark.skipif(
    _MISSING is not None or os.geteuid() != 0,
    reason=f"{_MISSING} is not installed" if _MISSING else "needs root",
)

# What a printer does is written in its address: `script:/MODE`. It keeps the pages it was given.
_BACKEND = """#!/usr/bin/python3
import os, re, sys, time
if len(sys.argv) == 1:
    print('direct script:/ "Unknown" "Scripted"')
    sys.exit(0)
job, title, out = sys.argv[1], sys.argv[3], {out!r}
mode = os.environ["DEVICE_URI"].split(":/", 1)[1]
pages = sys.stdin.buffer.read() if len(sys.argv) == 6 else open(sys.argv[6], "rb").read()
def say(text):
    sys.stderr.write(text + "\\n")
    sys.stderr.flush()
def keep(name="pdf"):
    with open(f"{{out}}/{{mode}}-{{title}}-{{job}}.{{name}}", "wb") as stream:
        stream.write(pages)
count = len(re.findall(rb"/Type ?/Page[^s]", pages))
def printed(number):
    for page in range(1, number + 1):
        say(f"PAGE: {{page}} 1")
if mode == "good":
    keep(); printed(count)
elif mode == "silent":
    keep()
elif mode == "more":
    keep(); printed(count + 1)
elif mode == "abort":
    keep("part"); printed(1); sys.exit(1)
elif mode == "stop":
    keep("part"); printed(1); say("STATE: +media-jam-error"); sys.exit(4)
elif mode == "jam":
    keep("part"); printed(1); say("STATE: +media-jam-error"); time.sleep(600)
elif mode == "cleared":
    say("STATE: +media-jam-error"); time.sleep(2); say("STATE: -media-jam-error"); keep(); printed(count)
elif mode == "empty":
    say("STATE: +media-empty-error"); time.sleep(600)
elif mode == "slow":
    keep("begun"); say("PAGE: 1 1"); time.sleep(float(open(f"{{out}}/slow").read())); keep()
    for page in range(2, count + 1): say(f"PAGE: {{page}} 1")
"""

# Takes PDF as it is, as a PostScript-free office printer does: the backend gets the bytes that were sent.
_PPD = """*PPD-Adobe: "4.3"
*FormatVersion: "4.3"
*FileVersion: "1.0"
*LanguageVersion: English
*LanguageEncoding: ISOLatin1
*PCFileName: "TEST.PPD"
*Product: "(Test)"
*Manufacturer: "Test"
*ModelName: "Test"
*ShortNickName: "Test"
*NickName: "Test"
*PSVersion: "(3010.000) 0"
*LanguageLevel: "3"
*ColorDevice: False
*DefaultColorSpace: Gray
*cupsFilter2: "application/pdf application/vnd.cups-pdf 0 -"
*OpenUI *PageSize/Page Size: PickOne
*OrderDependency: 10 AnySetup *PageSize
*DefaultPageSize: A4
*PageSize A4/A4: "<</PageSize[595 842]>>setpagedevice"
*CloseUI: *PageSize
*OpenUI *PageRegion: PickOne
*OrderDependency: 10 AnySetup *PageRegion
*DefaultPageRegion: A4
*PageRegion A4/A4: "<</PageSize[595 842]>>setpagedevice"
*CloseUI: *PageRegion
*DefaultImageableArea: A4
*ImageableArea A4/A4: "0 0 595 842"
*DefaultPaperDimension: A4
*PaperDimension A4/A4: "595 842"
*OpenUI *Duplex/2-Sided: PickOne
*OrderDependency: 10 AnySetup *Duplex
*DefaultDuplex: None
*Duplex None/Off: ""
*Duplex DuplexNoTumble/Long: ""
*CloseUI: *Duplex
"""
ANYBODY = (
    "JobPrivateAccess all\nJobPrivateValues none\nSubscriptionPrivateAccess all\n"
    "SubscriptionPrivateValues none\n<Limit All>\nOrder allow,deny\nAllow all\n</Limit>\n"
)
# As CUPS is delivered: everybody ends the own jobs only, and what concerns a queue needs its administrator.
OWN_JOBS = """JobPrivateAccess default
JobPrivateValues default
SubscriptionPrivateAccess default
SubscriptionPrivateValues default
<Limit Create-Job Print-Job Print-URI Validate-Job>
Order deny,allow
</Limit>
<Limit Send-Document Send-URI Hold-Job Release-Job Restart-Job Purge-Jobs Set-Job-Attributes
 Create-Job-Subscription Renew-Subscription Cancel-Subscription Get-Notifications Reprocess-Job
 Cancel-Current-Job Suspend-Current-Job Resume-Job Cancel-My-Jobs Close-Job CUPS-Move-Job>
Require user @OWNER @SYSTEM
Order deny,allow
</Limit>
<Limit CUPS-Add-Modify-Printer CUPS-Delete-Printer Pause-Printer Resume-Printer>
AuthType Default
Require user @SYSTEM
Order deny,allow
</Limit>
<Limit Cancel-Job CUPS-Authenticate-Job>
Require user @OWNER @SYSTEM
Order deny,allow
</Limit>
<Limit All>
Order deny,allow
</Limit>
""".replace("\n ", " ")
MODES = ("good", "silent", "more", "abort", "stop", "jam", "cleared", "empty", "slow")


@dataclass
class Cups:
    """One print service."""

    root: Path
    daemon: "subprocess.Popen[bytes] | None" = None

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.root / "cups.sock"

    @property
    def out(self) -> Path:
        """What came out of its printers."""
        return self.root / "out"

    @property
    def spool(self) -> Path:
        """Where its jobs lie."""
        return self.root / "spool"

    @property
    def options(self) -> tuple[str, ...]:
        """How the command line is told of it."""
        return ("--socket", str(self.socket), "--cups", str(self.root))

    def papers(self, pattern: str = "*.pdf") -> list[Path]:
        """Return what was printed whole."""
        return sorted(self.out.glob(pattern))

    def jobs(self) -> list[str]:
        """Return the jobs that wait or print."""
        return self.call("lpstat", "-o").decode().splitlines()

    def left(self) -> list[str]:
        """Return the files in the spool."""
        return sorted(path.name for path in self.spool.rglob("*") if path.is_file())

    def everything(self) -> bytes:
        """Return all that the service has on disk but the paper: spool, logs, caches, settings."""
        files = (path for path in self.root.rglob("*") if path.is_file() and self.out not in path.parents)
        return b"".join(path.read_bytes() for path in files)

    def call(self, name: str, *words: str) -> bytes:
        """Run a program of CUPS against it."""
        path = process.find(name)
        assert path is not None
        environment = {"CUPS_SERVER": str(self.socket)}
        done = process.run([str(path), *words], cwd=Path("/"), timeout_s=30, env=environment)
        assert done.code == 0, done.errors
        return done.output

    def configure(self, *, files: str = "No", history: str = "No", limits: str = ANYBODY) -> None:
        """Write its settings."""
        root = self.root
        (root / "cups-files.conf").write_text(
            f"SystemGroup root\nServerRoot {root}/root\nServerBin {root}/bin\nRequestRoot {root}/spool\n"
            f"TempDir {root / 'tmp'}\nCacheDir {root}/cache\nStateDir {root}/state\nFileDevice Yes\n"
            f"AccessLog {root}/access_log\nErrorLog {root}/error_log\nPageLog {root}/page_log\n"
        )
        (root / "cupsd.conf").write_text(
            f"LogLevel debug\nPageLogFormat %p %u %j %T %P %C %{{job-name}}\nListen {root}/cups.sock\n"
            f"Browsing No\nWebInterface No\nDefaultAuthType None\nPreserveJobFiles {files}\n"
            f"PreserveJobHistory {history}\nErrorPolicy retry-job\nMaxJobTime 60\n"
            "<Location />\nOrder allow,deny\nAllow all\n</Location>\n"
            f"<Policy default>\n{limits}</Policy>\n"
        )

    def start(self) -> None:
        """Start it, and wait until it answers."""
        words = ("-f", "-c", str(self.root / "cupsd.conf"), "-s", str(self.root / "cups-files.conf"))
        self.daemon = subprocess.Popen(
            [str(process.find("cupsd")), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(100):
            told = subprocess.run(
                [str(process.find("lpstat")), "-r"],
                env={"CUPS_SERVER": str(self.socket), "LANG": "C"},
                capture_output=True,
                check=False,
            )
            if b"is running" in told.stdout:
                return
            time.sleep(0.1)
        raise AssertionError(
            "cupsd does not start: " + (self.root / "error_log").read_text("utf-8", "replace")
        )

    def stop(self) -> None:
        """Stop it as an administrator would."""
        if self.daemon is not None:
            self.daemon.send_signal(signal.SIGTERM)
            try:
                self.daemon.wait(15)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
                self.daemon.wait()
            self.daemon = None

    def again(self, *, files: str = "No", history: str = "No", limits: str = ANYBODY) -> None:
        """Start it anew with other settings."""
        self.stop()
        self.configure(files=files, history=history, limits=limits)
        self.start()

    def add(self, mode: str, policy: str = "abort-job") -> None:
        """Add a queue whose printer does what its name says."""
        words = ("-p", mode, "-v", f"script:/{mode}", "-E", "-P", str(self.root / "test.ppd"))
        self.call("lpadmin", *words, "-o", f"printer-error-policy={policy}")


@contextmanager
def cups() -> Iterator[Cups]:
    """Run a print service whose every file is in a directory of its own.

    Not below the directory that pytest makes: its filters and printers run as another user, and
    every other run of pytest closes that directory to others.
    """
    root = Path(tempfile.mkdtemp(prefix="cups-"))
    root.chmod(0o711)
    try:
        yield from _running(root)
    finally:
        shutil.rmtree(root, ignore_errors=True)  # a printer of it may still be writing


def _running(root: Path) -> Iterator[Cups]:
    made = Cups(root)
    for name in ("root", "spool", "tmp", "cache", "state", "bin/backend", "out"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for name in ("bin", "bin/backend"):
        (root / name).chmod(0o755)
    (root / "out").chmod(0o777)
    (root / "tmp").chmod(0o1777)  # its filters run as another user; closed to them, they fail
    (root / "out" / "slow").write_text("3")
    for name in ("filter", "daemon", "cgi-bin", "driver", "monitor", "notifier"):
        if (_SERVER_BIN / name).exists():
            (root / "bin" / name).symlink_to(_SERVER_BIN / name)
    if (_SERVER_BIN / "backend" / "ipp").exists():
        (root / "bin" / "backend" / "ipp").symlink_to(_SERVER_BIN / "backend" / "ipp")
    backend = root / "bin" / "backend" / "script"
    backend.write_text(_BACKEND.format(out=str(root / "out")))
    backend.chmod(0o755)
    (root / "test.ppd").write_text(_PPD)
    made.configure()
    made.start()
    try:
        for mode in MODES:
            made.add(mode)
        yield made
    finally:
        made.stop()
