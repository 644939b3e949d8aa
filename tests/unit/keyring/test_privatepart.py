"""The sealed part of a key file is read strictly, although it is authentic."""

import json
from typing import Any

import pytest

from securedoc.core.digests import Digest
from securedoc.core.secret import Secret
from securedoc.errors import KeyMalformed
from securedoc.formats import canonical
from securedoc.keyring import privatepart
from securedoc.keyring.identity import PrivateKeys

PIN = Digest.of(b"the first entry of an example")
KEYS = PrivateKeys(Secret(b"h" * 32), Secret(b"e" * 32), Secret(b"m" * 32), Secret(b"example key"))
ENCODED = privatepart.encode(KEYS, PIN)


def test_what_is_encoded_decodes() -> None:
    private, pin = privatepart.decode(Secret(ENCODED), "officers/an.json")

    assert pin == PIN
    assert [getattr(private, name).reveal() for name in private.__slots__] == [
        getattr(KEYS, name).reveal() for name in KEYS.__slots__
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"genesis": "sha256:00"},
        {"genesis": 1},
        {"hpke": "AAAA"},
        {"ed25519": None},
        {"certificate_key": ""},
        {"more": 1},
    ],
)
def test_a_field_that_is_missing_unknown_or_wrong_is_named(change: dict[str, Any]) -> None:
    damaged = canonical.encode({**json.loads(ENCODED), **change})

    with pytest.raises(KeyMalformed, match=next(iter(change))):
        privatepart.decode(Secret(damaged), "officers/an.json")


def test_wiping_overwrites_every_key() -> None:
    private, _ = privatepart.decode(Secret(ENCODED), "officers/an.json")

    private.wipe()

    for name in private.__slots__:
        with pytest.raises(RuntimeError, match="wiped"):
            getattr(private, name).reveal()
