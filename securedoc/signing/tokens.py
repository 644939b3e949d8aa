"""Signs with a key that never leaves its token: PKCS#11, the vendor's module in a process of its own."""

import base64
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from securedoc.core.digests import Digest
from securedoc.core.secret import Secret
from securedoc.errors import KeyFailed, KeyMalformed, KeyMissing, KeyRefused, KeysError, KeyUntrusted
from securedoc.signing import strictx509
from securedoc.signing.keys import PrivateKey, RemoteKey, is_strong
from securedoc.signing.pins import MOST_TRIES, PinState
from securedoc.signing.trust import name_of
from securedoc.system import files, process

TIMEOUT_S: Final = 60.0
MAX_MODULE_BYTES: Final = 128 << 20
_MAX_TEXT: Final = 256
_FROM_OUTSIDE: Final = ("HOME", "SOFTHSM2_CONF", "PCSCLITE_CSOCK_NAME")
"""Where modules look for their settings and for the card service."""


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate on a token, and the identifier that its private key shares."""

    id: str
    """Hexadecimal."""
    label: str
    certificate: bytes
    """X.509, DER."""

    @property
    def digest(self) -> Digest:
        """Digest of the certificate."""
        return Digest.of(self.certificate)

    @property
    def name(self) -> str:
        """Whom the certificate names."""
        return name_of(strictx509.certificate(self.certificate).subject)


@dataclass(frozen=True, slots=True)
class Token:
    """A token as its module describes it."""

    slot: int
    label: str
    serial: str
    maker: str
    model: str
    pin: PinState
    held: tuple[Held, ...]


def look(module: Path) -> tuple[Token, ...]:
    """Return the tokens that are plugged in; no PIN is asked for, and none is tried.

    Raises:
        KeyMissing: there is no such module.
        KeyMalformed: it is none, or answers what makes no sense.
        KeyFailed: it crashed, or did not answer in time.
    """
    untrusted_answer = _ask(module, {"task": "list"})
    try:
        return tuple(_token(one) for one in untrusted_answer["tokens"])
    except (KeyError, TypeError, ValueError) as error:
        raise _senseless(module) from error


def module_digest(module: Path) -> Digest:
    """Digest the module's file: it is code that gets to see a PIN.

    Raises:
        KeyMissing: it is not there, or not a file that can be read.
    """
    try:
        return Digest.of(files.read_bounded(module.resolve(), MAX_MODULE_BYTES))
    except OSError as error:
        raise KeyMissing(
            "there is no PKCS#11 module {name}",
            name=module.name,
            hint="install the vendor's software; modules end in .so",
        ) from error


@dataclass(frozen=True)
class TokenKey:
    """A certificate on a token with the way to its key."""

    module: Path
    token: Token
    held: Held
    ask_pin: Callable[[PinState], Secret]
    """Asks for the PIN; is told how the token stands with it."""
    allowed: frozenset[PinState]
    """When a PIN of this kind may be tried."""
    may_retry: bool
    """Somebody is there who can type another."""

    @property
    def certificate(self) -> bytes:
        """X.509, DER."""
        return self.held.certificate

    @property
    def chain(self) -> tuple[bytes, ...]:
        """Return the authorities on the token that are above the certificate; roots are left out later."""
        return tuple(one.certificate for one in self.token.held if one != self.held and is_authority(one))

    @property
    def certificate_digest(self) -> Digest:
        """What the ledger remembers of the signer's certificate."""
        return self.held.digest

    def opened(self) -> tuple[x509.Certificate, PrivateKey]:
        """Return the certificate, and what has the token sign.

        Raises:
            KeyMalformed: the certificate cannot be read, or its key is none we sign documents with.
        """
        try:
            certificate = strictx509.certificate(self.held.certificate)
        except ValueError as error:
            raise KeyMalformed("the signing key or its certificate cannot be read") from error
        public = certificate.public_key()
        if not isinstance(public, ec.EllipticCurvePublicKey | rsa.RSAPublicKey) or not is_strong(public):
            raise KeyMalformed(
                "documents are signed with RSA keys of 2048 bits or more, or with P-256 to P-521"
            )
        return certificate, RemoteKey(public, self._sign)

    def _sign(self, data: bytes) -> bytes:
        """Have the token sign.

        Raises:
            KeyRefused: the PIN is wrong, or may not be tried now.
            KeyMissing, KeyFailed, KeyUntrusted: the token is gone, failed, or has no such key.
        """
        state = self.token.pin
        for tries in range(1, MOST_TRIES + 1):
            refuse_state(state, self.allowed, self.token.label)
            with self.ask_pin(state) as pin:
                untrusted_answer = _ask(self.module, self._request(data, pin))
            if "signature" in untrusted_answer:
                return _octets(untrusted_answer["signature"])
            state = self._refused(untrusted_answer, last=tries == MOST_TRIES or not self.may_retry)
        raise AssertionError("the last try returns or raises")

    def _request(self, data: bytes, pin: Secret) -> dict[str, object]:
        return {
            "task": "sign",
            "serial": self.token.serial,
            "id": self.held.id,
            "allowed": sorted(self.allowed),
            "pin": pin.reveal().decode("utf-8", "strict"),
            "data": base64.b64encode(data).decode("ascii"),
        }

    def _refused(self, untrusted_answer: Mapping[str, Any], *, last: bool) -> PinState:
        """Return how the token stands after a wrong PIN, when another may be typed."""
        why = untrusted_answer.get("refused")
        state = _state(untrusted_answer.get("pin", PinState.READY))
        if why == "pin" and not last:
            refuse_state(state, self.allowed, self.token.label)
            return state
        if why == "pin":
            raise KeyRefused(
                "the PIN of {token} is wrong; it was not tried again",
                token=self.token.label,
                hint="look the PIN up before another try: most tokens lock at the third wrong one",
            )
        if why == "pin-state":
            refuse_state(state, self.allowed, self.token.label)
        raise _failure(why, self.token.label)


def refuse_state(state: PinState, allowed: frozenset[PinState], token: str) -> None:
    """Go on only when one more PIN may be tried.

    Raises:
        KeyRefused: it may not.
    """
    if state in allowed:
        return
    if state is PinState.LOCKED:
        raise KeyRefused("the token {token} is locked", token=token, hint="whoever issued it can unlock it")
    if state is PinState.NOT_SET:
        raise KeyRefused(
            "the token {token} has no PIN yet", token=token, hint="set one with the vendor's software"
        )
    if state is PinState.LAST:
        raise KeyRefused(
            "one more wrong PIN would lock the token {token}: none is tried here",
            token=token,
            hint="log in once with the vendor's own software, then sign again",
        )
    raise KeyRefused(
        "a wrong PIN was given to {token} before: a PIN from a file is not tried again",
        token=token,
        hint="leave --pin-file out and type the PIN",
    )


def _ask(module: Path, request: Mapping[str, object]) -> Mapping[str, Any]:
    module_digest(module)  # says that there is none before a process is started
    argv = [sys.executable, "-I", "-m", "securedoc.signing.tokenprocess"]
    data = json.dumps({**request, "module": str(module.resolve())}).encode()
    try:
        done = process.run(
            argv, cwd=Path("/"), timeout_s=TIMEOUT_S, stdin=data, env=process.inherited(_FROM_OUTSIDE)
        )
    except TimeoutError as error:
        raise KeyFailed(
            "the token did not answer within {seconds} seconds",
            seconds=round(TIMEOUT_S),
            hint="pull it out, plug it in again, and try once more",
        ) from error
    except OSError as error:
        raise KeyFailed(
            "the program that talks to tokens could not be started: {reason}", reason=error.strerror or ""
        ) from error
    if done.code != 0:
        raise KeyFailed(
            "the PKCS#11 module {name} crashed, or is none",
            name=module.name,
            hint="check the path of the module with the vendor's documentation",
        )
    try:
        untrusted_answer = json.loads(done.output)
    except (ValueError, RecursionError) as error:
        raise _senseless(module) from error
    if not isinstance(untrusted_answer, dict):
        raise _senseless(module)
    if untrusted_answer.get("refused") == "token" and request["task"] == "list":
        raise _failure("token", module.name)
    return untrusted_answer


def _failure(untrusted_why: object, token: str) -> KeysError:
    match untrusted_why:
        case "missing":
            return KeyMissing("the token {token} is not plugged in", token=token, hint="plug it in")
        case "key":
            return KeyUntrusted(
                "the token {token} holds no one private key for this certificate",
                token=token,
                hint="choose another certificate of the token with --certificate",
            )
        case _:
            return KeyFailed(
                "the token {token} failed",
                token=token,
                hint="pull it out, plug it in again, and try once more",
            )


def _senseless(module: Path) -> KeyMalformed:
    return KeyMalformed("the PKCS#11 module {name} answers what makes no sense", name=module.name)


def _token(untrusted: Mapping[str, Any]) -> Token:
    return Token(
        slot=int(untrusted["slot"]),
        label=_text(untrusted["label"]),
        serial=_text(untrusted["serial"]),
        maker=_text(untrusted["maker"]),
        model=_text(untrusted["model"]),
        pin=PinState(untrusted["pin"]),
        held=tuple(_held(one) for one in untrusted["certificates"]),
    )


def _held(untrusted: Mapping[str, Any]) -> Held:
    bytes.fromhex(untrusted["id"])
    return Held(_text(untrusted["id"]), _text(untrusted["label"]), _octets(untrusted["der"]))


def _text(untrusted: object) -> str:
    if not isinstance(untrusted, str) or len(untrusted) > _MAX_TEXT:
        raise ValueError("not a text of a token")
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in untrusted)


def _octets(untrusted: str) -> bytes:
    return base64.b64decode(untrusted, validate=True)


def _state(untrusted: object) -> PinState:
    try:
        return PinState(str(untrusted))
    except ValueError:
        return PinState.LOCKED  # what cannot be read is never an invitation to try


def is_authority(one: Held) -> bool:
    """Tell whether a certificate is of an authority, not of somebody who signs."""
    try:
        extensions = strictx509.certificate(one.certificate).extensions
        return bool(extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except (ValueError, x509.ExtensionNotFound):
        return False
