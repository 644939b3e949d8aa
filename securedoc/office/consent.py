"""Gets a second officer's consent where the policy asks for one."""

from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act, Confirmation
from securedoc.core.jsonvalue import JsonObject
from securedoc.errors import PolicyRefused
from securedoc.office import deferred
from securedoc.office.deferred import Approved, Ask, Second
from securedoc.office.office import Office
from securedoc.policy.vocabulary import Right


def second(  # noqa: PLR0913 - what is consented to, and by whom
    office: Office,
    right: str,
    act: Act,
    about: DocumentId | None,
    facts: JsonObject,
    *,
    session: Second,
    missing: PolicyRefused | None = None,
) -> Confirmation | None:
    """Return the consent to an act, or None where the policy asks for none.

    `missing` is raised when nobody confirmed; by default a general sentence.

    Raises:
        PolicyRefused: nobody confirmed, or not one who may.
        PolicyStale: the consent that was given beforehand expired, or was used.
        Asked: it was asked for, and the act waits.
    """
    if not office.policy.needs_second(office.who.role, right):
        return None
    if session is None:
        raise missing or PolicyRefused(
            "{right} needs a second officer",
            right=Right(right),
            hint="add --second OFFICER; that officer's passphrase is asked too",
        )
    if isinstance(session, Ask):
        raise deferred.ask(office, right, act, about, facts)
    if isinstance(session, Approved):
        return deferred.consent(office, session, right, act, about, facts)
    office.policy.may_confirm(office.ledger.trusted_officer(session.officer).role, right)
    return office.confirmation(act, about, facts, session)
