"""The limits that a value written by hand must keep, stated beside the field that holds it."""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Between:
    """A number from `least` to `most`, both included."""

    least: float
    most: float

    def holds(self, number: float) -> bool:
        """Tell whether `number` keeps the limit."""
        return self.least <= number <= self.most


@dataclass(frozen=True, slots=True)
class Like:
    """A text that matches `pattern` from its first character to its last."""

    pattern: str

    def holds(self, text: str) -> bool:
        """Tell whether `text` keeps the limit."""
        return re.fullmatch(self.pattern, text) is not None


@dataclass(frozen=True, slots=True)
class Mark:
    """A property of a field that is no limit on its value."""

    meaning: str


MAY_BE_EMPTY: Final = Mark("an empty text, list or table is meant; elsewhere empty is not valid")
PARTIAL: Final = Mark("a table keyed by an enumeration need not name every member")
FROM_KEY: Final = Mark("the value is the key of the table that holds it, and is not written again")
