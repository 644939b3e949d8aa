"""Tells whether the officer's screen is locked, where the machine's login manager says so."""

from pathlib import Path
from typing import Final

from securedoc.core.text import Message, message
from securedoc.system import process

_ANSWER_S: Final = 1.0
_ANSWERS: Final = {b"yes": True, b"no": False}


class ScreenLock:
    """Asks the login manager about one login session."""

    def __init__(self, session: str | None, program: Path | None = None) -> None:
        self._program = program or process.find("loginctl")
        self._session = session
        self.seen = self._program is not None and bool(session) and self.locked() is not None
        """Whether anybody here answers."""

    def locked(self) -> bool | None:
        """Tell whether the screen is locked; None when nobody knows."""
        if self._program is None or not self._session or not self._session.isalnum():
            return None
        argv = [str(self._program), "show-session", self._session, "-p", "LockedHint", "--value"]
        try:
            done = process.run(argv, cwd=Path("/"), timeout_s=_ANSWER_S)
        except OSError:
            return None
        return _ANSWERS.get(done.output.strip()) if done.code == 0 else None


UNSEEN: Final = message("a locked screen cannot be seen here: the session is closed by its time limits only")


def missing(lock: ScreenLock) -> tuple[Message, ...]:
    """Return what is missing for closing a session when the screen is locked."""
    return () if lock.seen else (UNSEEN,)
