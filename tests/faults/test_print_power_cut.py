"""Power is lost at any step of a print: before or after any entry, before any word to the print service."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from securedoc.core.documents import parse_document_id
from securedoc.ledger.writing import Writing
from securedoc.office.office import Office
from securedoc.printing import copyjob, recovery
from securedoc.printing.run import Asked, print_copies
from securedoc.system import printers
from securedoc.system.printers import PrintService
from tests.faults.crash import PowerCut
from tests.support.backup import BackupWorld
from tests.support.cups import Cups, cups, needs_cups
from tests.support.office import World, found_world

pytestmark = needs_cups


@pytest.fixture(scope="module")
def service() -> Iterator[Cups]:
    with cups() as made:
        yield made


def _cut(monkeypatch: pytest.MonkeyPatch, at: int) -> list[int]:
    """Cut the power before step number `at`; return where the steps are counted."""
    steps = [0]

    def step() -> None:
        steps[0] += 1
        if steps[0] >= at:  # and keep cutting: after a power cut nothing else runs
            raise PowerCut

    write, call = Office.write, printers._run

    @contextmanager
    def writing(office: Office) -> Iterator[Writing]:
        step()
        with write(office) as opened:
            yield opened
        step()

    def running(*words: Any, **more: Any) -> Any:
        step()
        return call(*words, **more)

    monkeypatch.setattr(Office, "write", writing)
    monkeypatch.setattr(printers, "_run", running)
    monkeypatch.setattr(copyjob, "LOOK_S", 0.8)
    return steps


def test_power_cut_at_any_step_of_a_print_leaves_no_job_and_no_copy_that_nobody_owns_up_to(
    root: Any, service: Cups, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = found_world(root)
    made = BackupWorld(world)
    at, cuts, fates = 0, 0, set()
    while True:
        at += 1
        document = parse_document_id(_final(world))
        asked = Asked(1, "good", duplex=False, service=PrintService(service.socket, service.root))
        with monkeypatch.context() as patch, made.opened("an") as office:
            _cut(patch, at)
            try:
                print_copies(office, document, asked, lambda _: None)
            except PowerCut:
                cuts += 1
            else:
                break
        time.sleep(0.5)  # the printer goes on without us
        with made.opened("an") as office:
            recovery.recover(office)

            assert recovery.pending(office) == ()
            rows = office.ledger.copies(document)
            paper = service.papers(f"good-{rows[0].print}-*.pdf") if rows else []
            assert len(paper) <= 1
            if paper:
                assert rows[0].state in {"printed", "unknown"}
            fates |= {row.state for row in rows}
            assert all((row.incident is not None) == (row.state == "unknown") for row in rows)
        assert service.jobs() == []
        assert service.left() == []

    assert cuts > 15
    assert fates == {"unprinted", "unknown", "printed"}
    assert world.ok("phuc", "ledger", "verify")["holds"] is True


def _final(world: World) -> str:
    document = world.draft()
    world.ok("an", "finalize", document, "--signer", "binh")
    return document
