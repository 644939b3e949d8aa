"""What people type or paste: refused by name where it would deceive, spelled alike where it is the same."""

import unicodedata
from pathlib import Path

import pytest

from securedoc.office.founding import symbol_of
from tests.support.cli import run
from tests.support.office import World, found_world

CAME = ("receive", "--level", "mat", "--type", "cong-van", "--date", "2026-11-20")
NEW = ("draft", "new", "--type", "cong-van", "--level", "mat")


@pytest.fixture
def world(root: Path) -> World:
    return found_world(root)


@pytest.mark.parametrize("hidden", ["\x1b[31m", "\u202e", "\u200b", "\x07"])
def test_words_that_cannot_be_seen_are_refused_and_leave_no_entry(world: World, hidden: str) -> None:
    before = world.ok("an", "ledger", "entries")["size"]
    text = f"Rà{hidden}soát"

    ended = [
        world.run("dung", *NEW, "--subject", text, "--to", "A"),
        world.run("dung", *NEW, "--subject", "Rà soát", "--to", text),
        world.run("an", *CAME, "--from", text, "--number", "1/A"),
        world.run("an", *CAME, "--from", "Sở A", "--number", text),
        world.run("an", *CAME, "--from", "Sở A", "--number", "1/A", "--subject", text),
        world.run("an", *CAME, "--from", "Sở A", "--number", "1/A", "--note", text),
    ]

    assert [one.code for one in ended] == [12] * 6
    assert world.ok("an", "ledger", "entries")["size"] == before


def test_what_came_in_is_kept_on_one_line_and_composed(world: World) -> None:
    number = unicodedata.normalize("NFD", "15/QĐ-SỞ")

    came = world.ok("an", *CAME, "--from", " Sở \n Mẫu ", "--number", f"{number}\n")

    shown = world.ok("an", "show", came["id"])
    assert (shown["from"], shown["number"]) == ("Sở Mẫu", "15/QĐ-SỞ")


@pytest.mark.parametrize("words", [("--from", " ", "--number", "1/A"), ("--from", "A", "--number", "")])
def test_what_came_in_has_a_sender_and_a_number(world: World, words: tuple[str, ...]) -> None:
    ended = world.run("an", *CAME, *words)

    assert ended.code == 12


@pytest.mark.parametrize("day", ["2001-01-01", "2999-01-01"])
def test_a_document_is_not_dated_into_another_year(world: World, day: str) -> None:
    document = world.draft()

    ended = world.run("an", "finalize", document, "--signer", "binh", "--date", day)

    assert ended.code == 12
    assert world.ok("an", "show", document)["state"] == "draft"


def test_a_document_that_came_in_is_not_dated_far_ahead(world: World) -> None:
    ended = world.run("an", *CAME, "--from", "A", "--number", "1/A", "--date", "2999-01-01")

    assert ended.code == 12


@pytest.mark.parametrize(
    ("office", "symbol"),
    [
        ("UBND xã Mẫu", "UBND"),
        ("Ủy ban nhân dân xã Mẫu", "UBND"),
        ("UỶ BAN NHÂN DÂN TỈNH MẪU", "UBND"),
        (unicodedata.normalize("NFD", "Hội đồng nhân dân xã Mẫu"), "HĐND"),
        ("Sở Nội vụ", "SNV"),
    ],
)
def test_an_agency_is_abbreviated_the_usual_way(office: str, symbol: str) -> None:
    assert symbol_of(office) == symbol


def test_people_read_names_and_vietnamese_dates_where_programs_read_keys(world: World) -> None:
    came = world.ok("an", *CAME, "--from", "Sở Mẫu", "--number", "1/SM")["id"]

    said = [
        run(*(word for word in world.words("an", *words) if word != "--json"), "--lang", "vi").out
        for words in (
            ("show", came),
            ("search", "1/SM"),
            ("receive", *CAME[1:], "--from", "A", "--number", "2"),
        )
    ]

    assert "Công văn" in said[0]
    assert "Sở Mẫu" in said[0]
    assert all("Mật" in text and "20/11/2026" in text for text in said[:2])
    assert "SỔ ĐĂNG KÝ BÍ MẬT NHÀ NƯỚC ĐẾN" in said[2]


def test_a_role_that_may_not_is_told_so_in_its_own_language(world: World) -> None:
    ended = world.run("em", "receive", *CAME[1:], "--from", "A", "--number", "2", "--lang", "vi")

    assert (ended.code, ended.error["message"]) == (
        12,
        "vai trò người sao lưu không được làm việc này: tiếp nhận",
    )


@pytest.mark.parametrize(("pack", "code"), [("vn-2026", 52), ("vn-1999", 11)])
def test_a_ceremony_that_cannot_succeed_asks_nobody_for_a_passphrase(
    world: World, pack: str, code: int
) -> None:
    ended = run(
        *("--vault", world.vault if code == 52 else world.root / "new", "--json", "init"),
        *(
            "--office",
            "UBND xã Mẫu",
            "--place",
            "Mẫu",
            "--policy",
            pack,
            "--officer",
            "an:records:Trần Thị An",
        ),
        *("--passphrase-dir", world.root / "none"),
    )

    assert ended.code == code


def test_a_short_passphrase_is_remarked_on(root: Path) -> None:
    passphrases = root / "passphrases"
    passphrases.mkdir(mode=0o700)
    for officer, words in (("an", "x"), ("binh", "mười hai con chim"), ("chi", "mười ba con chim")):
        (passphrases / f"{officer}.txt").touch(mode=0o600)
        (passphrases / f"{officer}.txt").write_text(words, encoding="utf-8")

    ended = run(
        *(
            "--vault",
            root / "vault",
            "init",
            "--office",
            "UBND xã Mẫu",
            "--place",
            "Mẫu",
            "--policy",
            "vn-2026",
        ),
        *("--officer", "an:records:An", "--officer", "binh:signer:Bình", "--officer", "chi:security:Chi"),
        *("--passphrase-dir", passphrases, "--training"),
    ).expect()

    assert "passphrase of an is short" in ended.err
    assert "passphrase of binh" not in ended.err
