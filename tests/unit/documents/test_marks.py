"""Stamps and marks, drawn from the measures of the policy and measured in the PDF."""

import io

import pdfplumber
import pytest

from securedoc.core.layouts import StampLine, StampShape
from securedoc.documents import marks
from securedoc.errors import DocumentRefused, PolicyRefused
from securedoc.policy import packs
from securedoc.policy.policy import Policy
from securedoc.policy.vocabulary import Border, Position, Shape

MM = 72 / 25.4
NAMES = packs.available()
FACTS = {
    "date": "05/02/2027",
    "term": "10 năm",
    "until": "05/02/2047",
    "level": "TUYỆT MẬT",
    "copy": "03",
    "copies": "10",
    "kind": "Sao y bản chính",
    "recipients": "Cơ quan MẪU A; Cơ quan MẪU B",
    "authority": "Chủ tịch Ủy ban nhân dân xã Mẫu",
    "agency": "UBND XÃ MẪU",
    "row": "12",
    "to": "Văn phòng",
    "file": "05/HS",
}
EVERY = [(name, key) for name in NAMES for key in packs.pack(name).marks]


def drawn(stamp: StampShape) -> pdfplumber.page.Page:
    return pdfplumber.open(io.BytesIO(marks.draw([stamp]))).pages[0]


@pytest.mark.parametrize(("name", "key"), EVERY)
def test_each_stamp_of_each_pack_has_its_size_border_colour_and_words(name: str, key: str) -> None:
    policy: Policy = packs.pack(name)
    rule = policy.marks[key]

    stamp = policy.stamp(key, **FACTS)
    page = drawn(stamp)

    assert (page.width / MM, page.height / MM) == pytest.approx((stamp.width_mm, stamp.height_mm), abs=0.02)
    borders = page.curves if rule.shape is Shape.CIRCLE else page.rects
    assert len(borders) == (2 if rule.border is Border.DOUBLE else 1)
    red = tuple(int(rule.colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    assert all(border["stroking_color"] == pytest.approx(red, abs=0.01) for border in borders)
    if rule.border is Border.DOUBLE:
        outer, inner = sorted(borders, key=lambda border: -border["width"])
        # Clear space between the lines, whose middles are where a PDF has them.
        clear = (inner["x0"] - outer["x0"]) / MM - rule.line_pt / MM
        assert clear == pytest.approx(rule.gap_mm, abs=0.02)
    said = "".join((page.extract_text() or "").split())
    for line in stamp.lines:
        assert "".join(line.text.split()) in said


@pytest.mark.parametrize(("name", "key"), EVERY)
def test_no_letter_of_a_stamp_crosses_its_outer_border(name: str, key: str) -> None:
    stamp = packs.pack(name).stamp(key, **FACTS)

    page = drawn(stamp)

    letters = [char for char in page.chars if char["text"].strip()]
    assert min(char["x0"] for char in letters) > 0.5
    assert max(char["x1"] for char in letters) < page.width - 0.5


@pytest.mark.parametrize("key", ["mat", "toi-mat", "tuyet-mat", "hoa-toc", "thu-hoi", "khan"])
def test_fixed_words_stand_at_the_size_that_the_policy_gives(key: str) -> None:
    stamp = packs.pack("vn-2026").stamp(key, **FACTS)

    assert {round(char["size"], 2) for char in drawn(stamp).chars if char["text"].isupper()} == {
        stamp.lines[0].size_pt
    }


def test_words_that_are_too_long_for_their_stamp_are_made_smaller_never_cut() -> None:
    policy = packs.pack("vn-2026")
    long = "; ".join(f"Cơ quan MẪU số {number}" for number in range(12))

    page = drawn(policy.stamp("ban-sao-bmnn", **{**FACTS, "recipients": long}))

    assert "".join(long.split()) in "".join((page.extract_text() or "").split())
    assert min(char["top"] for char in page.chars) > 0
    assert max(char["bottom"] for char in page.chars) < page.height + 3


def test_the_same_stamp_gives_the_same_bytes_and_the_page_behind_it_shows() -> None:
    stamp = packs.pack("vn-2026").stamp("giai-mat", **FACTS)

    assert marks.draw([stamp]) == marks.draw([stamp])
    assert b"/FunctionType" not in marks.draw([stamp])
    assert all(rect["fill"] is False for rect in drawn(stamp).rects)


def test_several_stamps_are_pages_of_their_own_sizes() -> None:
    policy = packs.pack("vn-2026")

    pdf = marks.draw([policy.stamp("mat"), policy.stamp("phong-bi-a")])

    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        assert [(round(page.width / MM), round(page.height / MM)) for page in opened.pages] == [
            (20, 8),
            (15, 15),
        ]


def test_a_stamp_that_lacks_a_fact_is_refused_by_name() -> None:
    with pytest.raises(PolicyRefused, match="giai-mat is not complete without date"):
        packs.pack("vn-2026").stamp("giai-mat")


def test_a_stamp_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(PolicyRefused, match="there is no mark xyz") as caught:
        packs.pack("vn-2026").stamp("xyz")

    assert "tuyet-mat" in str(caught.value.facts["known"])


def test_a_stamp_stands_only_where_it_belongs() -> None:
    policy = packs.pack("vn-2026")

    assert policy.stamp_at("khan", Position.BOX_10B).width_mm == 20
    with pytest.raises(PolicyRefused, match="does not belong there"):
        policy.stamp_at("khan", Position.BOX_11)


def test_a_letter_without_a_glyph_is_refused_by_name() -> None:
    stamp = StampShape(20, 8, 0, 0.75, "#c8102e", round=False, lines=(StampLine("中", 13, bold=True),))

    with pytest.raises(DocumentRefused, match=r"U\+4E2D"):
        marks.draw([stamp])


def test_nothing_to_draw_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="no stamp"):
        marks.draw([])
