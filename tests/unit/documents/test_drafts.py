"""Drafts that securedoc writes: bare, reproducible, and read back as they were."""

import io
import zipfile
from pathlib import Path

import docx as python_docx
import pytest

from scripts.samples import SAMPLES, main
from securedoc.documents.body import Align, Body, ListMark, Paragraph, Span, Table
from securedoc.documents.intake import read_docx
from securedoc.documents.skeleton import write_docx
from securedoc.documents.textbody import docx_from_markdown, docx_from_text
from securedoc.errors import DocumentMalformed, DocumentRefused


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_read_back_as_it_was_written(name: str) -> None:
    body = SAMPLES[name]()

    assert read_docx(write_docx(body)) == body


@pytest.mark.parametrize("name", SAMPLES)
def test_a_draft_is_written_the_same_each_time(name: str) -> None:
    assert write_docx(SAMPLES[name]()) == write_docx(SAMPLES[name]())


def test_every_sample_says_that_it_is_one() -> None:
    for make in SAMPLES.values():
        assert "MẪU" in make().text()


def test_the_samples_are_written_by_their_script(tmp_path: Path) -> None:
    main(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == set(SAMPLES)


def test_a_draft_carries_no_names_no_dates_and_no_picture_of_itself() -> None:
    with zipfile.ZipFile(io.BytesIO(write_docx(Body((Paragraph(),))))) as archive:
        names = archive.namelist()
        times = {info.date_time for info in archive.infolist()}

    assert not [name for name in names if name.startswith(("docProps", "customXml"))]
    assert times == {(1980, 1, 1, 0, 0, 0)}


def test_other_programs_open_a_draft() -> None:
    opened = python_docx.Document(io.BytesIO(write_docx(SAMPLES["bao-cao.docx"]())))

    assert len(opened.tables) == 1
    assert opened.paragraphs[0].text.startswith("MẪU")


# --- text ----------------------------------------------------------------------------------------


def test_each_line_of_a_text_is_a_paragraph() -> None:
    body = read_docx(docx_from_text("\ufeffMột\r\n\r\nHai\n".encode()))

    assert body == Body((Paragraph((Span("Một"),)), Paragraph((Span("Hai"),))))


def test_letters_of_a_text_are_composed() -> None:
    assert read_docx(docx_from_text("mâ\u0323t".encode())).text() == "mật"


@pytest.mark.parametrize("make", [docx_from_text, docx_from_markdown])
@pytest.mark.parametrize(
    ("data", "said"),
    [("mật".encode("utf-16"), "not UTF-8"), (b"\xff", "not UTF-8"), (b"a\x00b", "control character")],
)
def test_what_is_not_text_is_malformed(make: object, data: bytes, said: str) -> None:
    with pytest.raises(DocumentMalformed, match=said):
        make(data)  # type: ignore[operator]


def test_a_huge_text_is_refused() -> None:
    with pytest.raises(DocumentRefused, match="larger than"):
        docx_from_text(b"a" * (9 * 1024 * 1024))


# --- Markdown ------------------------------------------------------------------------------------

MARKDOWN = """# I. Kết quả

Đoạn **đậm**, *nghiêng*, ***cả hai*** và \\*sao\\*
nối dòng.

1. một
2. hai
   - con
     nối
   - con nữa
3. ba

| Tên | Số |
|:----|---:|
| a   | 1  |
"""


def test_the_supported_part_of_markdown_is_taken_over() -> None:
    blocks = read_docx(docx_from_markdown(MARKDOWN.encode())).blocks

    heading, running, *items, table = blocks
    assert isinstance(heading, Paragraph)
    assert (heading.heading, heading.text()) == (1, "I. Kết quả")
    assert isinstance(running, Paragraph)
    assert running.inlines == (
        Span("Đoạn "),
        Span("đậm", bold=True),
        Span(", "),
        Span("nghiêng", italic=True),
        Span(", "),
        Span("cả hai", bold=True, italic=True),
        Span(" và *sao* nối dòng."),
    )
    marks = [item.mark for item in items if isinstance(item, Paragraph)]
    assert marks == [
        ListMark("1."),
        ListMark("2."),
        ListMark("-", 1),
        ListMark("-", 1),
        ListMark("3."),
    ]
    assert isinstance(table, Table)
    assert [row.header for row in table.rows] == [True, False]
    assert table.rows[1].cells[1].paragraphs[0].align is Align.RIGHT


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```\nx\n```", "line 1 holds a block of code"),
        ("a\n\n    x", "line 3 is indented"),
        ("> x", "a quotation block"),
        ("---", "a rule across the page"),
        ("x\n===", "line 2 underlines a heading"),
        ("[x]: y", "a link or footnote definition"),
        ("a [x](y)", "a link"),
        ("![x](y)", "a picture"),
        ("a[^1]", "a footnote"),
        ("`x`", "code"),
        ("a <b>x</b>", "HTML"),
        ("~~x~~", "struck text"),
        ("|a|b|\n|-|-|\n|c|", "line 3 has a table row with another number of columns"),
    ],
)
def test_the_rest_of_markdown_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(DocumentRefused, match=said):
        docx_from_markdown(text.encode())


def test_an_empty_text_is_an_empty_draft() -> None:
    assert docx_from_markdown(b"") == docx_from_text(b"") == write_docx(Body((Paragraph(),)))
