"""Carries a destruction out: intent, result and evidence, three transactions; a cut between is survived.

1. The intent says what is destroyed, by whom, before whom. From here on it will be destroyed.
2. The result: one entry a document, its row in the book, and its key gone, in one transaction: no document is
   half destroyed, and none of a dossier is destroyed without the others.
3. What else there was on this disk is overwritten: the sealed objects, worthless now, and the fingerprints.
4. The evidence says what a reading of every page of the ledger's file found of the keys.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from securedoc.core.copies import serial
from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject, JsonValue
from securedoc.destruction import conditions, dossier, proposing
from securedoc.destruction.dossier import Dossier, text_of
from securedoc.errors import (
    DocumentBusy,
    LedgerBusy,
    LedgerIncomplete,
    LedgerUntrusted,
    PolicyRefused,
    PolicyStale,
    SecuredocError,
    worst,
)
from securedoc.ledger.destructionqueries import DestructionRow
from securedoc.ledger.erasure import Remnants
from securedoc.ledger.facts import Facts
from securedoc.office import consent, wording
from securedoc.office.deferred import Second
from securedoc.office.office import Office
from securedoc.policy.vocabulary import BookUse
from securedoc.system import files, shred
from securedoc.system.shredreport import ShredReport

DONE, RECOVERED = "done", "recovered"


@dataclass(frozen=True, slots=True)
class Terms:
    """Who looks on, and by what means the paper goes."""

    witnesses: tuple[str, ...]
    method: str
    device: str = ""
    second: Second = None


@dataclass(frozen=True, slots=True)
class Urgency:
    """What must go at once, without council and decision."""

    documents: tuple[DocumentId, ...]
    reason: str
    here: Mapping[DocumentId, Iterable[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of it."""

    request: str
    documents: tuple[DocumentId, ...]
    objects: int
    """Sealed files that were overwritten and removed."""
    remnants: Remnants
    shredded: ShredReport
    entry: int
    """The evidence."""

    def require(self) -> None:
        """Accept a destruction that left nothing on this disk that was looked for.

        Raises:
            LedgerIncomplete: a piece of a destroyed key is still in the ledger's file.
            ScratchIncomplete, ScratchRefused: a sealed file is still there.
        """
        if self.remnants.found:
            raise LedgerIncomplete(
                "{count} pieces of destroyed keys are still in the ledger's file",
                count=self.remnants.found,
                hint="run: securedoc recover; if they stay, ask for help before the machine is used on",
            )
        self.shredded.check()


def carry_out(office: Office, request: str, terms: Terms) -> Carried:
    """Destroy what was decided.

    Raises:
        PolicyRefused: the officer may not, too few look on, or nobody confirmed.
        PolicyStale: it was not decided, or carried out before.
        DocumentError: a document is open, or its paper is not accounted for.
        BackupBusy: a backup is being written, which would take the keys along.
        LedgerBusy: another process holds the ledger; the documents are destroyed, the evidence waits.
        Asked: a second officer was asked, and it waits.
    """
    with _alone(office):
        found = dossier.read(office, request)
        if found.row.stage != "decided":
            raise PolicyStale(
                "destruction {request} cannot be carried out: {stage}",
                request=request,
                stage=found.row.stage,
                hint="see: securedoc destroy show {request}",
            )
        facts = _intent(office, request, terms, found.row.documents, urgent=False)
        for item in found.items.values():
            office.permit("destroy-carry-out", item["level"])  # type: ignore[arg-type]
        proposing.require_still_ready(office, found)
        confirmed = consent.second(
            office, "destroy-carry-out", Act.DESTRUCTION_BEGUN, None, facts, session=terms.second
        )
        marks = office.ledger.key_marks(found.row.documents)
        with office.write() as writing:
            proposing.require_still_ready(office, found)
            writing.append(Act.DESTRUCTION_BEGUN, None, facts, confirmed)
        return _finish(office, request, marks, DONE)


def at_once(office: Office, urgency: Urgency, terms: Terms) -> Carried:
    """Destroy without council and decision what would do harm if it stayed; the report is owed.

    Raises:
        see `carry_out`.
    """
    with _alone(office):
        items = conditions.items(office, urgency.documents, urgency.here, urgent=True)
        for item in items:
            office.permit("destroy-urgent", item.row.level)
        facts: dict[str, JsonValue] = {
            **_intent(office, "", terms, urgency.documents, urgent=True),
            "reason": wording.field(urgency.reason),
            "items": [item.facts() for item in items],
        }
        marks = office.ledger.key_marks(urgency.documents)
        with office.write() as writing:
            facts["request"] = request = writing.next_request(office.today().year)
            confirmed = consent.second(
                office, "destroy-urgent", Act.DESTRUCTION_BEGUN, None, facts, session=terms.second
            )
            writing.append(Act.DESTRUCTION_BEGUN, None, facts, confirmed)
        return _finish(office, request, marks, DONE)


def report(office: Office, request: str, number_text: str) -> int:
    """Enter that an urgent destruction was reported in writing; return the entry.

    Raises:
        PolicyRefused: the officer may not.
        PolicyStale: no report is owed.
    """
    office.permit("destroy-propose")
    number = wording.field(number_text)
    row = office.ledger.destruction(request)
    if not row.urgent or row.reported is not None:
        raise PolicyStale("destruction {request} owes no report", request=request)
    with office.write() as writing:
        facts: JsonObject = {"request": request, "report": number}
        return writing.append(Act.DESTRUCTION_REPORTED, None, facts).sequence


def pending(office: Office) -> tuple[DestructionRow, ...]:
    """Return destructions that were begun and have no evidence yet."""
    return office.ledger.destructions(begun_only=True)


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of destructions that were cut off."""

    finished: tuple[Carried, ...] = ()
    refused: tuple[LedgerUntrusted, ...] = ()
    """Those that nobody who may had begun: nothing is destroyed by them."""

    def require(self) -> None:
        """Accept it when everything was finished and left nothing.

        Raises:
            SecuredocError: the worst of what was not.
        """
        found: list[SecuredocError] = list(self.refused)
        for one in self.finished:
            try:
                one.require()
            except SecuredocError as error:
                found.append(error)
        if found:
            raise worst(found)


def recover(office: Office) -> Recovered:
    """Finish destructions that were cut off: what was begun by those who may is destroyed.

    One that another process is at work on is left to it. One that somebody without the right has begun is
    left as it is, and keeps nobody from working: who holds the ledger key could write such an entry any day.

    Raises:
        PolicyRefused: the officer may not recover.
    """
    office.permit("recover")
    finished: list[Carried] = []
    refused: list[LedgerUntrusted] = []
    with suppress(DocumentBusy, LedgerBusy), _alone(office):
        for row in pending(office):
            try:
                finished.append(_finish(office, row.request, (), RECOVERED))
            except LedgerUntrusted as error:
                refused.append(error)
    return Recovered(tuple(finished), tuple(refused))


def _intent(
    office: Office, request: str, terms: Terms, documents: Sequence[DocumentId], *, urgent: bool
) -> dict[str, JsonValue]:
    least = 0 if urgent else office.policy.destruction.least_witnesses
    witnesses = [wording.field(name) for name in terms.witnesses]
    if len(set(witnesses)) < least:
        raise PolicyRefused(
            "{count} witnesses are named, and {least} must look on",
            count=len(set(witnesses)),
            least=least,
            hint="name each with --witness",
        )
    return {
        "request": request,
        "urgent": urgent,
        "documents": [str(document) for document in documents],
        "witnesses": witnesses,
        "method": wording.field(terms.method),
        "device": wording.one_line(terms.device),
    }


def _finish(office: Office, request: str, marks: Sequence[bytes], how: str) -> Carried:
    found = dossier.read(office, request)
    _destroy(office, found)
    cleared = _clear(office, found.row.documents)
    remnants = office.ledger.settle_erasure(marks)
    with office.write() as writing:
        facts: JsonObject = {
            "request": request,
            "documents": len(found.row.items),
            "how": how,
            "keys": {"looked_for": remnants.looked_for, "pages": remnants.pages, "found": remnants.found},
            "objects": {
                "removed": cleared.objects,
                "fingerprints": cleared.fingerprints,
                "residue": len(cleared.report.residue),
            },
        }
        entry = writing.append(Act.DESTRUCTION_ENDED, None, facts)
    return Carried(request, found.row.documents, cleared.objects, remnants, cleared.report, entry.sequence)


def _destroy(office: Office, found: Dossier) -> None:
    book, year = office.policy.book_for(BookUse.DESTRUCTION).key, office.today().year
    items = found.items
    with office.write() as writing:
        row = office.ledger.destruction(found.row.request)
        left = [item.document for item in row.items if item.destroyed is None]
        for document in left:
            facts: dict[str, JsonValue] = {
                **_columns(found, items[document]),
                "book": book,
                "year": year,
                "row": writing.next_row(book, year),
            }
            writing.append(Act.DOCUMENT_DESTROYED, document, facts)
        if left:
            writing.destroy_document_keys(left)


def _columns(found: Dossier, item: JsonObject) -> dict[str, JsonValue]:
    serials = [serial(copy) for copy in Facts(item).texts("here")]
    witnesses = found.begun.facts.texts("witnesses") if found.begun else []
    return {
        "request": found.row.request,
        **{name: item.get(name) for name in ("number_text", "date", "type", "level", "copies")},
        "copy_serials": serials,
        "reason": found.reason,
        "decision": text_of(found.decided, "decision"),
        "method": text_of(found.begun, "method"),
        "device": text_of(found.begun, "device"),
        "witnesses": witnesses,
        "note": "",
    }


@dataclass(frozen=True, slots=True)
class _Cleared:
    """What was overwritten beside the ledger."""

    objects: int
    fingerprints: bool
    report: ShredReport


def _clear(office: Office, documents: Sequence[DocumentId]) -> _Cleared:
    """Overwrite the sealed objects, and the fingerprints, which are made anew from what is left."""
    prints = office.place.fingerprints
    sealed = [
        office.objects.path(one.digest) for document in documents for one in office.ledger.objects(document)
    ]
    there = [path for path in (*sealed, prints, *_renamed(sealed)) if path.exists()]
    report = shred.shred(there, progress=office.progress, randomness=office.randomness)
    gone = [path for path in there if not path.exists()]
    return _Cleared(len(set(gone) - {prints}), prints in gone, report)


def _renamed(sealed: Sequence[Path]) -> list[Path]:
    """Return what a shredding that was cut off had renamed already: its name no longer fits its directory."""
    shards = {path.parent for path in sealed if path.parent.is_dir()}
    return [
        path for shard in sorted(shards) for path in shard.iterdir() if not path.name.startswith(shard.name)
    ]


@contextmanager
def _alone(office: Office) -> Iterator[None]:
    """Keep backups away, and other destructions: a copy of the ledger made now would keep the keys."""
    with files.locked(office.place.backup_lock, holder=office.session.officer, busy=_busy):
        files.remove_tree(office.place.backup_scratch)  # of a backup that was killed: a copy of the ledger
        yield


def _busy(holder: str) -> DocumentBusy:
    return DocumentBusy(
        "a backup or another destruction is running, started by {officer}",
        officer=holder or "-",
        hint="wait until it has ended",
    )
