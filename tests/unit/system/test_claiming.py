"""Only one process at a time builds something at one place, and what the dead left is in nobody's way."""

import multiprocessing
import os
import threading
from pathlib import Path

import pytest

from securedoc.system import claiming


def test_a_directory_that_somebody_holds_is_not_removed_by_another(tmp_path: Path) -> None:
    path = tmp_path / "building"
    with claiming.claimed(path):
        (path / "half").write_text("made")

        with pytest.raises(BlockingIOError), claiming.claimed(path):
            raise AssertionError("two hold it")

        assert (path / "half").read_text() == "made"


def test_what_a_dead_process_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "building"
    (path / "deep").mkdir(parents=True)
    (path / "deep/half").write_text("made")

    with claiming.claimed(path):
        assert list(path.iterdir()) == []


@pytest.mark.parametrize("kind", ["file", "link"])
def test_something_else_of_that_name_is_replaced_and_no_link_followed(tmp_path: Path, kind: str) -> None:
    path, elsewhere = tmp_path / "building", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").write_text("kept")
    path.write_text("x") if kind == "file" else path.symlink_to(elsewhere)

    with claiming.claimed(path):
        assert path.is_dir()

    assert (elsewhere / "kept").read_text() == "kept"


def test_a_renamed_directory_leaves_its_name_free(tmp_path: Path) -> None:
    path = tmp_path / "building"
    with claiming.claimed(path):
        path.rename(tmp_path / "built")

        with claiming.claimed(path):
            assert path.is_dir()


def test_a_directory_taken_for_a_dead_one_between_two_steps_is_not_held_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "building"
    real = os.open

    def slow(name: str, *more: int) -> int:
        descriptor = real(name, *more)
        monkeypatch.setattr(os, "open", real)
        path.rmdir()  # as another one does who sees it unlocked
        return descriptor

    monkeypatch.setattr(os, "open", slow)

    with claiming.claimed(path):
        assert path.is_dir()


def _build(root: str, won: "multiprocessing.Queue[int]", begin: threading.Event) -> None:
    begin.wait()
    path = Path(root, "building")
    try:
        with claiming.claimed(path):
            (path / "mine").write_text(str(os.getpid()))
            assert (path / "mine").read_text() == str(os.getpid())
            path.rename(Path(root, f"built-{os.getpid()}"))
            won.put(1)
    except BlockingIOError:
        won.put(0)


def test_of_many_at_the_same_moment_nobody_loses_what_it_built(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    won, begin = context.Queue(), context.Event()
    racers = [context.Process(target=_build, args=(str(tmp_path), won, begin)) for _ in range(8)]
    for racer in racers:
        racer.start()
    begin.set()
    for racer in racers:
        racer.join(20)

    winners = sum(won.get(timeout=5) for _ in racers)

    assert winners == len(list(tmp_path.glob("built-*"))) >= 1
    assert all(racer.exitcode == 0 for racer in racers)
