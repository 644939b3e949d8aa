"""The sealed part of a key file: private keys, and the pin of the ledger's first entry."""

from securedoc.core.digests import Digest
from securedoc.core.secret import Secret
from securedoc.crypto import hpke, signatures
from securedoc.formats import canonical
from securedoc.keyring.fields import Fields, octets
from securedoc.keyring.identity import PrivateKeys
from securedoc.keyring.layout import MAX_FILE_BYTES


def encode(private: PrivateKeys, genesis: Digest) -> bytes:
    """Spell what is to be sealed."""
    return canonical.encode(
        {
            "hpke": octets(private.hpke.reveal()),
            "ed25519": octets(private.ed25519.reveal()),
            "mldsa44": octets(private.mldsa44.reveal()),
            "certificate_key": octets(private.certificate_key.reveal()),
            "genesis": str(genesis),
        }
    )


def decode(plaintext: Secret, file: str) -> tuple[PrivateKeys, Digest]:
    """Read what was unsealed; it is authentic, and read strictly all the same.

    Raises:
        KeyMalformed: it is not what `encode` writes.
    """
    fields = Fields.parse(plaintext.reveal(), file, limit=MAX_FILE_BYTES)
    fields.only("hpke", "ed25519", "mldsa44", "certificate_key", "genesis")
    private = PrivateKeys(
        hpke=Secret(fields.octets("hpke", hpke.SEED_BYTES)),
        ed25519=Secret(fields.octets("ed25519", signatures.SEED_BYTES)),
        mldsa44=Secret(fields.octets("mldsa44", signatures.SEED_BYTES)),
        certificate_key=Secret(fields.octets("certificate_key")),
    )
    try:
        return private, Digest.parse(fields.text("genesis"))
    except ValueError as error:
        raise fields.wrong("genesis") from error
