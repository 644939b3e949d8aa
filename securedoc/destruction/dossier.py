"""What the entries of one destruction say, each proven to be of somebody who might write it."""

from collections.abc import Mapping
from dataclasses import dataclass

from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act, Entry
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import Officer
from securedoc.errors import LedgerUntrusted
from securedoc.ledger.destructionqueries import DestructionRow
from securedoc.ledger.facts import FactError, Facts
from securedoc.ledger.trust import require_confirmation
from securedoc.office.office import Office
from securedoc.policy.vocabulary import Right


@dataclass(frozen=True, slots=True)
class Said:
    """One entry of a destruction, and who is proven to have written and confirmed it."""

    entry: Entry
    author: Officer
    second: Officer | None

    @property
    def facts(self) -> Facts:
        """Its facts, read strictly."""
        return Facts(self.entry.facts)


@dataclass(frozen=True, slots=True)
class Dossier:
    """A destruction as far as it has come."""

    row: DestructionRow
    proposed: Said | None
    decided: Said | None
    begun: Said | None
    ended: Said | None
    reported: Said | None

    @property
    def first(self) -> Said:
        """The entry that names the documents: the proposal, or the beginning of an urgent one."""
        found = self.proposed or self.begun
        if found is None:
            raise LedgerUntrusted("destruction {request} was begun by nobody", request=self.row.request)
        return found

    @property
    def items(self) -> Mapping[DocumentId, JsonObject]:
        """What the dossier says of each document."""
        listed = self.first.entry.facts.get("documents" if self.proposed else "items")
        if not isinstance(listed, (list, tuple)):
            raise LedgerUntrusted("destruction {request} names no document", request=self.row.request)
        found = {DocumentId(str(one["document"])): one for one in listed if isinstance(one, Mapping)}
        # The table tells what is still to be destroyed; only the signed entry tells what may be.
        if found.keys() != set(self.row.documents):
            raise LedgerUntrusted(
                "destruction {request} is about other documents than its entry says",
                request=self.row.request,
                hint="the table was edited: run `securedoc ledger verify`",
            )
        return found

    @property
    def reason(self) -> str:
        """Why."""
        return self.first.facts.text("reason")


def read(office: Office, request: str) -> Dossier:
    """Return a destruction, every entry of it proven.

    Raises:
        LedgerMissing: there is none of that number.
        LedgerUntrusted: an entry is not of somebody who might write it, or says something else.
    """
    row = office.ledger.destruction(request)
    begin = Right.DESTROY_URGENT if row.urgent else Right.DESTROY_CARRY_OUT
    finish = (begin, Right.RECOVER)
    found = Dossier(
        row=row,
        proposed=_said(office, row, row.proposed, Act.DESTRUCTION_PROPOSED, (Right.DESTROY_PROPOSE,)),
        decided=_said(office, row, row.decided, Act.DESTRUCTION_DECIDED, (Right.DESTROY_DECIDE,)),
        begun=_said(office, row, row.begun, Act.DESTRUCTION_BEGUN, (begin,)),
        ended=_said(office, row, row.ended, Act.DESTRUCTION_ENDED, finish),
        reported=_said(office, row, row.reported, Act.DESTRUCTION_REPORTED, (Right.DESTROY_PROPOSE,)),
    )
    _require_order(found)
    return found


def _require_order(found: Dossier) -> None:
    urgent = found.begun is not None and found.begun.entry.facts.get("urgent") is True
    proposed, decided = found.proposed, found.decided
    alone = proposed is not None and decided is not None and proposed.author.id == decided.author.id
    undecided = found.begun is not None and not urgent and (proposed is None or decided is None)
    if urgent is not found.row.urgent or alone or undecided:
        raise LedgerUntrusted(
            "destruction {request} was not proposed by one and decided by another",
            request=found.row.request,
            hint="nothing is destroyed by it; run `securedoc ledger verify`, and ask who wrote this",
        )


def _said(
    office: Office, row: DestructionRow, sequence: int | None, act: Act, rights: tuple[Right, ...]
) -> Said | None:
    if sequence is None:
        return None
    entry, author = office.ledger.authored_entry(sequence)
    held = [right for right in rights if author.role in office.policy.rights[right]]
    if entry.act is not act or entry.facts.get("request") != row.request or not held:
        raise LedgerUntrusted(
            "entry {entry} is nothing that {officer} might write about destruction {request}",
            entry=sequence,
            officer=author.id,
            request=row.request,
            hint="nothing is destroyed by it; run `securedoc ledger verify`",
        )
    return Said(entry, author, _second(office, entry, author, held))


def _second(office: Office, entry: Entry, author: Officer, held: list[Right]) -> Officer | None:
    if entry.second is None:
        if all(office.policy.needs_second(author.role, right) for right in held):
            raise LedgerUntrusted("entry {n} lacks its second confirmation", n=entry.sequence)
        return None
    second = office.ledger.trusted_officer(entry.second.officer)
    require_confirmation(entry, second, office.card.origin)
    if second.id == author.id or not any(
        second.role in office.policy.confirmed_by.get(right, ()) for right in held
    ):
        raise LedgerUntrusted("entry {n} was confirmed by nobody who could", n=entry.sequence)
    return second


def text_of(said: Said | None, name: str) -> str:
    """Return one text of an entry; empty where there is no such entry or fact."""
    if said is None:
        return ""
    try:
        return said.facts.maybe_text(name) or ""
    except FactError:
        return ""
