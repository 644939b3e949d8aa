from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securedoc.core.documents import DocumentId
from securedoc.ledger.paperqueries import CopyRow, PaperRow
from securedoc.printing import accounting
from securedoc.printing.accounting import CopyState, Incident

DOCUMENT = DocumentId("D-2026-000001")


def row(copy: int = 1, state: str = "printed", incident: str | None = None, sheets: int = 3) -> CopyRow:
    return CopyRow(DOCUMENT, copy, "P-2026-000001", state, 1, None, None, incident, 9, sheets, sheets, "mau")


def waits(copy: int | None, print_id: str = "P-2026-000001") -> PaperRow:
    return PaperRow(9, 1, DOCUMENT, print_id, copy, 1, None)


@pytest.mark.parametrize(
    ("pages", "duplex", "sheets"), [(1, False, 1), (1, True, 1), (2, True, 1), (3, True, 2), (3, False, 3)]
)
def test_both_sides_take_half_the_sheets_rounded_up(pages: int, duplex: bool, sheets: int) -> None:  # noqa: FBT001
    assert accounting.sheets(pages, duplex=duplex) == sheets


@pytest.mark.parametrize("state", ["planned", "sent", "printed", "unknown"])
def test_a_number_that_may_be_on_paper_is_taken(state: str) -> None:
    assert accounting.free_numbers(2, [row(1, state)], [], destroyed_first=True) == [2]


def test_a_spoiled_number_is_free_when_its_sheets_are_counted_and_gone() -> None:
    open_one, counted = row(1, "spoiled", "uncounted"), row(1, "spoiled")

    assert accounting.free_numbers(1, [open_one], [], destroyed_first=True) == []
    assert accounting.free_numbers(1, [counted], [waits(1)], destroyed_first=True) == []
    assert accounting.free_numbers(1, [counted], [waits(None)], destroyed_first=True) == []
    assert accounting.free_numbers(1, [counted], [waits(1)], destroyed_first=False) == [1]
    assert accounting.free_numbers(1, [counted], [waits(2)], destroyed_first=True) == [1]
    assert accounting.free_numbers(1, [counted], [waits(1, "P-2026-000002")], destroyed_first=True) == [1]
    assert accounting.free_numbers(1, [row(1, "unprinted")], [], destroyed_first=True) == [1]


def test_a_number_printed_again_is_taken_again() -> None:
    assert accounting.free_numbers(1, [row(1, "spoiled"), row(1)], [], destroyed_first=True) == []


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 9))
def test_a_count_adds_up_or_stays_open(counted: int, spoiled: int, sheets: int) -> None:
    one = row(sheets=sheets, state="unknown", incident="unknown")
    if spoiled > counted:
        with pytest.raises(ValueError, match="spoiled"):
            accounting.count_copy(one, counted, spoiled)
        return

    account = accounting.count_copy(one, counted, spoiled)

    (settled,) = account.copies
    whole, none = counted - spoiled == sheets, counted == spoiled
    assert (account.difference == 0) == (whole or none) == (settled.incident is None)
    if whole:
        assert (settled.state, settled.spoiled) == (CopyState.PRINTED, spoiled)
    elif none:
        assert settled.state is (CopyState.SPOILED if spoiled else CopyState.UNPRINTED)
        assert settled.spoiled == spoiled
    else:
        assert (settled.state, settled.spoiled) == (CopyState.UNKNOWN, 0)
        assert settled.incident is Incident.DIFFERENCE


@pytest.mark.parametrize(
    ("state", "impressions", "pages", "counted", "open_by"),
    [
        ("printed", None, 3, 0, -3),
        ("printed", 3, 3, 2, -1),
        ("spoiled", 2, 3, 1, -1),
        ("unknown", 5, 6, 2, -1),
        ("spoiled", 5, 6, 3, 0),
        ("spoiled", 9, 3, 3, 0),
        ("unknown", None, 3, 0, 0),
    ],
)
def test_sheets_that_the_printer_printed_and_nobody_counted_stay_open(
    state: str, impressions: int | None, pages: int, counted: int, open_by: int
) -> None:
    one = replace(row(state=state), impressions=impressions, pages=pages)

    account = accounting.count_copy(one, counted, counted)

    assert account.difference == open_by
    assert account.copies[0].incident is (Incident.DIFFERENCE if open_by else None)
    assert account.copies[0].spoiled == (0 if open_by else counted)


@given(st.integers(0, 40), st.integers(0, 9))
def test_a_pile_closes_only_when_every_copy_is_whole(counted: int, spoiled: int) -> None:
    rows = [row(1), row(2, "unknown", "unknown"), row(3)]
    if spoiled > counted:
        return

    account = accounting.count_pile(rows, counted, spoiled)

    whole = counted - spoiled == 9
    assert {one.state for one in account.copies} == (
        {CopyState.PRINTED} if whole else {CopyState.PRINTED, CopyState.UNKNOWN}
    )
    assert {one.incident for one in account.copies} == {None if whole else Incident.DIFFERENCE}
    assert account.of_the_pile == (spoiled if whole else 0)
    assert sum(one.spoiled for one in account.copies) == 0


def test_an_empty_pile_is_no_pile() -> None:
    with pytest.raises(ValueError, match="without a copy"):
        accounting.count_pile([], 0, 0)
