"""Real LibreOffice Writer in the editing journey, driven by its keyboard on a screen of our own."""

import io
import os
import re
import subprocess
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from securedoc.system import family, workspace
from tests.support.office import World, found_world
from tests.support.screen import Screen, screen
from tests.support.sessions import acts, drafts, entries, records, spawned, text_of, wait_for_save
from tests.support.system import needs_bwrap, tool

pytestmark = [pytest.mark.libreoffice, needs_bwrap]

WRITER = "LibreOffice Writer"
# Typed behind a word in capitals: Writer makes the first letter of a sentence a capital.
FIRST, SECOND, UNSAVED = "xyzzyfirst", "xyzzysecond", "xyzzyunsaved"
# Not searched: what is not a disk, and what changes all the time and is not ours.
SOURCES = (".py", ".pyc", ".md")  # texts about the program name documents too
NOT_DISK = ("/proc", "/sys", "/dev", "/run")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return found_world(tmp_path_factory.mktemp("office"))


@pytest.fixture
def draft(world: World) -> str:
    return world.draft()


@pytest.fixture(scope="module")
def shown() -> Iterator[Screen]:
    tool("soffice")
    with screen() as one:
        yield one


def writing(world: World, draft: str, shown: Screen, home: Path | None = None) -> "subprocess.Popen[bytes]":
    """Open a draft in Writer, with the cursor at its end."""
    env = {**shown.environment, **({"HOME": str(home)} if home else {})}
    running = spawned(world, "dung", "draft", "edit", draft, env=env)
    try:
        shown.wait_for_window(WRITER)
        shown.press("ctrl+End")
    except BaseException:
        running.kill()
        raise
    return running


def new_files(since: float, leave_out: Path) -> list[Path]:
    """Return every file of the machine's disks that is newer, whatever it is called."""
    found = []
    for top, names, files in os.walk("/"):
        names[:] = [
            name
            for name in names
            if name != ".pytest_cache"
            and f"{top.rstrip('/')}/{name}" not in NOT_DISK
            and Path(top, name) != leave_out
        ]
        for name in files:
            path = Path(top, name)
            try:
                if path.lstat().st_ctime >= since and path.is_file() and not path.is_symlink():
                    found.append(path)
            except OSError:
                continue
    return found


def holds(path: Path, words: list[bytes]) -> bool:
    """Tell whether a file holds any of these words, in UTF-8 or UTF-16."""
    try:
        with path.open("rb") as stream:
            data = stream.read(64 << 20)
    except OSError:
        return False
    return any(word in data or word.decode().encode("utf-16-le") in data for word in words)


def test_each_save_in_writer_is_a_version_and_nothing_is_left_on_the_disk(
    world: World, draft: str, shown: Screen, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    since = time.time()
    temporary = {path.name for path in Path("/tmp").iterdir()}  # noqa: S108 - what is there before
    running = writing(world, draft, shown, home)
    shown.type(f" MAU {FIRST}")
    shown.press("ctrl+s")
    wait_for_save(world, draft, 1)
    shown.type(f" MAU {SECOND}")
    shown.press("ctrl+s")
    wait_for_save(world, draft, 2)
    shown.press("ctrl+q")
    out, _ = running.communicate(timeout=30)

    assert running.returncode == 0
    versions = [text_of(data) for data in drafts(world, draft)]
    assert [FIRST in text for text in versions] == [False, True, True]
    assert [SECOND in text for text in versions] == [False, False, True]
    with zipfile.ZipFile(io.BytesIO(drafts(world, draft)[-1])) as archive:
        properties = archive.read("docProps/core.xml").decode("utf-8")
    assert not re.search(r"<(dc:creator|cp:lastModifiedBy)>[^<]", properties)
    closed = entries(world, draft)[-1]
    assert closed.facts["ended"] == "editor"
    assert workspace.find(str(closed.facts["session"])) is None
    assert list(home.rglob("*")) == []
    ours = ("lu", "OSL_PIPE", draft, ".~lock")
    left = {path.name for path in Path("/tmp").iterdir()} - temporary  # noqa: S108 - what came to be
    assert [name for name in left if name.startswith(ours)] == []
    words = [str(closed.facts["session"]).encode(), FIRST.encode(), SECOND.encode()]
    name = [f"{draft}.docx".encode()]
    control = Path("/var/tmp/securedoc-control")  # noqa: S108 - the search does find what is there
    control.write_bytes(f"x{FIRST}x".encode("utf-16-le"))
    # The test itself knows the words, and so do its neighbours, which make documents of the same number.
    of_tests = next(place for place in tmp_path.parents if place.name.startswith("pytest-of-"))
    known = (of_tests, Path(__file__).parents[2])
    suspects = [
        path
        for path in new_files(since, world.vault)
        if not any(path.is_relative_to(place) for place in known)
        and (holds(path, words) or (path.suffix not in SOURCES and holds(path, name)))
    ]
    control.unlink()
    assert suspects == [control]
    assert b"xyzzy" not in out


def test_a_save_in_writer_is_sealed_within_a_second_of_its_end(
    world: World, draft: str, shown: Screen
) -> None:
    running = writing(world, draft, shown)
    ends = []
    try:
        place = workspace.find(records(world)[0].stem)
        assert place is not None
        file = place / "work" / f"{draft}.docx"
        for count in (1, 2, 3):
            before = file.stat().st_mtime
            shown.type(f" MAU {count}")
            shown.press("ctrl+s")
            wait_for_save(world, draft, count)
            assert file.stat().st_mtime > before
            ends.append(file.stat().st_mtime)
    finally:
        shown.press("ctrl+q")
        running.communicate(timeout=30)

    sealed = [entry.at.timestamp() for entry in entries(world, draft) if entry.act == "draft.saved"]
    assert all(at - end <= 1.0 for at, end in zip(sealed, ends, strict=True))


def test_what_was_not_saved_is_saved_when_the_vault_is_locked(
    world: World, draft: str, shown: Screen
) -> None:
    running = writing(world, draft, shown)
    shown.type(f" MAU {UNSAVED}")
    shown.press("ctrl+h")  # a dialog is open, too

    locked = world.ok("em", "lock")
    running.communicate(timeout=30)

    assert [one["document"] for one in locked["closed"]] == [draft]
    assert running.returncode == 0
    assert UNSAVED in text_of(drafts(world, draft)[-1])
    assert entries(world, draft)[-1].facts["ended"] == "locked"


def test_what_was_not_saved_is_saved_when_we_are_told_to_stop(
    world: World, draft: str, shown: Screen
) -> None:
    running = writing(world, draft, shown)
    shown.type(f" MAU {UNSAVED}")
    time.sleep(0.5)

    running.terminate()
    running.communicate(timeout=30)

    assert running.returncode == 143
    assert UNSAVED in text_of(drafts(world, draft)[-1])
    assert entries(world, draft)[-1].facts["ended"] == "interrupted"


@pytest.mark.parametrize("wait_s", [0.0, 0.05, 0.15])
def test_writer_killed_in_the_middle_of_a_save_leaves_whole_versions_only(
    wait_s: float, world: World, draft: str, shown: Screen
) -> None:
    running = writing(world, draft, shown)
    shown.type(f" MAU {FIRST}")
    shown.press("ctrl+s")
    wait_for_save(world, draft, 1)
    shown.type(f" MAU {SECOND}")
    shown.press("ctrl+s")
    time.sleep(wait_s)
    for member in family.members(running.pid):
        if member.name == "soffice.bin":
            os.kill(member.pid, 9)
    running.communicate(timeout=30)

    versions = [text_of(data) for data in drafts(world, draft)]
    assert FIRST in versions[1]
    assert all(FIRST in text for text in versions[1:])
    assert acts(world, draft)[-1] == "edit.closed"
    assert records(world) == []


def test_everything_killed_while_writer_writes_leaves_the_save_before(world: World, shown: Screen) -> None:
    """The new file lies half-written beside the old one when Writer and securedoc die at once."""
    long = "\n\n".join(f"Đoạn {number} (MẪU): " + "công tác " * 60 for number in range(1500))
    body = world.write("long.txt", long.encode())
    made = ("--type", "bao-cao", "--level", "mat", "--subject", "Dài (MẪU)", "--to", "UBND tỉnh Mẫu")
    draft = str(world.ok("dung", "draft", "new", *made, "--body", body)["id"])
    running = writing(world, draft, shown)
    session = records(world)[0].stem
    place = workspace.find(session)
    assert place is not None
    shown.type(f" MAU {FIRST}")
    shown.press("ctrl+s")
    wait_for_save(world, draft, 1)
    shown.type(f" MAU {SECOND}")
    shown.press("ctrl+s")
    deadline = time.monotonic() + 30
    while not (torn := [path.name for path in (place / "work").iterdir() if path.suffix == ".tmp"]):
        assert time.monotonic() < deadline
    running.kill()  # and with it the sandbox
    running.communicate(timeout=30)
    left = sorted(path.name for path in (place / "work").iterdir())

    done = world.ok("an", "recover")

    text = text_of(drafts(world, draft)[-1])
    assert set(torn) <= set(left)  # it was in the middle of it
    assert [one["session"] for one in done["salvaged"]] == [session]
    assert FIRST in text
    assert text.count("(MẪU)") == 1500
    assert workspace.find(session) is None


def test_after_kill_9_of_everything_the_last_save_in_writer_is_salvaged(
    world: World, draft: str, shown: Screen
) -> None:
    running = writing(world, draft, shown)
    session = records(world)[0].stem
    shown.type(f" MAU {FIRST}")
    shown.press("ctrl+s")
    wait_for_save(world, draft, 1)
    shown.type(f" MAU {UNSAVED}")
    running.kill()
    running.communicate(timeout=30)

    done = world.ok("an", "recover")

    assert [one["session"] for one in done["salvaged"]] == [session]
    assert FIRST in text_of(drafts(world, draft)[-1])
    assert UNSAVED not in text_of(drafts(world, draft)[-1])
    assert workspace.find(session) is None
    assert acts(world, draft)[-1] == "edit.salvaged"


def test_writer_runs_with_the_profile_that_was_prepared(world: World, draft: str, shown: Screen) -> None:
    running = writing(world, draft, shown)
    place = workspace.find(records(world)[0].stem)
    assert place is not None
    text = ""
    shown.press("ctrl+q")
    while family.members(running.pid)[1:]:  # it writes its settings at the end
        if (settings := place / "home/libreoffice/user/registrymodifications.xcu").exists():
            with suppress(OSError):
                text = settings.read_text("utf-8")
        time.sleep(0.01)
    running.communicate(timeout=30)

    # As LibreOffice itself wrote them back after reading ours: it knows each by that name.
    for name in ("DisableMacrosExecution", "BlockUntrustedRefererLinks", "RemovePersonalInfoOnSaving"):
        assert f'oor:name="{name}" oor:op="fuse"><value>true</value>' in text
