"""The keys of one officer, private halves included."""

import secrets
from dataclasses import dataclass

from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import OfficerId, PublicKeys, Role
from securedoc.core.protocols import Randomness
from securedoc.core.secret import Secret
from securedoc.crypto import certificates, hpke, signatures
from securedoc.errors import KeyUntrusted
from securedoc.keyring.fields import octets, public_keys_as_json


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who becomes an officer."""

    id: OfficerId
    role: Role
    name: str
    title: str
    """The position printed over the signature; empty where unused."""
    passphrase: Secret


@dataclass(frozen=True, slots=True)
class PrivateKeys:
    """What only the officer has."""

    hpke: Secret
    ed25519: Secret
    mldsa44: Secret
    certificate_key: Secret
    """PKCS#8, DER."""

    def public(self) -> PublicKeys:
        """Return the public keys that belong to these."""
        return PublicKeys(
            hpke=hpke.public_of(self.hpke),
            ed25519=signatures.ed25519_public(self.ed25519),
            mldsa44=signatures.mldsa44_public(self.mldsa44),
        )

    def wipe(self) -> None:
        """Overwrite all of them."""
        for key in (self.hpke, self.ed25519, self.mldsa44, self.certificate_key):
            key.wipe()


@dataclass(frozen=True, slots=True)
class Identity:
    """An officer, or the recovery quorum, with all keys."""

    officer: OfficerId
    role: Role
    name: str
    title: str
    public: PublicKeys
    certificate: bytes
    private: PrivateKeys

    def as_facts(self) -> JsonObject:
        """Return what an entry that enrols this officer says: everything public."""
        return {
            "id": self.officer,
            "role": str(self.role),
            "name": self.name,
            "title": self.title,
            **public_keys_as_json(self.public),
            "certificate": octets(self.certificate),
        }

    def check(self) -> None:
        """Make sure that the private halves belong to what is public.

        Raises:
            KeyUntrusted: they do not.
            KeyMalformed: the certificate or its key cannot be read.
        """
        if self.private.public() != self.public:
            raise KeyUntrusted(
                "the public keys of {officer} are not those of the private keys",
                officer=self.officer,
                hint="restore the keyring from the last backup",
            )
        certificates.check_pair(self.certificate, self.private.certificate_key)


def make(
    person: Person, certified: certificates.Certified, *, randomness: Randomness = secrets.token_bytes
) -> Identity:
    """Make the keys of a new officer, whose certificate was issued already."""
    seeds = signatures.generate(randomness=randomness)
    pair = hpke.generate(randomness=randomness)
    private = PrivateKeys(pair.private, seeds.ed25519, seeds.mldsa44, certified.private_key)
    return Identity(
        officer=person.id,
        role=person.role,
        name=person.name,
        title=person.title,
        public=private.public(),
        certificate=certified.certificate,
        private=private,
    )
