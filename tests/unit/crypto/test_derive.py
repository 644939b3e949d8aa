"""Commitments bind a key to its role without giving it away."""

from cryptography.hazmat.primitives import hashes, hmac

from securedoc.core.secret import Secret
from securedoc.crypto import derive

KEY = Secret(bytes(range(32)))


def by_rfc_5869(key: bytes, info: bytes) -> bytes:
    """Compute the first block of HKDF-SHA256 with an empty salt from HMAC alone."""
    extract = hmac.HMAC(bytes(32), hashes.SHA256())
    extract.update(key)
    expand = hmac.HMAC(extract.finalize(), hashes.SHA256())
    expand.update(info + b"\x01")
    return expand.finalize()


def test_a_commitment_is_hkdf_of_the_key_under_its_role() -> None:
    expected = by_rfc_5869(KEY.reveal(), b"securedoc/key-commitment/v1\nledger")

    assert derive.commitment(KEY, "ledger") == expected


def test_one_key_in_two_roles_has_two_commitments() -> None:
    assert derive.commitment(KEY, "ledger") != derive.commitment(KEY, "documents")


def test_keys_for_different_purposes_have_nothing_in_common() -> None:
    with (
        derive.subkey(KEY, "one") as one,
        derive.subkey(KEY, "two") as two,
        derive.subkey(KEY, "one") as again,
    ):
        assert one.reveal() == again.reveal()
        assert len({KEY.reveal(), one.reveal(), two.reveal(), derive.commitment(KEY, "one")}) == 4
