"""Reading a machine's state: pass, fail, or cannot tell; what is missing never counts as a pass."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.core.findings import State
from securedoc.core.text import Message, message

_LARGEST: Final = 16 * 1024 * 1024  # /var/lib/dpkg/status of a full desktop has 5 MB


@dataclass(frozen=True, slots=True)
class Observation:
    """How one check came out."""

    check: str
    """As HOST.md section E numbers them: `host.N-03`."""
    state: State
    detail: Message
    about: str | None = None


Check = Callable[["Machine"], Observation]


class Machine:
    """A machine's file tree: `/`, or the root of a fake one in tests."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, name: str) -> Path:
        """Return where `name` is in this tree."""
        return self._root / name

    def there(self, name: str) -> bool:
        """Tell whether `name` is there, or may be: what cannot be looked at is not called missing."""
        try:
            return self.path(name).exists()
        except OSError:
            return True

    @property
    def real(self) -> bool:
        """Whether this is the machine that we run on, so that the kernel can be asked too."""
        return self._root == Path("/")

    def text(self, name: str) -> str | None:
        """Return a file's text without the space around it; None when it cannot be read."""
        try:
            with (self._root / name).open("rb") as stream:
                return stream.read(_LARGEST).decode("utf-8", "replace").strip()
        except OSError:
            return None

    def lines(self, name: str) -> list[str] | None:
        """Return the lines of a configuration file that say something; None when it cannot be read."""
        text = self.text(name)
        if text is None:
            return None
        stripped = (line.strip() for line in text.splitlines())
        return [line for line in stripped if line and not line.startswith(("#", ";"))]

    def names(self, name: str) -> list[str] | None:
        """Return what is in a directory, sorted; None when it cannot be read."""
        try:
            return sorted(child.name for child in (self._root / name).iterdir())
        except OSError:
            return None

    def find(self, *patterns: str) -> list[Path]:
        """Return what matches any of the patterns; what cannot be read matches nothing."""
        return sorted({path for pattern in patterns for path in self._matching(pattern)})

    def _matching(self, pattern: str) -> Iterator[Path]:
        try:
            yield from self._root.glob(pattern)
        except OSError:
            return

    def link(self, name: str) -> str | None:
        """Return where a link points; None when it cannot be read."""
        try:
            return str((self._root / name).readlink())
        except OSError:
            return None


def passed(check: str, detail: Message) -> Observation:
    """Record that a check found what it should."""
    return Observation(check, State.PASS, detail)


def failed(check: str, detail: Message, about: str | None = None) -> Observation:
    """Record that a check found what it should not."""
    return Observation(check, State.FAIL, detail, about)


def unknown(check: str, what: str) -> Observation:
    """Record that a check could not be made: `what` cannot be read."""
    return Observation(check, State.UNKNOWN, message("{what} cannot be read", what=what), what)


def listed(names: list[str]) -> str:
    """Return names for a sentence: the first few, and that there are more."""
    shown = 6
    return ", ".join(names[:shown]) + (", …" if len(names) > shown else "")
