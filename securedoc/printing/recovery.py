"""Prints that were cut off: what still waits is cancelled, and what may have come out is owned up to."""

from dataclasses import dataclass
from pathlib import Path

from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.errors import DocumentBusy, HostError, HostFailed
from securedoc.ledger.paperqueries import CopyRow, PrintRow
from securedoc.office.office import Office
from securedoc.printing import lock
from securedoc.printing.accounting import CopyState, Incident
from securedoc.printing.copyjob import title
from securedoc.printing.run import enter_end
from securedoc.system import printers, spool
from securedoc.system.printers import Job, JobState, PrintService, Watch
from securedoc.system.spool import JobFiles


@dataclass(frozen=True, slots=True)
class Ended:
    """A print that was cut off and is over now."""

    print: str
    document: DocumentId
    unknown: tuple[int, ...]
    """Copies of which nobody can tell whether they came out: an open incident each."""
    unprinted: tuple[int, ...]
    cancelled: int
    """Jobs that still waited or printed."""
    searched: bool
    """Whether a job that was sent and never recorded could be looked for; it is held and prints nothing."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of the prints that were cut off."""

    ended: tuple[Ended, ...] = ()
    waiting: tuple[str, ...] = ()
    """Prints whose jobs may still wait: their print service does not answer, or does not let us cancel."""


def pending(office: Office) -> tuple[PrintRow, ...]:
    """Return the prints that were begun, are not over, and that no process holds."""
    return tuple(row for row in office.ledger.prints(open_only=True) if not lock.alive(office, row.print))


def recover(office: Office) -> Recovered:
    """End the prints that were cut off: nothing of them is printed from now on, and nothing is printed twice.

    Raises:
        PolicyRefused: the officer may not recover.
    """
    office.permit("recover")
    ended, waiting = [], []
    for row in pending(office):
        try:
            with lock.held(office, row.print):
                # Whoever held it may have ended it between our look and our hold.
                if office.ledger.print_of(row.print).ended is None:
                    ended.append(_end(office, row))
        except DocumentBusy:
            continue
        except HostError:
            waiting.append(row.print)
    return Recovered(tuple(ended), tuple(waiting))


def _end(office: Office, row: PrintRow) -> Ended:
    service = PrintService(Path(row.socket), Path(row.configuration))
    unknown, unprinted, cancelled = [], [], 0
    for copy in office.ledger.copies_of_print(row.print):
        if copy.state == CopyState.PLANNED:
            # Its job, if there is one, is held: killed between sending it and recording it.
            cancelled += _cancel_held(service, row, copy)
            unprinted.append(copy.copy)
        elif copy.state == CopyState.SENT and copy.job is not None:
            seen, waited = _cancel(service, row, copy.copy, copy.job)
            cancelled += waited
            if seen is not None and seen.state is JobState.HELD:
                unprinted.append(copy.copy)  # recorded, and never released
                continue
            _own_up(office, copy, seen)
            unknown.append(copy.copy)
    enter_end(office, row.document, row.print, unprinted, how="recovered")
    return Ended(row.print, row.document, tuple(unknown), tuple(unprinted), cancelled, printers.counts())


def _cancel_held(service: PrintService, row: PrintRow, copy: CopyRow) -> int:
    jobs = printers.named(service, row.printer, title(row.print, copy.copy))
    for job in jobs:
        _cancel(service, row, copy.copy, job)
    return len(jobs)


def _cancel(service: PrintService, row: PrintRow, copy: int, job: int) -> tuple[Job | None, int]:
    """End a job and clear its files; return how it stood, and whether it had not ended.

    Raises:
        HostError: the print service does not answer: the job may still wait there.
    """
    if not printers.running(service):
        printers.purge(service, row.printer, job)  # raises what is the matter
    watch = Watch(service, row.printer)
    seen = watch.look(job)
    # Numbers begin anew when a spool is emptied: a job under another title is somebody else's.
    if seen.name is not None and seen.name != title(row.print, copy):
        return None, 0
    how = spool.setup(service.configuration)
    kept = JobFiles(how, spool.temporary(how), job)
    printers.purge(service, row.printer, job)
    if not watch.look(job).state.ended:
        kept.close()
        raise HostFailed(
            "job {job} cannot be cancelled", job=job, hint="run this as the user who printed, or root"
        )
    kept.clear(alone=False)
    return seen, int(not seen.state.ended)


def _own_up(office: Office, copy: CopyRow, seen: Job | None) -> None:
    facts: JsonObject = {
        "print": copy.print,
        "copy": copy.copy,
        "job": copy.job,
        "why": "crash",
        "impressions": None if seen is None else seen.impressions,
        "sheets": copy.sheets,
        "incident": str(Incident.UNKNOWN),
        "last_seen": None if seen is None else seen.state.name.lower(),
    }
    with office.write() as writing:
        writing.append(Act.COPY_UNKNOWN, copy.document, facts)
