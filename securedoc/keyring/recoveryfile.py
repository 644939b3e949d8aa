"""The recovery quorum's key file: like an officer's, but sealed under the secret the shares make.

Canonical JSON with exactly these fields (docs/formats.md, "Key files, grants, recovery"):

    {"format": "securedoc/recovery-key/1", "vault": 32 hex digits, "threshold", "shares",
     "set": identifier of the SLIP-39 set, "public": {"hpke", "ed25519", "mldsa44"},
     "certificate": DER, "sealed"}

`sealed` is AES-256-GCM-SIV under the 256-bit secret that any SLIP-39 tool gives for enough shares.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import PublicKeys, Role
from securedoc.core.protocols import Randomness
from securedoc.core.secret import Secret
from securedoc.crypto import certificates, wrapping
from securedoc.errors import KeyRefused, KeyUntrusted
from securedoc.formats import canonical
from securedoc.keyring import layout, privatepart, shares
from securedoc.keyring.fields import Fields, octets, public_keys_as_json
from securedoc.keyring.identity import Identity
from securedoc.keyring.keyfile import Unsealed, associated, vault_id
from securedoc.keyring.shares import Quorum

FORMAT: Final = "securedoc/recovery-key/1"

_FIELDS = ("format", "vault", "threshold", "shares", "set", "public", "certificate", "sealed")


@dataclass(frozen=True, slots=True)
class RecoveryFile:
    """The quorum's key file, read but not opened yet."""

    vault: str
    quorum: Quorum
    public: PublicKeys
    certificate: bytes
    sealed: bytes
    associated: bytes


def seal(
    contents: Unsealed, secret: Secret, quorum: Quorum, *, randomness: Randomness = secrets.token_bytes
) -> bytes:
    """Write the quorum's key file under the shared `secret`."""
    header: JsonObject = {
        "format": FORMAT,
        "vault": contents.vault,
        "threshold": quorum.threshold,
        "shares": quorum.shares,
        "set": quorum.identifier,
        "public": public_keys_as_json(contents.identity.public),
        "certificate": octets(contents.identity.certificate),
    }
    private = privatepart.encode(contents.identity.private, contents.genesis)
    sealed = wrapping.wrap(secret, private, associated(FORMAT, header), randomness=randomness)
    return canonical.encode({**header, "sealed": octets(sealed)})


def parse(untrusted: bytes) -> RecoveryFile:
    """Read the quorum's key file.

    Raises:
        KeyMalformed: a field is missing, unknown, or out of its bounds.
    """
    fields = Fields.parse(untrusted, str(layout.RECOVERY_FILE), limit=layout.MAX_FILE_BYTES)
    fields.only(*_FIELDS)
    fields.literal("format", FORMAT)
    vault = vault_id(fields)
    quorum = Quorum(fields.integer("threshold"), fields.integer("shares"), fields.integer("set"))
    public = fields.public_keys("public")
    certificate = fields.octets("certificate")
    certificates.load(certificate)
    return RecoveryFile(
        vault=vault,
        quorum=quorum,
        public=public,
        certificate=certificate,
        sealed=fields.octets("sealed"),
        associated=associated(FORMAT, fields.without("sealed")),
    )


def unseal(file: RecoveryFile, mnemonics: tuple[Secret, ...]) -> Unsealed:
    """Open the quorum's key file with enough shares.

    Raises:
        KeyRefused: the shares are too few, unreadable, mixed, or of another vault.
        KeyMalformed, KeyUntrusted: what was sealed in it does not fit its public part.
    """
    with shares.join(mnemonics, file.quorum) as secret:
        try:
            plaintext = wrapping.unwrap(secret, file.sealed, file.associated)
        except KeyUntrusted as error:
            raise KeyRefused(
                "these recovery shares do not open the recovery key of this vault",
                hint="use the shares that were printed at this vault's key ceremony; if they are, "
                "restore the keyring from the last backup",
            ) from error
    with plaintext:
        private, genesis = privatepart.decode(plaintext, str(layout.RECOVERY_FILE))
    identity = Identity(
        officer=layout.RECOVERY,
        role=Role.RECOVERY,
        name="",
        title="",
        public=file.public,
        certificate=file.certificate,
        private=private,
    )
    identity.check()
    return Unsealed(file.vault, identity, genesis)
