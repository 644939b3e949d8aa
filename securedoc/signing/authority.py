"""The office's internal time-stamp authority: RFC 3161 tokens, made in this process, labelled internal.

Whoever owns the machine owns its clock: such a token proves an order of events, held by the ledger
that every serial number points into, and no time that an outsider must believe.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from cryptography import x509

from securedoc.core.digests import Digest
from securedoc.core.protocols import Randomness
from securedoc.errors import SignatureRefused
from securedoc.signing import cades, chain
from securedoc.signing.keys import DocumentKey, PrivateKey
from securedoc.signing.trust import TrustStore

INTERNAL_POLICY: Final = "2.25.122185930457134620094583960352329472448"
"""Names tokens of internal authorities; under 2.25 a UUID is an identifier that needs no registry."""
SERIAL_BYTES: Final = 16

_INTEGER: Final = 0x02
_OCTETS: Final = 0x04
_OBJECT: Final = 0x06
_GENERALISED_TIME: Final = 0x18
_SEQUENCE: Final = 0x30
_VERSION_1: Final = bytes.fromhex("020101")
_SHA256: Final = bytes.fromhex("300b0609608648016503040201")
_ACCURACY_S: Final = 1
_FIRST_OCTET: Final = b"\x01"  # positive, and never shorter: the token's place is cut beforehand
_SIZE_BYTES: Final = 5  # a thousand thousand million entries
_ROOT_BYTES: Final = 6


@dataclass(frozen=True, slots=True)
class Head:
    """The ledger's head when a token was made."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Made:
    """One token, as the ledger remembers it."""

    serial: str
    """32 hexadecimal digits."""
    imprint: Digest
    at: datetime
    certificate: Digest


@dataclass(frozen=True)
class Authority:
    """Makes tokens at one moment, chained to one head of the ledger; remembers each."""

    key: DocumentKey
    at: datetime
    head: Head
    randomness: Randomness = secrets.token_bytes
    made: list[Made] = field(default_factory=list)

    def __post_init__(self) -> None:
        certificate, _ = self._opened
        # A store without roots finds no path; every other flaw is the certificate's own.
        for flaw in chain.assess(certificate, (), TrustStore(()), self.at, chain.Use.TIME_STAMPS).flaws:
            if flaw.kind is not chain.FlawKind.NO_PATH:
                raise SignatureRefused(flaw.why.template, hint=None, **flaw.why.facts)

    @property
    def size_bytes(self) -> int:
        """The largest token, DER."""
        _, private = self._opened
        info = _info(bytes(hashlib.sha256().digest_size), self.at, _FIRST_OCTET + bytes(SERIAL_BYTES - 1))
        return cades.token_size_bytes(info, self.key.certificate, private, self.key.chain)

    def token(self, imprint: bytes) -> bytes:
        """Time-stamp a SHA-256 digest, and return the token, DER."""
        _, private = self._opened
        serial = self._serial()
        info = _info(imprint, self.at, serial)
        self.made.append(
            Made(serial.hex(), Digest(imprint), _whole_second(self.at), self.key.certificate_digest)
        )
        return cades.build_token(info, self.key.certificate, private, self.key.chain)

    @property
    def _opened(self) -> tuple[x509.Certificate, PrivateKey]:
        return self.key.opened()

    def _serial(self) -> bytes:
        """Point into the ledger: its size and the start of its root, then what keeps two tokens apart."""
        size = self.head.size.to_bytes(_SIZE_BYTES, "big")
        known = _FIRST_OCTET + size + self.head.root[:_ROOT_BYTES]
        return known + self.randomness(SERIAL_BYTES - len(known))


def head_of(serial: str) -> tuple[int, str]:
    """Return the size of the ledger and the start of its root that a token's serial number points to.

    Raises:
        ValueError: it is no serial number of ours.
    """
    octets = bytes.fromhex(serial)
    if len(octets) != SERIAL_BYTES or octets[:1] != _FIRST_OCTET:
        raise ValueError("not a serial number of an internal authority")
    after = 1 + _SIZE_BYTES
    return int.from_bytes(octets[1:after], "big"), octets[after : after + _ROOT_BYTES].hex()


def _info(imprint: bytes, at: datetime, serial: bytes) -> bytes:
    """Return a TSTInfo, DER (RFC 3161 2.4.2): no nonce, as nobody asked over a network."""
    moment = _whole_second(at).strftime("%Y%m%d%H%M%SZ").encode("ascii")
    return cades.der(
        _SEQUENCE,
        _VERSION_1,
        cades.der(_OBJECT, _object(INTERNAL_POLICY)),
        cades.der(_SEQUENCE, _SHA256, cades.der(_OCTETS, imprint)),
        cades.der(_INTEGER, serial),
        cades.der(_GENERALISED_TIME, moment),
        cades.der(_SEQUENCE, cades.der(_INTEGER, bytes((_ACCURACY_S,)))),
    )


def _whole_second(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)


def _object(dotted: str) -> bytes:
    """Encode an object identifier's arcs, X.690 8.19."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return b"".join(_arc(arc) for arc in (40 * first + second, *rest))


def _arc(arc: int) -> bytes:
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(0x80 | arc & 0x7F)
    return bytes(reversed(octets))
