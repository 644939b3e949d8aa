"""The reminder without a key goes by the rules in force, and names media that are to be brought in."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from securedoc.backup import reminding
from securedoc.policy import packs
from tests.support.backup import BackupWorld
from tests.support.cli import run
from tests.support.destroying import carry_out, decided, second
from tests.support.office import World, found_world

pytestmark = pytest.mark.usefixtures("no_trim", "silent")


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminding, "_bus", lambda _: None)


@pytest.fixture
def world(root: Path) -> BackupWorld:
    return BackupWorld(found_world(root))


def reminded(world: World, days: float) -> list[str]:
    now = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    ran = run("--vault", world.vault, "--lang", "en", "--json", "--now", now, "backup", "due", "--remind")
    return [str(line) for line in ran.expect().json["said"]]


def late(said: list[str]) -> bool:
    return any("overdue since" in line for line in said)


def test_an_adopted_pack_s_interval_counts_at_once(world: BackupWorld) -> None:
    office = world.world
    world.backup(world.stick())
    before = late(reminded(office, 40))
    text = (packs.root() / "vn-2026.toml").read_text("utf-8")
    assert "\ninterval_days = 90\n" in text
    (office.root / "new").mkdir()
    pack = office.root / "new" / "vn-2026.toml"
    pack.write_text(text.replace("\ninterval_days = 90\n", "\ninterval_days = 30\n"), "utf-8")

    office.ok("chi", "policy", "adopt", pack, *second(office, "binh"))

    assert (before, late(reminded(office, 40)), late(reminded(office, 20))) == (False, True, False)


def test_a_stick_that_opens_a_destroyed_document_is_named_until_it_was_refreshed(world: BackupWorld) -> None:
    office, stick = world.world, world.stick()
    request = decided(office, office.issued())
    world.backup(stick)
    before = [line for line in reminded(office, 1) if "bring it in" in line]

    carry_out(office, request).expect()
    named = [line for line in reminded(office, 1) if "bring it in" in line]
    world.backup(stick)

    assert before == []
    assert len(named) == 1
    assert named[0].startswith("USB 1, kept by Đỗ Thị Em, still opens destroyed documents")
    assert [line for line in reminded(office, 1) if "bring it in" in line] == []


@pytest.mark.parametrize(
    "change",
    [
        {"days": None},
        {"days": {"backup": 0, "drill": 1, "unseen": 1, "confirm": 1}},
        {"days": {"backup": 3651, "drill": 1, "unseen": 1, "confirm": 1}},
        {"days": {"backup": True, "drill": 1, "unseen": 1, "confirm": 1}},
        {"days": {"backup": 1, "drill": 1, "unseen": 1}},
        {"bring_in": {}},
        {"bring_in": [{"label": "x\ny", "keeper": "k", "until": "2026-01-01T00:00:00+00:00"}]},
        {"bring_in": [{"label": "x", "keeper": "k", "until": None}]},
        {"bring_in": [{"label": "x", "keeper": "k", "until": "2026-01-01T00:00:00+00:00"}] * 65},
    ],
)
def test_a_note_with_other_rules_than_a_policy_can_have_tells_nothing(
    world: BackupWorld, change: dict[str, Any]
) -> None:
    world.backup(world.stick())
    path = world.place.due_note
    note = json.loads(path.read_text()) | change
    path.write_text(json.dumps(note, sort_keys=True, separators=(",", ":"), ensure_ascii=False))

    assert reminded(world.world, 1)[0].startswith("when the last backup was made is not known")
