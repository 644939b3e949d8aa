"""docs/formats.md says which facts custody and the books enter; real entries are held to it."""

from pathlib import Path

from tests.journeys.test_formats import documented
from tests.support.custody import day, office_with_paper, received, second

ACTS = {
    *("custody.handed", "custody.lent", "custody.carried", "custody.returned", "document.recalled"),
    *("copies.made", "level.changed", "term.extended", "document.declassified", "notice.sent"),
    *("book.closed", "book.exported", "book.imported", "document.imported"),
    *("inventory.started", "inventory.ticked", "inventory.finished"),
}
OLD = (
    "Số thứ tự;Ngày đến;Số đến;Cơ quan, tổ chức ban hành;Số, ký hiệu;Ngày tháng;"
    "Tên loại và trích yếu nội dung;"
    "Độ mật;Đơn vị và ký nhận;Ghi chú\r\n1;05/03/2024;1;Sở Mẫu;3/SM;01/03/2024;Công văn MẪU;Mật;VP;\r\n"
)


def test_the_entries_carry_exactly_the_documented_facts(root: Path) -> None:
    world, document = office_with_paper(root)
    incoming = received(world, copies=2)
    binh = second(world, "binh")
    for words in (
        ("handover", document, "--copy", "1", "--to", "Sở Mẫu"),
        ("lend", document, "--copy", "2", "--to", "X", "--until", day(2)),
        ("return", document, "--copy", "2"),
        ("carry", document, "--copy", "3", "--to", "Y", "--until", day(2), *binh),
        ("recall", document),
        (
            "copy",
            "make",
            document,
            "--count",
            "1",
            "--kind",
            "sao-luc",
            "--for",
            "A",
            "--allowed-by",
            "binh",
            *binh,
        ),
        ("level", "change", document, "--to", "toi-mat", "--basis", "MẪU", *binh),
        ("level", "told", document, "--to", "UBND tỉnh Mẫu"),
        ("extend", document, "--years", "1", "--basis", "MẪU", *binh),
        ("declassify", incoming, "--basis", "MẪU", *binh),
        ("book", "export", "di", "--out", root / "di.csv"),
        ("book", "close", "di", *binh),
        ("book", "import", "den", world.write("old.csv", OLD.encode()), "--year", "2024", *binh),
        ("inventory", "start"),
        ("inventory", "tick", f"{document}:1"),
        ("inventory", "finish", "--out", root / "kk.pdf"),
    ):
        world.ok("an", *words)

    told = documented()
    entries = [one for one in world.ok("an", "ledger", "entries")["entries"] if one["act"] in ACTS]

    assert {one["act"] for one in entries} == ACTS
    for one in entries:
        wanted = told[one["act"]]
        if one["act"] == "custody.lent":
            wanted = wanted - {"as"} | told["custody.handed"]
        if one["act"] == "custody.carried":
            wanted = wanted - {"as"} | (told["custody.handed"] - {"moved_on"}) | {"until", "allowed_by"}
        assert set(one["facts"]) == wanted, one["act"]
