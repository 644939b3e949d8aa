"""The ceremony and the people, as the command line shows them."""

import json
from pathlib import Path

import pytest

from securedoc.keyring import ceremony as key_ceremony
from securedoc.keyring.layout import KeyringFile
from tests.support.cli import Ran, run
from tests.support.office import PEOPLE, World, ceremony, found_world


@pytest.fixture
def world(root: Path) -> World:
    return found_world(root)


def test_the_ceremony_makes_six_officers_three_shares_and_a_first_checkpoint(root: Path) -> None:
    world = World(root)

    made = ceremony(world).expect().json

    assert [one["id"] for one in made["officers"]] == list(PEOPLE)
    assert len(made["shares"]) == 3
    assert all(len(Path(share).read_text("ascii").split()) == 33 for share in made["shares"])
    assert made["checkpoint"].startswith(f"securedoc/{made['vault_id']}\n1\n")
    assert (world.vault / "anchors" / "head.txt").read_text("utf-8") == made["checkpoint"]


def test_nothing_of_the_ceremony_can_be_read_by_other_users(root: Path) -> None:
    world = found_world(root)

    open_to_others = [path for path in (world.vault, *world.vault.rglob("*")) if path.stat().st_mode & 0o077]

    assert open_to_others == []


def test_a_ceremony_never_overwrites_what_is_there(world: World) -> None:
    before = sorted(path.read_bytes() for path in world.vault.rglob("*") if path.is_file())

    ended = ceremony(world)

    assert ended.code == 52
    assert "not empty" in ended.error["message"]
    assert sorted(path.read_bytes() for path in world.vault.rglob("*") if path.is_file()) == before


def test_a_ceremony_whose_shares_cannot_be_handed_out_makes_no_vault(root: Path) -> None:
    world = World(root)
    world.shares.mkdir()
    (world.shares / "share-2.txt").write_text("an older share", "utf-8")

    ended = ceremony(world)

    assert ended.code == 22
    assert not world.vault.exists()
    assert (world.shares / "share-2.txt").read_text("utf-8") == "an older share"


def test_two_ceremonies_at_one_place_do_not_remove_each_others_half_made_vault(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(root)
    real = key_ceremony.write
    second: list[Ran] = []

    def interrupted_by_another(made: tuple[KeyringFile, ...], keyring: Path) -> None:
        real(made, keyring)
        monkeypatch.setattr(key_ceremony, "write", real)
        second.append(ceremony(world))

    monkeypatch.setattr(key_ceremony, "write", interrupted_by_another)

    first = ceremony(world).expect()

    assert second[0].code == 57
    assert "another process is making a vault here" in second[0].error["message"]
    assert len(first.json["shares"]) == 3
    assert world.ok("an", "officer", "list")["officers"]
    assert [path.name for path in root.glob(".vault*")] == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--recovery", "two"), 2),
        (("--recovery", "4of3"), 22),
        (("--policy", "vn-1999"), 11),
        (("--officer", "An:records:X"), 2),
        (("--officer", "an:king:X"), 2),
        (("--officer", "an:records:Hai người một tên"), 22),
    ],
)
def test_a_ceremony_with_a_mistake_makes_no_vault(root: Path, words: tuple[str, ...], code: int) -> None:
    world = World(root)

    ended = ceremony(world, *words)

    assert ended.code == code
    assert not world.vault.exists()


def test_a_wrong_passphrase_is_refused_and_says_what_to_do(world: World) -> None:
    world.passphrase_file("an").write_text("wrong\n", "utf-8")

    ended = world.run("an", "officer", "list")

    assert ended.code == 22
    assert ended.error["what"] == "refused"
    assert ended.error["hint"]
    assert ended.out == ""


def test_a_damaged_key_file_is_refused_and_nothing_is_lost(world: World) -> None:
    path = world.vault / "keyring" / "officers" / "an.json"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])

    damaged = world.run("an", "officer", "list")
    path.write_bytes(whole)
    mended = world.run("an", "officer", "list")

    assert damaged.code in {22, 23}
    assert mended.code == 0


def test_an_unknown_officer_is_missing_not_refused(world: World) -> None:
    ended = world.run("nobody", "officer", "list")

    assert ended.code == 21


def test_there_is_no_vault_where_none_was_made(root: Path) -> None:
    ended = World(root).run("an", "officer", "list")

    assert ended.code == 51
    assert ended.error["where"] == "ledger"


def test_a_clock_set_by_hand_is_refused_in_a_real_vault(world: World) -> None:
    card = world.vault / "vault.json"
    public = json.loads(card.read_bytes())

    training = world.run("an", "--now", "2031-05-06T08:00", "officer", "list")
    real_card = json.dumps(
        public | {"training": False}, ensure_ascii=False, separators=(",", ":"), sort_keys=True
    )
    card.write_text(real_card, "utf-8")
    real = world.run("an", "--now", "2031-05-06T08:00", "officer", "list")

    assert training.code == 0
    assert real.code == 12


def test_a_public_card_that_was_altered_is_found(world: World) -> None:
    """Without this, an exchanged policy or a training flag would go unseen."""
    card = world.vault / "vault.json"
    public = json.loads(card.read_bytes())
    codes = []

    for name, value in (("training", False), ("office", "UBND xã Khác"), ("symbol", "X"), ("unit", "Y")):
        altered = json.dumps(
            public | {name: value}, ensure_ascii=False, separators=(",", ":"), sort_keys=True
        )
        card.write_text(altered, "utf-8")
        codes.append(world.run("an", "officer", "list").code)

    assert codes == [54, 54, 54, 54]


def test_a_vault_of_a_later_format_is_not_taken_for_a_damaged_one(world: World) -> None:
    card = world.vault / "vault.json"
    public = json.loads(card.read_bytes()) | {"format": 2}
    card.write_text(json.dumps(public, ensure_ascii=False, separators=(",", ":"), sort_keys=True), "utf-8")

    ended = world.run("an", "officer", "list")

    assert ended.code == 53
    assert "has format 2" in ended.error["message"]


def test_a_policy_exchanged_in_the_vault_is_found(world: World) -> None:
    pack = world.vault / "policy" / "vn-2026.toml"
    pack.write_bytes(pack.read_bytes() + b"\n# one byte more\n")

    ended = world.run("an", "officer", "list")

    assert ended.code == 14


def test_an_officer_is_enrolled_by_two_and_can_work_at_once(world: World) -> None:
    added = world.ok(
        *("chi", "officer", "add", "giang", "--role", "drafter", "--name", "Ngô Giang"),
        *("--new-passphrase-file", world.passphrase_file("giang")),
        *("--second", "an", "--second-passphrase-file", world.passphrase_file("an")),
    )

    document = world.draft(who="giang")

    assert added["id"] == "giang"
    assert world.ok("giang", "draft", "show", document)["drafter"] == "giang"
    assert world.run("phuc", "ledger", "verify").code == 0


def test_enrolling_needs_a_second_officer_who_is_somebody_else(world: World) -> None:
    words = ("officer", "add", "giang", "--role", "drafter", "--name", "Ngô Giang")
    fresh = ("--new-passphrase-file", world.passphrase_file("giang"))
    itself = ("--second", "chi", "--second-passphrase-file", world.passphrase_file("chi"))
    second = ("--second", "an", "--second-passphrase-file", world.passphrase_file("an"))

    alone = world.run("chi", *words, *fresh)
    twice = world.run("chi", *words, *fresh, *itself)
    wrong_role = world.run("an", *words, *fresh, *second)

    assert (alone.code, twice.code, wrong_role.code) == (12, 12, 12)
    assert "giang" not in [one["id"] for one in world.ok("an", "officer", "list")["officers"]]


def test_an_identifier_is_never_given_twice(world: World) -> None:
    ended = world.run(
        *("chi", "officer", "add", "dung", "--role", "drafter", "--name", "Dũng Khác"),
        *("--new-passphrase-file", world.passphrase_file("dung")),
        *("--second", "an", "--second-passphrase-file", world.passphrase_file("an")),
    )

    assert ended.code == 22


def test_init_asks_each_officer_for_a_passphrase_when_there_is_no_directory(root: Path) -> None:
    """Without a terminal that question cannot be asked, and that is said."""
    ended = run(
        *("--vault", root / "vault", "init", "--office", "UBND xã Mẫu", "--place", "Mẫu"),
        *("--policy", "vn-2026", "--officer", "an:records:An", "--officer", "chi:security:Chi"),
        "--training",
    )

    assert ended.code == 22
    assert not (root / "vault").exists()
