"""A register of many rows keeps its head on every page and its number among all, in one file."""

import io
from datetime import date

import docx
import openpyxl
import pdfplumber
import pytest
from pypdf import PdfReader
from pypdf.generic import StreamObject

from securedoc.documents import register_docx, register_sheet
from securedoc.documents.pdfjoin import joined
from securedoc.documents.register import Register, RegisterColumn, RegisterWords
from securedoc.errors import DocumentRefused

WORDS = RegisterWords("Trang", ("Bìa", "Sổ"), "TẬP HUẤN", ("Hết sổ.",), ("Người lập", "Thủ trưởng"))
COLUMNS = (
    RegisterColumn(1, "Số thứ tự", signed=False),
    RegisterColumn(2, "Trích yếu", signed=False),
    RegisterColumn(3, "Ký nhận", signed=True),
)


def register(count: int, subject: str = "Về việc mẫu (MẪU)") -> Register:
    rows = tuple((f"{number:02d}", subject, "") for number in range(1, count + 1))
    return Register("", "UBND xã Mẫu", "SỔ MẪU", ("Năm: 2026",), COLUMNS, rows, WORDS, date(2026, 11, 24))


def test_a_book_of_many_parts_is_one_pdf_numbered_through() -> None:
    pdf = register(600).pdf()

    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        texts = [" ".join((page.extract_text() or "").split()) for page in opened.pages]
    assert len(texts) > 20
    for number, text in enumerate(texts, 1):
        assert f"Trang {number}/{len(texts)}" in text
    assert all("Trích yếu" in text for text in texts[1:])
    assert [text for text in texts if "SỔ MẪU" in text] == texts[:1]
    assert [text for text in texts if "Hết sổ." in text] == texts[-1:]
    said = " ".join(texts)
    assert all(f" {number:02d} Về việc" in said for number in range(1, 601))


def test_the_joined_file_still_says_that_it_is_pdf_a() -> None:
    reader = PdfReader(io.BytesIO(register(300).pdf()))

    catalog = reader.root_object
    assert "/OutputIntents" in catalog
    metadata = catalog["/Metadata"].get_object()
    assert isinstance(metadata, StreamObject)
    assert b"pdfaid" in metadata.get_data()


def test_an_empty_book_has_a_cover_and_a_head_in_every_format() -> None:
    empty = register(0)

    assert len(PdfReader(io.BytesIO(empty.pdf())).pages) == 2
    assert len(docx.Document(io.BytesIO(register_docx.write(empty))).tables[0].rows) == 2
    assert openpyxl.load_workbook(io.BytesIO(register_sheet.xlsx(empty))).worksheets[1].max_row == 2
    assert register_sheet.csv_text(empty).decode("utf-8-sig").count("\r\n") == 1


@pytest.mark.parametrize(
    "words", ["a < b & c > d", 'dấu "ngoặc"', "]]>", "x\ny", "=1+1", "@SUM(A1)", "-2", "+3", "\t=1", "  =1"]
)
def test_words_come_back_as_they_were_and_run_nothing(words: str) -> None:
    one = register(1, words)

    from_docx = docx.Document(io.BytesIO(register_docx.write(one))).tables[0].rows[2].cells[1].text
    cell = openpyxl.load_workbook(io.BytesIO(register_sheet.xlsx(one))).worksheets[1]["B3"]
    from_csv = register_sheet.csv_text(one).decode("utf-8-sig").split("\r\n", 1)[1]

    assert from_docx.replace("\t", " ").split() == words.replace("\t", " ").split()
    assert (cell.value, cell.data_type) == (words, "s")
    assert not from_csv.partition('","')[2].lstrip(" ").startswith(("=", "+", "-", "@", "\t"))


def test_a_letter_without_a_glyph_is_named_not_left_out() -> None:
    with pytest.raises(DocumentRefused):
        register(1, "写").pdf()


def test_a_row_of_another_length_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="cells"):
        Register("", "A", "B", (), COLUMNS, (("1",),), WORDS, date(2026, 11, 24))
    with pytest.raises(ValueError, match="nothing"):
        joined(())
