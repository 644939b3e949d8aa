"""A vault changes its rules by two officers, and keeps the old ones for old documents."""

import os
import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from securedoc.app import App, SystemClock
from securedoc.cli.prompter import FilePrompter
from securedoc.core.digests import Digest
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import OfficerId
from securedoc.core.protocols import NoProgress
from securedoc.errors import LedgerUntrusted
from securedoc.keyring import unlocking
from securedoc.policy import packs
from tests.support.cli import Ran, run
from tests.support.office import World, found_world


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> World:
    return found_world(tmp_path_factory.mktemp("adopt"))


@pytest.fixture
def world(founded: World, tmp_path: Path) -> World:
    """A copy of the office that a test may change."""
    shutil.copytree(founded.root, tmp_path / "office")
    return World(tmp_path / "office")


def adopt(world: World, pack: str | Path, *more: str, who: str = "chi", second: str = "binh") -> Ran:
    secret = world.passphrase_file(second)
    confirmed = ("--second", second, "--second-passphrase-file", secret)
    return world.run(who, "policy", "adopt", pack, *confirmed, *more)


def edited(world: World, name: str, before: str, after: str) -> Path:
    text = (packs.root() / "vn-2026.toml").read_text("utf-8")
    assert before in text
    folder = world.root / name
    folder.mkdir()
    path = folder / "vn-2026.toml"
    path.write_text(text.replace(before, after, 1), "utf-8")
    return path


def receive(world: World, day: str, at: str, number: str) -> dict[str, Any]:
    received = world.ok(
        *("an", "--now", at, "receive", "--from", "UBND tỉnh Mẫu", "--number", number, "--date", day),
        *("--level", "mat", "--type", "cong-van", "--subject", "V/v kiểm tra (MẪU)"),
    )
    return world.ok("an", "--now", at, "show", str(received["id"]))


def test_a_changed_pack_is_in_force_from_the_next_command_on(world: World) -> None:
    pack = edited(world, "new", "most_days_ahead = 31", "most_days_ahead = 30")

    would = adopt(world, pack, "--dry-run").expect().json
    before = world.ok("phuc", "ledger", "entries")["size"]
    done = adopt(world, pack).expect().json

    assert (would["entry"], done["current"]) == (None, True)
    assert done["changes"] == [{"path": "clock.most_days_ahead", "before": "31", "after": "30"}]
    assert before == done["entry"]
    audited = world.run("phuc", "audit", "run", "--without", "host").json
    found = {one["check"]: one["state"] for one in audited["findings"]}
    assert (found["policy.adopted"], found["policy.installed"]) == ("pass", "unknown")
    assert world.ok("phuc", "ledger", "verify")["holds"] is True
    adopt(world, pack).expect(12)


def test_a_pack_of_another_time_serves_documents_of_that_time(world: World) -> None:
    at = "2026-12-20T09:00:00+07:00"
    new = receive(world, "2026-11-18", at, "01/CV")

    done = world.run(
        *("chi", "--now", at, "policy", "adopt", "vn-2020", "--second", "binh"),
        *("--second-passphrase-file", world.passphrase_file("binh")),
    ).expect()

    assert done.json["current"] is False
    old = receive(world, "2025-05-05", at, "02/CV")
    again = receive(world, "2026-11-18", at, "03/CV")
    years = {pack: packs.pack(pack) for pack in ("vn-2020", "vn-2026")}
    assert old["ends"] == years["vn-2020"].term_end("mat", date(2025, 5, 5)).isoformat()
    assert again["ends"] == new["ends"] == years["vn-2026"].term_end("mat", date(2026, 11, 18)).isoformat()


@pytest.mark.parametrize(("who", "second"), [("an", "binh"), ("chi", "an"), ("chi", "chi")])
def test_who_may_not_adopts_nothing(world: World, who: str, second: str) -> None:
    adopt(world, "vn-2020", who=who, second=second).expect(12)


def test_one_officer_alone_adopts_nothing(world: World) -> None:
    world.run("chi", "policy", "adopt", "vn-2020").expect(12)


def test_a_pack_that_breaks_the_format_is_refused(world: World) -> None:
    adopt(world, edited(world, "bad", "most_days_ahead = 31", "most_days_ahead = 0")).expect(13)
    adopt(world, "no-such-pack").expect(11)


def test_a_pack_without_a_level_that_is_in_use_is_refused(world: World) -> None:
    # Renaming a level everywhere makes a sound pack that does not know the documents there are.
    world.draft()
    text = (packs.root() / "vn-2026.toml").read_text("utf-8")
    folder = world.root / "renamed"
    folder.mkdir()
    path = folder / "vn-2026.toml"
    path.write_text(re.sub(r"(?<![\w-])mat(?![\w-])", "kin", text), "utf-8")
    assert "mat" not in packs.load(path).levels

    assert "has no level mat" in adopt(world, path).expect(12).err


def test_the_kept_copy_of_an_adopted_pack_cannot_be_exchanged(world: World) -> None:
    pack = edited(world, "new", "most_days_ahead = 31", "most_days_ahead = 30")
    adopt(world, pack).expect()
    kept = next((world.vault / "policy").glob("*/vn-2026.toml"))

    kept.write_text(
        kept.read_text("utf-8").replace("most_days_ahead = 30", "most_days_ahead = 3000"), "utf-8"
    )
    world.run("an", "status").expect(14)
    kept.unlink()

    world.run("an", "status").expect(11)


def test_an_insider_cannot_adopt_for_others(world: World) -> None:
    # A drafter holds the ledger key and can append what the commands would not.
    pack = edited(world, "mine", "most_days_ahead = 31", "most_days_ahead = 3000").read_bytes()
    digest = Digest.of(pack)
    place = world.vault / "policy" / digest.value.hex()
    place.mkdir()
    (place / "vn-2026.toml").write_bytes(pack)
    app = App(
        world.vault,
        "dung",
        SystemClock(),
        FilePrompter(world.passphrase_file("dung")),
        NoProgress(),
        os.urandom,
    )
    facts: JsonObject = {
        "pack": "vn-2026",
        "version": "1.0",
        "digest": str(digest),
        "before": str(digest),
        "levels_without_abstract": [],
    }
    passphrase = FilePrompter(world.passphrase_file("em")).passphrase("em")
    with (
        app.open() as office,
        unlocking.unlock(world.vault / "keyring", OfficerId("em"), passphrase) as accomplice,
    ):
        second = office.confirmation(Act.POLICY_ADOPTED, None, facts, accomplice)
        with office.write() as writing:
            writing.append(Act.POLICY_ADOPTED, None, facts, second)

    with pytest.raises(LedgerUntrusted, match="may not"), app.open():
        pass


def test_an_adopted_pack_survives_backup_and_restore(world: World) -> None:
    adopt(world, edited(world, "new", "most_days_ahead = 31", "most_days_ahead = 30")).expect()
    usb = world.root / "usb"
    usb.mkdir()
    world.ok("em", "media", "register", usb, "--label", "USB 1", "--keeper", "Đỗ Thị Em")
    world.ok("em", "backup", "run", "--to", usb, "--parity", "0")
    into = world.root / "restored"
    shares = sorted(world.shares.iterdir())[:2]

    restored = run(
        *("--json", "backup", "restore", usb, "--into", into),
        *(word for share in shares for word in ("--share", share)),
    )

    assert restored.expect().json["documents"] == 0
    assert len(list((into / "policy").glob("*/vn-2026.toml"))) == 1
