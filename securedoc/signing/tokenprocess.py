"""Talks to a PKCS#11 module, as a program of its own: the vendor's code never sees the office's keys.

    python -m securedoc.signing.tokenprocess     one JSON object on standard input, one on output

The module is foreign code: it may crash, hang, or look around in its process. Here it finds a PIN, typed
for this one signature, and nothing else.
"""

import base64
import hashlib
import json
import sys
from typing import Any, Final

import pkcs11
from cryptography.hazmat.primitives.asymmetric import utils
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.constants import TokenFlag

from securedoc.signing.pins import PinState
from securedoc.system import confinement

MAX_INPUT_BYTES: Final = 64 * 1024
MAX_OBJECTS: Final = 64
_DIGEST_INFO_SHA256: Final = bytes.fromhex("3031300d060960864801650304020105000420")  # RFC 8017 9.2


class Refused(Exception):
    """Why the token did not sign; one word that the other side knows."""


def main() -> None:
    """Answer one question."""
    confinement.apply()
    asked = json.loads(sys.stdin.buffer.read(MAX_INPUT_BYTES))
    try:
        answer = _answer(asked)
    except Refused as refused:
        answer = {"refused": str(refused)}
    except pkcs11.exceptions.PKCS11Error as error:
        answer = {"refused": "token", "error": type(error).__name__}
    sys.stdout.write(json.dumps(answer))


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    library = pkcs11.lib(asked["module"])
    if asked["task"] == "list":
        return {"tokens": [_described(slot) for slot in _initialised(library)]}
    return _sign(library, asked)


def _initialised(library: Any) -> list[Any]:
    """Return the slots whose token was prepared: an empty one has no name, and opens for nobody."""
    slots = library.get_slots(token_present=True)
    return [slot for slot in slots if slot.get_token().flags & TokenFlag.TOKEN_INITIALIZED]


def pin_state(flags: TokenFlag) -> PinState:
    """Read what a token says of its PIN, the worst that holds."""
    for flag, state in (
        (TokenFlag.USER_PIN_LOCKED, PinState.LOCKED),
        (TokenFlag.USER_PIN_FINAL_TRY, PinState.LAST),
        (TokenFlag.USER_PIN_COUNT_LOW, PinState.LOW),
    ):
        if flags & flag:
            return state
    return PinState.READY if flags & TokenFlag.USER_PIN_INITIALIZED else PinState.NOT_SET


def _described(slot: Any) -> dict[str, Any]:
    token = slot.get_token()
    with token.open() as session:
        found = session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})
        certificates = [_certificate(one) for one, _ in zip(found, range(MAX_OBJECTS), strict=False)]
    return {
        "slot": slot.slot_id,
        "label": _text(token.label),
        "serial": _text(token.serial),
        "maker": _text(token.manufacturer_id),
        "model": _text(token.model),
        "pin": pin_state(token.flags).value,
        "certificates": certificates,
    }


def _certificate(found: Any) -> dict[str, str]:
    return {
        "id": bytes(found[Attribute.ID]).hex(),
        "label": str(found[Attribute.LABEL]),
        "der": base64.b64encode(found[Attribute.VALUE]).decode("ascii"),
    }


def _text(said: object) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def _sign(library: Any, asked: dict[str, Any]) -> dict[str, Any]:
    token = _token(library, asked["serial"])
    # Read before anything is tried: a wrong PIN costs one of three tries, and the last one the token.
    state = pin_state(token.flags)
    if state not in {PinState(one) for one in asked["allowed"]}:
        return {"refused": "pin-state", "pin": state.value}
    try:
        session = token.open(user_pin=asked["pin"])
    except (pkcs11.exceptions.PinIncorrect, pkcs11.exceptions.PinLenRange, pkcs11.exceptions.PinInvalid):
        # Asked again: what a token said before the try is what it remembered then.
        return {"refused": "pin", "pin": pin_state(_token(library, asked["serial"]).flags).value}
    except pkcs11.exceptions.PinLocked:
        return {"refused": "pin", "pin": PinState.LOCKED.value}
    with session:
        key = _key(session, bytes.fromhex(asked["id"]))
        signature = _signature(key, base64.b64decode(asked["data"]))
    return {"signature": base64.b64encode(signature).decode("ascii")}


def _token(library: Any, serial: str) -> Any:
    for slot in _initialised(library):
        token = slot.get_token()
        if _text(token.serial) == serial:
            return token
    raise Refused("missing")


def _key(session: Any, identifier: bytes) -> Any:
    """Find the private key by its identifier: labels of key and certificate differ on many tokens."""
    found = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: identifier})
    keys = list(found)
    if len(keys) != 1:
        raise Refused("key")
    return keys[0]


def _signature(key: Any, data: bytes) -> bytes:
    digest = hashlib.sha256(data).digest()
    if key.key_type == KeyType.EC:
        # Every token can sign a digest; not every one can make it (SoftHSM, several cards).
        raw = key.sign(digest, mechanism=Mechanism.ECDSA)
        half = len(raw) // 2
        return utils.encode_dss_signature(
            int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big")
        )
    if key.key_type != KeyType.RSA:
        raise Refused("key")
    signed: bytes = key.sign(_DIGEST_INFO_SHA256 + digest, mechanism=Mechanism.RSA_PKCS)
    return signed


if __name__ == "__main__":
    main()
