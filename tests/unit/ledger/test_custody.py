"""The tables of custody hold everybody to what the program promises, and replaying finds what was edited."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act
from securedoc.errors import LedgerRefused, LedgerUntrusted
from tests.support.ledger import PIN, World, found, receive


@pytest.fixture
def world(root: Path) -> Iterator[World]:
    made = found(root)
    yield made
    made.ledger.close()


def lent(world: World, document: DocumentId, copy: str = "1", row: int = 1) -> int:
    facts = {"book": "muon", "year": 2026, "row": row, "copy": copy, "holder": "Hòa", "until": "2026-12-01"}
    return world.append(Act.CUSTODY_LENT, document, **facts).sequence


def test_a_copy_is_in_one_place_even_for_a_caller_that_does_not_look(world: World) -> None:
    document = receive(world)
    lent(world, document)

    with pytest.raises(LedgerRefused):
        lent(world, document, row=2)
    lent(world, document, "2", row=2)

    assert [move.copy for move in world.ledger.moves(document, out_only=True)] == ["1", "2"]


def test_a_move_ends_once(world: World) -> None:
    document = receive(world)
    move = lent(world, document)
    world.append(Act.CUSTODY_RETURNED, document, move=move, copy="1")

    with pytest.raises(LedgerRefused):
        world.append(Act.CUSTODY_RETURNED, document, move=move, copy="1")
    assert world.ledger.move_out(document, "1") is None


def test_a_return_ends_no_move_of_another_document(world: World) -> None:
    first, other = receive(world), receive(world)
    move = lent(world, first)

    with pytest.raises(LedgerRefused):
        world.append(Act.CUSTODY_RETURNED, other, move=move, copy="1")


def test_the_past_is_answered_from_the_times_of_the_entries(world: World) -> None:
    document = receive(world)
    before = world.clock.at
    world.clock.at += timedelta(days=1)
    move = lent(world, document)
    during = world.clock.at
    world.clock.at += timedelta(days=1)
    world.append(Act.CUSTODY_RETURNED, document, move=move, copy="1")
    after = world.clock.at

    answers = [len(world.ledger.moves(document, at=moment)) for moment in (before, during, after)]

    assert answers == [0, 1, 0]


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE moves SET holder = 'somebody else'",
        "UPDATE moves SET returned = NULL, returned_at = NULL",
        "DELETE FROM moves",
        "UPDATE recalls SET until = '2030-01-01'",
        "DELETE FROM closed_books",
    ],
)
def test_an_edited_table_of_custody_is_found(world: World, edit: str) -> None:
    document = receive(world)
    move = lent(world, document)
    world.append(Act.DOCUMENT_RECALLED, document, until="2026-12-01", why="", out=[])
    world.append(Act.CUSTODY_RETURNED, document, move=move, copy="1")
    world.append(Act.BOOK_CLOSED, None, book="muon", year=2026, rows=1)
    connection = world.raw()

    connection.execute(edit)
    world.resume(connection)

    with pytest.raises(LedgerUntrusted, match="the table"):
        world.ledger.verify(PIN)


def test_a_closed_book_takes_no_row_and_no_number(world: World) -> None:
    document = receive(world)
    world.append(Act.BOOK_CLOSED, None, book="muon", year=2026, rows=0)
    world.append(Act.BOOK_CLOSED, None, book="di", year=2026, rows=0)

    with pytest.raises(LedgerRefused, match="closed"):
        lent(world, document)
    number = {"book": "di", "year": 2026, "number": 1, "text": "01/BC", "date": "2026-11-22"}
    with pytest.raises(LedgerRefused, match="closed"):
        world.append(Act.NUMBER_RESERVED, document, **number)
    with pytest.raises(LedgerRefused):
        world.append(Act.BOOK_CLOSED, None, book="di", year=2026, rows=0)
