"""An officer's key file: public keys in the open, private keys sealed under the passphrase.

Canonical JSON with exactly these fields (docs/formats.md, "Key files, grants, recovery"):

    {"format": "securedoc/officer-key/1", "vault": 32 hex digits, "officer": id, "role": role,
     "name": text, "title": text, "public": {"hpke", "ed25519", "mldsa44"}, "certificate": DER,
     "kdf": {"algorithm": "argon2id", "memory_kib", "iterations", "lanes", "salt"}, "sealed"}

`sealed` is AES-256-GCM-SIV under the Argon2id key: 12 bytes of nonce, then the ciphertext of the
private part. Its associated data is the format's name, a newline, and the file without `sealed`:
no public key, name, role or cost can be exchanged without the passphrase.
"""

import re
import secrets
from dataclasses import dataclass
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import OfficerId, PublicKeys, Role, officer_id
from securedoc.core.protocols import Randomness
from securedoc.core.secret import Secret
from securedoc.crypto import certificates, passphrase, wrapping
from securedoc.crypto.passphrase import KdfCost
from securedoc.errors import KeyRefused, KeyUntrusted
from securedoc.formats import canonical
from securedoc.keyring import layout, privatepart
from securedoc.keyring.fields import Fields, octets, public_keys_as_json
from securedoc.keyring.identity import Identity

FORMAT: Final = "securedoc/officer-key/1"
VAULT_ID: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key file that was read, every field within its bounds, but not opened yet."""

    vault: str
    officer: OfficerId
    role: Role
    name: str
    title: str
    public: PublicKeys
    certificate: bytes
    cost: KdfCost
    salt: bytes
    sealed: bytes
    associated: bytes


@dataclass(frozen=True, slots=True)
class Unsealed:
    """What a key file holds, for whoever knows its passphrase or its shares."""

    vault: str
    identity: Identity
    genesis: Digest
    """Digest of the ledger's first entry."""


def seal(
    contents: Unsealed, secret: Secret, cost: KdfCost, *, randomness: Randomness = secrets.token_bytes
) -> bytes:
    """Write a key file under the passphrase `secret`.

    Raises:
        KeyRefused: the passphrase is empty or not UTF-8.
    """
    salt = randomness(passphrase.SALT_BYTES)
    header = _header(contents, cost, salt)
    private = privatepart.encode(contents.identity.private, contents.genesis)
    with passphrase.derive(secret, salt, cost) as kek:
        sealed = wrapping.wrap(kek, private, associated(FORMAT, header), randomness=randomness)
    return canonical.encode({**header, "sealed": octets(sealed)})


def associated(form: str, header: JsonObject) -> bytes:
    """Return what the sealed part of a file is bound to."""
    return form.encode() + b"\n" + canonical.encode(header)


def parse(untrusted: bytes, officer: OfficerId) -> KeyFile:
    """Read the key file of `officer`, spending nothing on it yet.

    Raises:
        KeyMalformed: a field is missing, unknown, or out of its bounds.
        KeyUntrusted: it is the key file of somebody else.
    """
    # (1) Size and spelling, then the fields in the order of the format.
    file = str(layout.officer_file(officer))
    fields = Fields.parse(untrusted, file, limit=layout.MAX_FILE_BYTES)
    fields.only(*_FIELDS)
    fields.literal("format", FORMAT)
    vault = vault_id(fields)
    named, role = _who(fields)
    public = fields.public_keys("public")
    certificate = fields.octets("certificate")
    certificates.load(certificate)
    # (2) The cost, bounded before any of it is spent.
    cost, salt = _kdf(fields.inner("kdf"))
    # (3) A colleague's key file put under this name would open with the colleague's passphrase.
    if named != officer:
        raise KeyUntrusted(
            "the key file of {officer} is the one of {other}",
            officer=officer,
            other=named,
            hint="restore the keyring from the last backup",
        )
    return KeyFile(
        vault=vault,
        officer=named,
        role=role,
        name=fields.text("name"),
        title=fields.text("title", empty=True),
        public=public,
        certificate=certificate,
        cost=cost,
        salt=salt,
        sealed=fields.octets("sealed"),
        associated=associated(FORMAT, fields.without("sealed")),
    )


def unseal(file: KeyFile, secret: Secret) -> Unsealed:
    """Open a key file with its passphrase.

    Raises:
        KeyRefused: the passphrase is wrong, or the file was altered; the two cannot be told apart.
        KeyMalformed, KeyUntrusted: what was sealed in it does not fit its public part.
    """
    with passphrase.derive(secret, file.salt, file.cost) as kek:
        try:
            plaintext = wrapping.unwrap(kek, file.sealed, file.associated)
        except KeyUntrusted as error:
            raise KeyRefused(
                "the passphrase of {officer} is wrong, or the key file is damaged",
                officer=file.officer,
                hint="try again; if the passphrase is right, restore the keyring from the last backup",
            ) from error
    with plaintext:
        private, genesis = privatepart.decode(plaintext, str(layout.officer_file(file.officer)))
    identity = Identity(
        officer=file.officer,
        role=file.role,
        name=file.name,
        title=file.title,
        public=file.public,
        certificate=file.certificate,
        private=private,
    )
    identity.check()
    return Unsealed(file.vault, identity, genesis)


def vault_id(fields: Fields) -> str:
    """Read the vault's identifier.

    Raises:
        KeyMalformed: it is something else.
    """
    vault = fields.text("vault")
    if not VAULT_ID.fullmatch(vault):
        raise fields.wrong("vault")
    return vault


_FIELDS = (
    "format",
    "vault",
    "officer",
    "role",
    "name",
    "title",
    "public",
    "certificate",
    "kdf",
    "sealed",
)


def _header(contents: Unsealed, cost: KdfCost, salt: bytes) -> JsonObject:
    identity = contents.identity
    return {
        "format": FORMAT,
        "vault": contents.vault,
        "officer": identity.officer,
        "role": str(identity.role),
        "name": identity.name,
        "title": identity.title,
        "public": public_keys_as_json(identity.public),
        "certificate": octets(identity.certificate),
        "kdf": {
            "algorithm": "argon2id",
            "memory_kib": cost.memory_kib,
            "iterations": cost.iterations,
            "lanes": cost.lanes,
            "salt": octets(salt),
        },
    }


def _who(fields: Fields) -> tuple[OfficerId, Role]:
    try:
        named = officer_id(fields.text("officer"))
    except ValueError as error:
        raise fields.wrong("officer") from error
    try:
        role = Role(fields.text("role"))
    except ValueError as error:
        raise fields.wrong("role") from error
    # The quorum is no officer: it has a file of its own, which no passphrase opens.
    if role is Role.RECOVERY or named == layout.RECOVERY:
        raise fields.wrong("role")
    return named, role


def _kdf(fields: Fields) -> tuple[KdfCost, bytes]:
    fields.only("algorithm", "memory_kib", "iterations", "lanes", "salt")
    fields.literal("algorithm", "argon2id")
    cost = passphrase.bounded_cost(
        untrusted_memory_kib=fields.integer("memory_kib"),
        untrusted_iterations=fields.integer("iterations"),
        untrusted_lanes=fields.integer("lanes"),
    )
    return cost, fields.octets("salt", passphrase.SALT_BYTES)
