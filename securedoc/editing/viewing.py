"""The viewing journey: a finished document in memory, in a viewer that can neither change nor print it."""

from dataclasses import dataclass
from typing import Final

from securedoc.core.documents import DocumentId, DocumentState, Kind, SealedObject
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.text import Message
from securedoc.editing import journal, tracereport
from securedoc.editing.desk import Program
from securedoc.editing.session import counted, judged
from securedoc.editing.stage import PROFILE_BYTES, SESSION_BYTES, Stage, Surroundings
from securedoc.editing.supervision import Ended
from securedoc.editing.tracereport import Line
from securedoc.errors import DocumentRefused
from securedoc.office.office import Office
from securedoc.system.shred import ShredReport
from securedoc.system.traces import Trace

# By what a file begins with; the name's end is all that some viewers go by.
_ENDINGS: Final = (
    (b"%PDF-", ".pdf"),
    (b"\x89PNG", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"II*\x00", ".tif"),
    (b"MM\x00*", ".tif"),
)
_COPIES: Final = 2  # the document, and what a viewer unpacks of it


@dataclass(frozen=True, slots=True)
class Viewed:
    """How a viewing session ended."""

    session: str
    version: int
    ended: Ended
    missing: tuple[Message, ...]
    """What protection this machine did not give."""
    traces: tuple[Trace, ...]
    report: tuple[Line, ...]
    shredded: ShredReport


def view(office: Office, document: DocumentId, viewer: str | None, outside: Surroundings) -> Viewed:
    """Show the newest final, signed or scanned form of a document; return when nothing of it is left.

    Raises:
        PolicyRefused: the officer may not open this level.
        DocumentRefused: it is still a draft.
        DocumentMissing: there is no file: it came on paper only.
        KeyRefused, DocumentUntrusted: it cannot be opened.
        ScratchRefused: there is no place in memory for the plaintext.
        HostMissing: there is no such viewer.
    """
    row = office.ledger.document(document)
    office.permit("open", row.level)
    if row.state in {DocumentState.DRAFT, DocumentState.DISCARDED}:
        raise DocumentRefused(
            "{document} is still a draft",
            document=document,
            hint="a draft is looked at with: securedoc draft preview, or draft edit",
        )
    sealed = office.latest(document, Kind.FINAL, Kind.SIGNED, Kind.SCAN)
    place, session = office.place.journal, office.randomness(SESSION_BYTES).hex()
    now = office.now().isoformat(timespec="seconds")
    record = journal.Record(
        session, document, sealed.version, office.session.officer, now, kind=journal.Kind.VIEW
    )
    with journal.viewed(place, session, office.session.officer):
        journal.keep(place, record)
        return _view(office, Stage(office, record, outside), sealed, viewer)


def _view(office: Office, stage: Stage, sealed: SealedObject, viewer: str | None) -> Viewed:
    name, program = _prepare(office, stage, sealed, viewer)
    interruption, ended = None, Ended.INTERRUPTED
    try:
        ended = stage.run(program, lambda: False, read_only=True)
    except BaseException as error:  # noqa: BLE001 - Ctrl-C and SIGTERM too: raised below, when all is gone
        interruption = error
    after = stage.clear_away(name)
    report = judged(after)
    facts: JsonObject = {
        "session": stage.record.session,
        "residue": len(after.shredded.residue),
        "ended": ended.value,
        "trace": counted(after.traces),
        "report": tracereport.facts(report),
    }
    with office.write() as writing:
        writing.append(Act.DOCUMENT_CLOSED, sealed.document, facts)
    if not after.shredded.residue:
        journal.forget(office.place.journal, stage.record.session)
    if interruption is not None:
        raise interruption
    return Viewed(
        session=stage.record.session,
        version=sealed.version,
        ended=ended,
        missing=tuple(stage.missing),
        traces=after.traces,
        report=report,
        shredded=after.shredded,
    )


def _prepare(office: Office, stage: Stage, sealed: SealedObject, viewer: str | None) -> tuple[str, Program]:
    try:
        desk = stage.make_room(PROFILE_BYTES + _COPIES * sealed.size_bytes)
        plaintext = office.unseal(sealed)
        name = f"{sealed.document}{_ending(plaintext)}"
        program = desk.viewer(viewer, desk.lay_out(name, plaintext, mode=0o400))
        facts: JsonObject = {
            "session": stage.record.session,
            "version": sealed.version,
            "kind": str(sealed.kind),
            "viewer": program.name,
        }
        with office.write() as writing:
            writing.append(Act.DOCUMENT_OPENED, sealed.document, facts)
    except BaseException:
        stage.leave_nothing()
        raise
    return name, program


def _ending(plaintext: bytes) -> str:
    return next((ending for magic, ending in _ENDINGS if plaintext.startswith(magic)), ".bin")
