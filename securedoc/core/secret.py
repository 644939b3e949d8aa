"""Bytes that must not be printed, and are overwritten when done with as far as Python can."""

from types import TracebackType
from typing import Self


class Secret:
    """Secret bytes: never formatted, compared or logged; `reveal()` is the only way in.

    Wiping overwrites our own buffer. Copies that libraries or the interpreter made of it
    are out of reach (docs/threat-model.md says so).
    """

    __slots__ = ("_bytes", "_wiped")

    def __init__(self, data: bytes | bytearray) -> None:
        self._bytes = bytearray(data)
        self._wiped = False

    def __repr__(self) -> str:
        return "Secret(…)"

    def __len__(self) -> int:
        return len(self._bytes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.wipe()

    def __reduce__(self) -> str:
        raise TypeError("a Secret is never serialised")

    def reveal(self) -> bytes:
        """Return the bytes themselves; the caller keeps them as short as it can.

        Raises:
            RuntimeError: the secret was wiped.
        """
        if self._wiped:
            raise RuntimeError("this secret was wiped")
        return bytes(self._bytes)

    def wipe(self) -> None:
        """Overwrite the buffer with zeros and forget it."""
        for index in range(len(self._bytes)):
            self._bytes[index] = 0
        self._bytes = bytearray()
        self._wiped = True
