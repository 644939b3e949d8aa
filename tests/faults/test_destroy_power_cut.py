"""Power is lost at any step of a destruction: a document is destroyed and said to be, or neither."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from securedoc.core.documents import DocumentId, DocumentState
from securedoc.destruction import carrying
from securedoc.destruction.carrying import Terms
from securedoc.errors import LedgerBusy
from securedoc.ledger.writing import Writing
from securedoc.office.office import Office
from tests.faults.crash import STEPS, PowerCut, cut_before
from tests.support.backup import BackupWorld
from tests.support.destroying import decided
from tests.support.office import World, found_world

FIRST, OTHER = DocumentId("D-2026-000001"), DocumentId("D-2026-000002")
TERMS = ("A (MẪU)", "B (MẪU)")

pytestmark = pytest.mark.usefixtures("no_trim")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, str]:
    """An office with two documents that are to be destroyed."""
    root = tmp_path_factory.mktemp("cut")
    root.chmod(0o700)
    world = found_world(root)
    world.issued()
    world.issued()
    return world, decided(world, FIRST, OTHER)


def _carry_out(made: BackupWorld, request: str) -> None:
    with made.opened("an") as office, made.opened("chi") as second:
        carrying.carry_out(office, request, Terms(TERMS, "khóa (MẪU)", second=second.session))


def _judge(made: BackupWorld, request: str) -> str:
    """Start again, as any command does; say how it came out, and that it is one of the two."""
    with made.opened("an") as office:
        carrying.recover(office)
        row = office.ledger.destruction(request)
        rows = [office.ledger.document(document) for document in (FIRST, OTHER)]
        report = office.ledger.check(office.session.genesis_pin)
        assert report.defects == ()
        if row.stage == "decided":
            assert all(one.state is DocumentState.REGISTERED for one in rows)
            assert all(office.unseal(one) for one in office.ledger.objects())
        else:
            assert row.stage == "ended"
            assert all(one.state is DocumentState.DESTROYED for one in rows)
            assert list(office.ledger.objects()) == []
            assert not [path for path in office.place.objects.rglob("*") if path.is_file()]
        return row.stage


def test_power_cut_before_or_after_any_transaction(
    original: tuple[World, str], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, request = original
    write, seen = Office.write, []
    for at in range(1, 20):
        place = root / str(at)
        shutil.copytree(world.root, place)
        made = BackupWorld(World(place))
        steps = [0]

        def step(at: int = at, steps: list[int] = steps) -> None:
            steps[0] += 1
            if steps[0] >= at:  # and keep cutting: after a power cut nothing else runs
                raise PowerCut

        @contextmanager
        def writing(office: Office) -> Iterator[Writing]:
            step()
            with write(office) as opened:
                yield opened
                step()  # everything is written, and not committed
            step()

        with monkeypatch.context() as patch:
            patch.setattr(Office, "write", writing)
            try:
                _carry_out(made, request)
            except PowerCut:
                pass
            else:
                break
        seen.append(_judge(made, request))
        shutil.rmtree(place)

    assert seen == ["decided"] * 2 + ["ended"] * 7, "three transactions, each cut before, inside, behind"


def test_power_cut_at_any_step_of_removing_the_files(
    original: tuple[World, str], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, request = original
    assert {"unlink", "fsync", "rename"} <= set(STEPS)
    cut, seen = 0, []
    while True:
        cut += 3
        place = root / str(cut)
        shutil.copytree(world.root, place)
        made = BackupWorld(World(place))
        if not cut_before(cut, monkeypatch, lambda made=made: _carry_out(made, request)):  # type: ignore[misc]
            break
        seen.append(_judge(made, request))
        shutil.rmtree(place)

    assert len(seen) > 3
    assert seen[-1] == "ended"


def test_a_destruction_whose_ledger_is_held_by_another_is_finished_by_the_next_start(
    original: tuple[World, str], root: Path
) -> None:
    world, request = original
    shutil.copytree(world.root, root, dirs_exist_ok=True)
    made = BackupWorld(World(root))

    with made.opened("phuc") as reader, reader.ledger._store.reading():
        assert reader.ledger.size  # a view of the ledger from before: its log cannot be emptied
        with pytest.raises(LedgerBusy):
            _carry_out(made, request)
    with made.opened("an") as office:
        assert office.ledger.destruction(request).stage == "destroyed"

    assert World(root).ok("an", "recover")["destructions"][0]["request"] == request
    assert _judge(made, request) == "ended"
