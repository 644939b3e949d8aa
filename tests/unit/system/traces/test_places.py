import os
from pathlib import Path

import pytest

from securedoc.system.traces import walk
from securedoc.system.traces.places import Holds, Sign
from securedoc.system.traces.walk import Met
from tests.support.system import fake_tree


def ignored(reason: str, path: Path) -> None:
    del reason, path


def met(home: Path) -> dict[str, Met]:
    return {one.path.relative_to(home).as_posix(): one for one in walk.of_home(home, (), ignored)}


def met_on_machine(root: Path) -> dict[str, Met]:
    return {one.path.relative_to(root).as_posix(): one for one in walk.of_machine(root, (), ignored)}


@pytest.mark.parametrize(
    ("name", "sign", "holds"),
    [
        (".local/share/recently-used.xbel", Sign.RECENT_FILES, Holds.LIST),
        ("snap/firefox/12/.local/share/recently-used.xbel", Sign.RECENT_FILES, Holds.LIST),
        (".var/app/org.gnome.Evince/data/recently-used.xbel", Sign.RECENT_FILES, Holds.LIST),
        (".local/share/RecentDocuments/a.docx.desktop", Sign.RECENT_FILES, Holds.COPY),
        (".config/libreoffice/4/user/registrymodifications.xcu", Sign.EDITOR_HISTORY, Holds.LIST),
        (".config/libreoffice/4/user/pack/registrymodifications.pack", Sign.EDITOR_HISTORY, Holds.COPY),
        (".config/libreoffice/4/user/backup/a.docx_0.odt", Sign.EDITOR_BACKUP, Holds.COPY),
        (
            ".var/app/org.libreoffice.LibreOffice/config/libreoffice/4/user/backup/a.docx.bak",
            Sign.EDITOR_BACKUP,
            Holds.COPY,
        ),
        ("work/.~lock.a.docx#", Sign.EDITOR_LOCK, Holds.COPY),
        ("work/.a.txt.swp", Sign.EDITOR_BACKUP, Holds.FILE),
        ("work/a.txt~", Sign.EDITOR_BACKUP, Holds.FILE),
        ("work/a.txt.save", Sign.EDITOR_BACKUP, Holds.FILE),
        ("work/lu12ab.tmp/lu34cd.tmp", Sign.TEMPORARY, Holds.COPY),
        (".viminfo", Sign.EDITOR_HISTORY, Holds.LIST),
        (".cache/thumbnails/large/0a.png", Sign.THUMBNAIL, Holds.COPY),
        (".cache/thumbnails/fail/gnome-thumbnail-factory/0a.png", Sign.THUMBNAIL, Holds.COPY),
        (".thumbnails/normal/0a.png", Sign.THUMBNAIL, Holds.COPY),
        (".local/share/Trash/files/a.docx", Sign.TRASH, Holds.FILE),
        (".local/share/Trash/info/a.docx.trashinfo", Sign.TRASH, Holds.COPY),
        ("Pictures/Screenshots/now.png", Sign.SCREENSHOT, Holds.FILE),
        ("PDF/a.pdf", Sign.PRINTED_FILE, Holds.FILE),
        (".bash_history", Sign.SHELL_HISTORY, Holds.LIST),
        (".local/share/fish/fish_history", Sign.SHELL_HISTORY, Holds.LIST),
        (".lesshst", Sign.SHELL_HISTORY, Holds.LIST),
        (".local/share/klipper/history3.lst", Sign.CLIPBOARD_STORE, Holds.STORE),
        (".cache/tracker3/files/meta.db", Sign.SEARCH_INDEX, Holds.STORE),
        (".local/share/baloo/index", Sign.SEARCH_INDEX, Holds.STORE),
        (".local/share/gvfs-metadata/home", Sign.VIEWER_DATA, Holds.STORE),
        (".local/share/okular/docdata/1.a.pdf.xml", Sign.VIEWER_DATA, Holds.COPY),
        ("work/core", Sign.CRASH_DUMP, Holds.FILE),
        ("work/core.1234", Sign.CRASH_DUMP, Holds.FILE),
        ("work/a.docx", Sign.COPY, Holds.FILE),
        ("work/score", Sign.COPY, Holds.FILE),
        ("work/lunch.tmp.txt", Sign.COPY, Holds.FILE),
        ("recently-used.xbel", Sign.COPY, Holds.FILE),
    ],
)
def test_what_lies_in_a_home_is_known_by_its_place_or_name(
    name: str, sign: Sign, holds: Holds, tmp_path: Path
) -> None:
    fake_tree(tmp_path, {name: "x"})

    place = met(tmp_path)[name].place

    assert (place.sign, place.holds) == (sign, holds)


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("var/spool/cups/d00012-001", Sign.PRINT_SPOOL),
        ("var/spool/cups/c00012", Sign.PRINT_SPOOL),
        ("var/spool/cups/tmp/gs_x", Sign.PRINT_SPOOL),
        ("var/log/cups/page_log.1", Sign.PRINT_LOG),
        ("var/cache/cups/job.cache", Sign.PRINT_LOG),
        ("var/spool/cups-pdf/ANONYMOUS/a.pdf", Sign.PRINTED_FILE),
        ("var/lib/systemd/coredump/core.soffice.zst", Sign.CRASH_DUMP),
        ("var/crash/soffice.crash", Sign.CRASH_DUMP),
        ("var/lib/plocate/plocate.db", Sign.NAME_INDEX),
        ("var/log/journal/0a/system.journal", Sign.SYSTEM_LOG),
        ("var/log/auth.log", Sign.SYSTEM_LOG),
        ("media/an/USB/.Trash-1000/files/a.docx", Sign.TRASH),
        ("run/media/an/USB/.Trash-1000/info/a.docx.trashinfo", Sign.TRASH),
        ("tmp/deep/er/a.docx", Sign.TEMPORARY),
        ("run/user/1000/doc/a", Sign.TEMPORARY),
    ],
)
def test_what_lies_elsewhere_on_the_machine_is_known(name: str, sign: Sign, tmp_path: Path) -> None:
    fake_tree(tmp_path, {name: "x"})

    assert met_on_machine(tmp_path)[name].place.sign is sign


def test_what_lies_in_no_known_place_of_the_machine_is_not_looked_at(tmp_path: Path) -> None:
    fake_tree(tmp_path, {"usr/share/doc/a.docx": "x", "var/log/dpkg.log": "x", "etc/passwd": "x"})

    assert met_on_machine(tmp_path) == {}


def test_no_link_is_followed_neither_a_file_nor_a_directory(tmp_path: Path) -> None:
    fake_tree(
        tmp_path,
        {
            "theirs/recently-used.xbel": "x",
            "theirs/files/secret": "x",
            "home/.local/share/recently-used.xbel": "->../../../theirs/recently-used.xbel",
            "home/.local/share/Trash": "->../../../theirs",
            "home/.thumbnails": "->../theirs",
            "root/tmp": "->../theirs",
        },
    )

    assert met(tmp_path / "home") == {}
    assert met_on_machine(tmp_path / "root") == {}


def test_a_directory_that_is_left_out_is_not_entered(tmp_path: Path) -> None:
    fake_tree(tmp_path, {"vault/objects/ab/x": "x", "a": "x"})
    vault = (tmp_path / "vault").stat()

    found = list(walk.of_home(tmp_path, {(vault.st_dev, vault.st_ino)}, ignored))

    assert [one.path.name for one in found] == ["a"]


def test_pipes_and_sockets_are_passed_by(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.docx")
    os.mkfifo(tmp_path / ".viminfo")

    assert met(tmp_path) == {}


def test_a_directory_that_cannot_be_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_tree(tmp_path, {"open/a": "x", "shut/b": "x"})
    real = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("shut"):
            raise PermissionError
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    told: list[tuple[str, str]] = []

    found = list(walk.of_home(tmp_path, (), lambda reason, path: told.append((reason, path.name))))

    assert [one.path.name for one in found] == ["a"]
    assert told == [("unreachable", "shut")]


def test_more_files_than_are_looked_at_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_tree(tmp_path, {f"{n:02d}": "x" for n in range(20)})
    monkeypatch.setattr(walk, "MOST_FILES", 5)
    told: list[str] = []

    found = list(walk.of_home(tmp_path, (), lambda reason, _path: told.append(reason)))

    assert (len(found), told) == (5, ["many"])
