"""A new officer is enrolled by two, and holds what the role holds."""

from pathlib import Path
from typing import Any

import pytest

from securedoc.core.people import HELD_BY, OfficerId, Role, RoleKey
from securedoc.crypto import certificates
from securedoc.crypto.certificates import Validity
from securedoc.errors import KeyRefused, KeyUntrusted
from securedoc.keyring import ceremony, enrolment, layout, unlocking
from securedoc.keyring.enrolment import Enrolled
from securedoc.keyring.session import Session
from tests.support.keyring import (
    CHEAP,
    GENESIS,
    NOW,
    OFFICE,
    VAULT,
    Keyring,
    make_keyring,
    passphrase_of,
    person,
)


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return make_keyring(tmp_path_factory.mktemp("vault") / "keyring")


def enrolled(keyring: Keyring, role: Role, second: Session, *, officer: str = "moi") -> Enrolled:
    return enrolment.enrol(
        person(officer, role, "Hồ Thị Mới"),
        security=keyring.unlock_role(Role.SECURITY),
        second=second,
        office=OFFICE,
        authority_certificate=(keyring.path / layout.AUTHORITY_CERTIFICATE).read_bytes(),
        now=NOW,
        cost=CHEAP,
    )


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.RECOVERY])
def test_an_enrolled_officer_unlocks_with_the_role_keys_of_the_role(keyring: Keyring, role: Role) -> None:
    made = enrolled(keyring, role, keyring.unlock_role(Role.RECORDS), officer=f"moi-{role}")

    ceremony.write(made.files, keyring.path)

    with unlocking.unlock(keyring.path, OfficerId(f"moi-{role}"), passphrase_of(f"moi-{role}")) as session:
        assert {key for key in RoleKey if session.holds(key)} == HELD_BY[role]
        assert (session.vault, session.role, session.genesis_pin) == (VAULT, role, GENESIS)
        for key in HELD_BY[role]:
            assert session.role_key(key).reveal() == keyring.prepared.role_key(key).reveal()


def test_the_entry_says_who_the_new_officer_is(keyring: Keyring) -> None:
    made: Any = enrolled(keyring, Role.AUDITOR, keyring.unlock_role(Role.RECORDS)).facts

    officer = made["officer"]
    assert (officer["id"], officer["role"], officer["name"]) == ("moi", "auditor", "Hồ Thị Mới")
    assert officer.keys() == {"id", "role", "name", "title", "hpke", "ed25519", "mldsa44", "certificate"}


def test_the_new_certificate_holds_five_years(keyring: Keyring) -> None:
    made = enrolled(keyring, Role.AUDITOR, keyring.unlock_role(Role.RECORDS))

    (certificate,) = (
        file.data for file in made.files if file.path == layout.officer_certificate(OfficerId("moi"))
    )
    assert certificates.read_validity(certificate) == Validity.years(NOW, 5)


def test_the_key_file_is_written_last(keyring: Keyring) -> None:
    made = enrolled(keyring, Role.RECORDS, keyring.unlock_role(Role.RECORDS))

    assert made.files[-1].path == layout.officer_file(OfficerId("moi"))


@pytest.mark.parametrize(
    ("role", "second", "key"),
    [
        (Role.RECORDS, Role.AUDITOR, "documents"),
        (Role.SIGNER, Role.DRAFTER, "documents"),
        (Role.RECORDS, Role.SIGNER, "seal"),
    ],
)
def test_a_key_that_neither_officer_holds_cannot_be_granted_and_its_holders_are_named(
    keyring: Keyring, role: Role, second: Role, key: str
) -> None:
    with pytest.raises(KeyRefused, match=f"needs the {key} key") as caught:
        enrolled(keyring, role, keyring.unlock_role(second))

    hint = caught.value.hint()
    assert hint is not None
    assert "records" in hint
    assert "recovery" in hint


def test_the_recovery_quorum_may_be_the_second_officer(keyring: Keyring) -> None:
    with unlocking.recover(keyring.path, keyring.shares[:2]) as quorum:
        made = enrolled(keyring, Role.RECORDS, quorum)

    assert len(made.files) == 3 + 2


def test_only_who_holds_the_authority_key_can_enrol(keyring: Keyring) -> None:
    with pytest.raises(KeyRefused, match="van-thu does not hold the authority key"):
        enrolment.enrol(
            person("moi", Role.AUDITOR),
            security=keyring.unlock_role(Role.RECORDS),
            second=keyring.unlock_role(Role.SECURITY),
            office=OFFICE,
            authority_certificate=(keyring.path / layout.AUTHORITY_CERTIFICATE).read_bytes(),
            now=NOW,
            cost=CHEAP,
        )


def test_one_person_cannot_be_both_officers(keyring: Keyring) -> None:
    with pytest.raises(KeyRefused, match="second officer of the same act"):
        enrolled(keyring, Role.AUDITOR, keyring.unlock_role(Role.SECURITY))


def test_an_officer_of_another_vault_cannot_confirm(keyring: Keyring, tmp_path: Path) -> None:
    other = make_keyring(tmp_path / "other", vault="f" * 32)

    with pytest.raises(KeyUntrusted, match="different vaults"):
        enrolled(keyring, Role.AUDITOR, other.unlock_role(Role.RECORDS))


def test_an_authority_certificate_that_was_exchanged_is_refused(keyring: Keyring, tmp_path: Path) -> None:
    other = make_keyring(tmp_path / "other")

    with pytest.raises(KeyUntrusted, match="private key is not the one"):
        enrolment.enrol(
            person("moi", Role.AUDITOR),
            security=keyring.unlock_role(Role.SECURITY),
            second=keyring.unlock_role(Role.RECORDS),
            office=OFFICE,
            authority_certificate=(other.path / layout.AUTHORITY_CERTIFICATE).read_bytes(),
            now=NOW,
            cost=CHEAP,
        )


def test_nobody_is_enrolled_as_the_recovery_quorum(keyring: Keyring) -> None:
    with pytest.raises(KeyRefused, match="kept for the recovery quorum"):
        enrolled(keyring, Role.RECOVERY, keyring.unlock_role(Role.RECORDS))
