import threading

import pytest

from securedoc.cli.progress import TerminalProgress, clock, line_of, remaining_s, size
from securedoc.core.text import message
from securedoc.errors import same


def test_half_way_shows_half_a_bar_and_the_rate() -> None:
    line = line_of("copying", 12_000_000, 24_000_000, "bytes", 2.0)

    assert line == "copying [############------------] 12.0 MB/24.0 MB  6.0 MB/s"


def test_items_are_counted_without_a_rate() -> None:
    assert line_of("reading", 3, 4, "items", 1.0) == "reading [##################------] 3/4"


def test_a_stage_of_nothing_is_done() -> None:
    assert line_of("reading", 0, 0, "items", 0.0).startswith("reading [########################]")


@pytest.mark.parametrize(("done", "left"), [(0, None), (25, 30), (100, None)])
def test_time_left_is_guessed_only_between_the_ends(done: int, left: int | None) -> None:
    assert remaining_s(done, 100, 10.0) == left


@pytest.mark.parametrize(("amount", "text"), [(999, "999 B"), (1000, "1.0 kB"), (2_100_000_000, "2.1 GB")])
def test_sizes_are_decimal(amount: int, text: str) -> None:
    assert size(amount) == text


@pytest.mark.parametrize(("seconds", "text"), [(7, "0:07"), (61, "1:01"), (3723, "1:02:03")])
def test_spans_read_like_a_clock(seconds: int, text: str) -> None:
    assert clock(seconds) == text


def test_a_finished_stage_leaves_its_line_standing(capsys: pytest.CaptureFixture[str]) -> None:
    progress = TerminalProgress(same)

    progress.start(message("copying {name}", name="a"), 10)
    progress.advance(10)
    progress.finish()

    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.endswith("\n")
    assert "copying a [########################] 10 B/10 B" in shown.err


def test_before_a_long_job_its_size_and_its_time_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    progress = TerminalProgress(same)

    progress.foresee(2_100_000_000, 100_000_000)
    progress.foresee(2_100_000_000, None)

    known, unknown = capsys.readouterr().err.splitlines()
    assert known == "2.1 GB to do: about 0:21 at 100.0 MB/s, as measured on this medium before"
    assert unknown.startswith("2.1 GB to do; how long it takes is not known")


def test_two_threads_may_count_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    progress = TerminalProgress(same)
    progress.start(message("copying"), 40_000)

    def count() -> None:
        for _ in range(10_000):
            progress.advance(1)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    progress.finish()

    assert "40.0 kB/40.0 kB" in capsys.readouterr().err.splitlines()[-1].rpartition("\r")[2]
