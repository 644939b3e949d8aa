"""Checks the ledger: its chain and tables, the card beside it, who did what, and the numbers given."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from securedoc.audit.outcomes import Outcome, failed, passed, unknown
from securedoc.audit.papertrail import PaperTrail
from securedoc.core.entries import Act, Entry
from securedoc.core.findings import Severity
from securedoc.core.jsonvalue import JsonObject, JsonValue
from securedoc.core.people import OfficerId, Role
from securedoc.core.text import message
from securedoc.errors import LedgerIncomplete, LedgerUntrusted, PolicyRefused
from securedoc.ledger.anchors import Anchor
from securedoc.ledger.facts import FactError, Facts
from securedoc.office.office import Office
from securedoc.policy.vocabulary import Right

RIGHT_OF: Final = {
    Act.VAULT_RESTORED: (Right.RESTORE,),
    Act.OFFICER_ENROLLED: (Right.ENROL,),
    Act.DRAFT_CREATED: (Right.DRAFT, Right.IMPORT),
    Act.DRAFT_SAVED: (Right.EDIT, Right.IMPORT, Right.RECOVER),
    Act.DRAFT_DISCARDED: (Right.DISCARD,),
    Act.DRAFT_EXPORTED: (Right.EXPORT,),
    Act.EDIT_OPENED: (Right.EDIT,),
    Act.EDIT_CLOSED: (Right.EDIT,),
    Act.EDIT_SALVAGED: (Right.EDIT, Right.RECOVER),
    Act.NUMBER_RESERVED: (Right.FINALIZE,),
    Act.NUMBER_VOIDED: (Right.VOID, Right.DISCARD, Right.RECOVER),
    Act.DOCUMENT_FINALISED: (Right.FINALIZE,),
    Act.DOCUMENT_INITIALLED: (Right.INITIAL,),
    Act.DOCUMENT_SIGNED: (Right.SIGN, Right.SEAL),
    Act.DOCUMENT_STAMPED: (Right.EXTEND, Right.ADJUST, Right.DECLASSIFY),
    Act.DOCUMENT_RENEWED: (Right.TIME_STAMP,),
    Act.DOCUMENT_REGISTERED: (Right.ISSUE,),
    Act.DOCUMENT_RECEIVED: (Right.RECEIVE,),
    Act.DOCUMENT_EXPORTED: (Right.EXPORT,),
    Act.DOCUMENT_RESTORED: (Right.RESTORE_DOCUMENT,),
    Act.COPY_IDENTIFIED: (Right.IDENTIFY,),
    Act.DOCUMENT_OPENED: (Right.OPEN,),
    Act.DOCUMENT_CLOSED: (Right.OPEN, Right.RECOVER),
    Act.PRINT_BEGUN: (Right.PRINT,),
    Act.COPY_SENT: (Right.PRINT,),
    Act.COPY_PRINTED: (Right.PRINT,),
    Act.COPY_SPOILED: (Right.PRINT,),
    Act.COPY_UNKNOWN: (Right.PRINT, Right.RECOVER),
    Act.PRINT_ENDED: (Right.PRINT, Right.RECOVER),
    Act.PRINT_RECONCILED: (Right.PRINT,),
    Act.INCIDENT_CLOSED: (Right.INCIDENT_CLOSE,),
    Act.PAPER_DESTROYED: (Right.PAPER_DESTROY,),
    Act.CUSTODY_HANDED: (Right.HANDOVER,),
    Act.CUSTODY_LENT: (Right.LEND,),
    Act.CUSTODY_CARRIED: (Right.CARRY,),
    Act.CUSTODY_RETURNED: (Right.HANDOVER, Right.LEND, Right.CARRY, Right.RECALL),
    Act.DOCUMENT_RECALLED: (Right.RECALL,),
    Act.COPIES_MADE: (Right.COPY,),
    Act.LEVEL_CHANGED: (Right.ADJUST,),
    Act.TERM_EXTENDED: (Right.EXTEND,),
    Act.DOCUMENT_DECLASSIFIED: (Right.DECLASSIFY,),
    Act.NOTICE_SENT: (Right.NOTIFY,),
    Act.BOOK_CLOSED: (Right.BOOK_CLOSE,),
    Act.BOOK_IMPORTED: (Right.BOOK_IMPORT,),
    Act.DOCUMENT_IMPORTED: (Right.RECEIVE, Right.ISSUE),
    Act.INVENTORY_STARTED: (Right.INVENTORY,),
    Act.INVENTORY_TICKED: (Right.INVENTORY,),
    Act.INVENTORY_FINISHED: (Right.INVENTORY,),
    Act.BOOK_EXPORTED: (Right.BOOK_EXPORT, Right.STATISTICS),
    Act.REQUEST_MADE: (Right.REQUEST,),
    Act.REQUEST_APPROVED: (Right.REQUEST,),
    Act.REQUEST_REFUSED: (Right.REQUEST,),
    Act.DESTRUCTION_PROPOSED: (Right.DESTROY_PROPOSE,),
    Act.DESTRUCTION_DECIDED: (Right.DESTROY_DECIDE,),
    Act.DESTRUCTION_BEGUN: (Right.DESTROY_CARRY_OUT,),
    Act.DOCUMENT_DESTROYED: (Right.DESTROY_CARRY_OUT, Right.DESTROY_URGENT, Right.RECOVER),
    Act.DESTRUCTION_ENDED: (Right.DESTROY_CARRY_OUT, Right.DESTROY_URGENT, Right.RECOVER),
    Act.DESTRUCTION_REPORTED: (Right.DESTROY_PROPOSE,),
    Act.DESTRUCTION_PAPERS: (Right.DESTROY_PROPOSE, Right.DESTROY_DECIDE),
    Act.MEDIUM_REGISTERED: (Right.MEDIA,),
    Act.MEDIUM_HANDED: (Right.MEDIA,),
    Act.MEDIUM_RETIRED: (Right.MEDIA,),
    Act.MEDIUM_SANITISING: (Right.SANITISE,),
    Act.MEDIUM_SANITISED: (Right.SANITISE,),
    Act.MEDIUM_DESTROYED: (Right.SANITISE,),
    Act.BACKUP_WRITTEN: (Right.BACKUP,),
    Act.BACKUP_REPAIRED: (Right.BACKUP,),
    Act.BACKUP_PRUNING: (Right.BACKUP,),
    Act.BACKUP_PRUNED: (Right.BACKUP,),
    Act.BACKUP_VERIFIED: (Right.BACKUP_VERIFY, Right.BACKUP),
    Act.BACKUP_CONFIRMED: (Right.BACKUP_VERIFY, Right.BACKUP),
    Act.BACKUP_DRILLED: (Right.DRILL,),
    Act.KIT_MADE: (Right.KIT,),
    Act.AUDIT_RUN: (Right.AUDIT,),
    Act.CHECKPOINT_WITNESSED: (Right.WITNESS, Right.WITNESS_KEEP),
    Act.TRUST_ADDED: (Right.TRUST,),
    Act.TRUST_REMOVED: (Right.TRUST,),
    Act.CRL_ADDED: (Right.TRUST_CRL,),
    Act.TOKEN_ADDED: (Right.KEYS,),
    Act.TOKEN_REMOVED: (Right.KEYS,),
    Act.HOST_CHECKED: (Right.GUARD,),
    Act.POLICY_ADOPTED: (Right.POLICY_ADOPT,),
    Act.CLOCK_CONFIRMED: (Right.CLOCK,),
    Act.TRACES_SCANNED: (Right.TRACES,),
    Act.TRACES_CLEANED: (Right.TRACES_CLEAN,),
}
"""Any one of these rights covers the act. The ceremony's own entry comes before any policy."""


def ledger(office: Office, anchors: Sequence[Anchor]) -> Iterator[Outcome]:
    """Replay every entry and compare: chain, signatures, tables, and the checkpoints held outside."""
    report = office.ledger.check(office.session.genesis_pin, known=anchors, progress=office.progress)
    for defect in report.defects:
        yield failed("ledger.history", defect)
    for what in report.unchecked:
        yield unknown(
            "ledger.history", message("not checked, as something before it does not hold: {what}", what=what)
        )
    if not report.defects:
        yield passed(
            "ledger.history",
            message(
                "{entries} entries in {transactions} signed transactions; the tables agree",
                entries=report.entries,
                transactions=report.transactions,
            ),
        )
    if anchors and not report.defects:
        count = len(anchors)
        yield passed(
            "ledger.anchors", message("history only grew since {count} outside checkpoints", count=count)
        )
    elif not anchors:
        yield unknown(
            "ledger.anchors",
            message("no checkpoint from outside was given: a ledger put back whole would not be noticed"),
            fix=message("give one from a stick, a slip or the auditor's papers with --anchor"),
        )


def card(office: Office) -> Iterator[Outcome]:
    """Hold vault.json, which nobody signs, against what the first entry says of the vault."""
    first = office.ledger.proven_entry(0).facts
    wrong = [name for name, value in office.card.as_json().items() if not _same(name, value, first)]
    for name in wrong:
        yield failed(
            "vault.card",
            LedgerUntrusted(
                "vault.json says another {field} than the first entry of the ledger",
                field=name,
                hint="put back the vault.json of the last backup, and find out who changed it",
            ),
        )
    if not wrong:
        yield passed("vault.card", message("vault.json says what the first entry of the ledger says"))


def _same(name: str, value: JsonValue, first: JsonObject) -> bool:
    if name not in first:
        return True  # the time of making is in the card alone
    told = first[name]
    if isinstance(value, Mapping) and isinstance(told, Mapping):
        return all(told.get(key) == item for key, item in value.items())
    return told == value


@dataclass(slots=True)
class Survey:
    """What one reading of all entries gathers for several checks."""

    entries: int = 0
    overstepped: list[tuple[Entry, PolicyRefused]] = field(default_factory=list)
    """Entries that their officer's role does not cover, or that lack a second officer."""
    reserved_at: dict[tuple[str, int], dict[int, datetime]] = field(default_factory=dict)
    """When each number of each series was reserved."""
    traces: list[tuple[Entry, int]] = field(default_factory=list)
    """Sessions, of editing or viewing, that saw their document outside the workspace, and how often."""
    paper: PaperTrail = field(default_factory=PaperTrail)


def survey(office: Office) -> Survey:
    """Read every entry once; a ledger has a million.

    Raises:
        LedgerError: an entry cannot be read.
    """
    roles = {officer.id: officer.role for officer in office.ledger.officers()}
    gathered = Survey()
    for entry in office.ledger.entries():
        gathered.entries += 1
        error = _overstepped(office, entry, roles)
        if error is not None:
            gathered.overstepped.append((entry, error))
        if entry.act is Act.NUMBER_RESERVED:
            facts = Facts(entry.facts)
            with suppress(FactError):  # an entry without them could not be written: the ledger check says so
                series = facts.text("book"), facts.integer("year")
                gathered.reserved_at.setdefault(series, {})[facts.integer("number")] = entry.at
        gathered.paper.take(entry)
        if entry.act in {Act.EDIT_CLOSED, Act.DOCUMENT_CLOSED} and (count := _traces(entry)):
            gathered.traces.append((entry, count))
    return gathered


def _traces(closed: Entry) -> int:
    found = closed.facts.get("trace")
    return sum(value for value in found.values() if isinstance(value, int)) if isinstance(found, dict) else 0


def rights(found: Survey) -> Iterator[Outcome]:
    """Report the entries against the policy: may that role, and did a second officer have to agree.

    The program refuses such an act before it happens; an officer's own keys in another program would not.
    """
    for entry, error in found.overstepped:
        yield failed("rights.entry", error, about=entry.about)
    words = message("{count} entries held against the policy's rights", count=found.entries)
    yield passed("rights.entries", words)


def _overstepped(office: Office, entry: Entry, roles: Mapping[OfficerId, Role]) -> PolicyRefused | None:
    covering = RIGHT_OF.get(entry.act, ())
    if entry.act is Act.DESTRUCTION_BEGUN and entry.facts.get("urgent") is True:
        covering = (Right.DESTROY_URGENT,)
    role = roles.get(entry.who)
    if not covering or role is None:
        return None  # who is not an officer at all is the ledger check's business
    held = [right for right in covering if role in office.policy.rights[right]]
    if not held:
        return PolicyRefused(
            "entry {entry} records {act} by {officer}, whose role {role} may not",
            entry=entry.sequence,
            act=entry.act,
            officer=entry.who,
            role=role,
            hint="ask this officer how it came about; the entry is signed with their key",
        )
    if all(office.policy.needs_second(role, right) for right in held):
        return _unconfirmed(office, entry, held[0], roles)
    return None


def _unconfirmed(
    office: Office, entry: Entry, right: Right, roles: Mapping[OfficerId, Role]
) -> PolicyRefused | None:
    second = None if entry.second is None else roles.get(entry.second.officer)
    if second is not None and second in office.policy.confirmed_by[right]:
        return None
    return PolicyRefused(
        "entry {entry} records {act} without the confirmation that the policy asks for",
        entry=entry.sequence,
        act=entry.act,
        hint="ask {officer} how it came about",
        officer=entry.who,
    )


def numbers(office: Office, found: Survey) -> Iterator[Outcome]:
    """Account for every number: used, voided, or reserved for a document that waits for its signature."""
    for (book, year), reserved_at in sorted(found.reserved_at.items()):
        yield from _series(office, book, year, reserved_at)
    if not found.reserved_at:
        yield passed("numbers.series", message("no number was given yet"))


def _series(office: Office, book: str, year: int, reserved_at: Mapping[int, datetime]) -> Iterator[Outcome]:
    name = f"{book}/{year}"
    patience = timedelta(days=office.policy.drafts.unneeded_after_days)
    given = list(office.ledger.numbers(book, year))
    gaps = sorted(set(range(1, len(given) + 1)) - {row.number for row in given})
    if gaps:
        error = LedgerUntrusted(
            "number {number} of {series} is not accounted for", number=gaps[0], series=name
        )
        yield failed("numbers.gap", error, about=name)
    waiting = [row for row in given if row.state == "reserved"]
    for row in waiting:
        if office.now() - reserved_at[row.number] > patience:
            late = LedgerIncomplete(
                "number {number} was reserved for {document} and never confirmed",
                number=row.text,
                document=row.document,
                hint="sign and issue the document, or give it up: securedoc void {document} --why TEXT",
            )
            yield failed("numbers.reserved", late, about=row.document, severity=Severity.MEDIUM)
    if not gaps:
        yield passed(
            "numbers.series",
            message(
                "{count} numbers of {series} are accounted for; {waiting} wait for their document",
                count=len(given),
                series=name,
                waiting=len(waiting),
            ),
        )
