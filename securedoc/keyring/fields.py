"""Reads the fields of a keyring file: exactly those expected, each of its type and size."""

import base64
import binascii
from collections.abc import Mapping
from typing import Final

from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import PublicKeys
from securedoc.crypto import hpke, signatures
from securedoc.errors import KeyMalformed
from securedoc.formats import canonical

MAX_TEXT: Final = 200
"""Letters in a name or a position."""


def octets(data: bytes) -> str:
    """Spell bytes as the keyring's files do: standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def public_keys_as_json(public: PublicKeys) -> dict[str, str]:
    """Spell public keys as files and entries do."""
    return {
        "hpke": octets(public.hpke),
        "ed25519": octets(public.ed25519),
        "mldsa44": octets(public.mldsa44),
    }


class Fields:
    """The fields of one object in one file, read strictly."""

    __slots__ = ("_file", "_values")

    def __init__(self, values: JsonObject, file: str) -> None:
        self._values = values
        self._file = file

    @classmethod
    def parse(cls, untrusted: bytes, file: str, *, limit: int) -> "Fields":
        """Read canonical JSON; `file` names it in errors.

        Raises:
            KeyMalformed: it is something else.
        """
        try:
            return cls(canonical.decode_object(untrusted, limit=limit), file)
        except canonical.CanonicalError as error:
            raise KeyMalformed(
                "{file} is not canonical JSON: {why}",
                file=file,
                why=str(error),
                hint="restore the keyring from the last backup",
            ) from error

    def only(self, *names: str) -> None:
        """Refuse every field that is not named, and every missing one.

        Raises:
            KeyMalformed: one is unknown or missing.
        """
        differing = sorted(self._values.keys() ^ set(names))
        if differing:
            raise self.wrong(differing[0])

    def text(self, name: str, *, empty: bool = False) -> str:
        """Return a printable text.

        Raises:
            KeyMalformed: it is something else, or too long, or empty where that is not allowed.
        """
        value = self._values.get(name)
        if not isinstance(value, str) or len(value) > MAX_TEXT or not value.isprintable():
            raise self.wrong(name)
        if not value and not empty:
            raise self.wrong(name)
        return value

    def literal(self, name: str, expected: str) -> None:
        """Make sure that a field says exactly `expected`.

        Raises:
            KeyMalformed: it says something else.
        """
        if self._values.get(name) != expected:
            raise self.wrong(name)

    def integer(self, name: str) -> int:
        """Return an integer.

        Raises:
            KeyMalformed: it is something else.
        """
        value = self._values.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(name)
        return value

    def octets(self, name: str, length: int | None = None) -> bytes:
        """Return bytes given in base64, `length` of them where it is given, and never none.

        Raises:
            KeyMalformed: they are something else.
        """
        value = self._values.get(name)
        try:
            data = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
        except (binascii.Error, ValueError):
            data = b""
        # base64 has more than one spelling of the same bytes: only the one we write is read.
        if not data or octets(data) != value or (length is not None and len(data) != length):
            raise self.wrong(name)
        return data

    def inner(self, name: str) -> "Fields":
        """Return the fields of an object inside.

        Raises:
            KeyMalformed: it is something else.
        """
        value = self._values.get(name)
        if not isinstance(value, Mapping):
            raise self.wrong(name)
        return Fields(value, self._file)

    def public_keys(self, name: str) -> PublicKeys:
        """Return three public keys, each of its length.

        Raises:
            KeyMalformed: one is missing or of another length.
        """
        keys = self.inner(name)
        keys.only("hpke", "ed25519", "mldsa44")
        return PublicKeys(
            hpke=keys.octets("hpke", hpke.PUBLIC_BYTES),
            ed25519=keys.octets("ed25519", signatures.ED25519_PUBLIC_BYTES),
            mldsa44=keys.octets("mldsa44", signatures.MLDSA44_PUBLIC_BYTES),
        )

    def without(self, name: str) -> JsonObject:
        """Return everything but one field: what the sealed part of a file is bound to."""
        return {key: value for key, value in self._values.items() if key != name}

    def wrong(self, name: str) -> KeyMalformed:
        """Make the error that says that a field is wrong."""
        return KeyMalformed(
            "{file}: the field {field} is missing, unknown or wrong",
            file=self._file,
            field=name,
            hint="restore the keyring from the last backup",
        )
