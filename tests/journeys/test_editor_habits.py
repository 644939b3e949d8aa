"""How editors save: each habit is understood, none makes a half-written or an old text the newest version."""

import time
from pathlib import Path

import pytest

from securedoc.system import workspace
from tests.support.office import World, found_world
from tests.support.sessions import (
    ONE,
    THREE,
    TWO,
    drafts,
    editor,
    entries,
    latest,
    records,
    spawned,
    wait_for_save,
)

QUEUE = Path("/proc/sys/fs/inotify/max_queued_events")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return found_world(tmp_path_factory.mktemp("office"))


@pytest.fixture
def draft(world: World) -> str:
    return world.draft()


STAMP = "(here / 'ended').write_text(str(time.time()))\ntime.sleep(3)\n"
IN_PLACE_OVER_3_S = """
with draft.open('r+b' if {keep} else 'wb', buffering=0) as stream:
    size = len(two) // 10 + 1
    for at in range(0, len(two), size):
        stream.write(two[at:at + size])
        time.sleep(0.33)
    stream.truncate()
"""
HABITS = {
    "rename over": "by_rename(two)\n",
    "in place, slowly": IN_PLACE_OVER_3_S.format(keep=False),
    "in place, slowly, over the old text": IN_PLACE_OVER_3_S.format(keep=True),
    "backup, then rename": (
        "draft.rename(draft.with_name('backup of ' + draft.name))\nby_rename(two)\n"
        "time.sleep(1)\ndraft.with_name('backup of ' + draft.name).touch()\n"
    ),
    "vim": (
        "draft.with_name('.' + draft.name + '.swp').write_bytes(b'b0VIM')\n"
        "draft.with_name('4913').touch()\ndraft.with_name('4913').unlink()\n"
        "shutil.copy2(draft, draft.with_name(draft.name + '~'))\ndraft.write_bytes(two)\n"
        "draft.with_name(draft.name + '~').unlink()\n"
    ),
    "a tilde copy that stays": "shutil.copy(draft, str(draft) + '~')\nby_rename(two)\n",
    "locks beside it": (
        "draft.with_name('~$' + draft.name[2:]).write_bytes(b'owner')\n"
        "draft.with_name('.~lock.' + draft.name + '#').write_bytes(b'owner')\nby_rename(two)\n"
    ),
    "times that were set by hand": ("draft.write_bytes(two)\nos.utime(draft, (1, 1))\n"),
    "times in the future": "draft.write_bytes(two)\nos.utime(draft, (4e9, 4e9))\n",
    "a copy under another name": (
        "shutil.copy(draft, draft.with_name('copy.docx'))\nby_rename(two)\n"
        "time.sleep(1)\nshutil.copy(here / '1.docx', draft.with_name('x.tmp'))\n"
    ),
}


@pytest.mark.parametrize("habit", HABITS)
def test_one_save_is_one_version_within_a_second_of_its_end(
    habit: str, world: World, draft: str, tmp_path: Path
) -> None:
    # The sandbox lets a script read beside itself, and write in the workspace only.
    stamp = STAMP.replace("here / 'ended'", "draft.with_name('ended')")
    script = HABITS[habit] + stamp
    running = spawned(world, "dung", "draft", "edit", draft, "--editor", editor(tmp_path, script))
    while not (found := records(world)):
        time.sleep(0.01)
    session, ended = found[0].stem, ""
    while running.poll() is None:
        place = workspace.find(session)
        if place is not None and (place / "work" / "ended").is_file():
            ended = (place / "work" / "ended").read_text() or ended
            break
        time.sleep(0.01)
    running.communicate(timeout=30)

    versions = drafts(world, draft)
    saved = [entry for entry in entries(world, draft) if entry.act == "draft.saved"]
    assert running.returncode == 0
    assert versions[1:] == [TWO]
    assert saved[0].at.timestamp() - float(ended) <= 1.0


def test_a_save_under_another_name_is_a_version_and_it_is_said(
    world: World, draft: str, tmp_path: Path
) -> None:
    script = "by_rename(one)\ntime.sleep(1)\ndraft.with_name('Báo cáo.docx').write_bytes(two)\ntime.sleep(1)"

    done = world.run("dung", "draft", "edit", draft, "--editor", editor(tmp_path, script)).expect()

    assert done.json["saved_as"] == [{"name": "Báo cáo.docx", "version": 3}]
    assert "Báo cáo.docx is sealed as version 3" in done.err
    assert latest(world, draft) == TWO


def test_a_save_in_another_format_is_named_at_once_and_not_told_as_kept(
    world: World, draft: str, tmp_path: Path
) -> None:
    script = "by_rename(one)\ntime.sleep(1)\ndraft.with_name('new.odt').write_bytes(b'PK')\ntime.sleep(1)"

    done = world.run("dung", "draft", "edit", draft, "--editor", editor(tmp_path, script))

    assert done.code == 36
    assert "new.odt will not be kept" in done.err
    assert "new.odt was not kept" in done.error["message"]
    assert latest(world, draft) == ONE


@pytest.mark.parametrize(
    ("script", "code"),
    [("draft.unlink()", 0), ("draft.write_bytes(b'')", 33)],
    ids=["deleted", "truncated to nothing"],
)
def test_a_document_that_is_gone_in_the_editor_is_still_in_the_vault(
    script: str, code: int, world: World, draft: str, tmp_path: Path
) -> None:
    program = editor(tmp_path, f"by_rename(one)\ntime.sleep(1)\n{script}\ntime.sleep(1)")

    done = world.run("dung", "draft", "edit", draft, "--editor", program)

    assert done.code == code
    assert done.json["saves"] == 1
    assert latest(world, draft) == ONE


def test_a_link_out_of_the_workspace_is_no_save(world: World, draft: str, tmp_path: Path) -> None:
    (tmp_path / "other.docx").write_bytes(THREE)
    script = f"draft.unlink()\nos.symlink({str(tmp_path / 'other.docx')!r}, draft)\ntime.sleep(1)"

    done = world.ok("dung", "draft", "edit", draft, "--editor", editor(tmp_path, script))

    assert done["saves"] == 0
    assert (tmp_path / "other.docx").read_bytes() == THREE


def test_a_flood_that_overflows_the_kernels_queue_loses_no_save(
    world: World, draft: str, tmp_path: Path
) -> None:
    count = int(QUEUE.read_text()) + 40_000
    script = f"""
by_rename(one)
for number in range({count}):
    os.close(os.open(draft.with_name(str(number % 200)), os.O_CREAT | os.O_WRONLY))
by_rename(two)
for number in range({count}):
    os.close(os.open(draft.with_name(str(number % 200)), os.O_CREAT | os.O_WRONLY))
by_rename(three)
"""
    done = world.ok("dung", "draft", "edit", draft, "--editor", editor(tmp_path, script))

    assert done["saves"] >= 1
    assert latest(world, draft) == THREE
    assert done["shred"]["residue"] == []


def test_while_nobody_reads_the_events_nothing_is_lost(world: World, draft: str, tmp_path: Path) -> None:
    """The session is held up as a stopped process while the kernel's queue overflows."""
    script = f"""
by_rename(one)
time.sleep(1.5)
draft.with_name('ready').touch()
while not draft.with_name('go').exists():
    time.sleep(0.01)
for number in range({int(QUEUE.read_text()) + 1000}):
    os.close(os.open(draft.with_name(str(number % 200)), os.O_CREAT | os.O_WRONLY))
by_rename(two)
draft.with_name('done').touch()
time.sleep(60)
"""
    running = spawned(world, "dung", "draft", "edit", draft, "--editor", editor(tmp_path, script))
    wait_for_save(world, draft, 1)
    place = workspace.find(records(world)[0].stem)
    assert place is not None
    while not (place / "work" / "ready").exists():
        time.sleep(0.01)
    running.send_signal(19)  # SIGSTOP
    (place / "work" / "go").touch()
    while not (place / "work" / "done").exists():
        time.sleep(0.01)
    running.send_signal(18)  # SIGCONT
    wait_for_save(world, draft, 2)
    running.terminate()
    running.communicate(timeout=30)

    assert drafts(world, draft)[1:] == [ONE, TWO]
