from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from securedoc.editing.stage import _Signs
from securedoc.system.activity import Activity
from securedoc.system.screenlock import ScreenLock


@dataclass
class Manager:
    """A login manager that answers as a test says."""

    answers: list[bool | None]
    seen: bool = True
    asked: int = 0
    told: list[str] = field(default_factory=list)

    def locked(self) -> bool | None:
        """Return the next answer."""
        self.asked += 1
        return self.answers.pop(0)


def test_a_login_manager_that_stops_answering_is_told_of_and_asked_again_a_minute_later() -> None:
    manager, now = Manager([False, None, None, True]), [100.0]
    signs = _Signs(
        Path("/nonexistent"),
        "0011223344556677",
        cast("Activity", None),
        cast("ScreenLock", manager),
        lambda: manager.told.append("unseen"),
        lambda: now[0],
    )

    answers = []
    for at in (100.0, 103.0, 106.0, 162.0, 163.0, 164.0, 223.5):
        now[0] = at
        answers.append(signs.locked())

    # asked, silent, not asked, not asked, silent again, not asked, asked
    assert answers == [False, False, False, False, False, False, True]
    assert manager.asked == 4
    assert manager.told == ["unseen"]


def test_where_nobody_ever_answered_nobody_is_asked_again() -> None:
    manager = Manager([], seen=False)
    signs = _Signs(
        Path("/nonexistent"),
        "0011223344556677",
        cast("Activity", None),
        cast("ScreenLock", manager),
        lambda: manager.told.append("unseen"),
        lambda: 1e9,
    )

    assert signs.locked() is False
    assert (manager.asked, manager.told) == (0, [])
