"""Reads the facts of an entry: the one wanted, of the type wanted, or a named refusal."""

import base64
import re
from collections.abc import Iterator, Sequence
from datetime import date

from securedoc.core.jsonvalue import JsonObject, JsonValue

_DIGEST = re.compile("sha256:[0-9a-f]{64}")
_LISTS = (list, tuple)


class FactError(ValueError):
    """A fact that an act needs is missing or of another type; its one argument is its name."""

    @property
    def name(self) -> str:
        """The fact's name."""
        return str(self.args[0])


class Facts:
    """The facts of one entry, read strictly."""

    __slots__ = ("_facts",)

    def __init__(self, facts: JsonObject) -> None:
        self._facts = facts

    def text(self, name: str) -> str:
        """Return a text.

        Raises:
            FactError: it is missing or something else.
        """
        value = self._facts.get(name)
        if not isinstance(value, str):
            raise FactError(name)
        return value

    def maybe_text(self, name: str) -> str | None:
        """Return a text, or None where it is null or absent."""
        return None if self._facts.get(name) is None else self.text(name)

    def integer(self, name: str) -> int:
        """Return an integer that is not negative."""
        value = self._facts.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise FactError(name)
        return value

    def maybe_integer(self, name: str) -> int | None:
        """Return an integer, or None where it is null or absent."""
        return None if self._facts.get(name) is None else self.integer(name)

    def flag(self, name: str) -> bool:
        """Return a yes or no."""
        value = self._facts.get(name)
        if not isinstance(value, bool):
            raise FactError(name)
        return value

    def day(self, name: str) -> str:
        """Return a date, spelled YYYY-MM-DD."""
        value = self.text(name)
        try:
            if date.fromisoformat(value).isoformat() == value:
                return value
        except ValueError:
            pass
        raise FactError(name)

    def maybe_day(self, name: str) -> str | None:
        """Return a date, or None where it is null or absent."""
        return None if self._facts.get(name) is None else self.day(name)

    def digest(self, name: str) -> str:
        """Return a digest, spelled `sha256:` and 64 digits."""
        value = self.text(name)
        if not _DIGEST.fullmatch(value):
            raise FactError(name)
        return value

    def maybe_digest(self, name: str) -> str | None:
        """Return a digest, or None where it is null or absent."""
        return None if self._facts.get(name) is None else self.digest(name)

    def octets(self, name: str) -> bytes:
        """Return bytes that stand there in base64."""
        try:
            return base64.b64decode(self.text(name), validate=True)
        except ValueError as error:
            raise FactError(name) from error

    def texts(self, name: str) -> list[str]:
        """Return a list of texts."""
        values = self._items(name)
        if not all(isinstance(value, str) for value in values):
            raise FactError(name)
        return [str(value) for value in values]

    def inner(self, name: str) -> "Facts":
        """Return the facts of an object inside."""
        value = self._facts.get(name)
        if not isinstance(value, dict):
            raise FactError(name)
        return Facts(value)

    def each(self, name: str) -> Iterator["Facts"]:
        """Yield the facts of each object in a list."""
        for value in self._items(name):
            if not isinstance(value, dict):
                raise FactError(name)
            yield Facts(value)

    def _items(self, name: str) -> Sequence[JsonValue]:
        value = self._facts.get(name)
        if not isinstance(value, _LISTS):
            raise FactError(name)
        return value
