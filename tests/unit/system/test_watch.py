import logging
import threading
import time
from pathlib import Path

import pytest

from securedoc.system.watch import watching


def test_a_save_in_place_is_seen_once_it_is_quiet(tmp_path: Path) -> None:
    with watching(tmp_path) as watch:
        (tmp_path / "draft.docx").write_bytes(b"one")

        assert watch.settled(5) == {tmp_path / "draft.docx"}
        assert watch.settled(0.3) == frozenset()


def test_a_save_by_rename_is_seen_under_the_final_name(tmp_path: Path) -> None:
    with watching(tmp_path) as watch:
        (tmp_path / "lu1.tmp").write_bytes(b"new")
        (tmp_path / "lu1.tmp").rename(tmp_path / "draft.docx")

        seen: set[Path] = set()
        while not seen >= {tmp_path / "draft.docx"}:
            found = watch.settled(5)
            assert found
            seen |= found


def test_reading_is_no_save(tmp_path: Path) -> None:
    (tmp_path / "draft.docx").write_bytes(b"one")

    with watching(tmp_path) as watch:
        (tmp_path / "draft.docx").read_bytes()

        assert watch.settled(0.5) == frozenset()


def test_a_file_still_being_written_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "draft.docx"

    def write_slowly() -> None:
        with path.open("wb", buffering=0) as stream:
            for _ in range(8):
                stream.write(b"x")
                time.sleep(0.1)

    with watching(tmp_path) as watch:
        writer = threading.Thread(target=write_slowly)
        writer.start()
        seen = watch.settled(10, quiet_s=0.4)
        length = path.stat().st_size
        writer.join()

    assert seen == {path}
    assert length == 8


def test_a_watch_that_ends_at_once_says_nothing_on_standard_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with watching(tmp_path):
        pass
    logging.getLogger("watchdog.observers.inotify").error("a remark of the library")

    assert capfd.readouterr().err == ""
