import os
from pathlib import Path

import pytest

from securedoc.cli.context import Context
from securedoc.cli.sessions import surroundings
from securedoc.core.text import message


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(os, "environ", {"HOME": str(tmp_path), "DISPLAY": ":5", "SECRET": "x"})
    return tmp_path


def test_the_screens_cookie_is_found_where_programs_look_for_it(home: Path) -> None:
    without = surroundings(Context()).environment
    (home / ".Xauthority").write_text("cookie")

    assert without == {"DISPLAY": ":5"}
    assert surroundings(Context()).environment["XAUTHORITY"] == str(home / ".Xauthority")


def test_what_cannot_be_said_does_not_end_a_session(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "no space left on device")

    outside = surroundings(Context())
    monkeypatch.setattr(Context, "note", full)

    outside.note(message("{count} saves were sealed", count=1))

    assert outside.home == home
