from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest

from securedoc.backup import checked, forecast, run
from securedoc.backup.examine import Depth
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonValue
from securedoc.core.protocols import NoProgress
from securedoc.core.text import Message, message
from securedoc.ledger.ledger import Ledger
from tests.support.backup import BackupWorld, make_world

MEDIUM = "M-000000000001"
LONG = forecast.LEAST_BYTES


@dataclass
class Entry:
    """Stands for one of the ledger."""

    facts: Mapping[str, JsonValue]


class FakeLedger:
    """Gives the entries of one act, the last one first."""

    def __init__(self, *facts: Mapping[str, JsonValue]) -> None:
        self.entries = [Entry({"medium": MEDIUM, **one}) for one in facts]

    def newest(self, act: Act) -> Iterator[Entry]:
        """Give them."""
        assert act is Act.BACKUP_WRITTEN
        return iter(self.entries)


@pytest.mark.parametrize(
    ("facts", "rate"),
    [
        ([], None),
        ([{"bytes": LONG * 4, "seconds": 2}], LONG * 2),
        ([{"bytes": LONG - 1, "seconds": 1}], None),
        ([{"bytes": 5, "seconds": 1}, {"bytes": LONG, "seconds": 4}], LONG // 4),
        ([{"bytes": LONG, "seconds": 1, "medium": "M-other"}], None),
        ([{"bytes": LONG, "seconds": None}], None),
        ([{"bytes": LONG}], None),
        ([{"bytes": LONG, "seconds": 0}], None),
    ],
)
def test_a_rate_is_that_of_the_last_long_job_on_this_medium(
    facts: list[Mapping[str, JsonValue]], rate: int | None
) -> None:
    ledger = cast("Ledger", FakeLedger(*facts))

    assert forecast.write_rate(ledger, MEDIUM) == rate


class Heard(NoProgress):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.foreseen: list[tuple[int, int | None]] = []
        self.stages: list[tuple[str, int]] = []
        self.done = 0

    def foresee(self, total: int, rate: int | None) -> None:
        """Remember."""
        self.foreseen.append((total, rate))

    def start(self, what: Message, total: int, unit: str = "bytes") -> None:
        """Remember."""
        assert unit == "bytes"
        self.stages.append((what.template, total))

    def advance(self, by: int) -> None:
        """Count."""
        self.done += by


def test_stages_within_one_count_towards_it_and_are_not_shown() -> None:
    heard = Heard()

    with forecast.one_stage(heard, message("all"), 10) as inner:
        for _ in range(2):
            inner.foresee(1, None)
            inner.start(message("part"), 5)
            inner.advance(5)
            inner.finish()

    assert (heard.stages, heard.done, heard.foreseen) == ([("all", 10)], 10, [])


def test_the_bytes_of_a_set_leave_out_what_a_quick_look_leaves_out(root: Path) -> None:
    for name, size in (("data/pack-0001.tar", 1000), ("data/0001.vol00+10.par2", 500), ("bagit.txt", 55)):
        path = root / "objects-0001" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(size))

    assert forecast.set_bytes(root) == 1555
    assert forecast.set_bytes(root, Depth.QUICK) == 55
    assert forecast.set_bytes(root / "none") == 0


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> BackupWorld:
    return make_world(tmp_path_factory.mktemp("forecast"))


def test_a_backup_says_beforehand_how_much_it_writes_and_shows_how_far_it_is(office: BackupWorld) -> None:
    heard, stick = Heard(), office.stick()
    with office.opened() as opened:
        done = run.run(replace(opened, progress=heard), stick, parity_percent=0)
        (total, rate), written = heard.foreseen[0], heard.done
        looked = Heard()
        checked.verify_known(replace(opened, progress=looked), stick, Depth.FULL)
        facts = next(iter(opened.ledger.newest(Act.BACKUP_VERIFIED))).facts

    assert rate is None
    assert done.made.octets <= written <= total <= written + (2 << 20)
    assert [what for what, _ in looked.stages] == ["reading {name}"]
    assert looked.done == pytest.approx(looked.stages[0][1], rel=0.2)
    assert done.made.seconds == facts["seconds"] == 1
