"""Proves that an entry about the office itself was made, and confirmed, by officers who may."""

from securedoc.core.entries import Entry
from securedoc.core.people import Officer
from securedoc.errors import LedgerUntrusted, PolicyRefused
from securedoc.office.office import Office


def proven(office: Office, found: Entry, right: str) -> Entry:
    """Return an entry as its author wrote it, when the policy gives the author, and who confirmed, the right.

    Every officer may append entries; one about whom to trust must not count because it is there.

    Raises:
        LedgerUntrusted: it was not made by one who may, or lacks the second officer that it needs.
    """
    entry, author, second = office.ledger.confirmed_entry(found.sequence)
    try:
        _require(office, right, author, second)
    except PolicyRefused as error:
        raise LedgerUntrusted(
            "entry {n} was made by {officer}, who may not do that alone, or not at all",
            n=entry.sequence,
            officer=entry.who,
            hint="run `securedoc audit run`, and ask this officer how it came about",
        ) from error
    return entry


def _require(office: Office, right: str, author: Officer, second: Officer | None) -> None:
    office.policy.may(author.role, right)
    if office.policy.needs_second(author.role, right):
        if second is None:
            raise PolicyRefused("{right} needs a second officer", right=right)
        office.policy.may_confirm(second.role, right)
