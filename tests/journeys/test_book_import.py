"""An office's registers of former years are taken over: every problem by row, then all or nothing."""

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from securedoc.policy import packs
from tests.support.cli import Ran
from tests.support.custody import at, copied, day, entries, received, second
from tests.support.office import World, found_world

POLICY = packs.pack("vn-2026")
OUT = [column.title for column in POLICY.books["di"].columns]
IN = [column.title for column in POLICY.books["den"].columns]
OLD_OUT = [column.title for column in packs.pack("vn-2020").books["di"].columns]
SUBJECT = "Tình hình đê điều (MẪU)"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    root = tmp_path_factory.mktemp("import")
    root.chmod(0o700)
    return found_world(root)


@pytest.fixture
def world(made: World, root: Path) -> World:
    return copied(made, root)


def row(serial: int, **changed: Any) -> list[Any]:
    said: dict[str, Any] = {
        "row": f"{serial:02d}",
        "number": f"{serial:02d}/BC-UBND",
        "date": "05/03/2024",
        "what": f"Báo cáo, {SUBJECT}",
        "level": "Mật",
        "signer": "Nguyễn Văn Mẫu",
        "to": "UBND tỉnh Mẫu; Sở Mẫu",
        "unit": "VP",
        "copies": "3",
        "note": "",
    }
    return list((said | changed).values())


def incoming(number: int, **changed: Any) -> list[Any]:
    said: dict[str, Any] = {
        "row": number,
        "arrived": dt.date(2024, 3, 6),
        "again": number,
        "from": "Sở Mẫu",
        "number": f"{number + 10}/SM-VP",
        "date": dt.date(2024, 3, 4),
        "what": "Công văn: V/v rà soát (MẪU)",
        "level": "B",
        "unit": "VP",
        "note": None,
    }
    return list((said | changed).values())


def book(world: World, head: list[str], *rows: list[Any], above: int = 0) -> Path:
    """Write a workbook as another program would: titles above the head, real dates and numbers."""
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    for _ in range(above):
        sheet.append(["SỔ ĐĂNG KÝ"])
    for cells in (head, *rows):
        sheet.append(cells)
    path = world.root / "old.xlsx"
    made.save(path)
    return path


def text(world: World, head: list[str], *rows: list[Any], mark: str = ";") -> Path:
    lines = [mark.join(f'"{cell}"' for cell in cells) for cells in (head, *rows)]
    return world.write("old.csv", "\ufeff".encode() + "\r\n".join(lines).encode())


def take(world: World, key: str, path: Path, *more: Any, year: int = 2024) -> Ran:
    return world.run("an", "book", "import", key, path, "--year", str(year), *more)


def problems(world: World, key: str, path: Path, *, year: int = 2024) -> list[tuple[int, str]]:
    found = take(world, key, path, "--dry-run", year=year).expect().json
    assert found["entry"] is None
    return [(one["row"], one["column"]) for one in found["problems"]]


def test_an_outgoing_book_is_taken_over_whole_and_can_be_searched_lent_and_due(world: World) -> None:
    path = book(world, OUT, row(1), row(2, level="TỐI MẬT", what="Công văn V/v mẫu"), above=2)

    done = take(world, "di", path, *second(world, "binh")).expect().json

    assert (done["rows"], done["problems"]) == (2, [])
    (hit,) = world.ok("an", "search", "de dieu", "--book", "di", "--from", "2024-01-01")["hits"]
    assert (hit["id"], hit["number"], hit["date"]) == ("D-2024-000001", "01/BC-UBND", "2024-03-05")
    shown = world.ok("an", "show", "D-2024-000001")
    assert (shown["state"], shown["ends"], shown["recipients"]) == (
        "registered",
        "2034-03-05",
        ["UBND tỉnh Mẫu", "Sở Mẫu"],
    )
    assert [one["act"] for one in entries(world, "D-2024-000001")] == ["document.imported"]
    world.ok("an", "lend", "D-2024-000001", "--copy", "3", "--to", "X", "--until", day(3))
    words = ("copy", "make", "D-2024-000001", "--count", "1", "--kind", "sao-y", "--for", "A")
    world.ok("an", *words, "--allowed-by", "binh", *second(world, "binh"))
    rows = world.ok("an", "book", "show", "di", "--year", "2024")["rows"]
    assert [one["Số thứ tự"] for one in rows] == ["01", "02"]
    assert world.ok("phuc", "ledger", "verify")["holds"] is True


def test_an_incoming_book_with_real_dates_and_numbers_is_taken_over(world: World) -> None:
    done = take(world, "den", book(world, IN, incoming(1), incoming(2)), *second(world, "binh")).expect()

    assert done.json["rows"] == 2
    (first, _) = world.ok("an", "book", "show", "den", "--year", "2024")["rows"]
    assert (first["Ngày đến"], first["Ngày tháng"], first["Độ mật"]) == (
        "06/03/2024",
        "04/03/2024",
        "Tối mật",
    )
    counted = world.ok("an", "stats", "--from", "2024-01-01", "--to", "2024-12-31")["levels"]
    assert {one["level"]: one["in"] for one in counted} == {"tuyet-mat": 0, "toi-mat": 2, "mat": 0}


def test_a_book_in_the_columns_of_its_own_time_is_read(world: World) -> None:
    assert len(OLD_OUT) == len(OUT) - 1
    path = book(world, OLD_OUT, row(1)[1:], row(2)[1:])

    assert take(world, "di", path, *second(world, "binh")).expect().json["rows"] == 2


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_csv_of_either_kind_of_excel_is_read(world: World, mark: str) -> None:
    path = text(world, OUT, row(1), row(2), mark=mark)

    assert take(world, "di", path, *second(world, "binh")).expect().json["rows"] == 2


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_what_was_exported_is_taken_over_by_another_office(world: World, form: str) -> None:
    received(world, number="=1+2")
    received(world, "tuyet-mat", "14/SM")
    out = world.root / f"den.{form}"
    world.ok("an", "book", "export", "den", "--out", out)
    other = world.root / "other"
    other.mkdir(mode=0o700)
    office = found_world(other)

    words = ("book", "import", "den", out, "--year", day(0)[:4], *second(office, "binh"))
    done = at(office, 400, "an", *words).expect().json

    assert done["rows"] == 2
    again = at(office, 401, "an", "book", "show", "den", "--year", day(0)[:4]).expect().json["rows"]
    assert again == world.ok("an", "book", "show", "den")["rows"]


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({"row": "03"}, "Số thứ tự"),
        ({"number": ""}, "Số, ký hiệu tài liệu, vật chứa BMNN"),
        ({"number": "BC-UBND"}, "Số, ký hiệu tài liệu, vật chứa BMNN"),
        ({"number": "01/BC-UBND"}, "Số, ký hiệu tài liệu, vật chứa BMNN"),
        ({"date": "31/02/2024"}, "Ngày tháng xác định tài liệu, vật chứa BMNN"),
        ({"date": "05/03/2023"}, "Ngày tháng xác định tài liệu, vật chứa BMNN"),
        ({"what": "Bức thư"}, "Tên loại và trích yếu nội dung"),
        ({"level": "Kín"}, "Độ mật"),
        ({"level": "Tuyệt mật"}, "Tên loại và trích yếu nội dung"),
        ({"level": "A"}, "Tên loại và trích yếu nội dung"),
        ({"signer": ""}, "Người ký"),
        ({"copies": "ba"}, "Số lượng"),
        ({"note": "a\u202eb"}, "Ghi chú"),
    ],
)
def test_every_problem_is_named_by_its_row_and_column(
    world: World, changed: dict[str, str], column: str
) -> None:
    path = book(world, OUT, row(1), row(2, **changed), row(3))

    assert problems(world, "di", path) == [(3, column)]


def test_all_problems_of_all_rows_are_listed_and_nothing_is_written(world: World) -> None:
    path = book(world, OUT, row(1, level="x", copies=""), row(2), row(4, date="heute"))
    before = world.ok("an", "status")["ledger"]["size"]

    listed = problems(world, "di", path)
    refused = take(world, "di", path, *second(world, "binh"))

    assert [at_row for at_row, _ in listed] == [2, 2, 4, 4]
    assert refused.code == 52
    assert world.ok("an", "status")["ledger"]["size"] == before


def test_an_abstract_that_may_not_be_written_reaches_nothing(world: World) -> None:
    path = book(world, OUT, row(1, level="Tuyệt mật", what="Báo cáo"))

    take(world, "di", path, *second(world, "binh")).expect()

    assert world.ok("an", "show", "D-2024-000001")["subject"] is None


def test_it_takes_two_and_only_a_former_year_that_is_not_there(world: World) -> None:
    path = book(world, OUT, row(1))

    assert take(world, "di", path).code == 12
    assert take(world, "di", path, *second(world, "dung")).code == 12
    assert world.run("dung", "book", "import", "di", path, "--year", "2024", "--dry-run").code == 12
    assert take(world, "di", path, "--dry-run", year=int(day(0)[:4])).code == 12
    assert take(world, "muon", path, "--dry-run").code == 12
    take(world, "di", path, *second(world, "binh")).expect()
    assert take(world, "di", path, *second(world, "binh")).code == 52
    assert problems(world, "di", path) == [(0, "")]


def test_the_audit_holds_after_a_book_with_gaps_in_its_numbers_was_taken_over(world: World) -> None:
    take(world, "di", book(world, OUT, row(1), row(2, number="07/BC")), *second(world, "binh")).expect()

    assert world.ok("an", "book", "show", "di", "--year", "2024")["closed"] is not None
    found = world.run("phuc", "audit", "run", "--without", "host", "--without", "backup").json["findings"]
    assert not [one for one in found if one["state"] == "fail"]


def _zip(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty", b""),
        ("binary", bytes(range(256)) * 8),
        ("not a workbook", _zip(**{"[Content_Types].xml": b"<Types/>", "a.xml": b"<a/>"})),
        ("cut short", b"PK\x03\x04 and nothing more"),
        ("another table", b"a;b;c\n1;2;3\n"),
        ("old code page", "S\u1ed1;Ng\u00e0y".encode("utf-16")),
        ("an open quote", b'"Number\n1'),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_no_register_is_refused_by_name(world: World, name: str, data: bytes) -> None:
    path = world.write("hostile", data)

    assert take(world, "di", path, "--dry-run").code in {32, 33}, name


@pytest.mark.parametrize("kind", ["entities", "bomb", "columns"])
def test_a_workbook_made_to_harm_is_refused(world: World, kind: str) -> None:
    path = book(world, OUT, row(1))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    if kind == "entities":
        sheet = b'<!DOCTYPE a [<!ENTITY b "c">]>' + sheet.partition(b"?>")[2]
    elif kind == "bomb":
        sheet = sheet.replace(b"</sheetData>", b"<row/>" * 700_000 + b"</sheetData>")
    else:
        sheet = sheet.replace(b'r="A1"', b'r="ZZZ1"')
    parts["xl/worksheets/sheet1.xml"] = sheet
    path.write_bytes(_zip(**parts))

    assert take(world, "di", path, "--dry-run").code in {32, 33}
