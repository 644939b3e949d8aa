"""The clock of a real vault: set back or far ahead it is refused until two officers confirm it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from securedoc.app import App
from securedoc.cli.prompter import FilePrompter
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.protocols import NoProgress
from securedoc.errors import LedgerStale, PolicyRefused
from securedoc.office import confirming
from securedoc.office.office import Office
from tests.support.cli import run
from tests.support.office import PEOPLE, World

FACTS: JsonObject = {"fit": False, "failed": 1, "unknown": 0, "digest": "sha256:" + "0" * 64}


@dataclass(frozen=True, slots=True)
class Shifted:
    """The machine's clock, so far off."""

    by: timedelta

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC) + self.by


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An office that is not for training."""
    made = World(tmp_path)
    people: list[str] = [
        word
        for officer, (role, name, _title) in PEOPLE.items()
        for word in ("--officer", f"{officer}:{role}:{name}")
    ]
    for officer in PEOPLE:
        made.passphrase_file(officer)
    run(
        *("--vault", str(made.vault), "--json", "init", "--office", "UBND xã Mẫu", "--place", "Mẫu"),
        *("--policy", "vn-2026", *people, "--recovery", "2of3", "--shares-dir", str(made.shares)),
        *("--passphrase-dir", str(made.passphrases)),
    ).expect()
    return made


@contextmanager
def opened(
    world: World, officer: str, by: timedelta, second: str | None = None
) -> Iterator[tuple[App, Office]]:
    app = App(
        vault=world.vault,
        officer=officer,
        clock=Shifted(by),
        prompter=FilePrompter(world.passphrase_file(officer)),
        progress=NoProgress(),
        randomness=os.urandom,
        second_officer=second,
        second_prompter=None if second is None else FilePrompter(world.passphrase_file(second)),
    )
    with app.open() as office:
        yield app, office


def enter(world: World, by: timedelta) -> datetime:
    with opened(world, "an", by) as (_app, office), office.write() as writing:
        return writing.append(Act.HOST_CHECKED, None, FACTS).at


def confirm(world: World, by: timedelta, who: str = "chi", second: str | None = "an") -> confirming.Clock:
    with opened(world, who, by, second) as (app, office), app.second() as session:
        return confirming.confirm(office, session)


@pytest.mark.parametrize("by", [timedelta(hours=-2), timedelta(days=40)])
def test_a_clock_that_is_off_is_refused_until_two_officers_confirm_it(world: World, by: timedelta) -> None:
    before = enter(world, timedelta())
    with pytest.raises(LedgerStale, match="the clock"):
        enter(world, by)

    confirm(world, by)
    entered = enter(world, by)

    assert entered >= before
    verified = world.ok("phuc", "ledger", "verify") if by < timedelta() else None
    assert verified is None or verified["holds"]


def test_time_stands_still_until_the_clock_has_caught_up(world: World) -> None:
    ahead = enter(world, timedelta(hours=3))

    confirm(world, timedelta())
    first, second = enter(world, timedelta()), enter(world, timedelta(seconds=5))
    later = enter(world, timedelta(hours=4))

    assert first == second == ahead
    assert later > ahead


def test_one_officer_or_the_wrong_one_confirms_nothing(world: World) -> None:
    enter(world, timedelta())
    off = timedelta(days=50)

    with pytest.raises(PolicyRefused):
        confirm(world, off, second=None)
    with pytest.raises(PolicyRefused):
        confirm(world, off, who="an", second="chi")
    with pytest.raises(LedgerStale):
        enter(world, off)


def test_a_clock_that_is_believed_needs_nobody(world: World) -> None:
    with pytest.raises(PolicyRefused, match="believed"):
        confirm(world, timedelta())


def test_the_command_shows_both_times(world: World) -> None:
    shown = world.ok("an", "clock", "show")

    assert shown["believed"] is True
    assert shown["last"] <= shown["says"]
    world.run("chi", "clock", "confirm", "--second", "an", *_second(world)).expect(12)


def _second(world: World) -> tuple[str, Path]:
    return "--second-passphrase-file", world.passphrase_file("an")
