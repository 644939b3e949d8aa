"""An act of custody or on the books is cut off at any of its steps: it is done whole, or not at all."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from securedoc.books import closing, exporting, importing
from securedoc.books.exporting import BookFormat
from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act
from securedoc.core.people import OfficerId
from securedoc.core.protocols import NoProgress
from securedoc.core.secret import Secret
from securedoc.custody import copying, inventory, levels, moving, recalling
from securedoc.custody.copying import Wanted
from securedoc.custody.moving import Giving
from securedoc.keyring import unlocking
from securedoc.keyring.session import Session
from securedoc.ledger.store import Store
from securedoc.office.office import Office
from securedoc.office.opening import open_office
from securedoc.office.place import Place
from tests.faults.crash import PowerCut, power_cuts
from tests.support.clock import SteppingClock
from tests.support.custody import copied, office_with_paper
from tests.support.office import World

BINH = OfficerId("binh")
LATER = timedelta(days=400)


@dataclass
class Stage:
    """An opened office, the officer who confirms, and the document on paper."""

    world: World
    office: Office
    second: Session
    document: DocumentId


def nothing(_: Stage) -> object:
    """Most acts need nothing before them."""
    return None


def lend(stage: Stage) -> object:
    until = stage.office.today() + timedelta(days=3)
    return moving.lend(stage.office, stage.document, Giving("2", "Nguyễn Văn Mẫu"), until)


def bring_back(stage: Stage) -> object:
    return moving.bring_back(stage.office, stage.document, "2")


def recall(stage: Stage) -> object:
    return recalling.recall(stage.office, stage.document, stage.office.today(), "")


def copy(stage: Stage) -> object:
    wanted = Wanted(count=2, kind="sao-y", recipients=("A", "B"), allowed_by=BINH)
    return copying.make(stage.office, stage.document, wanted, stage.second)


def change(stage: Stage) -> object:
    return levels.change(stage.office, stage.document, "tuyet-mat", "MẪU", stage.second)


def declassify(stage: Stage) -> object:
    return levels.declassify(stage.office, stage.document, "MẪU", stage.second)


def told(stage: Stage) -> object:
    return levels.told(stage.office, stage.document, "UBND tỉnh Mẫu", "")


def close(stage: Stage) -> object:
    return closing.close(stage.office, "di", stage.office.today().year - 1, stage.second)


def take_over(stage: Stage) -> object:
    head = ";".join(column.title for column in stage.office.policy.books["di"].columns)
    rows = [f"{n};0{n}/BC-UBND;05/03/2024;Báo cáo MẪU;Mật;A;B;VP;2;" for n in range(1, 4)]
    data = "\r\n".join([head, *rows]).encode()
    return importing.take_over(stage.office, "di", 2024, data, stage.second)


def begin(stage: Stage) -> object:
    return inventory.start(stage.office)


def tick(stage: Stage) -> object:
    return inventory.tick(stage.office, [f"{stage.document}:1"], lambda _: None)


def finish(stage: Stage) -> object:
    return inventory.finish(stage.office, inventory.outcome(stage.office), None, "")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, str]:
    return office_with_paper(tmp_path_factory.mktemp("cut"))


@contextmanager
def opened(world: World, document: str) -> Iterator[Stage]:
    def phrase(who: str) -> Secret:
        return Secret(world.passphrase_file(who).read_bytes().strip())

    clock = SteppingClock(datetime.now(UTC) + LATER)
    with (
        open_office(
            Place(world.vault),
            OfficerId("an"),
            phrase("an"),
            clock=clock,
            progress=NoProgress(),
            randomness=secrets.token_bytes,
        ) as office,
        unlocking.unlock(Place(world.vault).keyring, BINH, phrase("binh")) as second,
    ):
        yield Stage(world, office, second, DocumentId(document))


def state(stage: Stage) -> tuple[object, ...]:
    """Return what every act leaves in the tables."""
    ledger = stage.office.ledger
    return (
        ledger.size,
        ledger.moves(),
        ledger.recalls(),
        ledger.made_copies(stage.document),
        ledger.notices(),
        ledger.closed_books(),
        ledger.documents(),
        ledger.books(),
        ledger.inventory_open(),
    )


@pytest.mark.parametrize(
    ("before", "act"),
    [
        (nothing, lend),
        (lend, bring_back),
        (lend, recall),
        (nothing, copy),
        (nothing, change),
        (nothing, declassify),
        (change, told),
        (nothing, close),
        (nothing, take_over),
        (nothing, begin),
        (begin, tick),
        (begin, finish),
    ],
    ids=lambda act: act.__name__,
)
def test_cut_at_any_step_nothing_of_it_stays_and_the_next_time_all_of_it(
    made: tuple[World, str],
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    before: Callable[[Stage], object],
    act: Callable[[Stage], object],
) -> None:
    world = copied(made[0], root)
    with opened(world, made[1]) as stage:
        before(stage)
        untouched, cut = state(stage), 0
        while _cut_before(cut + 1, monkeypatch, lambda: act(stage)):
            cut += 1
            assert state(stage) == untouched, f"step {cut}"
        assert cut > 5
        assert state(stage) != untouched
    with opened(world, made[1]) as stage:
        stage.office.ledger.verify(stage.office.session.genesis_pin)


def _cut_before(step: int, monkeypatch: pytest.MonkeyPatch, run: Callable[[], object]) -> bool:
    """Run `run`, cutting the power before its statement number `step`; tell whether it came that far."""
    real, left = Store.run, step

    def guarded(store: Store, sql: str, values: Sequence[Any] = ()) -> int:
        nonlocal left
        left -= 1
        if left <= 0:
            raise PowerCut
        return real(store, sql, values)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "run", guarded)
        try:
            run()
        except PowerCut:
            return True
    return False


def test_an_export_cut_at_any_step_leaves_no_half_a_file_and_may_be_made_again(
    made: tuple[World, str], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = copied(made[0], root)
    out = world.root / "di.csv"

    with opened(world, made[1]) as stage:
        office, year = stage.office, stage.office.today().year - 1
        for _ in power_cuts(
            monkeypatch, lambda: exporting.export(office, "di", year, BookFormat.CSV, out, say=str)
        ):
            assert not out.exists() or out.read_bytes().endswith(b"\r\n")
            out.unlink(missing_ok=True)
        last = next(iter(office.ledger.newest(Act.BOOK_EXPORTED)))
    assert last.facts["digest"] == str(Digest.of(out.read_bytes()))
