"""What is drawn in a signature field."""

from io import BytesIO

import pdfplumber
import pytest

from securedoc.documents import stamp
from securedoc.errors import DocumentRefused

LINES = ("Nguyễn Thị Quỳnh Mẫu", "2026-11-22T09:00:00+07:00")


def drawn(pdf: bytes) -> tuple[pdfplumber.page.Page, str]:
    page = pdfplumber.open(BytesIO(pdf)).pages[0]
    return page, page.extract_text()


def test_the_lines_stand_on_one_page_of_the_fields_size() -> None:
    page, text = drawn(stamp.render(LINES, width_pt=170, height_pt=60, ink=stamp.Ink.BLUE))

    assert (page.width, page.height) == (170, 60)
    assert text.splitlines() == list(LINES)


@pytest.mark.parametrize("ink", stamp.Ink)
def test_a_small_field_gets_smaller_letters_and_loses_none(ink: stamp.Ink) -> None:
    page, text = drawn(stamp.render(LINES, width_pt=100, height_pt=40, ink=ink))

    assert text.replace("\n", " ") == " ".join(LINES)
    edges = [(char["x0"], char["x1"]) for char in page.chars]
    assert min(left for left, _ in edges) >= 0
    assert max(right for _, right in edges) <= 110
    assert max(char["size"] for char in page.chars) < 10.01


def test_a_persons_lines_leave_the_left_third_to_the_seal() -> None:
    page, _ = drawn(stamp.render(LINES, width_pt=150, height_pt=60, ink=stamp.Ink.BLUE))

    assert min(char["x0"] for char in page.chars) >= 50


def test_the_seals_lines_stand_in_a_double_ring() -> None:
    page, _ = drawn(stamp.render(LINES, width_pt=102, height_pt=102, ink=stamp.Ink.RED))

    outer, inner = sorted((curve["width"] for curve in page.curves), reverse=True)
    assert outer == pytest.approx(100, abs=2)
    assert 90 < inner < outer
    assert all(10 < char["x0"] < char["x1"] < 92 for char in page.chars)


def test_person_and_seal_differ_in_colour() -> None:
    blue, _ = drawn(stamp.render(LINES, width_pt=170, height_pt=60, ink=stamp.Ink.BLUE))
    red, _ = drawn(stamp.render(LINES, width_pt=170, height_pt=60, ink=stamp.Ink.RED))

    assert blue.chars[0]["non_stroking_color"][2] > blue.chars[0]["non_stroking_color"][0]
    assert red.chars[0]["non_stroking_color"][0] > red.chars[0]["non_stroking_color"][2]


def test_letters_stand_as_close_as_the_font_says() -> None:
    page, _ = drawn(stamp.render(("Mẫu",), width_pt=170, height_pt=60, ink=stamp.Ink.BLUE))

    # A known fault of text stamps: fonts of 2048 units drawn with twice their spacing.
    first, second, third = page.chars
    assert second["x0"] - first["x1"] < 1
    assert third["x0"] - second["x1"] < 1


def test_the_same_lines_give_the_same_bytes() -> None:
    once = stamp.render(LINES, width_pt=170, height_pt=60, ink=stamp.Ink.BLUE)

    assert stamp.render(LINES, width_pt=170, height_pt=60, ink=stamp.Ink.BLUE) == once


def test_markup_in_a_name_stays_text() -> None:
    _, text = drawn(stamp.render(("*x* #panic()",), width_pt=170, height_pt=60, ink=stamp.Ink.BLUE))

    assert text == "*x* #panic()"


def test_a_letter_without_glyph_is_refused() -> None:
    with pytest.raises(DocumentRefused):
        stamp.render(("\U0001f600",), width_pt=170, height_pt=60, ink=stamp.Ink.BLUE)


def test_nothing_is_not_a_signature_block() -> None:
    with pytest.raises(ValueError, match="without a line"):
        stamp.render((), width_pt=170, height_pt=60, ink=stamp.Ink.BLUE)
