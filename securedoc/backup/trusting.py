"""What an opened vault trusts and remembers when it looks at a medium."""

from securedoc.backup.survey import Known
from securedoc.core.digests import Digest
from securedoc.core.entries import Act
from securedoc.core.people import Role
from securedoc.crypto import cms
from securedoc.errors import PolicyRefused
from securedoc.office.office import Office
from securedoc.office.trust import MAX_CRL_BYTES, authority_certificate
from securedoc.signing.trust import TrustStore
from securedoc.system import files


def trust(office: Office) -> TrustStore:
    """Return the trust that signatures on this vault's media must lead to: its own authority, no other."""
    crl = office.place.keyring / "certificates" / "authority.crl"
    crls = (files.read_bounded(crl, MAX_CRL_BYTES),) if crl.exists() else ()
    return TrustStore.of(roots=(authority_certificate(office),), crls=crls)


def sign(office: Office, data: bytes) -> bytes:
    """Sign what goes onto a medium with the unlocked officer's certificate."""
    # The key is the session's own: it is wiped when the session ends.
    return cms.sign(data, office.session.certificate, office.session.certificate_key())


def known(office: Office, medium: str) -> Known | None:
    """Return what the ledger knows of a medium; None for one that was never registered here."""
    row = next((row for row in office.ledger.media() if row.medium == medium), None)
    if row is None or row.identity is None:
        return None
    written = office.ledger.snapshots(medium)
    return Known(
        row.identity,
        {one.snapshot: one.manifest for one in written},
        signers(office),
        frozenset(one.snapshot for one in written if one.pruning is not None),
        _restored_from(office, medium),
    )


def _restored_from(office: Office, medium: str) -> Digest | None:
    restored = office.ledger.last(Act.VAULT_RESTORED)
    if restored is None or restored.facts.get("medium") != medium:
        return None
    return Digest.parse(str(restored.facts.get("manifest")))


def signers(office: Office) -> frozenset[Digest]:
    """Return the certificates of everybody who may write backups, now or before.

    Proven by the path of signatures from the first entry: whoever holds the ledger key could
    write another role or certificate into its tables.

    Raises:
        LedgerUntrusted: somebody did.
    """
    proven = [office.ledger.trusted_officer(officer.id) for officer in office.ledger.officers()]
    return frozenset(Digest.of(one.certificate) for one in proven if _may(office, one.role))


def _may(office: Office, role: Role) -> bool:
    try:
        office.policy.may(role, "backup")
    except PolicyRefused:
        return False
    return True
