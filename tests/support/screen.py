"""A screen of our own for programs with windows: an X server without hardware, keys, and pictures."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from securedoc.system import process
from tests.support.system import tool


@dataclass(frozen=True, slots=True)
class Screen:
    """One X server."""

    name: str
    """What DISPLAY says."""

    @property
    def environment(self) -> dict[str, str]:
        """What programs must be told to show themselves here."""
        return {"DISPLAY": self.name}

    def call(self, *argv: str, stdin: bytes = b"", timeout_s: float = 20) -> bytes:
        """Run an X program that must succeed."""
        done = process.run(
            [tool(argv[0]), *argv[1:]], cwd=Path("/"), timeout_s=timeout_s, env=self.environment, stdin=stdin
        )
        assert done.code == 0, (argv, done.errors)
        return done.output

    def wait_for_window(self, title: str, *, seconds: float = 60) -> None:
        """Wait until a window with these words in its title is seen, and give it the keys."""
        search = [tool("xdotool"), "search", "--onlyvisible", "--name", title]
        deadline = time.monotonic() + seconds
        while True:
            found = process.run(search, cwd=Path("/"), timeout_s=20, env=self.environment)
            if found.code == 0 and found.output.strip():
                break
            assert time.monotonic() < deadline, f"no window called {title}"
            time.sleep(0.2)
        time.sleep(1.5)  # a window is seen before it takes keys
        self.call("xdotool", "search", "--onlyvisible", "--name", title, "windowfocus")

    def type(self, words: str) -> None:
        """Type as a person would."""
        self.call("xdotool", "type", "--delay", "15", words)

    def press(self, key: str) -> None:
        """Press a key, such as `ctrl+s`."""
        self.call("xdotool", "key", key)

    def ink(self) -> int:
        """Return how many colours there are to be seen: one on an empty screen."""
        dump = self.call("xwd", "-root", "-silent")
        header = int.from_bytes(dump[:4])
        colours = int.from_bytes(dump[76:80])
        pixels = memoryview(dump[header + 12 * colours :]).cast("I")
        return len(set(pixels))


@contextmanager
def screen() -> Iterator[Screen]:
    """Start an X server, and stop it; skip the test where there is none."""
    server = tool("Xvfb")
    for name in ("xdotool", "xwd"):
        tool(name)
    reading, writing = os.pipe()
    running = subprocess.Popen(
        # Without -noreset it forgets everything, and when a key was last touched, with its last window.
        [server, "-displayfd", str(writing), "-screen", "0", "1280x900x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=(writing,),
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        number = os.read(reading, 16).decode().strip()
        assert number, "the X server did not start"
        yield Screen(f":{number}")
    finally:
        os.close(reading)
        running.terminate()
        running.wait()
