"""What the PDF says: every letter of body and frame, and nothing else."""

from collections import Counter
from dataclasses import replace

import pytest

from scripts.samples import bao_cao, cong_van, long_body, quyet_dinh
from securedoc.core.documents import Frame
from securedoc.documents.body import Align, Body, Paragraph, Span
from tests.support.documents import DECISION, LETTER, REPORT, nd30
from tests.support.measuring import line_of, page_chars


def letters(text: str) -> Counter[str]:
    """Count what is not space."""
    return Counter("".join(text.split()))


@pytest.mark.parametrize(
    ("frame", "body"),
    [(REPORT, bao_cao()), (LETTER, cong_van()), (DECISION, quyet_dinh()), (REPORT, long_body())],
    ids=["report", "letter", "decision", "long"],
)
def test_the_pdf_says_exactly_what_body_and_frame_say(frame: Frame, body: Body) -> None:
    plain = replace(frame, training=False)
    words, pages = nd30().words, page_chars(plain, body)
    said = Counter(char for page in pages for item in page for char in item["text"] if char.strip())

    expected = letters(body.text())
    for line in (
        *(plain.superior.upper(), plain.agency.upper(), words.nation.upper(), words.motto),
        *(plain.number_line, plain.place_and_date, plain.subject, plain.mark_text, words.recipients),
        *(plain.recipients_block, plain.recipients_notes, plain.drafter_mark),
        *(plain.signer_capacity.upper(), plain.signer_title.upper(), plain.signer_name),
        plain.mark_text * len(pages),
        "".join(str(number) for number in range(2, len(pages) + 1)),
        words.addressed + "- ; - ." if plain.recipients_to else "",
        plain.recipients_to,
        plain.type_name.upper() if plain.kind == "typed" else "",
    ):
        expected += letters("".join(line))

    # An empty paragraph is drawn as a joiner that nobody sees.
    del said["\u200d"]
    assert said == expected


def test_words_of_a_letter_come_out_in_reading_order() -> None:
    page = page_chars(replace(LETTER, training=False), cong_van())[0]
    spelled = "".join(char["text"] for char in page if char["text"].strip())

    places = [spelled.index("".join(found.text().split())) for found in cong_van().paragraphs()]

    assert places == sorted(places)


def test_markup_in_a_body_stays_text() -> None:
    nasty = '#panic("x") *đậm* _nghiêng_ $x^2$ = tiêu đề @ref <nhãn> \\ // chú thích #import "x"'

    pages = page_chars(replace(REPORT, training=False), Body((Paragraph((Span(nasty),), Align.LEFT),)))

    assert line_of(pages[0], nasty)
