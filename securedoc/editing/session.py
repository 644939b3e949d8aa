"""The editing journey: journal first, workspace in memory, editor confined, saves sealed, all shredded."""

from dataclasses import dataclass
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, DocumentState, Kind, SealedObject
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.text import Message, message
from securedoc.editing import journal, recovery, tracereport
from securedoc.editing.desk import Program
from securedoc.editing.saves import SavedAs, Saves, not_kept
from securedoc.editing.stage import PROFILE_BYTES, SESSION_BYTES, Aftermath, Stage, Surroundings
from securedoc.editing.supervision import Ended
from securedoc.editing.tracereport import Line, Machine
from securedoc.errors import DocumentError, DocumentRefused, SecuredocError
from securedoc.office.office import Office
from securedoc.system import confinement, remains
from securedoc.system.shred import ShredReport
from securedoc.system.traces import Trace

_COPIES: Final = 4  # a save writes a new file beside the old, and unpacks it
_QUIET_S: Final = 0.3  # a file written less than this ago is still being written


@dataclass(frozen=True, slots=True)
class Edited:
    """How a session ended."""

    session: str
    version: int
    """The newest version of the document."""
    saves: int
    ended: Ended
    missing: tuple[Message, ...]
    """What protection this machine did not give."""
    traces: tuple[Trace, ...]
    report: tuple[Line, ...]
    shredded: ShredReport
    saved_as: tuple[SavedAs, ...]
    """Saves under another name."""
    unfinished: DocumentError | None
    """Why the last state of a file could not be kept; the saves before it are in the vault."""


def edit(office: Office, document: DocumentId, editor: str | None, outside: Surroundings) -> Edited:
    """Let the officer edit a draft; return when the editor has ended and nothing of it is left.

    Raises:
        PolicyRefused: the officer may not edit this level.
        DocumentRefused: it is not a draft any more.
        DocumentBusy: somebody else edits it.
        KeyRefused: this officer cannot open it.
        ScratchRefused: there is no place in memory for the plaintext.
        HostMissing: there is no such editor.
        SecuredocError: a save could not be sealed: the workspace stays for `recover`.
    """
    row = office.ledger.document(document)
    office.permit("edit", row.level)
    if row.state is not DocumentState.DRAFT:
        raise DocumentRefused(
            "{document} is not a draft: its state is {state}", document=document, state=row.state
        )
    place = office.place.journal
    now = office.now().isoformat(timespec="seconds")
    with journal.held(place, document, office.session.officer, now, office.who.name):
        recovery.recover_document(office, document)
        opened = office.latest(document, Kind.DRAFT)
        session = office.randomness(SESSION_BYTES).hex()
        record = journal.Record(session, document, opened.version, office.session.officer, now)
        # (1) Before anything is decrypted it is on disk that a session is open.
        journal.keep(place, record)
        return _Session(office, record, outside).run(opened, editor)


class _Session:
    """One session, from its journal record to its end."""

    def __init__(self, office: Office, record: journal.Record, outside: Surroundings) -> None:
        self._office = office
        self._stage = Stage(office, record, outside)
        self._note = outside.note
        self._told: set[str] = set()

    def run(self, opened: SealedObject, editor: str | None) -> Edited:
        saves, program = self._prepare(opened, editor)
        interruption, ended = None, Ended.INTERRUPTED
        try:
            # (5) Each save is sealed as soon as it is quiet.
            ended = self._stage.run(program, lambda: self._look(saves))
        except BaseException as error:  # noqa: BLE001 - Ctrl-C and SIGTERM too: raised below, when all is sealed
            interruption = error
        # (6) The truth: whatever was seen or missed, what lies there now is sealed. Should that fail,
        # the workspace stays: it holds the only copy, and `recover` will find it.
        saves.collect()
        edited = self._close(saves, ended)
        if interruption is not None:
            raise interruption
        return edited

    def _prepare(self, opened: SealedObject, editor: str | None) -> tuple[Saves, Program]:
        office, record, stage = self._office, self._stage.record, self._stage
        try:
            # (2) A place in memory; (3) the plaintext; (4) the entry.
            desk = stage.make_room(PROFILE_BYTES + _COPIES * opened.size_bytes)
            body = office.unseal(opened)
            path = desk.lay_out(f"{record.document}.docx", body)
            program = desk.editor(editor, path)
            facts: JsonObject = {
                "session": record.session,
                "version": opened.version,
                "editor": program.name,
            }
            with office.write() as writing:
                writing.append(Act.EDIT_OPENED, record.document, facts)
        except BaseException:
            # Nothing was edited yet: nothing can be lost.
            stage.leave_nothing()
            raise
        return Saves(office, path, record.document, source="edit", sealed=[Digest.of(body)]), program

    def _look(self, saves: Saves) -> bool:
        sealed = 0
        try:
            sealed = saves.collect(quiet_s=_QUIET_S)
        except (SecuredocError, OSError):
            # The officer goes on writing; at the end it is tried again, and then it is an error.
            self._tell("busy", message("the last save is not in the vault yet: the vault is busy or full"))
        for other in saves.elsewhere:
            words = message(
                "{name} is sealed as version {version} of this draft", name=other.name, version=other.version
            )
            self._tell(f"elsewhere {other.version}", words)
        for name in saves.left_out():
            self._tell(name, message("{name} will not be kept: save as DOCX", name=name))
        return bool(sealed)

    def _tell(self, what: str, words: Message) -> None:
        if what not in self._told:
            self._told.add(what)
            self._note(words)

    def _close(self, saves: Saves, ended: Ended) -> Edited:
        office, stage, record = self._office, self._stage, self._stage.record
        left_out = saves.left_out()
        # (7) Nothing is left in memory; (8) nor, as far as can be told, anywhere else.
        after = stage.clear_away(f"{record.document}.docx")
        report = judged(after)
        version = office.ledger.document(record.document).version
        facts: JsonObject = {
            "session": record.session,
            "saves": saves.count,
            "version": version,
            "residue": len(after.shredded.residue),
            "ended": ended.value,
            "trace": counted(after.traces),
            "report": tracereport.facts(report),
        }
        with office.write() as writing:
            writing.append(Act.EDIT_CLOSED, record.document, facts)
        # (9) Only now is the session over; with residue it is not: `recover` will try again.
        if not after.shredded.residue:
            journal.forget(office.place.journal, record.session)
        unfinished = next(iter(saves.unfinished.values()), None)
        if unfinished is None and left_out:
            unfinished = not_kept(left_out[0])
        return Edited(
            session=record.session,
            version=version,
            saves=saves.count,
            ended=ended,
            missing=tuple(stage.missing),
            traces=after.traces,
            report=report,
            shredded=after.shredded,
            saved_as=tuple(saves.elsewhere),
            unfinished=unfinished,
        )


def judged(after: Aftermath) -> tuple[Line, ...]:
    """Return the trace report of a session on this machine."""
    machine = Machine(
        swap=remains.swap_is_on(),
        hibernation=remains.can_hibernate(),
        cores_forbidden=confinement.core_dumps_forbidden(),
    )
    return tracereport.report(after, machine)


def counted(traces: tuple[Trace, ...]) -> JsonObject:
    """Return how many traces there are of each sign."""
    return {sign.value: sum(trace.sign == sign for trace in traces) for sign in {one.sign for one in traces}}
