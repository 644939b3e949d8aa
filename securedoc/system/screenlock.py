"""Tells whether the officer's screen is locked, where the machine's login manager says so."""

import os
from pathlib import Path
from typing import Final

from securedoc.core.text import Message, message
from securedoc.system import process

_ANSWER_S: Final = 1.0
_ANSWERS: Final = {"yes": True, "no": False}


class ScreenLock:
    """Asks the login manager about one login session."""

    def __init__(self, session: str | None, program: Path | None = None) -> None:
        self._program = program or process.find("loginctl")
        # A terminal that the desktop's services started may not know which login it belongs to.
        self._session = session or self._ask("show-user", str(os.geteuid()), "Display")
        self.seen = self.locked() is not None
        """Whether anybody here answers."""

    def locked(self) -> bool | None:
        """Tell whether the screen is locked; None when nobody knows."""
        if not self._session.isalnum():
            return None
        return _ANSWERS.get(self._ask("show-session", self._session, "LockedHint"))

    def _ask(self, act: str, about: str, what: str) -> str:
        """Return one property as the login manager says it; empty when it does not."""
        if self._program is None:
            return ""
        try:
            argv = [str(self._program), act, about, "-p", what, "--value"]
            done = process.run(argv, cwd=Path("/"), timeout_s=_ANSWER_S)
        except OSError:
            return ""
        return done.output.decode("utf-8", "replace").strip() if done.code == 0 else ""


UNSEEN: Final = message("a locked screen cannot be seen here: the session is closed by its time limits only")


def missing(lock: ScreenLock) -> tuple[Message, ...]:
    """Return what is missing for closing a session when the screen is locked."""
    return () if lock.seen else (UNSEEN,)
