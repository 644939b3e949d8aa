"""Recovery: what a crash left is salvaged, sealed, shredded, voided; and it is said which."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, DocumentState, Kind
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import OfficerId
from securedoc.editing import journal
from securedoc.editing.desk import Desk
from securedoc.editing.saves import Saves, folder_of
from securedoc.errors import DocumentBusy, DocumentError, KeyRefused, ScratchUntrusted
from securedoc.ledger.rows import NumberRow
from securedoc.office.office import Office
from securedoc.policy.vocabulary import BookUse
from securedoc.system import files, process, workspace
from securedoc.system.shred import ShredReport

JOURNAL: Final = "journal"
CRASH: Final = "crash"
"""Why a viewing session ended, in its entry, when nobody was left to say."""

# Whoever seals an object enters it within one transaction; what is older than this and unknown to the
# ledger was left by a crash.
_ABANDONED_S: Final = 600


@dataclass(frozen=True, slots=True)
class Pending:
    """A session that ended in a crash."""

    session: str
    document: DocumentId
    officer: OfficerId
    opened: str
    """ISO 8601."""


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What became of such a session."""

    session: str
    document: DocumentId
    saves: int
    version: int | None
    """The version that holds the last save, where there was one that the vault did not have."""
    unfinished: DocumentError | None
    """Why the newest file could not be kept: it was torn in the middle of a save."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """Everything that was finished or undone."""

    salvaged: tuple[Salvaged, ...] = ()
    shredded: ShredReport = field(default_factory=ShredReport)
    voided: tuple[NumberRow, ...] = ()
    waiting: tuple[Pending, ...] = ()
    """Sessions whose content this officer cannot open: another must recover them."""
    removed: int = 0
    """Sealed files that no entry names, and unfinished ones."""

    @property
    def anything(self) -> bool:
        """Whether there was anything to do."""
        return bool(self.salvaged or self.shredded.files or self.voided or self.waiting or self.removed)


def pending(vault: Path) -> tuple[Pending, ...]:
    """Return the sessions that ended in a crash; needs no key.

    Raises:
        ScratchMalformed: a journal record was altered.
    """
    return tuple(waiting_for(record) for record in _dead(vault / JOURNAL))


def recover(office: Office, *, tidy: bool = True) -> Recovered:
    """Finish or undo what a crash left: sessions, reserved numbers, sealed files without an entry.

    `tidy` removes the last: only a person asks for that, after the ledger was found whole, since a
    ledger put back from an older copy would make newer documents look like leftovers.

    Raises:
        PolicyRefused: the officer may not recover.
        ScratchMalformed: a journal record was altered.
        ScratchIncomplete: see `Recovered.shredded`; raised by its `check`.
    """
    office.permit("recover")
    salvaged, waiting, report = [], [], ShredReport()
    for record in _dead(office.place.journal):
        try:
            with _held(office, record):
                done, shredded = _recover_one(office, record)
        except KeyRefused:
            waiting.append(waiting_for(record))
        except (DocumentBusy, BlockingIOError):  # somebody else recovers it at this moment
            continue
        else:
            salvaged.append(done)
            report += shredded
    return Recovered(tuple(salvaged), report, _void(office), tuple(waiting), _sweep(office) if tidy else 0)


def recover_document(office: Office, document: DocumentId) -> None:
    """Recover the dead sessions of a document that the caller holds.

    Raises:
        KeyRefused: this officer cannot open it.
        ScratchIncomplete: plaintext of an earlier session cannot be shredded.
    """
    for record in journal.records(office.place.journal):
        if record.document == document and record.kind is journal.Kind.EDIT:
            _recover_one(office, record)[1].check()


def _dead(place: Path) -> Iterator[journal.Record]:
    for record in journal.records(place):
        if not journal.alive(place, record):
            yield record


def waiting_for(record: journal.Record) -> Pending:
    """Return what a record says of its session."""
    return Pending(record.session, record.document, record.officer, record.opened)


def _held(office: Office, record: journal.Record) -> AbstractContextManager[None]:
    place, officer = office.place.journal, office.session.officer
    if record.kind is journal.Kind.VIEW:
        return journal.viewed(place, record.session, officer)
    return journal.held(place, record.document, officer, office.now().isoformat(timespec="seconds"))


def _recover_one(office: Office, record: journal.Record) -> tuple[Salvaged, ShredReport]:
    # (0) The record is of the session that the ledger knows: a record that was given another document would
    # bring the text of one into the other, for readers who may not have it.
    _require_honest(office, record)
    # (1) A program that outlived us without a sandbox must not write while we look.
    if record.process:
        process.end_stray(record.process, record.started, record.session)
    if record.kind is journal.Kind.VIEW:
        return _end_viewing(office, record)
    # (2) What it saved and we had not sealed. A session that never reached the ledger has no saves, and
    # after a restart there is no workspace: memory forgets.
    opened = any(row.session == record.session for row in office.ledger.editing())
    path = _workspace(office, record)
    saves = _salvage(office, record, Desk(path).folder) if path is not None and opened else None
    # (3) Only when it is sealed.
    report = ShredReport() if path is None else workspace.dissolve(path)
    count, version = (saves.count, saves.version) if saves else (0, None)
    if opened:
        facts: JsonObject = {
            "session": record.session,
            "saves": count,
            "version": version,
            "residue": len(report.residue),
        }
        with office.write() as writing:
            writing.append(Act.EDIT_SALVAGED, record.document, facts)
    if not report.residue:
        journal.forget(office.place.journal, record.session)
    unfinished = next(iter(saves.unfinished.values()), None) if saves else None
    return Salvaged(record.session, record.document, count, version, unfinished), report


def _require_honest(office: Office, record: journal.Record) -> None:
    for row in office.ledger.editing(open_only=False):
        if row.session == record.session and (row.document, journal.Kind.EDIT) != (
            record.document,
            record.kind,
        ):
            raise ScratchUntrusted(
                "journal record {name} is of another document than the ledger says",
                name=f"{record.session}.json",
                hint="find out who changed it; restart the machine, so that its memory is empty; "
                "then remove this file",
            )


def _workspace(office: Office, record: journal.Record) -> Path | None:
    """Return the workspace of the user who wrote the record."""
    written = office.place.journal / f"{record.session}.json"
    return workspace.find(record.session, written.lstat().st_uid)


def _end_viewing(office: Office, record: journal.Record) -> tuple[Salvaged, ShredReport]:
    """Shred what a viewer was shown; there is nothing to salvage, and no key is needed."""
    path = _workspace(office, record)
    report = ShredReport() if path is None else workspace.dissolve(path)
    if _shown(office, record):
        facts: JsonObject = {
            "session": record.session,
            "residue": len(report.residue),
            "ended": CRASH,
            "trace": {},
            "report": {},
        }
        with office.write() as writing:
            writing.append(Act.DOCUMENT_CLOSED, record.document, facts)
    if not report.residue:
        journal.forget(office.place.journal, record.session)
    return Salvaged(record.session, record.document, 0, None, None), report


def _shown(office: Office, record: journal.Record) -> bool:
    """Tell whether the ledger knows of the session, and not yet of its end."""
    of_session = [
        entry.act
        for entry in office.ledger.entries(document=record.document)
        if entry.facts.get("session") == record.session
    ]
    return Act.DOCUMENT_OPENED in of_session and Act.DOCUMENT_CLOSED not in of_session


def _salvage(office: Office, record: journal.Record, folder: Path) -> Saves | None:
    path = folder / f"{record.document}.docx"
    try:
        with folder_of(path) as held:
            # Alone, the draft is compared with the newest version: going back to an earlier text is a save
            # too. Beside a document of another name, the newest version may be of that one.
            alone = sum(1 for _ in held.glob("*.docx")) == 1
    except OSError:  # the program that died put a link in its place, or took it away
        return None
    # Compared with what is sealed already: a second crash, after sealing, must not make a version of it.
    drafts = [one for one in office.ledger.objects(record.document) if one.kind is Kind.DRAFT]
    sealed = [
        Digest.of(office.unseal(one))
        for one in sorted(drafts, key=lambda one: one.version)
        if one.version >= record.version
    ]
    saves = Saves(office, path, record.document, source="salvage", sealed=sealed, opened=alone)
    saves.collect()
    return saves


def _void(office: Office) -> tuple[NumberRow, ...]:
    """Void numbers that were reserved for a document that was never finalised."""
    book = office.policy.book_for(BookUse.OUTGOING).key
    left = [
        row
        for row in office.ledger.numbers(book, office.today().year)
        if row.state == "reserved" and office.ledger.document(row.document).state is DocumentState.DRAFT
    ]
    for row in left:
        facts: JsonObject = {
            "book": row.book,
            "year": row.year,
            "number": row.number,
            "text": row.text,
            "why": "crash",
        }
        with office.write() as writing:
            writing.append(Act.NUMBER_VOIDED, row.document, facts)
    return tuple(left)


def _sweep(office: Office) -> int:
    """Remove ciphertext that no entry names, while nobody writes."""
    # Never what is newer than the ledger's last entry: with a ledger put back from an older copy these
    # are no leftovers but documents that it has forgotten, and the only trace of them.
    last = office.ledger.entry(office.ledger.size - 1).at.timestamp()
    before = min(time.time() - _ABANDONED_S, last)
    # A viewer that starts at this moment has its lock and no record yet: what is young stays.
    for path in journal.leftovers(office.place.journal):
        if path.lstat().st_mtime < time.time() - _ABANDONED_S:
            files.remove(path)
    with office.write():
        known = {one.digest for one in office.ledger.objects()}
        orphans = [office.objects.path(digest) for digest in office.objects.digests() if digest not in known]
        left = [
            path for path in (*orphans, *files.leftovers(office.place.root)) if path.lstat().st_mtime < before
        ]
        for path in left:
            files.remove(path)
    return len(left)
