"""The registers in their official columns: shown, exported, read back by what people use, and closed."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pdfplumber
import pytest
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn

from securedoc.core.digests import Digest
from securedoc.policy import packs
from tests.support.custody import SUBJECT, at, copied, day, inked, office_with_paper, received, second
from tests.support.office import World

BOOKS = ("di", "den", "chuyen-giao", "sao-chup", "muon", "mang-ra", "tieu-huy", "thong-ke", "phuong-tien")
MM = 72 / 25.4
FORMULA = "=HYPERLINK(0)"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, str]:
    """An office with rows in every book that custody fills."""
    world, document = office_with_paper(tmp_path_factory.mktemp("books"))
    inked(world, "tuyet-mat")
    received(world, "toi-mat", FORMULA, copies=3)
    received(world, "tuyet-mat", "13/SM")
    world.ok("an", "handover", document, "--copy", "1", "--to", "UBND tỉnh Mẫu")
    world.ok(
        "an", "lend", document, "--copy", "2", "--to", "Nguyễn Văn Mẫu", "--until", day(9), "--note", "-x"
    )
    world.ok("an", "return", document, "--copy", "2")
    words = ("carry", document, "--copy", "3", "--to", "Lê Mẫu", "--until", day(2), "--reason", "họp")
    world.ok("an", *words, *second(world, "binh"))
    asked = ("copy", "make", document, "--count", "2", "--kind", "sao-y", "--for", "A", "--for", "B")
    world.ok("an", *asked, "--allowed-by", "binh", *second(world, "binh"))
    return world, document


@pytest.fixture
def world(made: tuple[World, str], root: Path) -> World:
    return copied(made[0], root)


def shown(world: World, book: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = world.ok("an", "book", "show", book)["rows"]
    return rows


def exported(world: World, book: str, form: str, *, who: str = "an") -> Path:
    path = world.root / f"{book}.{form}"
    world.ok(who, "book", "export", book, "--format", form, "--out", path)
    return path


def official(book: str) -> list[str]:
    return [column.title for column in packs.pack("vn-2026").books[book].columns]


@pytest.mark.parametrize("book", BOOKS)
def test_every_book_is_shown_in_its_official_columns_and_order(world: World, book: str) -> None:
    done = world.ok("an", "book", "show", book)

    assert done["columns"] == official(book)
    assert all(list(row) == official(book) for row in done["rows"])


def test_the_books_hold_what_was_done(world: World) -> None:
    today = "/".join(reversed(day(0).split("-")))

    (handed,) = shown(world, "chuyen-giao")
    (lent,) = shown(world, "muon")
    (carried,) = shown(world, "mang-ra")
    (made_copies,) = shown(world, "sao-chup")

    assert (handed["Nơi nhận, người nhận"], handed["Ký nhận"], handed["Ngày trả"]) == (
        "UBND tỉnh Mẫu",
        "",
        "",
    )
    assert (lent["Họ và tên, đơn vị người sử dụng"], lent["Ngày trả"]) == ("Nguyễn Văn Mẫu", today)
    assert lent["Tên loại và trích yếu nội dung"] == f"Báo cáo, {SUBJECT}"
    assert (carried["Người cho phép"], carried["Lý do, nơi đến"]) == ("Lê Văn Bình", "họp")
    assert made_copies["Số bản và nơi nhận"] == "S01: A; S02: B"
    assert made_copies["Người cho phép"] == "Lê Văn Bình, Chủ tịch"


def test_an_abstract_of_the_highest_level_stands_in_no_book_and_in_no_file(world: World) -> None:
    secret = [row for row in (*shown(world, "di"), *shown(world, "den")) if row["Độ mật"] == "Tuyệt mật"]

    assert [row["Tên loại và trích yếu nội dung"] for row in secret] == ["Báo cáo", "Công văn"]
    for book in ("di", "phieu-do-mat"):
        text = exported(world, book, "csv").read_text("utf-8-sig")
        assert text.count(SUBJECT) == 1  # of the one document of a level that may be written


@pytest.mark.parametrize("book", ["di", "sao-chup", "thong-ke"])
def test_the_pdf_is_on_its_side_with_cover_repeated_head_and_page_numbers(world: World, book: str) -> None:
    path = exported(world, book, "pdf")

    with pdfplumber.open(path) as pdf:
        texts = [" ".join((page.extract_text() or "").split()) for page in pdf.pages]
        sizes = {(round(page.width), round(page.height)) for page in pdf.pages}
    assert sizes == {(842, 595)}
    assert packs.pack("vn-2026").books[book].title in texts[0]
    assert "UBND XÃ MẪU" in texts[0]
    for number, text in enumerate(texts, 1):
        assert f"Trang {number}/{len(texts)}" in text
        assert "TẬP HUẤN" in text


def test_signature_columns_are_left_empty_and_wide_enough_for_ink(world: World) -> None:
    path = exported(world, "chuyen-giao", "pdf")

    with pdfplumber.open(path) as pdf:
        (table,) = pdf.pages[1].find_tables()
        texts = table.extract()
    signed = official("chuyen-giao").index("Ký nhận")
    assert [row[signed] for row in texts[2:]] == [""]
    cell = table.rows[2].cells[signed]
    assert cell is not None
    x0, top, x1, bottom = cell
    assert (x1 - x0) / MM >= 20
    assert (bottom - top) / MM >= 8


def test_the_docx_opens_in_word_s_own_model_with_a_repeated_head(world: World) -> None:
    document = docx.Document(str(exported(world, "di", "docx")))

    section = document.sections[0]
    assert section.orientation == WD_ORIENT.LANDSCAPE
    assert section.page_width is not None
    assert section.page_height is not None
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (297, 210)
    table = document.tables[0]
    assert [cell.text for cell in table.rows[0].cells] == official("di")
    assert table.rows[0]._tr.findall(f"{qn('w:trPr')}/{qn('w:tblHeader')}")
    assert [row.cells[0].text for row in table.rows[2:]] == ["01", "02"]
    footer = document.sections[0].footer.paragraphs[0]._p.xml
    assert "PAGE" in footer
    assert "NUMPAGES" in footer


def test_the_workbook_opens_with_every_cell_as_text_and_set_up_for_paper(world: World) -> None:
    path = exported(world, "den", "xlsx")
    book = openpyxl.load_workbook(path)

    sheet = book.worksheets[1]
    assert [cell.value for cell in sheet[1]] == official("den")
    assert sheet.page_setup.orientation == "landscape"
    assert str(sheet.page_setup.paperSize) == "9"
    assert sheet.print_title_rows == "$1:$2"
    with zipfile.ZipFile(path) as parts:
        assert b"&amp;RTrang &amp;P/&amp;N" in parts.read("xl/worksheets/sheet2.xml")
    cells = [cell for row in sheet.iter_rows(min_row=3) for cell in row if cell.value is not None]
    assert FORMULA in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells} == {"s"}


def test_the_csv_opens_in_excel_as_vietnamese_and_runs_nothing(world: World) -> None:
    data = exported(world, "den", "csv").read_bytes()

    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert rows[0] == official("den")
    assert rows[1][4] == f"'{FORMULA}"
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("form", ["pdf", "docx", "xlsx", "csv"])
def test_an_export_is_an_entry_that_names_the_file_s_digest(world: World, form: str) -> None:
    path = exported(world, "di", form)

    last = world.ok("an", "ledger", "entries")["entries"][-1]
    assert last["act"] == "book.exported"
    assert last["facts"]["digest"] == str(Digest.of(path.read_bytes()))
    assert path.stat().st_mode & 0o077 == 0


def test_nothing_is_overwritten_and_a_format_is_known_or_asked_for(world: World) -> None:
    path = exported(world, "di", "csv")
    before = path.read_bytes()

    assert world.run("an", "book", "export", "di", "--out", path).code == 32
    assert world.run("an", "book", "export", "di", "--out", world.root / "x.txt").code == 2
    assert world.run("an", "book", "export", "khong", "--out", world.root / "x.pdf").code == 12
    assert path.read_bytes() == before


@pytest.mark.parametrize("who", ["dung", "binh", "chi", "em"])
def test_who_may_not_take_a_book_out_does_not(world: World, who: str) -> None:
    assert world.run(who, "book", "export", "di", "--out", world.root / "x.pdf").code == 12
    assert not (world.root / "x.pdf").exists()


def test_statistics_count_each_level_over_the_policy_s_period(world: World) -> None:
    rows = {row["Độ mật"]: row for row in shown(world, "thong-ke")}

    said = {level: (row["Đi"], row["Đến"], row["Đang giữ"]) for level, row in rows.items()}
    # 4 copies and 2 made of the first document, of which 2 are out.
    assert said == {"Tuyệt mật": ("1", "1", "5"), "Tối mật": ("0", "1", "3"), "Mật": ("1", "0", "4")}
    assert rows["Mật"]["Kỳ thống kê"].startswith("15/12/")


class TestClosing:
    """A closed book refuses writes."""

    def close(self, world: World, book: str, *more: Any) -> Any:
        """Close the book of this year."""
        return world.run("an", "book", "close", book, "--year", day(0)[:4], *more)

    def test_it_takes_two_and_then_nothing_is_entered(self, world: World) -> None:
        """Neither a row, nor by a caller that does not look: see the tests of the tables."""
        alone = self.close(world, "den")
        done = self.close(world, "den", *second(world, "binh")).expect().json

        refused = world.run(
            "an",
            *("receive", "--from", "Sở", "--number", "9/X", "--date", day(0), "--level", "mat"),
            *("--type", "cong-van", "--subject", "MẪU"),
        )
        assert alone.code == 12
        assert done["rows"] == 2
        assert refused.code == 52
        assert "is closed" in refused.error["message"]
        assert world.ok("an", "book", "show", "den")["closed"] == done["entry"]
        assert world.ok("phuc", "ledger", "verify")["holds"] is True

    def test_the_next_year_has_a_book_of_its_own(self, world: World) -> None:
        """Closing one year closes no other."""
        self.close(world, "den", *second(world, "binh")).expect()

        words = ("receive", "--from", "Sở", "--number", "9/X", "--date", day(0), "--level", "mat")
        later = at(world, 60, "an", *words, "--type", "cong-van", "--subject", "MẪU")

        assert later.expect().json["row"] == 1

    def test_what_was_lent_still_comes_back(self, world: World) -> None:
        """A return ends a row of a closed book; it adds none."""
        document = received(world, "mat", "20/CV", copies=2)
        world.ok("an", "lend", document, "--copy", "2", "--to", "X", "--until", day(3))
        self.close(world, "muon", *second(world, "binh")).expect()

        world.ok("an", "return", document, "--copy", "2")

        assert shown(world, "muon")[-1]["Ngày trả"] != ""

    def test_a_number_that_waits_for_its_document_keeps_the_book_open(self, world: World) -> None:
        """It would have no row to come to."""
        world.signed()

        assert self.close(world, "di", *second(world, "binh")).code == 52

    @pytest.mark.parametrize(
        ("book", "code"), [("thong-ke", 52), ("phuong-tien", 52), ("phieu-do-mat", 52), ("khong", 12)]
    )
    def test_what_has_no_rows_of_its_own_is_not_closed(self, world: World, book: str, code: int) -> None:
        """It is computed whenever it is shown."""
        assert self.close(world, book, *second(world, "binh")).code == code

    def test_a_book_is_closed_once_and_not_before_its_year(self, world: World) -> None:
        """Twice is a mistake."""
        self.close(world, "di", *second(world, "binh")).expect()

        assert self.close(world, "di", *second(world, "binh")).code == 52
        early = world.run("an", "book", "close", "den", "--year", "2999", *second(world, "binh"))
        assert early.code == 52

    def test_the_printed_book_says_that_it_is_closed_and_its_digest(self, world: World) -> None:
        """So that the bound paper can be held against the ledger."""
        done = self.close(world, "di", *second(world, "binh")).expect().json

        with pdfplumber.open(exported(world, "di", "pdf")) as pdf:
            text = " ".join((pdf.pages[-1].extract_text() or "").split())

        assert done["digest"] in text
