"""One copy through the print service: sent held, recorded, released, watched, its files removed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.text import Message, message
from securedoc.errors import HostError, SecuredocError
from securedoc.office.office import Office
from securedoc.printing.accounting import CopyState, Incident
from securedoc.system import printers, spool
from securedoc.system.printers import Job, JobState, PrintService, Watch
from securedoc.system.spool import JobFiles, SpoolReport

LOOK_S: Final = 0.4
_SILENT_S: Final = 20.0  # a service that is restarted answers again within seconds
_LEASE_MORE_S: Final = 120


@dataclass(frozen=True, slots=True)
class Plan:
    """What is the same for each copy of a print."""

    print: str
    document: DocumentId
    printer: str
    pages: int
    sheets: int
    duplex: bool
    media: str
    service: PrintService


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one copy."""

    copy: int
    state: CopyState
    job: int | None = None
    why: str = ""
    """In one word, where it is not whole: `aborted`, `canceled`, `stopped`, `late`, `interrupted`,
    `silent`, `forgotten`."""
    impressions: int | None = None
    sheets_said: int | None = None
    incident: Incident | None = None
    spool: SpoolReport | None = None
    entry: int | None = None


def title(name: str, copy: int) -> str:
    """Return the title of a copy's job: the print and the copy, nothing of the document."""
    return f"{name}-{copy:02d}"


class CopyJob:
    """One copy on its way."""

    def __init__(self, office: Office, plan: Plan, copy: int, note: Callable[[Message], None]) -> None:
        self._office = office
        self._plan = plan
        self._copy = copy
        self._note = note
        self._limit_s = office.policy.printing.job_limit_s
        self._told: frozenset[str] = frozenset()
        self._jammed = False
        self._released = False
        self._last: Job | None = None

    def run(self, pdf: bytes) -> tuple[Outcome, BaseException | None]:
        """Print the copy; return what became of it, and what interrupted it.

        Whatever happens after the release, the job is ended and the copy's fate is an entry; where that
        fails too, the copy is unknown and has no entry: the next start goes on with it.
        """
        plan = self._plan
        before = spool.temporary(spool.setup(plan.service.configuration))
        watch = Watch(plan.service, plan.printer, lease_s=self._limit_s + _LEASE_MORE_S, duplex=plan.duplex)
        try:
            job = printers.send_held(
                plan.service,
                plan.printer,
                title(plan.print, self._copy),
                pdf,
                duplex=plan.duplex,
                media=plan.media,
                # After us: when we are there to end it, we also see how it stood.
                limit_s=self._limit_s + _LEASE_MORE_S,
            )
            kept = JobFiles(spool.setup(plan.service.configuration), before, job)
            try:
                return self._release(watch, kept, job)
            finally:
                kept.close()
        except BaseException as error:  # noqa: BLE001 - Ctrl-C and SIGTERM too: raised by the caller
            if not self._released and isinstance(error, SecuredocError) and self._unsent():
                return Outcome(self._copy, CopyState.UNPRINTED, why="refused"), error
            # It may be on paper and its fate is on no record, or wait in the service under a number that
            # nobody told us.
            return Outcome(self._copy, CopyState.UNKNOWN, why="interrupted"), error
        finally:
            _quietly(watch.close)

    def _unsent(self) -> bool:
        """Tell whether the service has no job of this copy: nothing of it can come out, nothing waits."""
        try:
            return not printers.named(
                self._plan.service, self._plan.printer, title(self._plan.print, self._copy)
            )
        except HostError:
            return False

    def _release(self, watch: Watch, kept: JobFiles, job: int) -> tuple[Outcome, BaseException | None]:
        interruption: BaseException | None = None
        why = ""
        try:
            # Before anything can be printed it is on record that this job of the service is this copy.
            self._append(Act.COPY_SENT, {"job": job})
            self._released = True
            printers.release(self._plan.service, job)
            why = self._await_end(watch, job)
        except HostError as error:
            interruption, why = error, "silent"
        except BaseException as error:  # noqa: BLE001 - Ctrl-C and SIGTERM too: raised by the caller
            interruption, why = error, "interrupted"
        gone = self._end(watch, job)
        cleared = kept.clear(alone=self._alone(job)) if gone else None
        outcome = self._judge(job, why, cleared, gone=gone)
        return self._enter(outcome), interruption

    def _await_end(self, watch: Watch, job: int) -> str:
        """Look until the job ended; return why it did not, if it did not by itself."""
        progress = self._office.progress
        progress.start(message("printing copy {copy}", copy=self._copy), self._plan.pages, "items")
        deadline = time.monotonic() + self._limit_s
        silent_since: float | None = None
        shown = 0
        try:
            while True:
                try:
                    seen = self._last = watch.look(job)
                    silent_since = None
                except HostError:
                    silent_since = silent_since or time.monotonic()
                    if time.monotonic() - silent_since > _SILENT_S:
                        raise
                    seen = None
                if seen is not None:
                    self._tell(seen)
                    done = min(seen.impressions or 0, self._plan.pages)
                    progress.advance(max(0, done - shown))
                    shown = max(shown, done)
                    if seen.state.ended:
                        return ""
                    if seen.state is JobState.STOPPED:
                        # A filter failed (CUPS 2.4, measured): it waits for an administrator, whatever the
                        # queue's error policy, and would be printed whenever somebody resumes it.
                        self._note(
                            message("the print service gave the copy up: a filter failed; see its error log")
                        )
                        return "stopped"
                if time.monotonic() > deadline:
                    return "late"
                time.sleep(LOOK_S)
        finally:
            progress.finish()

    def _tell(self, seen: Job) -> None:
        self._jammed = self._jammed or seen.jammed
        new = frozenset(seen.trouble) - self._told
        if new and not seen.state.ended:
            self._note(message("the printer says: {reasons}", reasons=", ".join(sorted(new))))
        self._told |= new

    def _end(self, watch: Watch, job: int) -> bool:
        """Have the service end and forget the job; tell whether it did."""
        try:
            if self._last is None or not self._last.state.ended:
                self._last = watch.look(job)
            printers.purge(self._plan.service, self._plan.printer, job)
            seen = watch.look(job)
        except HostError:
            return False
        if self._last.state.ended is False and seen.state.ended and seen.state is not JobState.GONE:
            self._last = seen
        return seen.state.ended

    def _alone(self, job: int) -> bool:
        try:
            return not printers.others(self._plan.service, job)
        except HostError:
            return False

    def _judge(self, job: int, why: str, cleared: SpoolReport | None, *, gone: bool) -> Outcome:
        last = self._last
        said = (None, None) if last is None else (last.impressions, last.sheets)
        state, incident = CopyState.SPOILED, Incident.UNCOUNTED
        if not self._released and gone:
            return Outcome(self._copy, CopyState.UNPRINTED, job, why, spool=cleared)
        if not gone or last is None:
            # It may print when the service comes back: the next start ends it.
            return Outcome(self._copy, CopyState.UNKNOWN, job, why or "silent", *said, Incident.UNKNOWN)
        if last.state is JobState.COMPLETED:
            return Outcome(self._copy, CopyState.PRINTED, job, "", *said, self._doubt(last), cleared)
        if last.state is JobState.GONE and not why:
            state, incident, why = CopyState.UNKNOWN, Incident.UNKNOWN, "forgotten"
        return Outcome(self._copy, state, job, why or last.state.name.lower(), *said, incident, cleared)

    def _doubt(self, last: Job) -> Incident | None:
        if self._jammed:
            return Incident.JAM
        plan = self._plan
        if last.impressions is not None:
            wrong = last.impressions != plan.pages
        else:
            # Only this is left where the service forgets the job: an odd last side does not show in it.
            wrong = last.sheets is not None and last.sheets != (
                plan.pages // 2 if plan.duplex else plan.pages
            )
        return Incident.COUNT if wrong else None

    def _enter(self, outcome: Outcome) -> Outcome:
        acts = {
            CopyState.PRINTED: Act.COPY_PRINTED,
            CopyState.SPOILED: Act.COPY_SPOILED,
            CopyState.UNKNOWN: Act.COPY_UNKNOWN,
        }
        act = acts.get(outcome.state)
        if act is None:
            return outcome
        if outcome.spool is None:
            # The job is still the service's: the print stays open, and the next start goes on with it.
            return outcome
        facts: JsonObject = {
            "job": outcome.job,
            "why": outcome.why,
            "impressions": outcome.impressions,
            "sheets_said": outcome.sheets_said,
            "sheets": self._plan.sheets,
            "incident": None if outcome.incident is None else str(outcome.incident),
            "spool": outcome.spool.as_json(),
        }
        entry = self._append(act, facts)
        return replace(outcome, entry=entry)

    def _append(self, act: Act, facts: JsonObject) -> int:
        named: JsonObject = {"print": self._plan.print, "copy": self._copy}
        with self._office.write() as writing:
            return writing.append(act, self._plan.document, {**named, **facts}).sequence


def _quietly(act: Callable[[], None]) -> None:
    try:
        act()
    except HostError:
        return  # a subscription ends by itself
