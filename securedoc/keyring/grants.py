"""Gives role keys to officers: each key sealed to each officer's public key, one file a grant.

Canonical JSON with exactly these fields (docs/formats.md, "Key files, grants, recovery"):

    {"format": "securedoc/grant/1", "vault": 32 hex digits, "officer": id, "key": name, "sealed"}

`sealed` is HPKE to the officer's public key; its info is the format, vault, officer and key name,
a newline between them.
"""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Final

from securedoc.core.people import HELD_BY, OfficerId, RoleKey
from securedoc.core.secret import Secret
from securedoc.crypto import hpke
from securedoc.errors import KeyMalformed, KeyUntrusted
from securedoc.formats import canonical
from securedoc.keyring import layout
from securedoc.keyring.fields import Fields, octets
from securedoc.keyring.identity import Identity
from securedoc.keyring.keyfile import vault_id
from securedoc.keyring.layout import KeyringFile

FORMAT: Final = "securedoc/grant/1"


def grant(vault: str, officer: OfficerId, public: bytes, name: RoleKey, key: Secret) -> KeyringFile:
    """Seal a role key to an officer.

    Raises:
        KeyMalformed: the officer's public key is none.
    """
    sealed = hpke.seal(public, key.reveal(), _info(vault, officer, name))
    data = canonical.encode(
        {
            "format": FORMAT,
            "vault": vault,
            "officer": officer,
            "key": str(name),
            "sealed": octets(sealed),
        }
    )
    return KeyringFile(layout.grant_file(officer, name), data)


def open_all(vault: str, identity: Identity, read: Callable[[PurePosixPath], bytes]) -> dict[RoleKey, Secret]:
    """Open every role key that the officer's role holds; `read` gives the files.

    That each is the office's own is not known yet: see `Session.check_commitments`.

    Raises:
        KeyMissing: a grant is not there.
        KeyMalformed: a grant is damaged, or was not made for this officer.
        KeyUntrusted: a grant says that it is another one.
    """
    return {
        name: _open(vault, identity, name, read(layout.grant_file(identity.officer, name)))
        for name in sorted(HELD_BY[identity.role])
    }


def parse(vault: str, officer: OfficerId, name: RoleKey, untrusted: bytes) -> bytes:
    """Read a grant file without opening it, and return the sealed key.

    Raises:
        KeyMalformed: it is damaged.
        KeyUntrusted: it says that it is another grant.
    """
    file = str(layout.grant_file(officer, name))
    fields = Fields.parse(untrusted, file, limit=layout.MAX_FILE_BYTES)
    fields.only("format", "vault", "officer", "key", "sealed")
    fields.literal("format", FORMAT)
    # A grant moved from another place would not open either; this says what happened.
    if (vault_id(fields), fields.text("officer"), fields.text("key")) != (vault, officer, str(name)):
        raise KeyUntrusted(
            "{file} is a grant to somebody else, or of another key",
            file=file,
            hint="restore the keyring from the last backup",
        )
    return fields.octets("sealed")


def _open(vault: str, identity: Identity, name: RoleKey, untrusted: bytes) -> Secret:
    sealed = parse(vault, identity.officer, name, untrusted)
    try:
        return hpke.open_sealed(identity.private.hpke, sealed, _info(vault, identity.officer, name))
    except KeyUntrusted as error:
        raise KeyMalformed(
            "{file} does not open: it is damaged, or was sealed to somebody else",
            file=str(layout.grant_file(identity.officer, name)),
            hint="restore the keyring from the last backup, or enrol the officer again",
        ) from error


def _info(vault: str, officer: OfficerId, name: RoleKey) -> bytes:
    return f"{FORMAT}\n{vault}\n{officer}\n{name}".encode()
