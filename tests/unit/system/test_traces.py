import os
import time
from pathlib import Path

import pytest

from securedoc.system.traces import Before, Sign, look, scan
from tests.support.system import fake_tree

NAME = "D-2026-000001.docx"
NOTHING = Before()


def signs(home: Path, root: Path, before: Before = NOTHING) -> set[Sign]:
    return {trace.sign for trace in scan(NAME, before, home=home, root=root)}


@pytest.mark.parametrize(
    ("name", "content", "sign"),
    [
        (".local/share/recently-used.xbel", f"<bookmark href='file:///x/{NAME}'/>", Sign.RECENT_FILES),
        (".viminfo", f"> /run/{NAME}", Sign.EDITOR_HISTORY),
        (".cache/thumbnails/normal/0a.png", "png", Sign.THUMBNAIL),
        (".local/share/Trash/files/anything", "x", Sign.TRASH),
        (".config/libreoffice/4/user/backup/a_0.odt", "x", Sign.EDITOR_BACKUP),
        ("Pictures/Screenshots/now.png", "x", Sign.SCREENSHOT),
    ],
)
def test_a_trace_in_the_home_directory_is_found(name: str, content: str, sign: Sign, tmp_path: Path) -> None:
    fake_tree(tmp_path / "home", {name: content})

    assert signs(tmp_path / "home", tmp_path / "root") == {sign}


@pytest.mark.parametrize(
    ("name", "content", "sign"),
    [
        ("tmp/lu12ab.tmp", "/", Sign.TEMPORARY),
        ("var/spool/cups/d00012-001", "%PDF", Sign.PRINT_SPOOL),
        ("var/crash/soffice.crash", "x", Sign.CRASH_DUMP),
        ("proc/77/comm", "copyq\n", Sign.CLIPBOARD),
    ],
)
def test_a_trace_elsewhere_on_the_machine_is_found(
    name: str, content: str, sign: Sign, tmp_path: Path
) -> None:
    fake_tree(tmp_path / "root", {name: content})

    assert signs(tmp_path / "home", tmp_path / "root") == {sign}


@pytest.fixture
def used(tmp_path: Path) -> Path:
    """A machine that somebody works on."""
    return fake_tree(
        tmp_path,
        {
            "tmp/lu12ab.tmp": "/",
            ".cache/thumbnails/normal/0a.png": "png",
            ".local/share/recently-used.xbel": "another.docx",
        },
    )


def test_what_was_there_before_the_session_is_no_trace_of_it(used: Path) -> None:
    before = look(home=used, root=used)

    assert signs(used, used, before) == set()


def test_a_clock_that_was_set_back_during_the_session_hides_no_trace(
    used: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = look(home=used, root=used)
    a_year_ago = time.time() - 365 * 86400
    new, changed = used / ".local/share/Trash/files/new", used / ".cache/thumbnails/normal/0a.png"
    new.parent.mkdir(parents=True)
    new.write_bytes(b"x")
    changed.write_bytes(b"gnp")
    real = os.lstat

    def dated(path: Path) -> os.stat_result:
        # What a file system says of a file that was written while the clock stood a year earlier.
        status = real(path)
        if path not in {new, changed}:
            return status
        facts = {name: getattr(status, name) for name in ("st_mtime_ns", "st_ctime_ns")}
        return os.stat_result(
            (*status[:7], *(int(a_year_ago),) * 3), {name: int(a_year_ago * 1e9) for name in facts}
        )

    monkeypatch.setattr(os, "lstat", dated)

    assert signs(used, used, before) == {Sign.TRASH, Sign.THUMBNAIL}


def test_what_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".viminfo").symlink_to("/nowhere")

    assert signs(tmp_path, tmp_path) == set()
