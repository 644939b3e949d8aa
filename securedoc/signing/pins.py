"""What a token says of its PIN, and whether one more may be tried: never blindly, never the last time."""

from enum import StrEnum
from typing import Final


class PinState(StrEnum):
    """How a token stands with its PIN (PKCS#11 CKF_USER_PIN_...)."""

    READY = "ready"
    LOW = "low"
    """A wrong one was typed since the last right one."""
    LAST = "last"
    """One more wrong one locks the token."""
    LOCKED = "locked"
    NOT_SET = "not-set"


FROM_A_FILE: Final = frozenset({PinState.READY})
"""When a PIN that nobody has just typed may be tried: it may be the wrong one again and again."""
TYPED: Final = frozenset({PinState.READY, PinState.LOW})
"""When a PIN that somebody has just typed may be tried. The last try is left to the vendor's own tool."""
MOST_TRIES: Final = 2
"""In one command. Most tokens lock at the third; the second wrong one ends it."""
