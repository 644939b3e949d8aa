import os
from pathlib import Path

import pytest

from securedoc.system.traces import Sign, scan
from tests.support.system import fake_tree

NAME = "D-2026-000001.docx"
SINCE = 1_000_000_000.0


def signs(home: Path, root: Path, since: float = SINCE) -> set[Sign]:
    return {trace.sign for trace in scan(NAME, since, home=home, root=root)}


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


def test_what_was_there_before_the_session_is_no_trace_of_it(tmp_path: Path) -> None:
    root = fake_tree(
        tmp_path,
        {
            "tmp/lu12ab.tmp": "/",
            ".cache/thumbnails/normal/0a.png": "png",
            ".local/share/recently-used.xbel": "another.docx",
        },
    )
    later = os.stat(root / "tmp/lu12ab.tmp").st_ctime + 60  # noqa: PTH116 - reads as it is called

    assert signs(root, root, later) == set()


def test_what_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".viminfo").symlink_to("/nowhere")

    assert signs(tmp_path, tmp_path) == set()
