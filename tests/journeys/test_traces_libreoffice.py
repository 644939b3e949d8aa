"""What the real LibreOffice, unconfined, with an ordinary profile, leaves is found and cleaned."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.system import tool
from tests.support.tracing import TEXT, UNRELATED, TraceWorld, docx, found_traces

pytestmark = pytest.mark.libreoffice
NAME = "D-2026-000001"
PATIENCE_S = 90


@pytest.fixture
def world(root: Path) -> TraceWorld:
    return found_traces(root)


@dataclass(frozen=True, slots=True)
class Desk:
    """A person's screen, with LibreOffice open on a document."""

    environment: dict[str, str]
    editor: "subprocess.Popen[bytes]"
    window: str

    def key(self, *keys: str) -> None:
        """Press keys."""
        self.tell("key", *keys)

    def tell(self, *words: str) -> str:
        """Have the screen do something."""
        done = subprocess.run(
            [tool("xdotool"), *words], env=self.environment, capture_output=True, text=True, check=False
        )
        return done.stdout

    def ended(self) -> bool:
        """Tell whether the editor has gone."""
        return self.editor.poll() is not None


def waited(what: str, until: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not until():
        assert time.monotonic() < deadline, f"LibreOffice did not {what}"
        time.sleep(0.3)


@contextmanager
def screen() -> Iterator[str]:
    """Give a screen that nobody looks at."""
    with subprocess.Popen(
        [tool("Xvfb"), "-displayfd", "1", "-nolisten", "tcp", "-screen", "0", "1024x768x24"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as shown:
        try:
            assert shown.stdout is not None
            yield ":" + shown.stdout.readline().decode().strip()
        finally:
            shown.kill()


def at_home(world: TraceWorld, display: str = "") -> dict[str, str]:
    """Return the surroundings of an ordinary session of a person with this home."""
    return {
        "HOME": str(world.home),
        "TMPDIR": str(world.machine / "tmp"),
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "DISPLAY": display,
    }


@contextmanager
def writing(world: TraceWorld, path: Path) -> Iterator[Desk]:
    """Open a document in Writer as a person would, and type a word into it."""
    with screen() as display:
        environment = at_home(world, display)
        editor = subprocess.Popen(
            [tool("soffice"), "--nologo", "--nofirststartwizard", "--writer", str(path)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        desk = Desk(environment, editor, "")
        try:
            waited("open the document", lambda: desk.tell("search", "--name", path.stem).strip())
            window = desk.tell("search", "--name", path.stem).split()[0]
            time.sleep(3)  # the window is there before its document is
            desk.tell("windowfocus", window)
            desk.tell("type", "--window", window, "them mot cau ")
            time.sleep(1)
            yield Desk(environment, editor, window)
        finally:
            if editor.poll() is None:
                os.killpg(editor.pid, signal.SIGKILL)
            editor.wait()


def saved_and_closed(desk: Desk, path: Path) -> None:
    before = path.stat().st_mtime_ns
    desk.key("--window", desk.window, "ctrl+s")

    def answered() -> bool:
        # Asked whether to keep the format of Word, or to save at the end, a person presses Return.
        asked = desk.tell("search", "--name", "Confirm File Format|Save Document").strip()
        if asked:
            desk.key("Return")
            time.sleep(1)
        return bool(asked)

    def saved() -> bool:
        answered()
        return path.stat().st_mtime_ns != before

    def closed() -> bool:
        if not desk.ended() and not answered():
            desk.tell("windowfocus", desk.window)
            desk.key("ctrl+q")
            time.sleep(2)
        return desk.ended()

    waited("save", saved)
    time.sleep(1)
    waited("end", closed)


def all_bytes(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


def test_what_a_session_with_a_save_and_a_conversion_leaves_is_found_and_cleaned(world: TraceWorld) -> None:
    path = world.leave(f"Documents/{NAME}.docx", docx())
    with writing(world, path) as desk:
        saved_and_closed(desk, path)
    subprocess.run(
        [tool("soffice"), "--headless", "--convert-to", "odt", "--outdir", str(world.home / "x"), str(path)],
        env=at_home(world),
        capture_output=True,
        check=True,
        timeout=PATIENCE_S,
    )

    found = world.scan()["findings"]
    cleaned = world.run("clean").expect(0).json

    user = ".config/libreoffice/4/user"
    by_path = {str(Path(one["path"]).relative_to(world.office.root)): one for one in found}
    assert by_path["home/.local/share/recently-used.xbel"]["clean"] == "rewrite"
    assert by_path[f"home/{user}/registrymodifications.xcu"]["clean"] == "rewrite"
    assert by_path[f"home/Documents/{NAME}.docx"]["recognised"] == "content"
    assert by_path[f"home/x/{NAME}.odt"]["recognised"] == "content"
    pack = world.home / user / "pack/registrymodifications.pack"
    if f"home/{user}/pack/registrymodifications.pack" in by_path:
        assert not pack.exists()
    assert cleaned["left"] == []
    assert NAME.encode() not in all_bytes(world.home) + all_bytes(world.machine)
    assert world.scan()["findings"] == []


@pytest.mark.slow
def test_libreoffice_works_on_with_a_profile_that_was_cleaned(world: TraceWorld) -> None:
    path = world.leave(f"Documents/{NAME}.docx", docx())
    with writing(world, path) as desk:
        saved_and_closed(desk, path)
    world.run("clean").expect(0)
    other = world.leave("Documents/thu.docx", docx(UNRELATED))

    with writing(world, other) as desk:
        saved_and_closed(desk, other)

    settings = (world.home / ".config/libreoffice/4/user/registrymodifications.xcu").read_bytes()
    assert b"thu.docx" in settings
    assert NAME.encode() not in settings
    assert world.scan()["findings"] == []


def test_what_a_crash_leaves_is_found_and_cleaned(world: TraceWorld) -> None:
    path = world.leave(f"Documents/{NAME}.docx", docx())
    with writing(world, path) as desk:
        os.killpg(desk.editor.pid, signal.SIGKILL)
        waited("die", desk.ended)

    found = world.scan()["findings"]
    world.run("clean").expect(0)

    kinds = {one["what"] for one in found}
    assert "editor-lock" in kinds
    assert not list(path.parent.glob(".~lock*"))
    assert not path.exists()
    assert NAME.encode() not in all_bytes(world.home) + all_bytes(world.machine)
    assert TEXT[:20].encode() not in all_bytes(world.machine)
