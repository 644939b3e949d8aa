"""A document's way from draft to the outgoing book, as the command line walks it."""

import threading
from pathlib import Path

import pytest

from tests.support.cli import Ran, spawn
from tests.support.office import BODY, World, found_world


@pytest.fixture
def world(root: Path) -> World:
    return found_world(root)


def test_a_document_goes_from_draft_to_registered_with_its_number_in_every_place(world: World) -> None:
    document = world.draft()

    final = world.ok("an", "finalize", document, "--signer", "binh", "--date", "2026-11-20")
    signed = world.ok("binh", "sign", document)
    sealed = world.ok("an", "sign", document, "--seal")
    issued = world.ok("an", "issue", document)
    shown = world.ok("an", "show", "01/BC-UBND")
    book = world.ok("an", "book", "show", "di", "--year", "2026")

    assert final["number"] == issued["number"] == shown["number"] == "01/BC-UBND"
    assert final["pages"] == 1
    assert signed["verdict"] == sealed["verdict"] == "trusted"
    assert [one["field"] for one in sealed["signatures"]] == ["NguoiKy", "CoQuan"]
    assert sealed["signatures"][-1]["coverage"] == "entire-file"
    assert issued["digest"] == sealed["digest"] == shown["digest"]
    assert (issued["book"], issued["row"], shown["state"]) == ("di", 1, "registered")
    assert book["rows"][0]["Số, ký hiệu tài liệu, vật chứa BMNN"] == "01/BC-UBND"
    assert book["rows"][0]["Ngày tháng xác định tài liệu, vật chứa BMNN"] == "20/11/2026"
    assert shown["ends"] == "2036-11-20"


def test_the_books_have_their_official_columns_in_their_order(world: World) -> None:
    outgoing = world.ok("an", "book", "show", "di")["columns"]
    incoming = world.ok("an", "book", "show", "den")["columns"]

    assert (len(outgoing), len(incoming)) == (10, 10)
    assert (outgoing[0], outgoing[6], outgoing[9]) == ("Số thứ tự", "Nơi nhận và ký nhận", "Ghi chú")
    assert (incoming[1], incoming[8]) == ("Ngày đến", "Đơn vị và ký nhận")


def test_every_type_and_unit_gets_its_own_notation_from_one_series(world: World) -> None:
    numbers = [
        world.ok("an", "finalize", world.draft(type_key=type_key), "--signer", "binh")["number"]
        for type_key in ("bao-cao", "cong-van", "quyet-dinh", "to-trinh")
    ]

    assert numbers == ["01/BC-UBND", "02/UBND-VP", "03/QĐ-UBND", "04/TTr-UBND"]


def test_the_abstract_of_the_highest_level_stands_in_no_book_and_is_found_by_no_search(world: World) -> None:
    document = world.issued("tuyet-mat")

    shown = world.ok("an", "show", document)
    book = world.ok("an", "book", "show", "di")
    found = world.ok("an", "search", "ket qua cong tac")
    entries = world.run("an", "ledger", "entries").expect().out

    assert shown["subject"] is None
    assert book["rows"][0]["Tên loại và trích yếu nội dung"] == "Báo cáo"
    assert found["total"] == 0
    assert "quý IV" not in entries
    assert world.ok("an", "draft", "show", document)["subject"].startswith("Kết quả công tác")


def test_an_abstract_is_shown_only_to_who_may_open_the_document(world: World) -> None:
    document = world.draft("tuyet-mat")

    seen = {who: world.ok(who, "draft", "show", document)["subject"] for who in ("dung", "an", "em", "phuc")}

    assert seen["dung"] == seen["an"] != ""
    assert seen["em"] is seen["phuc"] is None


def test_search_finds_with_and_without_diacritics(world: World) -> None:
    document = world.issued()

    hits = [
        [hit["id"] for hit in world.ok("an", "search", text)["hits"]]
        for text in ("kết quả công tác", "ket qua cong tac", "KET QUA", "01/BC")
    ]

    assert hits == [[document]] * 4
    assert world.ok("an", "search", "ket qua", "--level", "toi-mat")["total"] == 0


NEW = ("draft", "new", "--subject", "x (MẪU)")
CAME = ("receive", "--from", "Sở A", "--number", "1/A", "--date", "2026-11-20", "--type", "bao-cao")


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("em", (*NEW, "--type", "bao-cao", "--level", "mat")),
        ("dung", (*CAME, "--level", "mat")),
        ("an", (*CAME, "--level", "tuyet-mat", "--subject", "bí mật")),
        ("an", (*NEW, "--type", "bao-cao", "--level", "khong-co")),
        ("an", (*NEW, "--type", "khong-co", "--level", "mat")),
        ("an", (*NEW, "--type", "bao-cao", "--level", "mat", "--to", "A", "--copies", "1")),
        ("an", (*NEW, "--type", "bao-cao", "--level", "mat", "--subject", " ")),
        ("an", (*NEW, "--type", "bao-cao", "--level", "mat", "--subject", "x" * 501)),
    ],
)
def test_what_policy_does_not_allow_is_refused_and_leaves_no_entry(
    world: World, who: str, words: tuple[str, ...]
) -> None:
    before = world.ok("an", "ledger", "entries")["entries"]

    ended = world.run(who, *words)

    assert ended.code == 12
    assert world.ok("an", "ledger", "entries")["entries"] == before


def test_a_document_is_signed_by_the_officer_it_was_finalised_for(world: World) -> None:
    world.ok(
        *("chi", "officer", "add", "giang", "--role", "signer", "--name", "Ngô Giang"),
        *("--new-passphrase-file", world.passphrase_file("giang")),
        *("--second", "an", "--second-passphrase-file", world.passphrase_file("an")),
    )
    document = world.draft()
    world.ok("an", "finalize", document, "--signer", "binh")

    assert world.run("giang", "sign", document).code == 12
    assert world.run("an", "sign", document).code == 12
    assert world.ok("binh", "sign", document)["verdict"] == "trusted"


def test_the_order_of_the_steps_is_kept(world: World) -> None:
    document = world.draft()

    codes = [world.run("binh", "sign", document).code, world.run("an", "issue", document).code]
    world.ok("an", "finalize", document, "--signer", "binh")
    codes += [
        world.run("an", "finalize", document, "--signer", "binh").code,
        world.run("an", "sign", document, "--seal").code,
        world.run("an", "issue", document).code,
    ]
    world.ok("binh", "sign", document)
    codes.append(world.run("binh", "sign", document).code)
    world.ok("an", "issue", document)
    codes += [world.run("an", "issue", document).code, world.run("an", "sign", document, "--seal").code]

    assert codes == [32] * 8


def test_a_paper_original_signed_in_ink_is_registered_with_its_file_copy(world: World) -> None:
    document = world.draft()
    world.ok("an", "finalize", document, "--signer", "binh")

    wrong = world.run("an", "issue", document, "--wet-signed", "--signed-by", "an")
    issued = world.ok("an", "issue", document, "--wet-signed", "--signed-by", "binh")

    assert wrong.code == 12
    assert issued["row"] == 1
    assert world.ok("an", "verify", document)["verdict"] == "trusted"


def test_a_prepared_body_is_issued_in_one_command_by_two_people(world: World) -> None:
    words = (
        *("issue", "--all-in-one", "--type", "cong-van", "--level", "toi-mat"),
        *("--subject", "phối hợp (MẪU)", "--to", "Sở A", "--body", world.write("b.docx", BODY)),
    )

    alone = world.run("an", *words)
    issued = world.ok(
        *("an", *words, "--second", "binh", "--second-passphrase-file", world.passphrase_file("binh"))
    )

    assert alone.code == 21
    assert issued["number"] == "01/UBND-VP"
    assert (issued["version"], issued["pages"], issued["verdict"]) == (1, 1, "trusted")
    assert [one["field"] for one in issued["signatures"]] == ["NguoiKy"]


def test_a_paper_that_seems_to_come_twice_is_said_and_registered_all_the_same(world: World) -> None:
    words = ("receive", "--from", "Sở Mẫu", "--number", "7/SM-VP", "--level", "mat", "--type", "cong-van")

    first = world.ok("an", *words, "--date", "2026-11-20")
    again = world.ok("an", *words, "--date", "2026-11-20")
    other = world.ok("an", *words, "--date", "2026-11-21")

    assert (first["twins"], again["twins"], other["twins"]) == ([], [first["id"]], [])
    assert [first["row"], again["row"], other["row"]] == [1, 2, 3]


def test_an_incoming_document_keeps_its_scan_sealed_where_the_level_allows_it(world: World) -> None:
    scan = world.write("scan.pdf", b"%PDF-1.4 not really a scan (MAU)")
    words = ("receive", "--from", "Sở Mẫu", "--number", "7/SM", "--date", "20/11/2026", "--type", "cong-van")

    received = world.ok("an", *words, "--level", "mat", "--subject", "Rà soát", "--file", scan)
    refused = world.run("an", *words, "--level", "tuyet-mat", "--file", scan)

    objects = world.ok("an", "show", received["id"])["objects"]
    assert [one["kind"] for one in objects] == ["scan"]
    assert refused.code == 12
    assert not any(
        b"not really a scan" in path.read_bytes() for path in world.vault.rglob("*") if path.is_file()
    )


def test_two_processes_never_get_the_same_number(world: World) -> None:
    """Ten drafts finalised by five processes at once: ten different numbers, no gap."""
    drafts = [world.draft() for _ in range(10)]
    ended: list[Ran] = []

    def finalise(mine: list[str]) -> None:
        for document in mine:
            ran = spawn(*world.words("an", "finalize", document, "--signer", "binh"))
            while ran.code == 57:  # the others held the ledger for five seconds: said, and tried again
                ran = spawn(*world.words("an", "finalize", document, "--signer", "binh"))
            ended.append(ran)

    workers = [threading.Thread(target=finalise, args=(drafts[start::5],)) for start in range(5)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    numbers = sorted(ran.expect().json["number"] for ran in ended)
    assert numbers == [f"{number:02d}/BC-UBND" for number in range(1, 11)]
    assert world.run("phuc", "ledger", "verify").code == 0


def test_of_two_processes_that_finalise_one_draft_only_one_does(world: World) -> None:
    document = world.draft()
    ended: list[Ran] = []

    def finalise() -> None:
        ended.append(spawn(*world.words("an", "finalize", document, "--signer", "binh")))

    workers = [threading.Thread(target=finalise) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(ran.code for ran in ended) == [0, 32, 32]


def test_nothing_of_a_document_lies_open_in_the_vault(world: World) -> None:
    world.issued("tuyet-mat")

    found = [
        path.name
        for path in world.vault.rglob("*")
        if path.is_file()
        and any(word in path.read_bytes() for word in ("quý IV".encode(), b"%PDF", b"word/document.xml"))
    ]

    assert found == []


def test_a_page_that_cannot_be_laid_out_costs_no_number(world: World) -> None:
    bad = world.write("bad.txt", "chữ không có trong phông: \U0001f600 \u4e00\n".encode())
    drafted = world.ok(
        *(
            "an",
            "draft",
            "new",
            "--type",
            "bao-cao",
            "--level",
            "mat",
            "--subject",
            "Thử (MẪU)",
            "--body",
            bad,
        )
    )

    refused = world.run("an", "finalize", drafted["id"], "--signer", "binh")
    next_one = world.ok("an", "finalize", world.draft(), "--signer", "binh")

    assert refused.code == 32
    assert next_one["number"] == "01/BC-UBND"
