"""The key ceremony makes a keyring from which everybody, and any quorum, gets exactly their keys."""

import base64
import json
import stat
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from securedoc.core.people import HELD_BY, Role, RoleKey
from securedoc.core.secret import Secret
from securedoc.crypto import derive, hpke
from securedoc.errors import KeyFailed, KeyRefused
from securedoc.keyring import ceremony, layout, unlocking
from securedoc.keyring.ceremony import Person, Plan
from tests.support.keyring import (
    CHEAP,
    GENESIS,
    NOW,
    OFFICE,
    OFFICER_OF,
    SIX,
    VAULT,
    Keyring,
    make_keyring,
    passphrase_of,
    person,
)


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return make_keyring(tmp_path_factory.mktemp("vault") / "keyring")


def facts_of(keyring: Keyring) -> Any:
    return json.loads(json.dumps(keyring.prepared.facts))


def octets(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def test_every_officer_unlocks_with_the_role_keys_of_the_role_and_no_other(keyring: Keyring) -> None:
    for one in SIX:
        with keyring.unlock(one.id) as session:
            held = {key for key in RoleKey if session.holds(key)}
            assert held == HELD_BY[one.role]
            assert (session.officer, session.role, session.name, session.title) == (
                one.id,
                one.role,
                one.name,
                one.title,
            )
            assert session.vault == VAULT
            assert session.genesis_pin == GENESIS


def test_all_officers_of_a_role_key_hold_the_same_one(keyring: Keyring) -> None:
    for key in RoleKey:
        held = {keyring.unlock(one.id).role_key(key).reveal() for one in SIX if key in HELD_BY[one.role]}
        assert held == {keyring.prepared.role_key(key).reveal()}


@pytest.mark.parametrize("sheets", list(combinations(range(3), 2)))
def test_any_two_recovery_shares_give_every_role_key(keyring: Keyring, sheets: tuple[int, int]) -> None:
    with unlocking.recover(keyring.path, [keyring.shares[n] for n in sheets]) as session:
        assert session.officer == layout.RECOVERY
        assert session.role is Role.RECOVERY
        for key in RoleKey:
            assert session.role_key(key).reveal() == keyring.prepared.role_key(key).reveal()


def test_the_first_entry_names_everybody_with_their_public_keys(keyring: Keyring) -> None:
    facts = facts_of(keyring)

    assert [officer["id"] for officer in facts["officers"]] == [one.id for one in SIX]
    for officer in facts["officers"]:
        session = keyring.unlock(officer["id"])
        assert octets(officer["hpke"]) == session.public.hpke
        assert octets(officer["ed25519"]) == session.public.ed25519
        assert octets(officer["mldsa44"]) == session.public.mldsa44
        assert octets(officer["certificate"]) == session.certificate
    assert keyring.prepared.who == OFFICER_OF[Role.SECURITY]
    assert (facts["recovery"]["threshold"], facts["recovery"]["shares"]) == (2, 3)


def test_the_first_entry_commits_to_every_role_key(keyring: Keyring) -> None:
    facts = facts_of(keyring)

    assert {name: octets(value) for name, value in facts["commitments"].items()} == {
        name: derive.commitment(keyring.prepared.role_key(name), name) for name in RoleKey
    }
    assert octets(facts["documents_public"]) == hpke.public_of(keyring.prepared.role_key(RoleKey.DOCUMENTS))


def test_commitments_of_the_ceremony_hold_for_everybody(keyring: Keyring) -> None:
    commitments = {name: octets(value) for name, value in facts_of(keyring)["commitments"].items()}

    for one in SIX:
        keyring.unlock(one.id).check_commitments(commitments)


def test_certificates_are_issued_by_the_offices_authority(keyring: Keyring) -> None:
    authority = x509.load_der_x509_certificate((keyring.path / layout.AUTHORITY_CERTIFICATE).read_bytes())
    facts = facts_of(keyring)

    assert (
        octets(facts["authority_certificate"]) == (keyring.path / layout.AUTHORITY_CERTIFICATE).read_bytes()
    )
    assert octets(facts["seal_certificate"]) == (keyring.path / layout.SEAL_CERTIFICATE).read_bytes()
    issued = [layout.SEAL_CERTIFICATE, *(layout.officer_certificate(one.id) for one in SIX)]
    for path in [*issued, layout.officer_certificate(layout.RECOVERY)]:
        certificate = x509.load_der_x509_certificate((keyring.path / path).read_bytes())
        certificate.verify_directly_issued_by(authority)
    crl = x509.load_der_x509_crl((keyring.path / layout.AUTHORITY_CRL).read_bytes())
    assert crl.is_signature_valid(authority.public_key())  # type: ignore[arg-type]
    assert len(crl) == 0


def test_every_file_is_private(keyring: Keyring) -> None:
    paths = [path for path in keyring.path.rglob("*") if path.is_file()]

    assert len(paths) > 25
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}


def test_neither_shares_nor_role_keys_nor_passphrases_are_on_disk(keyring: Keyring) -> None:
    everything = b"".join(path.read_bytes() for path in keyring.path.rglob("*") if path.is_file())
    secrets = [keyring.prepared.secret, *(keyring.prepared.role_key(key) for key in RoleKey)]

    for secret in secrets:
        assert secret.reveal() not in everything
        assert base64.b64encode(secret.reveal()) not in everything
    for sheet in keyring.shares:
        assert sheet.reveal() not in everything
    assert b"horse" not in everything


def test_the_ledgers_first_checkpoint_can_be_signed_before_any_key_file_exists() -> None:
    prepared = ceremony.prepare(Plan(VAULT, OFFICE, SIX, 2, 3, CHEAP), now=NOW)

    signer = prepared.note_signer(prepared.who)

    assert signer.name == f"securedoc/{VAULT}/an-ninh"
    assert len(signer.sign(b"text\n")) == 64


def test_seals_and_seeds_come_from_the_randomness_given() -> None:
    asked = []

    def counting(size: int) -> bytes:
        asked.append(size)
        return bytes([len(asked) % 256]) * size

    prepared = ceremony.prepare(Plan(VAULT, OFFICE, SIX, 2, 3, CHEAP), now=NOW, randomness=counting)

    assert prepared.secret.reveal() == b"\x01" * 32
    assert asked.count(32) >= 3 * (len(SIX) + 1)


@pytest.mark.parametrize(
    ("people", "said"),
    [
        ((), "needs a security officer"),
        ((person("van-thu", Role.RECORDS),), "needs a security officer"),
        ((*SIX, person("soan", Role.SIGNER)), "soan is given twice"),
        ((*SIX, person("recovery", Role.SIGNER)), "kept for the recovery quorum"),
        ((*SIX, person("nhom", Role.RECOVERY)), "kept for the recovery quorum"),
        ((*SIX, person("x", Role.SIGNER, "  ")), "x is empty"),
        ((*SIX, person("x", Role.SIGNER, "a" * 201)), "longer than 200"),
        ((*SIX, person("x", Role.SIGNER, "a\nb")), "not printable"),
        ((*SIX, person("x", Role.SIGNER, "a", "\x1b[31m")), "not printable"),
    ],
)
def test_people_who_cannot_be_officers_are_refused(people: tuple[Person, ...], said: str) -> None:
    with pytest.raises(KeyRefused, match=said):
        ceremony.prepare(Plan(VAULT, OFFICE, people, 2, 3, CHEAP), now=NOW)


def test_a_quorum_of_one_is_refused() -> None:
    with pytest.raises(KeyRefused, match="at least 2"):
        ceremony.prepare(Plan(VAULT, OFFICE, SIX, 1, 3, CHEAP), now=NOW)


def test_an_empty_passphrase_is_refused() -> None:
    silent = Person(SIX[0].id, Role.SECURITY, "Trần Thị Bình", "", Secret(b""))
    prepared = ceremony.prepare(Plan(VAULT, OFFICE, (silent,), 2, 3, CHEAP), now=NOW)

    with pytest.raises(KeyRefused, match="empty"):
        prepared.seal(GENESIS)


def test_a_keyring_that_cannot_be_written_is_named(tmp_path: Path, keyring: Keyring) -> None:
    (tmp_path / "keyring").write_text("in the way")

    with pytest.raises(KeyFailed, match="could not be written"):
        ceremony.write(keyring.prepared.certificates, tmp_path / "keyring")


def test_passphrases_of_officers_are_not_interchangeable(keyring: Keyring) -> None:
    with pytest.raises(KeyRefused, match="van-thu is wrong"):
        unlocking.unlock(keyring.path, OFFICER_OF[Role.RECORDS], passphrase_of("chu-tich"))
