"""A session signs, opens and unwraps in an officer's name, and forgets."""

import struct
from collections.abc import Iterator

import pytest

from securedoc.core.people import Role, RoleKey
from securedoc.crypto import certificates, derive, hpke, signatures
from securedoc.errors import KeyRefused, KeyUntrusted
from securedoc.formats import note
from securedoc.formats.checkpoint import Checkpoint
from securedoc.formats.note import Algorithm
from securedoc.keyring.session import Session
from tests.support.keyring import NOW, VAULT, Keyring, make_keyring


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return make_keyring(tmp_path_factory.mktemp("vault") / "keyring")


@pytest.fixture
def session(keyring: Keyring) -> Iterator[Session]:
    with keyring.unlock_role(Role.SIGNER) as session:
        yield session


def test_checkpoints_are_signed_in_the_officers_name(session: Session) -> None:
    signer = session.note_signer()

    signatures.verify_ed25519(session.public.ed25519, signer.sign(b"text\n"), b"text\n")
    assert signer.name == f"securedoc/{VAULT}/chu-tich"
    assert signer.key_id == note.key_id(signer.name, Algorithm.ED25519, session.public.ed25519)


def test_a_cosignature_is_what_c2sp_describes(session: Session) -> None:
    checkpoint = Checkpoint(f"securedoc/{VAULT}", 17, bytes(range(32)))
    cosigner = session.cosigner()

    value = cosigner.sign(checkpoint, NOW)

    (seconds,) = struct.unpack(">Q", value[:8])
    message = note.cosigned_message(cosigner.name, seconds, checkpoint.origin, 17, checkpoint.root)
    signatures.verify_mldsa44(session.public.mldsa44, value[8:], message)
    assert seconds == int(NOW.timestamp())
    assert len(value) == 8 + 2420
    assert cosigner.key_id == note.key_id(
        cosigner.name, Algorithm.COSIGNATURE_MLDSA44, session.public.mldsa44
    )


def test_a_confirmation_is_an_ed25519_signature(session: Session) -> None:
    signatures.verify_ed25519(session.public.ed25519, session.confirm(b"proposal"), b"proposal")


def test_what_is_sealed_to_the_officer_opens(session: Session, keyring: Keyring) -> None:
    sealed = hpke.seal(session.public.hpke, b"a document key", b"purpose")

    assert session.open_for_me(sealed, b"purpose").reveal() == b"a document key"
    with pytest.raises(KeyUntrusted):
        session.open_for_me(sealed, b"another purpose")
    with pytest.raises(KeyUntrusted):
        keyring.unlock_role(Role.RECORDS).open_for_me(sealed, b"purpose")


def test_the_certificate_comes_with_its_key(session: Session) -> None:
    certificates.check_pair(session.certificate, session.certificate_key())


def test_a_role_key_that_the_role_does_not_hold_is_refused_with_22(session: Session) -> None:
    with pytest.raises(KeyRefused, match="chu-tich does not hold the authority key") as caught:
        session.role_key(RoleKey.AUTHORITY)

    assert caught.value.exit_code == 22
    assert not session.holds(RoleKey.AUTHORITY)


def test_a_commitment_that_is_missing_or_another_is_refused_with_24(session: Session) -> None:
    right = {str(key): derive.commitment(session.role_key(key), key) for key in RoleKey if session.holds(key)}
    session.check_commitments(right)

    for wrong in ({}, {**right, "documents": bytes(32)}, {"ledger": right["ledger"]}):
        with pytest.raises(KeyUntrusted, match="not the one this vault was made with") as caught:
            session.check_commitments(wrong)
        assert caught.value.exit_code == 24


def test_a_session_that_ended_gives_nothing_out(keyring: Keyring) -> None:
    with keyring.unlock_role(Role.RECORDS) as session:
        key = session.role_key(RoleKey.DOCUMENTS)

    with pytest.raises(RuntimeError, match="wiped"):
        key.reveal()
    with pytest.raises(RuntimeError, match="wiped"):
        session.confirm(b"proposal")
    with pytest.raises(RuntimeError, match="wiped"):
        session.certificate_key().reveal()


def test_a_session_shows_no_secret_when_printed(session: Session) -> None:
    assert repr(session) == "Session(chu-tich)"
    assert "Secret(…)" in repr(session._identity)
