"""Power may fail at any step of cleaning: a person's list is old or new, whole, and nothing is forgotten."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from securedoc.app import App, SystemClock
from securedoc.cli.prompter import FilePrompter
from securedoc.core.protocols import NoProgress
from securedoc.system.traces import removing
from securedoc.tracing import cleaning, scanning
from tests.faults.crash import cut_before, power_cuts
from tests.support.cli import REPOSITORY
from tests.support.tracing import TEXT, TraceWorld, found_traces

OLD = b"ls\nless D-2026-000001.txt\ncd /\n"
NEW = b"ls\ncd /\n"
XBEL = (
    b'<xbel version="1.0">\n<bookmark href="file:///x/D-2026-000001.docx"><info/></bookmark>\n'
    b'<bookmark href="file:///x/anh.jpg"><info/></bookmark>\n</xbel>\n'
)


def test_a_list_is_old_or_new_after_a_power_cut_at_any_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "list"
    path.write_bytes(OLD)
    states = set()

    def run() -> None:
        path.write_bytes(OLD)
        removing.rewrite(path, tmp_path, 1000, lambda _data: NEW)

    for _cut in power_cuts(monkeypatch, run):
        states.add(path.read_bytes())
        for left in tmp_path.iterdir():
            if left != path:
                left.unlink()

    assert states == {OLD, NEW}
    assert path.read_bytes() == NEW
    assert [one.name for one in tmp_path.iterdir()] == ["list"]


@pytest.fixture
def world(root: Path) -> TraceWorld:
    return found_traces(root)


def test_cleaning_cut_at_any_step_loses_no_list_and_the_next_one_finishes(
    world: TraceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = App(
        vault=world.office.vault,
        officer="an",
        clock=SystemClock(),
        prompter=FilePrompter(world.office.passphrase_file("an")),
        progress=NoProgress(),
        randomness=os.urandom,
    )
    where = scanning.Where((world.home,), world.machine)

    def leave() -> None:
        shutil.rmtree(world.home)
        world.home.mkdir()
        world.leave("a.txt", TEXT)
        world.leave(".bash_history", OLD)
        world.leave(".local/share/recently-used.xbel", XBEL)

    def clean(scanned: scanning.Scanned) -> None:
        cleaning.clean(cleaning.plan(scanned.remnants), scanned.looker, lambda _one: False)

    with app.open() as office:
        cut, more = 0, True
        while more:
            cut += 1
            leave()
            scanned = scanning.scan(office, where)
            more = cut_before(cut, monkeypatch, lambda scanned=scanned: clean(scanned))  # type: ignore[misc]
            assert (world.home / ".bash_history").read_bytes() in {OLD, NEW}, cut
            assert b"anh.jpg" in (world.home / ".local/share/recently-used.xbel").read_bytes(), cut
            # What a cut left under another name is found, and the next cleaning removes it.
            for _again in range(2):
                clean(scanning.scan(office, where))
            left = {path.name: path.read_bytes() for path in world.home.rglob("*") if path.is_file()}
            # A file that was being shredded may be there still, overwritten already: random bytes.
            assert {".bash_history", "recently-used.xbel"} <= set(left), cut
            assert not any(b"D-2026" in data or TEXT[:20].encode() in data for data in left.values()), cut
            assert (world.home / ".bash_history").read_bytes() == NEW

    assert cut > 15


def test_a_cleaning_that_was_killed_loses_no_list(world: TraceWorld) -> None:
    code = (
        "import sys, pathlib\nfrom securedoc.cli import traces\n"
        f"traces.ROOT = pathlib.Path({str(world.machine)!r})\n"
        "from securedoc.__main__ import main\nmain()\n"
    )
    lines = b"".join(b"line %d of many\n" % number for number in range(20_000))
    words = [str(word) for word in world.office.words("an", "traces", "clean", "--home", world.home)]
    for wait_s in (0.8, 1.0, 1.2, 1.4, 1.6):
        for number in range(40):
            world.leave(f".config/libreoffice/{number}/user/registrymodifications.xcu", b"<oor/>")
            world.leave(f".local/share/nano/{number}_history", OLD + lines)
        child = subprocess.Popen(
            [sys.executable, "-c", code, *words],
            cwd=REPOSITORY,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(wait_s)
        child.kill()
        child.wait()

        for number in range(40):
            held = (world.home / f".local/share/nano/{number}_history").read_bytes()
            assert held in {OLD + lines, NEW + lines}
