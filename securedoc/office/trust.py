"""What this office trusts when it validates a signature: its evidence authority, and what was added."""

import base64

from securedoc.errors import SignatureMalformed
from securedoc.office import trusting
from securedoc.office.office import Office
from securedoc.signing.keys import SigningKey
from securedoc.signing.trust import TrustStore
from securedoc.system import files

MAX_CRL_BYTES = 4 * 1024 * 1024
"""An office revokes a handful of certificates; outside CRLs go through `trust crl add`."""


def authority_certificate(office: Office) -> bytes:
    """Return the certificate of the office's evidence authority, DER, as the ceremony made it."""
    return _from_genesis(office, "authority_certificate")


def seal_certificate(office: Office) -> bytes:
    """Return the certificate of the office's seal, DER, as the ceremony made it."""
    return _from_genesis(office, "seal_certificate")


def time_certificate(office: Office) -> bytes:
    """Return the certificate of the internal time-stamp authority, DER, as the ceremony made it."""
    return _from_genesis(office, "time_certificate")


def office_certificates(office: Office) -> tuple[bytes, ...]:
    """Return the certificates that sign for the office as a whole, DER: its seal, its time-stamps."""
    return seal_certificate(office), time_certificate(office)


def trust_store(office: Office) -> TrustStore:
    """Return what signatures in this vault are validated against.

    Raises:
        SignatureMalformed: a certificate or list in the trust directory cannot be read.
        SignatureMissing, SignatureUntrusted: one is gone, or is not the one that was entered.
        LedgerUntrusted: one was entered by somebody who may not.
    """
    crl = office.place.keyring / "certificates" / "authority.crl"
    crls = (files.read_bounded(crl, MAX_CRL_BYTES),) if crl.exists() else ()
    own = TrustStore.of(roots=(authority_certificate(office),), crls=crls)
    return own.merged(trusting.store(office))


def officer_key(office: Office) -> SigningKey:
    """Return the unlocked officer's own certificate and key."""
    session = office.session
    return SigningKey(session.certificate, session.certificate_key(), (authority_certificate(office),))


def _from_genesis(office: Office, name: str) -> bytes:
    untrusted = office.ledger.proven_entry(0).facts.get(name)
    try:
        return base64.b64decode(str(untrusted), validate=True)
    except ValueError as error:
        raise SignatureMalformed("the first entry of the ledger holds no {name}", name=name) from error
