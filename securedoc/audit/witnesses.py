"""Checks what witnesses said of the ledger: their signatures, and that it still continues what they saw."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from securedoc.audit.outcomes import Outcome, failed, passed, unknown
from securedoc.core.officetime import day_of
from securedoc.core.people import Officer
from securedoc.core.text import message
from securedoc.errors import LedgerIncomplete, LedgerUntrusted
from securedoc.ledger import cosigning
from securedoc.ledger.cosigning import Cosignature
from securedoc.office.office import Office
from securedoc.policy.vocabulary import Right

CHECK = "witnesses.cosignatures"


def witnessed(office: Office) -> Iterator[Outcome]:
    """Prove every cosignature, and say how far enough of them reach, and how old that is."""
    size = office.ledger.head().checkpoint.size
    newest: list[tuple[int, datetime]] = []
    for witness in _witnesses(office):
        held: Cosignature | None = None
        for word in office.ledger.cosignatures(witness.id):
            stated = word.checkpoint
            try:
                cosigning.require(word, witness.keys.mldsa44)
            except LedgerUntrusted as error:
                yield failed(CHECK, error, about=witness.id)
                continue
            if stated.size > size or office.ledger.root_at(stated.size) != stated.root:
                other = LedgerUntrusted(
                    "{officer} cosigned {n} entries that are not these",
                    officer=witness.id,
                    n=stated.size,
                    hint="history was rewritten: stop using this ledger and compare it with the backups",
                )
                yield failed(CHECK, other, about=witness.id)
                continue
            held = word
        if held is not None:
            newest.append((held.checkpoint.size, held.at))
    yield from _reach(office, sorted(newest, reverse=True))


def _reach(office: Office, newest: list[tuple[int, datetime]]) -> Iterator[Outcome]:
    rules = office.policy.witnessing
    if len(newest) < rules.least:
        yield unknown(
            CHECK,
            message(
                "{count} witnesses cosigned the ledger, {least} are needed",
                count=len(newest),
                least=rules.least,
            ),
            fix=message("have the auditor run: securedoc ledger witness --state FILE"),
        )
        return
    reached = newest[rules.least - 1][0]
    at = min(when for _size, when in newest[: rules.least])
    if office.now() - at > timedelta(days=rules.every_days):
        late = LedgerIncomplete(
            "the last cosignature of a witness is of {day}, over {n} entries",
            day=day_of(at).isoformat(),
            n=reached,
            hint="have the auditor run: securedoc ledger witness --state FILE",
        )
        yield failed(CHECK, late)
        return
    yield passed(
        CHECK,
        message(
            "witnesses cosigned the first {n} entries, last on {day}", n=reached, day=day_of(at).isoformat()
        ),
    )


def _witnesses(office: Office) -> Iterator[Officer]:
    roles = office.policy.rights[Right.WITNESS]
    for officer in office.ledger.officers():
        if officer.role in roles:
            yield office.ledger.trusted_officer(officer.id)
