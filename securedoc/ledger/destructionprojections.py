"""What requests and destructions do to the tables."""

from collections.abc import Iterator
from typing import Final

from securedoc.core.documents import DocumentState
from securedoc.core.entries import Act, Confirmation, Entry
from securedoc.ledger.facts import FactError, Facts
from securedoc.ledger.store import Statement

_REQUEST: Final = "INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', ?, NULL, NULL)"
_ITEM: Final = "INSERT INTO destruction_items VALUES (?, ?, NULL)"
_DECIDE: Final = "destroy-decide"


def consent_used(entry: Entry, consent: Confirmation) -> Statement:
    """Mark the request that a consent answers as done: a consent given beforehand holds once."""
    return (
        (
            "UPDATE requests SET state = 'done', changed = ?"
            " WHERE request = ? AND state = 'approved' AND act = ? AND approver = ?"
        ),
        (entry.sequence, consent.request, entry.act.value, consent.officer),
    )


def _request_made(entry: Entry, facts: Facts) -> Iterator[Statement]:
    facts.inner("facts")
    yield (
        _REQUEST,
        (
            *(facts.text("request"), entry.sequence, entry.who, facts.text("right"), facts.text("act")),
            *(entry.about, facts.text("until"), entry.sequence),
        ),
    )


def _request_approved(entry: Entry, facts: Facts) -> Iterator[Statement]:
    yield (
        (
            "UPDATE requests SET state = 'approved', changed = ?, approver = ?, signature = ?"
            " WHERE request = ? AND state = 'waiting' AND officer <> ?"
        ),
        (entry.sequence, entry.who, facts.octets("signature"), facts.text("request"), entry.who),
    )


def _request_refused(entry: Entry, facts: Facts) -> Iterator[Statement]:
    facts.text("why")
    yield (
        (
            "UPDATE requests SET state = 'refused', changed = ?"
            " WHERE request = ? AND state IN ('waiting', 'approved')"
        ),
        (entry.sequence, facts.text("request")),
    )


def _proposed(entry: Entry, facts: Facts) -> Iterator[Statement]:
    request = facts.text("request")
    yield (
        _REQUEST,
        (
            *(request, entry.sequence, entry.who, _DECIDE, Act.DESTRUCTION_DECIDED.value),
            *(None, facts.text("until"), entry.sequence),
        ),
    )
    yield (
        "INSERT INTO destructions VALUES (?, 0, ?, NULL, NULL, NULL, NULL)",
        (request, entry.sequence),
    )
    for item in facts.each("documents"):
        yield _ITEM, (request, item.text("document"))


def _decided(entry: Entry, facts: Facts) -> Iterator[Statement]:
    request = facts.text("request")
    # The proposer never decides, and what was refused is not decided.
    yield (
        (
            "UPDATE requests SET state = 'done', changed = ?, approver = ?"
            " WHERE request = ? AND state = 'waiting' AND officer <> ?"
        ),
        (entry.sequence, entry.who, request, entry.who),
    )
    yield (
        "UPDATE destructions SET decided = ? WHERE request = ? AND decided IS NULL",
        (entry.sequence, request),
    )


def _begun(entry: Entry, facts: Facts) -> Iterator[Statement]:
    request, documents = facts.text("request"), facts.texts("documents")
    if not facts.flag("urgent"):
        yield (
            (
                "UPDATE destructions SET begun = ?"
                " WHERE request = ? AND decided IS NOT NULL AND begun IS NULL AND urgent = 0"
            ),
            (entry.sequence, request),
        )
        return
    yield (
        "INSERT INTO destructions VALUES (?, 1, NULL, NULL, ?, NULL, NULL)",
        (request, entry.sequence),
    )
    # Takes its number from the series of requests; nothing of it waits for anybody.
    yield (
        "INSERT INTO requests VALUES (?, ?, ?, 'destroy-urgent', ?, NULL, '', 'done', ?, NULL, NULL)",
        (request, entry.sequence, entry.who, entry.act.value, entry.sequence),
    )
    for document in documents:
        yield _ITEM, (request, document)


def _document_destroyed(entry: Entry, facts: Facts) -> Iterator[Statement]:
    if entry.about is None:
        raise FactError("about")
    yield (
        (
            "UPDATE destruction_items SET destroyed = ? WHERE request = ? AND document = ?"
            " AND destroyed IS NULL AND (SELECT begun FROM destructions d"
            " WHERE d.request = destruction_items.request) IS NOT NULL"
        ),
        (entry.sequence, facts.text("request"), entry.about),
    )
    yield (
        "UPDATE documents SET changed = ?, state = ? WHERE id = ?",
        (entry.sequence, DocumentState.DESTROYED.value, entry.about),
    )
    book, year, row = facts.text("book"), facts.integer("year"), facts.integer("row")
    yield "INSERT INTO book_rows VALUES (?, ?, ?, ?, ?)", (book, year, row, entry.about, entry.sequence)


def _ended(entry: Entry, facts: Facts) -> Iterator[Statement]:
    # Never while a document of it still has its key.
    yield (
        (
            "UPDATE destructions SET ended = ? WHERE request = ? AND begun IS NOT NULL AND ended IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM destruction_items i WHERE i.request = destructions.request"
            " AND i.destroyed IS NULL)"
        ),
        (entry.sequence, facts.text("request")),
    )


def _reported(entry: Entry, facts: Facts) -> Iterator[Statement]:
    yield (
        (
            "UPDATE destructions SET reported = ? WHERE request = ? AND urgent = 1 AND begun IS NOT NULL"
            " AND reported IS NULL"
        ),
        (entry.sequence, facts.text("request")),
    )


DESTRUCTION: Final = {
    Act.REQUEST_MADE: _request_made,
    Act.REQUEST_APPROVED: _request_approved,
    Act.REQUEST_REFUSED: _request_refused,
    Act.DESTRUCTION_PROPOSED: _proposed,
    Act.DESTRUCTION_DECIDED: _decided,
    Act.DESTRUCTION_BEGUN: _begun,
    Act.DOCUMENT_DESTROYED: _document_destroyed,
    Act.DESTRUCTION_ENDED: _ended,
    Act.DESTRUCTION_REPORTED: _reported,
}
