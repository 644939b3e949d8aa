"""The par2 program, the one that came with us and the system's: same sets, same answers."""

import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from securedoc.system import par2, process
from securedoc.system.par2 import Par2Failed, Par2Killed, SandboxFailed
from securedoc.system.process import Finished
from tests.support.system import needs_bwrap

NAMES = ["bag/one", "bag/two"]
needs_par2 = pytest.mark.skipif(par2.program() is None, reason="par2 is not installed")
BOTH = [
    pytest.param("ours", marks=needs_par2),
    pytest.param(
        "system",
        marks=pytest.mark.skipif(process.find("par2") is None, reason="Debian's par2 is not installed"),
    ),
]


@pytest.fixture
def place(root: Path) -> Path:
    chance = random.Random(1)  # noqa: S311 - bytes to protect, not secrets
    (root / "bag").mkdir()
    (root / "par2").mkdir()
    for name in NAMES:
        (root / name).write_bytes(chance.randbytes(20_000))
    return root


@pytest.fixture(params=BOTH)
def which(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Use one par2 or the other."""
    if request.param == "system":
        monkeypatch.setattr(par2, "program", lambda: process.find("par2"))
    return str(request.param)


def index(place: Path) -> Path:
    return place / "par2/head.par2"


def create(place: Path) -> None:
    par2.create(place, index(place), NAMES, block_bytes=512, recovery=8)


def lose(place: Path, blocks: int) -> None:
    """Zero so many blocks of the first file."""
    data = bytearray((place / NAMES[0]).read_bytes())
    data[512 : 512 * (blocks + 1)] = bytes(512 * blocks)
    (place / NAMES[0]).write_bytes(data)


def test_lost_blocks_are_counted_and_repaired_up_to_the_last(place: Path, which: str) -> None:
    del which
    good = {name: (place / name).read_bytes() for name in NAMES}
    create(place)
    assert par2.verify(place, index(place)).whole

    lose(place, 8)
    answer = par2.verify(place, index(place))
    par2.repair(place, index(place))

    assert (answer.whole, answer.possible, answer.needed, answer.available) == (False, True, 8, 8)
    assert {name: (place / name).read_bytes() for name in NAMES} == good


def test_one_block_more_is_told_exactly_and_not_repaired(place: Path, which: str) -> None:
    del which
    create(place)
    lose(place, 9)
    before = (place / NAMES[0]).read_bytes()

    answer = par2.verify(place, index(place))

    assert (answer.possible, answer.needed, answer.available) == (False, 9, 8)
    with pytest.raises(Par2Failed):
        par2.repair(place, index(place))
    assert (place / NAMES[0]).read_bytes() == before


@needs_par2
def test_what_one_par2_makes_the_other_repairs(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = process.find("par2")
    if system is None:
        pytest.skip("Debian's par2 is not installed")
    good = (place / NAMES[0]).read_bytes()
    create(place)
    lose(place, 5)
    monkeypatch.setattr(par2, "program", lambda: system)

    par2.repair(place, index(place))

    assert (place / NAMES[0]).read_bytes() == good


@needs_par2
def test_the_same_files_give_the_same_recovery_data_wherever_they_lie(place: Path, root: Path) -> None:
    create(place)
    first = {path.name: path.read_bytes() for path in (place / "par2").iterdir()}
    other = root / "elsewhere" / "deep"
    (other / "bag").mkdir(parents=True)
    (other / "par2").mkdir()
    for name in NAMES:
        (other / name).write_bytes((place / name).read_bytes())

    create(other)

    assert {path.name: path.read_bytes() for path in (other / "par2").iterdir()} == first
    assert len(first) == 5


@needs_par2
def test_no_answer_is_an_error_and_never_an_all_clear(place: Path) -> None:
    create(place)
    for path in (place / "par2").iterdir():
        path.write_bytes(b"nothing of PAR2")

    with pytest.raises(Par2Failed):
        par2.verify(place, index(place))
    with pytest.raises(Par2Failed):
        create(place)  # never over what is there


def test_without_the_wheel_and_without_debians_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    par2.program.cache_clear()
    monkeypatch.setattr(process, "find", lambda _: None)
    monkeypatch.setattr(os, "access", lambda *_: False)
    try:
        assert par2.program() is None
    finally:
        monkeypatch.undo()
        par2.program.cache_clear()


@pytest.mark.parametrize(
    ("recovery", "block_bytes", "volumes"),
    [(1, 512, 1), (3, 512, 3), (100, 512, 4), (100, 1 << 20, 4), (500, 20 << 20, 10), (1000, 1 << 30, 31)],
)
def test_no_volume_grows_beyond_what_a_stick_holds(recovery: int, block_bytes: int, volumes: int) -> None:
    assert par2._volumes(recovery, block_bytes) == volumes


@needs_par2
@needs_bwrap
def test_a_sandbox_that_cannot_be_set_up_is_tried_again_and_is_no_answer_of_par2(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(place)
    real, failures = process.run, [1, 1]

    def failing(argv: Sequence[str], **options: Any) -> Finished:
        if failures and failures.pop():
            return Finished(1, b"", b"bwrap: Can't bind mount: Invalid argument")
        return real(argv, **options)

    monkeypatch.setattr(process, "run", failing)
    monkeypatch.setattr(par2, "_SANDBOX_PAUSE_S", 0.0)

    assert par2.verify(place, index(place)).whole

    failures.extend([1] * 20)
    with pytest.raises(SandboxFailed, match="bwrap"):
        par2.verify(place, index(place))


@needs_par2
@pytest.mark.parametrize("code", [-9, 137, 139, 6, 8])
def test_a_par2_that_was_killed_or_had_no_disk_has_not_said_no(
    place: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    create(place)
    monkeypatch.setattr(process, "run", lambda *_, **__: Finished(code, b"", b""))

    for ask in (par2.verify, par2.repair):
        with pytest.raises(Par2Killed):
            ask(place, index(place))
