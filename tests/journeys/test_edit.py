import errno
import json
import os
import pty
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from securedoc.editing import recovery
from securedoc.system import process, sandbox, workspace
from securedoc.vault.store import ObjectStore
from tests.support.cli import ENGLISH, REPOSITORY
from tests.support.office import World, found_world
from tests.support.sessions import (
    ONE,
    THREE,
    TWO,
    acts,
    editor,
    latest,
    spawned,
    wait_for_save,
    wait_until_ready,
)
from tests.support.system import needs_bwrap


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return found_world(tmp_path_factory.mktemp("office"))


@pytest.fixture
def draft(world: World) -> str:
    return world.draft()


@pytest.fixture
def unconfined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "probe", lambda: sandbox._broken("switched off"))


def test_a_save_in_place_is_sealed_and_everything_is_shredded(
    world: World, draft: str, tmp_path: Path
) -> None:
    done = world.ok("dung", "draft", "edit", draft, "--editor", editor(tmp_path, "draft.write_bytes(one)"))

    assert (done["version"], done["saves"]) == (2, 1)
    assert done["shred"]["done"] >= 1
    assert done["shred"]["residue"] == []
    assert latest(world, draft) == ONE
    assert acts(world, draft)[-3:] == ["edit.opened", "draft.saved", "edit.closed"]
    assert workspace.find(done["session"]) is None
    assert list((world.vault / "journal").glob("*.json")) == []


def test_each_save_by_rename_is_sealed_while_the_editor_runs(
    world: World, draft: str, tmp_path: Path
) -> None:
    script = "for data in (one, two, three):\n    by_rename(data)\n    time.sleep(1.2)\n"

    done = world.ok("dung", "draft", "edit", draft, "--editor", editor(tmp_path, script))

    assert (done["version"], done["saves"]) == (4, 3)
    assert latest(world, draft) == THREE


def test_the_last_save_counts_however_fast_the_editor_ends(world: World, draft: str, tmp_path: Path) -> None:
    script = "for data in (one, two):\n    by_rename(data)\n"

    done = world.ok("dung", "draft", "edit", draft, "--editor", editor(tmp_path, script))

    assert done["saves"] >= 1
    assert latest(world, draft) == TWO


def test_going_back_to_an_earlier_text_is_a_save_too(world: World, draft: str, tmp_path: Path) -> None:
    script = "first = draft.read_bytes()\nfor d in (one, first):\n    by_rename(d)\n    time.sleep(1.2)\n"
    before = latest(world, draft)

    done = world.ok("dung", "draft", "edit", draft, "--editor", editor(tmp_path, script))

    assert done["saves"] == 2
    assert latest(world, draft) == before


def test_looking_without_saving_makes_no_version(world: World, draft: str, tmp_path: Path) -> None:
    done = world.ok("dung", "draft", "edit", draft, "--editor", editor(tmp_path, "draft.read_bytes()"))

    assert (done["version"], done["saves"]) == (1, 0)
    assert acts(world, draft) == ["draft.created", "edit.opened", "edit.closed"]


def test_a_document_saved_under_another_name_is_not_lost(world: World, draft: str, tmp_path: Path) -> None:
    script = "draft.with_name('Báo cáo.docx').write_bytes(two)"

    done = world.ok("dung", "draft", "edit", draft, "--editor", editor(tmp_path, script))

    assert done["saves"] == 1
    assert latest(world, draft) == TWO


def test_an_editor_killed_in_the_middle_of_a_save_leaves_the_save_before(
    world: World, draft: str, tmp_path: Path
) -> None:
    script = (
        "by_rename(one)\ntime.sleep(1)\ndraft.write_bytes(two[: len(two) // 2])\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )

    done = world.run("dung", "draft", "edit", draft, "--editor", editor(tmp_path, script))

    assert done.code == 33
    assert done.json["saves"] == 1
    assert latest(world, draft) == ONE
    assert list((world.vault / "journal").glob("*.json")) == []


@needs_bwrap
def test_the_editor_sees_no_vault_no_network_and_writes_nowhere_else(
    world: World, draft: str, tmp_path: Path
) -> None:
    script = f"""
nets = [line.split(':')[0].strip() for line in open('/proc/net/dev')][2:]
facts = [sorted(os.listdir({str(world.vault)!r})), nets]
for place in ({str(tmp_path)!r}, '/etc', '/var'):
    try:
        Path(place, 'leak').write_bytes(b'x')
        facts.append(place)
    except OSError:
        pass
Path('/tmp/leak').write_bytes(b'x')
assert os.environ['HOME'].startswith(str(draft.parents[1])) and 'SECUREDOC_VAULT' not in os.environ
draft.write_bytes(one)
sys.exit(0 if facts == [[], ['lo']] else 9)
"""
    done = world.ok("dung", "draft", "edit", draft, "--editor", editor(tmp_path, script + "\n"))

    assert done["saves"] == 1
    assert not (tmp_path / "leak").exists()
    assert not Path("/tmp/leak").exists()  # noqa: S108 - the sandbox's own


@pytest.mark.usefixtures("unconfined")
def test_without_a_sandbox_it_still_works_and_says_what_is_missing(
    world: World, draft: str, tmp_path: Path
) -> None:
    done = world.run("dung", "draft", "edit", draft, "--editor", editor(tmp_path, "draft.write_bytes(one)"))

    assert done.code == 0
    assert done.json["saves"] == 1
    assert any("not confined" in missing for missing in done.json["missing"])
    assert "not confined" in done.err


def test_an_editor_that_is_not_there_leaves_nothing(world: World, draft: str) -> None:
    done = world.run("dung", "draft", "edit", draft, "--editor", "/opt/none/editor")

    assert done.code == 81
    assert list((world.vault / "journal").glob("*.json")) == []
    assert acts(world, draft) == ["draft.created"]


def test_who_may_not_open_a_draft_cannot_edit_it(world: World, draft: str, tmp_path: Path) -> None:
    done = world.run("em", "draft", "edit", draft, "--editor", editor(tmp_path, ""))

    assert done.code == 12
    assert list((world.vault / "journal").glob("*.json")) == []


@pytest.mark.pty
def test_an_editor_in_the_terminal_gets_it_and_gives_it_back(
    world: World, draft: str, tmp_path: Path
) -> None:
    script = "sys.stdout.write('READY')\nsys.stdout.flush()\nline = sys.stdin.readline()\n"
    program = editor(tmp_path, script + "draft.write_bytes(two if line == 'save\\n' else one)\n")
    words = [*map(str, world.words("dung", "draft", "edit", draft, "--editor", program))]
    child, master = pty.fork()
    if child == 0:  # pragma: no cover - becomes the command
        os.chdir(REPOSITORY)
        words = [sys.executable, "-m", "securedoc", *words]
        os.execve(sys.executable, words, {**os.environ, **ENGLISH})  # noqa: S606 - no shell is meant
    shown = bytearray()
    while b"READY" not in shown:
        shown += os.read(master, 1000)
    os.write(master, b"save\n")
    with suppress(OSError):  # the terminal is gone when the command ended
        while data := os.read(master, 1000):
            shown += data
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(master)

    assert code == 0, shown.decode()
    assert latest(world, draft) == TWO


def test_a_full_disk_keeps_the_workspace_until_the_save_can_be_sealed(
    world: World, draft: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    program = editor(tmp_path, "draft.write_bytes(one)")
    with monkeypatch.context() as patch:
        patch.setattr(ObjectStore, "put", full)
        failed = world.run("dung", "draft", "edit", draft, "--editor", program)
    [record] = (world.vault / "journal").glob("*.json")
    waiting = workspace.find(record.stem)
    done = world.ok("dung", "recover")

    assert failed.code == 80
    assert waiting is not None
    assert [one["version"] for one in done["salvaged"]] == [2]
    assert latest(world, draft) == ONE
    assert not waiting.exists()


def test_two_editors_on_one_draft_are_refused_with_the_name_of_the_first(
    world: World, draft: str, tmp_path: Path
) -> None:
    first = spawned(
        world, "dung", "draft", "edit", draft, "--editor", editor(tmp_path, "by_rename(one)\ntime.sleep(60)")
    )
    try:
        wait_for_save(world, draft, 1)
        second = world.run("an", "draft", "edit", draft, "--editor", "/bin/true")
        status = world.ok("an", "recover")
    finally:
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=20)

    assert second.code == 37
    assert "dung, Vũ Văn Dũng since 20" in second.error["message"]
    assert status["salvaged"] == []  # a session that is alive is nobody's to recover


@pytest.mark.parametrize(("told", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_being_told_to_stop_seals_shreds_and_closes_the_session(
    told: signal.Signals, code: int, world: World, draft: str, tmp_path: Path
) -> None:
    script = (
        "by_rename(one)\ntime.sleep(1.5)\nby_rename(two)\nPath(draft.parent, 'ready').touch()\ntime.sleep(60)"
    )
    running = spawned(world, "dung", "draft", "edit", draft, "--editor", editor(tmp_path, script))
    session = wait_until_ready(world)
    running.send_signal(told)
    running.communicate(timeout=30)

    assert running.returncode == code
    assert acts(world, draft)[-1] == "edit.closed"
    assert latest(world, draft) == TWO
    assert workspace.find(session) is None
    assert list((world.vault / "journal").glob("*.json")) == []


def crashed(
    world: World, document: str, tmp_path: Path, script: str, *, confined: bool = True
) -> tuple[str, int]:
    """Kill an editing session once its editor has run `script`; return it, and its editor's process id."""
    program = editor(tmp_path, script + "\nPath(draft.parent, 'ready').touch()\ntime.sleep(60)\n")
    running = spawned(world, "dung", "draft", "edit", document, "--editor", program, confined=confined)
    session = wait_until_ready(world)
    program_id = int(json.loads((world.vault / "journal" / f"{session}.json").read_bytes())["process"])
    running.kill()
    running.wait()  # not for its pipes: an editor without a sandbox outlives us and holds them
    for pipe in (running.stdout, running.stderr):
        assert pipe is not None
        pipe.close()
    return session, program_id


@pytest.mark.parametrize("confined", [True, False], ids=["sandbox", "no sandbox"])
def test_after_kill_9_the_last_save_is_salvaged_and_the_workspace_shredded(
    confined: bool,  # noqa: FBT001 - a parameter of the test
    world: World,
    draft: str,
    tmp_path: Path,
) -> None:
    script = "by_rename(one)\ntime.sleep(1.5)\nby_rename(two)"
    session, program = crashed(world, draft, tmp_path, script, confined=confined)

    done = world.ok("an", "recover")

    [salvaged] = done["salvaged"]
    assert salvaged["session"] == session
    assert latest(world, draft) == TWO
    assert workspace.find(session) is None
    assert done["residue"] == []
    assert process.started(program) is None
    assert list((world.vault / "journal").glob("*.json")) == []
    assert acts(world, draft)[-1] == "edit.salvaged"
    assert world.ok("an", "recover")["salvaged"] == []


def test_content_waits_for_an_officer_who_can_open_it(world: World, draft: str, tmp_path: Path) -> None:
    crashed(world, draft, tmp_path, "by_rename(two)")

    waits = world.ok("em", "recover")
    salvaged = world.ok("an", "recover")

    assert [one["document"] for one in waits["waiting"]] == [draft]
    assert waits["salvaged"] == []
    assert [one["document"] for one in salvaged["salvaged"]] == [draft]
    assert latest(world, draft) == TWO


def test_the_next_edit_of_the_draft_recovers_it_first(world: World, draft: str, tmp_path: Path) -> None:
    session, _ = crashed(world, draft, tmp_path, "by_rename(two)")

    check = "sys.exit(0 if draft.read_bytes() == two else 9)"
    done = world.ok("dung", "draft", "edit", draft, "--editor", editor(tmp_path, check))

    assert done["saves"] == 0
    assert latest(world, draft) == TWO
    assert workspace.find(session) is None


def test_a_torn_save_is_not_salvaged_and_the_one_before_stays(
    world: World, draft: str, tmp_path: Path
) -> None:
    script = "by_rename(one)\ntime.sleep(1.5)\ndraft.write_bytes(two[:500])"
    crashed(world, draft, tmp_path, script)

    done = world.ok("an", "recover")

    assert done["salvaged"][0]["version"] is None
    assert done["salvaged"][0]["unfinished"]
    assert latest(world, draft) == ONE


def test_after_a_restart_there_is_nothing_to_salvage_and_it_is_said(
    world: World, draft: str, tmp_path: Path
) -> None:
    session, _ = crashed(world, draft, tmp_path, "by_rename(one)\ntime.sleep(1.5)")
    place = workspace.find(session)
    assert place is not None
    workspace.dissolve(place)

    done = world.ok("an", "recover")

    assert done["salvaged"][0]["session"] == session
    assert acts(world, draft)[-1] == "edit.salvaged"
    assert latest(world, draft) == ONE


def test_an_altered_journal_is_refused_and_shreds_nothing(world: World, tmp_path: Path) -> None:
    keep = tmp_path / "keep"
    keep.write_bytes(b"keep")
    record = world.vault / "journal" / "0123456789abcdef.json"
    record.parent.mkdir(exist_ok=True)
    record.write_text(json.dumps({"format": 1, "session": f"../../{keep}"}))

    done = world.run("an", "recover")
    record.unlink()

    assert done.code == 63
    assert keep.read_bytes() == b"keep"


def test_ciphertext_that_no_entry_names_is_swept_when_it_is_old(world: World) -> None:
    shard = world.vault / "objects" / "ab"
    shard.mkdir(exist_ok=True)
    old, new = shard / ("ab" + "0" * 62), shard / ("ab" + "1" * 62)
    old.write_bytes(b"orphan")
    new.write_bytes(b"somebody is writing this")
    os.utime(old, (1, 1))

    done = world.ok("an", "recover")
    new.unlink()

    assert done["removed"] == 1
    assert not old.exists()


def test_what_is_newer_than_the_ledger_is_never_swept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "_ABANDONED_S", 0)
    forgotten = world.vault / "objects" / "ab" / ("ab" + "2" * 62)
    forgotten.parent.mkdir(exist_ok=True)
    forgotten.write_bytes(b"a document that an older ledger does not know")

    done = world.ok("an", "recover")

    assert done["removed"] == 0
    assert forgotten.exists()
    forgotten.unlink()
