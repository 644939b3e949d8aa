"""The only door to the print service: jobs are sent held, released, watched, cancelled, purged.

Everything goes through the programs of CUPS over its local socket: this process has no network.
"""

import plistlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Final
from xml.parsers.expat import ExpatError

from securedoc.errors import HostFailed, HostMissing, HostRefused
from securedoc.system import process

SOCKET: Final = Path("/run/cups/cups.sock")
CONFIGURATION: Final = Path("/etc/cups")

_CALL_S: Final = 20.0  # the service answers at once or not at all; a large document takes a moment to send
_SEND_S: Final = 120.0
_ANSWER_BYTES: Final = 2 * 1024 * 1024  # an IPP answer has a few KiB, a hundred events have 60
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,126}")  # of a queue; never taken for an option
_TITLE: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_REQUEST: Final = re.compile(r"request id is (?P<queue>\S+)-(?P<job>\d{1,9}) \(")
_DEVICE: Final = re.compile(r"^device for [^:]+: (?P<uri>\S+)$", re.MULTILINE)
_MOST_SIDES: Final = 1_000_000
_NOT_FOUND: Final = "client-error-not-found"
_HEAD: Final = """
 GROUP operation-attributes-tag
 ATTR charset attributes-charset utf-8
 ATTR language attributes-natural-language en
 ATTR uri {target} $uri
 ATTR name requesting-user-name $user
"""


@dataclass(frozen=True, slots=True)
class PrintService:
    """Where the machine's print service listens, and where its settings are."""

    socket: Path = SOCKET
    configuration: Path = CONFIGURATION


class JobState(Enum):
    """States of a job as RFC 8011 numbers them, and one more."""

    PENDING = 3
    HELD = 4
    PROCESSING = 5
    STOPPED = 6
    CANCELED = 7
    ABORTED = 8
    COMPLETED = 9
    GONE = 0
    """The service does not know the job any more, and does not say how it ended."""

    @property
    def ended(self) -> bool:
        """Whether nothing of it will be printed any more."""
        return self in {JobState.CANCELED, JobState.ABORTED, JobState.COMPLETED, JobState.GONE}


@dataclass(frozen=True, slots=True)
class Job:
    """What the service says of a job."""

    number: int
    state: JobState
    name: str | None = None
    """Its title; None where it cannot be asked."""
    reasons: tuple[str, ...] = ()
    """Of the job and of its printer."""
    impressions: int | None = None
    """Printed sides; None: nobody counted."""
    sheets: int | None = None
    """As the service reckons them: printed on both sides, half of the sides, rounded down."""

    @property
    def trouble(self) -> tuple[str, ...]:
        """What keeps the printer from printing."""
        return tuple(word for word in self.reasons if _TROUBLE.match(word) or word.startswith(_JAM))

    @property
    def jammed(self) -> bool:
        """Whether paper is stuck, or was at this moment."""
        return any(reason.startswith(_JAM) for reason in self.reasons)


# Stuck paper is told however it is graded: an IPP printer may call it a warning (ippeveprinter does).
_JAM: Final = "media-jam"
# PWG 5100.9: the reasons that mean that a person must go to the printer. What only warns is left out.
_TROUBLE: Final = re.compile(
    r"(media-empty|media-needed|cover-open|door-open|input-tray-missing|output-area-full|"
    r"marker-supply-empty|toner-empty|offline|connecting-to-device|paused|printer-stopped|shutdown|other)"
    r"(?!.*-(warning|report)$)"
)


def device(service: PrintService, printer: str) -> str:
    """Return where a queue sends its jobs, as the service spells it: `usb://…`.

    Raises:
        HostRefused: this is no name of a queue.
        HostMissing: there is no such queue, or no print service answers.
    """
    if not _NAME.fullmatch(printer):
        raise HostRefused("{name} is no name of a printer", name=printer, hint="see: lpstat -e")
    told = _run(service, "lpstat", "-v", printer)
    found = _DEVICE.search(told.output.decode("utf-8", "replace"))
    if told.code != 0 or found is None:
        _require_running(service)
        raise HostMissing("there is no printer {name}", name=printer, hint="see which there are: lpstat -e")
    # The program leaves `file:` out, which is what tells that plaintext is written to a disk.
    return f"file:{found['uri']}" if found["uri"].startswith("/") else found["uri"]


def send_held(  # noqa: PLR0913 - what a job is
    service: PrintService, printer: str, title: str, pdf: bytes, *, duplex: bool, media: str, limit_s: int
) -> int:
    """Send one copy of `pdf` through a pipe, held, and return its number.

    Nothing of it is printed before `release`.

    Raises:
        HostMissing: no print service answers.
        HostFailed: it does not take the job.
    """
    if not _TITLE.fullmatch(title):
        raise ValueError("a title is an identifier: it ends in logs and on panels")
    options = {
        "sides": "two-sided-long-edge" if duplex else "one-sided",
        "number-up": "1",
        "job-sheets": "none,none",
        "print-scaling": "none",
        # Should we be killed, the service itself ends the job; it counts from when the job begins.
        "job-cancel-after": str(limit_s),
        **({"media": media} if media else {}),
    }
    words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    argv = ("lp", "-d", printer, "-n", "1", "-t", title, "-H", "hold", *words, "--", "-")
    done = _run(service, *argv, stdin=pdf, timeout_s=_SEND_S)
    found = _REQUEST.search(done.output.decode("utf-8", "replace"))
    if done.code != 0 or found is None or found["queue"] != printer:
        _require_running(service)
        raise HostFailed(
            "the print service does not take the job for {name}",
            name=printer,
            hint="see whether the printer accepts jobs: lpstat -a -p",
        )
    return int(found["job"])


def release(service: PrintService, job: int) -> None:
    """Let a held job be printed.

    Raises:
        HostFailed: it stays held.
    """
    if _run(service, "lp", "-i", str(job), "-H", "resume").code != 0:
        _require_running(service)
        raise HostFailed("job {job} cannot be released for printing", job=job)


def purge(service: PrintService, printer: str, job: int) -> None:
    """Cancel a job where it still waits or prints, and have the service forget it and remove its files.

    Raises:
        HostMissing: no print service answers.
    """
    _require_running(service)
    # The first ends a job that has not ended, and is refused for one that has; the second forgets either.
    _run(service, "cancel", "-x", str(job))
    if process.find("ipptool") is not None:
        words = f" ATTR integer job-ids {job}\n ATTR boolean purge-jobs true\n"
        _ask(service, f"printers/{printer}", "Purge-Jobs", "printer-uri", words)


def running(service: PrintService) -> bool:
    """Tell whether a print service answers."""
    return _run(service, "lpstat", "-r").output.strip() == b"scheduler is running"


def counts() -> bool:
    """Tell whether the printer's own count can be asked for: by ipptool."""
    return process.find("ipptool") is not None


def others(service: PrintService, job: int) -> bool:
    """Tell whether the service has other jobs that wait or print."""
    told = _run(service, "lpstat", "-o").output.decode("utf-8", "replace")
    return any(not line.split()[0].endswith(f"-{job}") for line in told.splitlines() if line.split())


def named(service: PrintService, printer: str, title: str) -> tuple[int, ...]:
    """Return the jobs of a queue that wait under a title; none where that cannot be asked.

    Raises:
        HostMissing: no print service answers.
    """
    _require_running(service)
    if process.find("ipptool") is None:
        return ()
    words = " ATTR keyword requested-attributes job-id,job-name\n"
    _, groups = _ask(service, f"printers/{printer}", "Get-Jobs", "printer-uri", words)
    return tuple(
        int(str(group["job-id"])) for group in groups if group.get("job-name") == title and "job-id" in group
    )


class Watch:
    """Looks at the jobs of one queue; told of their end even where the service forgets them at once."""

    def __init__(
        self, service: PrintService, printer: str, *, lease_s: int = 0, duplex: bool = False
    ) -> None:
        self._service = service
        self._printer = printer
        self._duplex = duplex
        self._subscription = self._subscribe(lease_s) if lease_s and counts() else None

    def look(self, job: int) -> Job:
        """Return what the service says of a job.

        Raises:
            HostMissing: no print service answers.
        """
        if not counts():
            return self._listed(job)
        status, groups = _ask(self._service, f"jobs/{job}", "Get-Job-Attributes", "job-uri", "")
        found = next((group for group in groups if group.get("job-id") == job), None)
        if found is not None:
            return _job(job, found, reasons=("job-state-reasons", "job-printer-state-reasons"))
        if status != _NOT_FOUND:
            raise _silent()
        return self._ended(job)

    def close(self) -> None:
        """End the subscription; it would end by itself."""
        if self._subscription is not None:
            words = f" ATTR integer notify-subscription-id {self._subscription}\n"
            _ask(self._service, self._path, "Cancel-Subscription", "printer-uri", words)

    @property
    def _path(self) -> str:
        return f"printers/{self._printer}"

    def _subscribe(self, lease_s: int) -> int | None:
        words = (
            " GROUP subscription-attributes-tag\n"
            " ATTR keyword notify-pull-method ippget\n"
            " ATTR keyword notify-events job-completed,job-stopped,job-state-changed\n"
            f" ATTR integer notify-lease-duration {lease_s}\n"
        )
        _, groups = _ask(self._service, self._path, "Create-Printer-Subscriptions", "printer-uri", words)
        found = [group.get("notify-subscription-id") for group in groups]
        return next((number for number in found if isinstance(number, int)), None)

    def _ended(self, job: int) -> Job:
        """Return how a job ended that the service has forgotten, from the events it sent."""
        gone = Job(job, JobState.GONE)
        if self._subscription is None:
            return gone
        words = (
            f" ATTR integer notify-subscription-ids {self._subscription}\n"
            " ATTR integer notify-sequence-numbers 1\n"
        )
        _, groups = _ask(self._service, self._path, "Get-Notifications", "printer-uri", words)
        told = [group for group in groups if group.get("notify-job-id") == job]
        if not told:
            return gone
        last = _job(job, told[-1], reasons=("job-state-reasons", "printer-state-reasons"))
        # What an event calls impressions is the service's count of sheets (CUPS 2.4, measured): on both
        # sides of the paper it is half the sides, rounded down.
        last = replace(last, impressions=None if self._duplex else last.impressions, sheets=last.impressions)
        return last if last.state.ended else replace(last, state=JobState.GONE)

    def _listed(self, job: int) -> Job:
        _require_running(self._service)
        told = _run(self._service, "lpstat", "-o", self._printer).output.decode("utf-8", "replace")
        waits = any(line.split()[:1] == [f"{self._printer}-{job}"] for line in told.splitlines())
        return Job(job, JobState.PROCESSING if waits else JobState.GONE)


def _job(number: int, untrusted: Mapping[str, object], *, reasons: Sequence[str]) -> Job:
    try:
        state = JobState(untrusted.get("job-state"))
    except ValueError:
        state = JobState.PROCESSING
    name = untrusted.get("job-name")
    return Job(
        number,
        state,
        name if isinstance(name, str) else None,
        tuple(word for each in reasons for word in _words(untrusted.get(each))),
        _count(untrusted.get("job-impressions-completed")),
        _count(untrusted.get("job-media-sheets-completed")),
    )


def _words(untrusted: object) -> Iterator[str]:
    for word in untrusted if isinstance(untrusted, list) else [untrusted]:
        if isinstance(word, str) and re.fullmatch(r"[a-z0-9-]{1,64}", word) and word != "none":
            yield word


def _count(untrusted: object) -> int | None:
    # The service says 0 where the printer reports no pages: that is no count.
    return untrusted if isinstance(untrusted, int) and 0 < untrusted <= _MOST_SIDES else None


def _ask(
    service: PrintService, path: str, operation: str, target: str, words: str
) -> tuple[str, list[dict[str, object]]]:
    """Ask the service by IPP; return its status and the groups of attributes in its answer."""
    test = "{ OPERATION " + operation + _HEAD.format(target=target) + words + "}\n"
    uri = f"ipp://{str(service.socket).replace('/', '%2F')}/{path}"
    # The request is handed over in a pipe: no file of it is anywhere.
    done = _run(service, "ipptool", "-X", "-T", str(int(_CALL_S)), uri, "/dev/stdin", stdin=test.encode())
    return _answer(done.output)


def _answer(untrusted: bytes) -> tuple[str, list[dict[str, object]]]:
    if len(untrusted) > _ANSWER_BYTES:
        raise HostFailed("the print service answers too much")
    try:
        table = plistlib.loads(untrusted, fmt=plistlib.FMT_XML)
        test = table["Tests"][0]
        status, groups = test["StatusCode"], test["ResponseAttributes"]
    except (
        plistlib.InvalidFileException,
        ExpatError,
        ValueError,
        KeyError,
        IndexError,
        TypeError,
        AttributeError,
    ):
        raise _silent() from None
    return str(status), [dict(group) for group in groups if isinstance(group, dict)]


def _require_running(service: PrintService) -> None:
    if not running(service):
        raise _silent()


def _silent() -> HostMissing:
    return HostMissing("the print service does not answer", hint="start it: systemctl start cups")


def _run(
    service: PrintService, name: str, *words: str, stdin: bytes = b"", timeout_s: float = _CALL_S
) -> process.Finished:
    program = process.find(name)
    if program is None:
        raise HostMissing("{program} is not installed", program=name, hint="install the package cups-client")
    try:
        return process.run(
            [str(program), *words],
            cwd=Path("/"),
            timeout_s=timeout_s,
            stdin=stdin,
            env={"CUPS_SERVER": str(service.socket)},
        )
    except TimeoutError:
        raise _silent() from None
    except OSError as error:
        raise HostFailed("{program} failed: {why}", program=name, why=error.strerror or "") from error
