"""Two people who recover at once end a print once."""

import fcntl
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from securedoc.errors import DocumentBusy
from securedoc.office.office import Office
from securedoc.printing import lock

PRINT = "P-2026-000001"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    session = SimpleNamespace(officer="an")
    return cast(
        "Office", SimpleNamespace(place=SimpleNamespace(journal=tmp_path / "journal"), session=session)
    )


def test_whoever_waited_while_a_print_was_ended_does_not_hold_it_beside_the_next_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = fcntl.flock
    held: list[object] = []

    def interleaved(descriptor: int, how: int) -> None:
        if not held:
            # Between our opening and our lock: the first one ends and removes the file, the next one comes.
            held.append(True)
            with lock.held(office, PRINT):
                pass
            following = lock.held(office, PRINT)
            following.__enter__()
            held.append(following)
        real(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", interleaved)

    with pytest.raises(DocumentBusy), lock.held(office, PRINT):
        pytest.fail("two held one print")


def test_a_print_that_nobody_holds_leaves_nothing_behind(office: Office, tmp_path: Path) -> None:
    with lock.held(office, PRINT):
        assert lock.alive(office, PRINT)

    assert not lock.alive(office, PRINT)
    assert list((tmp_path / "journal").iterdir()) == []
