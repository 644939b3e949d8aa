"""Consent at another time: one officer asks, another approves or refuses, and the first acts once."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act, Confirmation, Entry
from securedoc.core.jsonvalue import JsonObject
from securedoc.errors import LedgerUntrusted, PolicyRefused, PolicyStale
from securedoc.formats import canonical
from securedoc.keyring.session import Session
from securedoc.ledger import signing
from securedoc.ledger.destructionqueries import RequestRow
from securedoc.ledger.entrybytes import confirmation_message, spell_time
from securedoc.ledger.facts import Facts
from securedoc.office.office import Office


@dataclass(frozen=True, slots=True)
class Ask:
    """Instead of a second officer beside the first: ask, and act when somebody has approved."""


@dataclass(frozen=True, slots=True)
class Approved:
    """The consent that somebody gave to a request."""

    request: str


Second = Session | Ask | Approved | None
"""Who consents: an officer who is here, somebody who is to be asked, somebody who was, or nobody."""


class Asked(Exception):
    """The act was not done: it was asked for, and waits."""

    def __init__(
        self, request: str, right: str, document: DocumentId | None, ends: datetime, entry: int
    ) -> None:
        super().__init__(request)
        self.request = request
        self.right = right
        self.document = document
        self.until = ends
        self.entry = entry


@dataclass(frozen=True, slots=True)
class Asking:
    """What was asked for."""

    row: RequestRow
    made: Entry
    """Proven to be of whoever asked."""

    @property
    def facts(self) -> JsonObject:
        """The facts that the act's entry would have."""
        found = self.made.facts.get("facts")
        return found if isinstance(found, Mapping) else {}

    @property
    def asked(self) -> JsonObject:
        """What whoever consents must know: the facts of the act, or the whole proposal."""
        return self.facts if self.made.act is Act.REQUEST_MADE else self.made.facts


def until(office: Office) -> datetime:
    """Return when a request that is made now expires."""
    return office.now() + timedelta(days=office.policy.requests.valid_days)


def ask(office: Office, right: str, act: Act, about: DocumentId | None, facts: JsonObject) -> Asked:
    """Enter a request, and return what says so.

    Raises:
        PolicyRefused: the officer may not ask.
    """
    office.permit("request")
    ends = until(office)
    with office.write() as writing:
        request = writing.next_request(office.today().year)
        asked: JsonObject = {
            "request": request,
            "right": right,
            "act": act.value,
            "facts": facts,
            "until": spell_time(ends),
        }
        entry = writing.append(Act.REQUEST_MADE, about, asked)
    return Asked(request, right, about, ends, entry.sequence)


def read(office: Office, request: str) -> Asking:
    """Return a request as its author wrote it.

    Raises:
        LedgerMissing: there is none of that number.
        LedgerUntrusted: the table says another thing than the signed entry.
    """
    row = office.ledger.request(request)
    made, author = office.ledger.authored_entry(row.entry)
    said = (made.facts.get("request"), author.id)
    if made.act not in {Act.REQUEST_MADE, Act.DESTRUCTION_PROPOSED, Act.DESTRUCTION_BEGUN} or said != (
        request,
        row.officer,
    ):
        raise LedgerUntrusted(
            "request {request} is not what entry {entry} says",
            request=request,
            entry=row.entry,
            hint="the table was edited: run `securedoc ledger verify`",
        )
    return Asking(row, made)


def approve(office: Office, request: str) -> int:
    """Consent to a request; return the entry.

    Raises:
        PolicyRefused: the officer may not confirm such an act, or asked for it.
        PolicyStale: it expired, or was answered before.
        LedgerMissing: there is none of that number.
    """
    office.permit("request")
    asking = read(office, request)
    _require_waiting(office, asking.row, "waiting")
    if asking.made.act is not Act.REQUEST_MADE:
        raise PolicyRefused(
            "{request} is a proposal to destroy: it is decided, not only approved",
            request=request,
            hint="decide it: securedoc destroy decide {request}",
        )
    if asking.row.officer == office.session.officer:
        raise PolicyRefused(
            "{officer} cannot confirm an act of their own",
            officer=asking.row.officer,
            hint="let another officer approve it",
        )
    right = str(asking.made.facts.get("right"))
    office.policy.may_confirm(office.who.role, right)
    act = Act(str(asking.made.facts.get("act")))
    proposal = confirmation_message(office.vault_id, act, asking.made.about, asking.facts, request)
    signature = base64.b64encode(office.session.confirm(proposal)).decode("ascii")
    with office.write() as writing:
        _require_waiting(office, office.ledger.request(request), "waiting")
        facts: JsonObject = {"request": request, "signature": signature}
        return writing.append(Act.REQUEST_APPROVED, asking.made.about, facts).sequence


def refuse(office: Office, request: str, why: str) -> int:
    """Refuse a request, or take one's own back; return the entry.

    Raises:
        PolicyRefused: the officer may not confirm such an act, and did not ask for it.
        PolicyStale: it was used or refused before.
        LedgerMissing: there is none of that number.
    """
    office.permit("request")
    row = read(office, request).row
    if row.officer != office.session.officer and not _may_answer(office, row):
        raise PolicyRefused(
            "the role {role} may not answer a request for {right}", role=office.who.role, right=row.right
        )
    with office.write() as writing:
        row = office.ledger.request(request)
        if row.state in {"done", "refused"}:
            raise _answered(row)
        facts: JsonObject = {"request": request, "why": why}
        return writing.append(Act.REQUEST_REFUSED, row.document, facts).sequence


def consent(  # noqa: PLR0913, PLR0917 - what was consented to
    office: Office, approved: Approved, right: str, act: Act, about: DocumentId | None, facts: JsonObject
) -> Confirmation:
    """Return the consent that was given to exactly this act.

    Raises:
        PolicyRefused: it was given to something else, to somebody else, or not given.
        PolicyStale: it expired, or was used before.
    """
    asking = read(office, approved.request)
    row = asking.row
    _require_waiting(office, row, "approved")
    asked = (row.officer, asking.made.facts.get("right"), asking.made.facts.get("act"), asking.made.about)
    same = canonical.encode(asking.facts) == canonical.encode(facts)
    if asked != (office.session.officer, right, act.value, about) or not same:
        raise PolicyRefused(
            "request {request} was for something else than is done now",
            request=approved.request,
            hint="see what it was for: securedoc request list; ask again with --ask",
        )
    answer, approver = office.ledger.authored_entry(row.changed)
    said = (answer.act, answer.facts.get("request"), approver.id)
    if said != (Act.REQUEST_APPROVED, approved.request, row.approver):
        raise LedgerUntrusted(
            "request {request} was approved by nobody",
            request=approved.request,
            hint="the table was edited: run `securedoc ledger verify`",
        )
    office.policy.may_confirm(approver.role, right)
    # A consent that nobody could verify would spoil the ledger for good.
    signature = Facts(answer.facts).octets("signature")
    proposal = confirmation_message(office.vault_id, act, about, facts, approved.request)
    signing.require_ed25519(approver, signature, proposal)
    return Confirmation(approver.id, signature, approved.request)


def _may_answer(office: Office, row: RequestRow) -> bool:
    if row.act == Act.DESTRUCTION_DECIDED.value:
        deciding = office.policy.rights
        return any(right == row.right and office.who.role in roles for right, roles in deciding.items())
    return any(
        right == row.right and office.who.role in roles for right, roles in office.policy.confirmed_by.items()
    )


def _require_waiting(office: Office, row: RequestRow, state: str) -> None:
    if row.expired(office.now()):
        raise PolicyStale(
            "request {request} expired on {day}",
            request=row.request,
            day="" if row.until is None else row.until.date().isoformat(),
            hint="ask again",
        )
    if row.state == "waiting" and state == "approved":
        raise PolicyRefused(
            "nobody has approved request {request} yet",
            request=row.request,
            hint="another officer does: securedoc request approve {request}",
        )
    if row.state != state:
        raise _answered(row)


def _answered(row: RequestRow) -> PolicyStale:
    return PolicyStale(
        "request {request} was answered before: {state}",
        request=row.request,
        state=row.state,
        hint="see: securedoc request list --all",
    )
