"""Search as officers type: no diacritics, no case, beginnings of words; narrowed, newest first."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securedoc.core.documents import DocumentId, DocumentState, Level
from securedoc.core.entries import Act
from securedoc.errors import LedgerRefused
from securedoc.ledger import folding
from securedoc.ledger.search import SearchQuery
from tests.support import ledger as support
from tests.support.ledger import World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Four documents: one registered, one draft, one incoming, one without an abstract."""
    root: Path = tmp_path_factory.mktemp("office")
    world = support.found(root)
    support.issue(world, support.draft(world, subject="Báo cáo tình hình đê điều, phòng chống lụt bão"))
    support.draft(
        world, subject="Kế hoạch ĐẤU TRANH với tội phạm", recipients=["Viện kiểm sát"], type="ke-hoach"
    )
    support.receive(world, date="2024-02-29", number_text="17/CV-CA")
    support.issue(world, support.draft(world, level="tuyet-mat", subject=None, recipients=["Tỉnh ủy"]))
    return world


def hits(world: World, text: str = "", **narrowed: object) -> list[str]:
    result = world.ledger.search(SearchQuery(text=text, **narrowed))  # type: ignore[arg-type]
    assert result.total == len(result.hits)
    return [row.id[-1] for row in result.hits]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bao cao", "41"),
        ("BÁO CÁO", "41"),
        ("de dieu", "1"),
        ("đê điều", "1"),
        ("đê  dieu!", "1"),
        ("lut", "1"),
        ("lu", "1"),
        ("u", "41"),
        ("dau tranh", "2"),
        ("tranh dau", "2"),
        ("dau bao", ""),
        ("vien kiem sat", "2"),
        ("ke hoach", "2"),
        ("cong an tinh", "3"),
        ("tinh", "431"),
        ("17/CV-CA", "3"),
        ("17/cv", "3"),
        ("01/BC", "1"),
        ("tinh uy", "4"),
        ("noi vu", "1"),
        ("khong co", ""),
        ("0l0mat", ""),
        ("nothing OR bao", ""),
        ('"', None),
        ("* -", None),
        ("tội phạm: {subject}", ""),
    ],
)
def test_what_is_typed_finds_what_is_meant(world: World, text: str, found: str | None) -> None:
    if found is None:
        with pytest.raises(LedgerRefused):
            hits(world, text)
    else:
        assert hits(world, text) == list(found)


def test_a_search_is_narrowed(world: World) -> None:
    assert hits(world, "bao", level=Level("mat")) == ["1"]
    assert hits(world, level=Level("tuyet-mat")) == ["4"]
    assert hits(world, level=Level("tuyet")) == []
    assert hits(world, book="den") == ["3"]
    assert hits(world, book="di") == ["4", "1"]
    assert hits(world, state=DocumentState.DRAFT) == ["2"]
    assert hits(world, "ke", state=DocumentState.DRAFT) == ["2"]
    assert hits(world, "bao", state=DocumentState.DRAFT) == []
    assert hits(world, state=DocumentState.REGISTERED) == ["4", "1"]
    assert hits(world, "cong", state=DocumentState.RECEIVED) == ["3"]


def test_dates_are_exact_to_the_day(world: World) -> None:
    assert hits(world, from_date=date(2026, 11, 22)) == ["4", "1"]
    assert hits(world, from_date=date(2026, 11, 23)) == []
    assert hits(world, to_date=date(2024, 2, 29)) == ["3"]
    assert hits(world, to_date=date(2024, 2, 28)) == []
    assert hits(world, from_date=date(2024, 2, 1), to_date=date(2024, 3, 1)) == ["3"]
    assert hits(world, from_date=date(2026, 1, 1), to_date=date(2024, 1, 1)) == []
    assert hits(world, "bao", from_date=date(2026, 11, 1), to_date=date(2026, 11, 30)) == ["4", "1"]


def test_the_newest_come_first_up_to_the_limit(world: World) -> None:
    result = world.ledger.search(SearchQuery(text="tinh", limit=2))

    assert [row.id[-1] for row in result.hits] == ["4", "3"]
    assert result.total == 3


@pytest.mark.parametrize("query", [SearchQuery(), SearchQuery("a", limit=0), SearchQuery("a " * 17)])
def test_a_search_for_nothing_or_too_much_is_refused(world: World, query: SearchQuery) -> None:
    with pytest.raises(LedgerRefused):
        world.ledger.search(query)


@given(st.text(max_size=40))
def test_no_text_is_ever_taken_for_an_operator(text: str) -> None:
    for word in folding.words(text):
        assert word.isascii()
        assert word.isalnum()
        assert word == word.lower()


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đặng Thị Ước", "dang thi uoc"),
        ("D\u0323a\u0302\u0301u", "dau"),
        ("05/BC-UBND", "05 bc ubnd"),
        ("  ", ""),
        ("Łódź", "lodz"),
        ("中文", "u4e2du6587"),
        ("x" * 100, "x" * 64),
    ],
)
def test_words_are_folded(text: str, folded: str) -> None:
    assert folding.fold(text) == folded


def test_a_discarded_draft_is_found_as_one(root: Path) -> None:
    world = support.found(root)
    document = support.draft(world)
    world.append(Act.DRAFT_DISCARDED, document, why="MẪU")

    assert hits(world, "bao", state=DocumentState.DISCARDED) == ["1"]
    assert hits(world, "bao") == ["1"]
    assert world.ledger.find("D-2026-000001") == DocumentId("D-2026-000001")
