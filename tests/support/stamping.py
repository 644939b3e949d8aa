"""Time-stamps of a throw-away office: an authority, documents at each level."""

import functools
from datetime import datetime, timedelta

from cryptography.x509.oid import ExtendedKeyUsageOID

from securedoc.signing import archiving, pades
from securedoc.signing.authority import Authority, Head
from securedoc.signing.fields import AUTHOR_FIELD, SEAL_FIELD
from securedoc.signing.keys import SigningKey
from securedoc.signing.trust import TrustStore
from tests.support.signing import NOW, Wish, block, crl, office, signing_key

HEAD = Head(117, bytes(range(32)))


def stamping_key(years: int = 30, name: str = "Dấu thời gian nội bộ (MẪU)") -> SigningKey:
    wish = Wish(
        common_name=name,
        extended=(ExtendedKeyUsageOID.TIME_STAMPING,),
        ends=NOW + timedelta(days=365 * years),
    )
    return signing_key(office().root, wish)


def stamper(key: SigningKey | None = None, at: datetime = NOW) -> Authority:
    return Authority(key or stamping_key(), at, HEAD)


def trust(*crls: bytes) -> TrustStore:
    return TrustStore.of(roots=[office().root.der], crls=crls)


@functools.cache
def signed_with_time(at: datetime = NOW, key: SigningKey | None = None) -> bytes:
    """Sign as author and seal, both B-T."""
    pdf = office().prepared()
    for field, signer in ((AUTHOR_FIELD, office().author), (SEAL_FIELD, office().seal)):
        pdf = pades.sign(
            pdf,
            field,
            signer,
            signed_at=at,
            reason="Ký ban hành",
            location="Tỉnh Mẫu",
            certify=field == AUTHOR_FIELD,
            appearance=block(),
            stamper=stamper(key, at),
        ).pdf
    return pdf


@functools.cache
def archived(years: int = 30) -> bytes:
    """Take a sealed document to B-LTA, with an authority whose certificate lives that long."""
    key = stamping_key(years)
    list_of_now = crl(office().root, until=NOW + timedelta(days=90))
    return archiving.archive(signed_with_time(key=key), trust(list_of_now), stamper(key)).pdf
