"""A SHA-256 digest that knows its algorithm and its two spellings."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

_HEX = re.compile(r"[0-9a-f]{64}")
_PREFIX = "sha256:"


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """SHA-256 of exact bytes; 32 bytes long."""

    value: bytes

    def __post_init__(self) -> None:
        if len(self.value) != hashlib.sha256().digest_size:
            raise ValueError("a SHA-256 digest has 32 bytes")

    def __str__(self) -> str:
        return _PREFIX + self.hex

    @property
    def hex(self) -> str:
        """64 lower-case hexadecimal digits, as manifests and file names spell it."""
        return self.value.hex()

    @classmethod
    def of(cls, data: bytes) -> "Digest":
        """Digest `data`."""
        return cls(hashlib.sha256(data).digest())

    @classmethod
    def of_chunks(cls, chunks: Iterable[bytes]) -> "Digest":
        """Digest what arrives in parts."""
        hasher = hashlib.sha256()
        for chunk in chunks:
            hasher.update(chunk)
        return cls(hasher.digest())

    @classmethod
    def parse(cls, untrusted_text: str) -> "Digest":
        """Read `sha256:` and 64 hexadecimal digits, or the digits alone.

        Raises:
            ValueError: the text is neither.
        """
        hex_digits = untrusted_text.removeprefix(_PREFIX)
        if not _HEX.fullmatch(hex_digits):
            raise ValueError("not a SHA-256 digest")
        return cls(bytes.fromhex(hex_digits))
