"""A fault or Ctrl-C at the wrong moment of a print: a copy that is on paper is never called unprinted."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from securedoc.core.documents import parse_document_id
from securedoc.core.entries import Act
from securedoc.errors import LedgerBusy
from securedoc.ledger.writing import Writing
from securedoc.printing import recovery
from securedoc.printing.run import Asked, print_copies
from securedoc.system import printers
from securedoc.system.printers import PrintService
from securedoc.system.spool import JobFiles
from tests.support.backup import BackupWorld
from tests.support.cups import Cups, cups, needs_cups
from tests.support.office import found_world

pytestmark = needs_cups
Patch = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture(scope="module")
def service() -> Iterator[Cups]:
    with cups() as made:
        yield made


def _busy_when_it_is_entered(patch: pytest.MonkeyPatch) -> None:
    append = Writing.append

    def refusing(self: Writing, act: Act, *more: Any, **named: Any) -> Any:
        if act is Act.COPY_PRINTED:
            raise LedgerBusy("somebody else writes")
        return append(self, act, *more, **named)

    patch.setattr(Writing, "append", refusing)


def _interrupted_while_the_spool_is_cleared(patch: pytest.MonkeyPatch) -> None:
    def clear(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    patch.setattr(JobFiles, "clear", clear)


def _interrupted_when_the_job_was_sent(patch: pytest.MonkeyPatch) -> None:
    send = printers.send_held

    def sent(*words: Any, **named: Any) -> int:
        send(*words, **named)
        raise KeyboardInterrupt

    patch.setattr(printers, "send_held", sent)


@pytest.mark.parametrize(
    ("fault", "on_paper"),
    [
        (_busy_when_it_is_entered, 1),
        (_interrupted_while_the_spool_is_cleared, 1),
        (_interrupted_when_the_job_was_sent, 0),
    ],
)
def test_a_fault_at_the_end_of_a_copy_leaves_no_job_and_calls_no_printed_copy_unprinted(
    fault: Patch, on_paper: int, root: Any, service: Cups, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = found_world(root)
    made = BackupWorld(world)
    document = parse_document_id(world.draft())
    world.ok("an", "finalize", document, "--signer", "binh")
    asked = Asked(1, "good", duplex=False, service=PrintService(service.socket, service.root))
    before = len(service.papers())

    with monkeypatch.context() as patch, made.opened("an") as office:
        fault(patch)
        done = print_copies(office, document, asked, lambda _: None)

    assert done.interruption is not None
    assert len(service.papers()) - before == on_paper
    with made.opened("an") as office:
        recovery.recover(office)
        (row,) = office.ledger.copies(document)
    assert (row.state, row.incident) == (("unknown", "unknown") if on_paper else ("unprinted", None))
    assert service.jobs() == []
    assert service.left() == []
