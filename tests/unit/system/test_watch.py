import os
import resource
import threading
import time
from pathlib import Path

import pytest
from watchdog.observers.inotify_c import InotifyFD

from securedoc.system import process
from securedoc.system import watch as watch_module
from securedoc.system.watch import watching

QUEUE = Path("/proc/sys/fs/inotify/max_queued_events")


def test_the_end_of_a_save_in_place_wakes(tmp_path: Path) -> None:
    with watching(tmp_path) as watch:
        (tmp_path / "draft.docx").write_bytes(b"one")

        assert watch.wait(5)
        assert not watch.wait(0.2)


def test_a_rename_into_the_directory_wakes(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "lu1.tmp").write_bytes(b"new")
    (tmp_path / "work").mkdir()

    with watching(tmp_path / "work") as watch:
        (tmp_path / "outside" / "lu1.tmp").rename(tmp_path / "work" / "draft.docx")

        assert watch.wait(5)


def test_reading_and_a_write_that_goes_on_do_not_wake(tmp_path: Path) -> None:
    path = tmp_path / "draft.docx"
    path.write_bytes(b"one")

    with watching(tmp_path) as watch, path.open("ab", buffering=0) as stream:
        path.read_bytes()
        stream.write(b"half")

        assert not watch.wait(0.3)


def test_the_end_of_a_program_wakes_too(tmp_path: Path) -> None:
    running = process.start(["/bin/sleep", "0.2"], cwd=tmp_path)

    with watching(tmp_path) as watch:
        began = time.monotonic()
        woken = watch.wait(10, running)

    assert woken
    assert time.monotonic() - began < 5
    assert running.wait(5) == 0


def test_without_a_watch_from_the_kernel_waiting_is_all_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> int:
        raise OSError(24, "no more watches")

    monkeypatch.setattr(InotifyFD, "_create_inotify_fd", staticmethod(refuse))
    with watching(tmp_path) as watch:
        (tmp_path / "draft.docx").write_bytes(b"one")

        assert not watch.wait(0.1)


def test_a_flood_takes_neither_memory_nor_more_than_a_few_looks_a_second(tmp_path: Path) -> None:
    stop = threading.Event()

    def flood() -> None:
        names = [tmp_path / f"lu{number}.tmp" for number in range(100)]
        while not stop.is_set():
            for name in names:
                name.write_bytes(b"x")

    with watching(tmp_path) as watch:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        flooding = threading.Thread(target=flood)
        flooding.start()
        end, looks = time.monotonic() + 3, 0
        while time.monotonic() < end:
            watch.wait(0.2)
            looks += 1
        stop.set()
        flooding.join()

    assert looks <= 3 / 0.05 + 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8 * 1024


def test_after_an_overflow_of_the_queue_the_watch_still_wakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, lost = threading.Event(), threading.Event()
    wake = watch_module._Waker._wake

    def held_up(waker: watch_module._Waker, event: object) -> None:
        del event
        reading.wait(60)
        wake(waker)

    def overflowed(waker: watch_module._Waker) -> None:
        lost.set()
        wake(waker)

    monkeypatch.setattr(watch_module._Waker, "on_event", held_up)
    monkeypatch.setattr(watch_module._Waker, "on_queue_overflow", overflowed)
    with watching(tmp_path) as watch:
        for number in range(int(QUEUE.read_text()) + 2000):  # nobody reads: the kernel drops the rest
            os.close(os.open(tmp_path / f"{number % 50}", os.O_CREAT | os.O_WRONLY))
        reading.set()
        assert lost.wait(30)
        while watch.wait(0.2):
            pass
        (tmp_path / "draft.docx").write_bytes(b"one")

        assert watch.wait(5)
