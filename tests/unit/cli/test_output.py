import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from securedoc.cli.output import Showable, Table, as_json, laid_out, width, wrapped
from securedoc.core.digests import Digest
from securedoc.core.findings import Finding, Severity, State
from securedoc.core.secret import Secret
from securedoc.core.text import message
from securedoc.errors import same


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (datetime(2026, 11, 22, 2, 0, tzinfo=UTC), "2026-11-22T02:00:00+00:00"),
        (date(2026, 11, 22), "2026-11-22"),
        (b"\x00\xff", "AP8="),
        (Digest(bytes(32)), "sha256:" + "00" * 32),
        (Path("a/b"), "a/b"),
        (State.FAIL, "fail"),
        (message("page {n}", n=3), "page 3"),
        ({"a": (1, True, None)}, {"a": [1, True, None]}),
    ],
)
def test_every_value_has_one_spelling_in_json(value: Showable, spelled: object) -> None:
    assert as_json(value, same) == spelled


def test_a_finding_is_an_object_with_its_six_fields() -> None:
    finding = Finding("host.N-01", Severity.HIGH, State.FAIL, message("a cable"), message("pull it"), "eth0")

    assert as_json(finding, same) == {
        "check": "host.N-01",
        "severity": "high",
        "state": "fail",
        "detail": "a cable",
        "fix": "pull it",
        "about": "eth0",
    }


@pytest.mark.parametrize("value", [1.5, Secret(b"correct horse")])
def test_what_has_no_spelling_never_reaches_stdout(value: object) -> None:
    with pytest.raises(TypeError):
        as_json(value, same)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "cells"),
    [("Báo cáo", 7), ("Ba\u0301o ca\u0301o", 7), ("文書", 4), ("", 0), ("a\u200db", 2)],
)
def test_width_counts_what_a_terminal_shows(text: str, cells: int) -> None:
    assert width(text) == cells


def test_columns_align_under_composed_decomposed_and_wide_letters() -> None:
    table = Table(
        (message("subject"), message("pages")),
        [("Độ mật", 3), ("Đo\u0302\u0323 ma\u0302\u0323t", 12), ("文書", None)],
    )

    lines = laid_out(table, same)

    assert lines == [
        "subject  pages",
        "-------  -----",
        "Độ mật       3",
        "Đo\u0302\u0323 ma\u0302\u0323t      12",
        "文書",
    ]


def test_a_control_character_in_a_name_is_shown_not_obeyed() -> None:
    lines = laid_out(Table((message("name"),), [("a\x1b[2Jb",)]), same)

    assert "\x1b" not in lines[2]
    assert "\N{REPLACEMENT CHARACTER}" in lines[2]


def test_an_empty_table_prints_nothing() -> None:
    assert laid_out(Table((message("name"),), []), same) == []


def test_a_narrow_terminal_wraps_the_widest_column() -> None:
    table = Table((message("id"), message("subject")), [("D-1", "công tác quý bốn năm nay")])

    lines = laid_out(table, same, 20)

    assert lines == [
        "id   subject",
        "---  ---------------",
        "D-1  công tác quý",
        "     bốn năm nay",
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("abcdefghij", ["abcdefgh", "ij"]),
        ("ab cdefghij", ["ab", "cdefghij"]),
        ("文書文書文", ["文書文書", "文"]),
    ],
)
def test_text_breaks_between_words_where_it_can(text: str, lines: list[str]) -> None:
    assert wrapped(text, 8) == lines


def test_the_words_of_our_enums_are_translated_and_names_are_not() -> None:
    translate = {"fail": "không đạt", "x": "dịch"}.get
    table = Table((message("x"),), [(State.FAIL,), ("x",)])

    lines = laid_out(table, lambda text: translate(text, text))

    assert lines == ["dịch", "---------", "không đạt", "x"]
    assert message("{a} {b}", a=State.FAIL, b="x").said(lambda text: translate(text, text)) == "không đạt x"


def test_a_date_is_not_broken_while_another_column_can_give() -> None:
    table = Table(
        (message("date"), message("subject")), [("22/11/2026", "công tác quý bốn năm nay và sang năm")]
    )

    lines = laid_out(table, same, 24)

    assert lines[2].startswith("22/11/2026  ")
    assert max(map(width, lines)) <= 24


@pytest.mark.parametrize("zone", ["UTC", "Asia/Ho_Chi_Minh", "America/New_York"])
def test_a_moment_is_told_in_the_office_s_time_wherever_the_machine_thinks_it_is(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()

    lines = laid_out(Table((message("time"),), [(datetime(2026, 11, 24, 19, 38, tzinfo=UTC),)]), same)
    monkeypatch.undo()
    time.tzset()

    assert "2026-11-25 02:38" in "".join(lines)
