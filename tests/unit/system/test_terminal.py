import os
import pty
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from securedoc.core.secret import Secret
from securedoc.errors import KeyMissing, KeyRefused, SecuredocError
from securedoc.system import terminal

BIDI_OVERRIDE = chr(0x202E)


def test_what_could_deceive_a_reader_is_made_visible() -> None:
    assert terminal.visible(f"a\x1b[2Jb{BIDI_OVERRIDE}c\u2028d\n") == "a\ufffd[2Jb\ufffdc\ufffdd\ufffd"
    assert terminal.visible("Tuyệt mật – Đặng Thị Ớt") == "Tuyệt mật – Đặng Thị Ớt"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"correct horse\n", "correct horse"),
        (b"correct horse\r\n", "correct horse"),
        (b" spaces kept \n\n", " spaces kept \n"),
        ("mật khẩu".encode(), "mật khẩu"),
    ],
)
def test_a_passphrase_file_loses_one_newline(content: bytes, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "pass.txt"
    path.write_bytes(content)
    path.chmod(0o600)

    secret, warning = terminal.read_passphrase_file(path)

    assert secret.reveal().decode() == expected
    assert warning is None


def test_composed_and_decomposed_vietnamese_are_the_same_passphrase(tmp_path: Path) -> None:
    composed, decomposed = tmp_path / "composed", tmp_path / "decomposed"
    composed.write_text("m\u1ead" + "t", "utf-8")
    decomposed.write_text("ma\u0323\u0302t", "utf-8")

    first, second = (terminal.read_passphrase_file(path)[0] for path in (composed, decomposed))

    assert first.reveal() == second.reveal()


def test_a_passphrase_file_that_others_read_is_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "pass.txt"
    path.write_bytes(b"x")
    path.chmod(0o644)

    warning = terminal.read_passphrase_file(path)[1]

    assert "pass.txt" in str(warning)
    assert str(tmp_path) not in str(warning)


def _missing(path: Path) -> None:
    assert not path.exists()


REFUSED: dict[str, tuple[Callable[[Path], object], type[SecuredocError]]] = {
    "missing": (_missing, KeyMissing),
    "empty": (lambda path: path.write_bytes(b"\n"), KeyRefused),
    "too large": (lambda path: path.write_bytes(b"x" * 5000), KeyRefused),
    "not text": (lambda path: path.write_bytes(b"\xff\xfe"), KeyRefused),
    "a directory": (lambda path: path.mkdir(), KeyRefused),
    "a link": (lambda path: path.symlink_to("/etc/hostname"), KeyRefused),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_holds_no_passphrase_is_refused_without_showing_it(case: str, tmp_path: Path) -> None:
    make, error = REFUSED[case]
    make(tmp_path / "pass.txt")

    with pytest.raises(error) as caught:
        terminal.read_passphrase_file(tmp_path / "pass.txt")

    assert "xxx" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_one_descriptor_can_hold_two_passphrases() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"first\nsecond")
    os.close(writer)

    secrets = [terminal.read_passphrase_fd(reader).reveal() for _ in range(2)]
    os.close(reader)

    assert secrets == [b"first", b"second"]


def test_a_closed_descriptor_is_refused() -> None:
    with pytest.raises(KeyRefused, match="descriptor 977"):
        terminal.read_passphrase_fd(977)


@pytest.mark.pty
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (b"m\xe1\xba\xadt\nm\xe1\xba\xadt\n", 0),
        (b"one\ntwo\nm\xe1\xba\xadt\nm\xe1\xba\xadt\n", 0),
        (b"one\ntwo\n" * 3, 7),
        (b"\n\n", 8),
    ],
)
def test_a_passphrase_is_asked_twice_and_never_echoed(typed: bytes, code: int) -> None:
    child, master = pty.fork()
    if child == 0:  # pragma: no cover - runs in the child
        _answer()
    shown = bytearray()
    reader = threading.Thread(target=_drain, args=(master, shown))
    reader.start()
    for asked, line in enumerate(typed.splitlines(keepends=True), start=1):
        _wait_for_prompts(shown, asked)
        os.write(master, line)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    reader.join()
    os.close(master)

    assert ended == code
    assert b"first: " in shown
    assert typed.split(b"\n")[0] not in shown or not typed.strip()


def _wait_for_prompts(shown: bytearray, asked: int) -> None:
    # What is typed before a prompt is dropped: each line waits for its own.
    for _ in range(500):
        time.sleep(0.02)
        if shown.count(b": ") >= asked:
            return


def _drain(master: int, shown: bytearray) -> None:
    try:
        while data := os.read(master, 1000):
            shown.extend(data)
    except OSError:
        return


def _answer() -> None:  # pragma: no cover - runs in the child
    code = 9
    try:
        secret = terminal.ask_passphrase("first: ", again="second: ")
        code = 0 if secret.reveal() == "m\u1eadt".encode() else 6
    except KeyRefused as error:
        code = {"the two passphrases differ": 7, "the passphrase is empty": 8}.get(str(error), 5)
    finally:
        os._exit(code)


def test_without_a_terminal_nothing_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(terminal, "_TERMINAL", tmp_path / "no tty")

    assert not terminal.has_terminal()
    with pytest.raises(KeyRefused, match="no terminal") as caught:
        terminal.TerminalPrompter().passphrase("records-1")
    assert "--passphrase-file" in str(caught.value.hint())


def test_a_wiped_secret_is_gone() -> None:
    secret = Secret(b"x")
    secret.wipe()

    with pytest.raises(RuntimeError):
        secret.reveal()
