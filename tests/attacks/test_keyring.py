"""Whoever can write to the keyring cannot exchange keys, weaken passphrases, or spend our memory."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from securedoc.core.people import OfficerId, Role, RoleKey
from securedoc.core.secret import Secret
from securedoc.crypto import derive, hpke, signatures
from securedoc.errors import KeyMalformed, KeyRefused, KeysError, KeyUntrusted
from securedoc.formats import canonical
from securedoc.keyring import grants, keyfile, layout, unlocking
from securedoc.keyring.fields import octets
from securedoc.keyring.keyfile import Unsealed
from tests.support.keyring import CHEAP, GENESIS, OFFICER_OF, VAULT, Keyring, make_keyring, passphrase_of

RECORDS, SIGNER = OFFICER_OF[Role.RECORDS], OFFICER_OF[Role.SIGNER]


# The files differ from run to run (their keys are random), so earlier examples say nothing.
EVERY_BIT = settings(
    max_examples=150,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return make_keyring(tmp_path_factory.mktemp("vault") / "keyring")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    """Return the keyring of another vault, with officers of the same names and passphrases."""
    return make_keyring(tmp_path_factory.mktemp("other") / "keyring", vault="f" * 32)


@pytest.fixture
def keyring(made: Keyring, tmp_path: Path) -> Keyring:
    shutil.copytree(made.path, tmp_path / "keyring")
    return Keyring(tmp_path / "keyring", made.prepared, made.shares)


def rewritten(path: Path, change: Callable[[Any], object]) -> None:
    content = json.loads(path.read_bytes())
    change(content)
    path.write_bytes(canonical.encode(content))


def commitments(keyring: Keyring) -> dict[str, bytes]:
    return {str(name): derive.commitment(keyring.prepared.role_key(name), name) for name in RoleKey}


def planted(keyring: Keyring, officer: OfficerId, name: RoleKey, key: Secret) -> None:
    """Grant a key of the attacker's to an officer; all that takes is the public key."""
    public = keyring.unlock(officer).public.hpke
    file = grants.grant(VAULT, officer, public, name, key)
    (keyring.path / file.path).write_bytes(file.data)


# Grants.


@pytest.mark.parametrize("name", [RoleKey.LEDGER, RoleKey.DOCUMENTS, RoleKey.SEAL])
def test_a_grant_of_the_attackers_own_key_is_refused_by_its_commitment(
    keyring: Keyring, name: RoleKey
) -> None:
    planted(keyring, RECORDS, name, hpke.generate().private)

    with keyring.unlock(RECORDS) as session, pytest.raises(KeyUntrusted, match=f"the {name} key"):
        session.check_commitments(commitments(keyring))


def test_a_role_key_granted_under_the_name_of_another_is_refused_by_its_commitment(keyring: Keyring) -> None:
    planted(keyring, RECORDS, RoleKey.LEDGER, keyring.prepared.role_key(RoleKey.DOCUMENTS))

    with keyring.unlock(RECORDS) as session, pytest.raises(KeyUntrusted, match="the ledger key"):
        session.check_commitments(commitments(keyring))


def test_a_colleagues_grant_put_in_its_place_is_refused(keyring: Keyring) -> None:
    shutil.copy(
        keyring.path / layout.grant_file(SIGNER, RoleKey.DOCUMENTS),
        keyring.path / layout.grant_file(RECORDS, RoleKey.DOCUMENTS),
    )

    with pytest.raises(KeyUntrusted, match="somebody else"):
        keyring.unlock(RECORDS)


def test_a_colleagues_grant_relabelled_is_refused(keyring: Keyring) -> None:
    theirs = json.loads((keyring.path / layout.grant_file(SIGNER, RoleKey.DOCUMENTS)).read_bytes())
    mine = keyring.path / layout.grant_file(RECORDS, RoleKey.DOCUMENTS)

    rewritten(mine, lambda c: c.update(sealed=theirs["sealed"]))

    with pytest.raises(KeyMalformed, match="sealed to somebody else"):
        keyring.unlock(RECORDS)


def test_a_grant_of_one_key_relabelled_as_another_is_refused(keyring: Keyring) -> None:
    ledger = json.loads((keyring.path / layout.grant_file(RECORDS, RoleKey.LEDGER)).read_bytes())

    rewritten(
        keyring.path / layout.grant_file(RECORDS, RoleKey.DOCUMENTS),
        lambda c: c.update(sealed=ledger["sealed"]),
    )

    with pytest.raises(KeyMalformed):
        keyring.unlock(RECORDS)


def test_a_grant_of_another_vault_is_refused(keyring: Keyring, other: Keyring) -> None:
    path = layout.grant_file(RECORDS, RoleKey.LEDGER)
    shutil.copy(other.path / path, keyring.path / path)

    with pytest.raises(KeyUntrusted):
        keyring.unlock(RECORDS)


def test_a_grant_beyond_the_role_is_not_even_read(keyring: Keyring) -> None:
    # The security officer would like the documents key, and a colleague's grant lies on the disk.
    security = OFFICER_OF[Role.SECURITY]
    shutil.copy(
        keyring.path / layout.grant_file(SIGNER, RoleKey.DOCUMENTS),
        keyring.path / layout.grant_file(security, RoleKey.DOCUMENTS),
    )

    with keyring.unlock(security) as session:
        assert not session.holds(RoleKey.DOCUMENTS)


# Key files.


def strangers_keys(content: Any, field: str) -> None:
    mine = {
        "hpke": hpke.generate().public,
        "ed25519": signatures.ed25519_public(signatures.generate().ed25519),
        "mldsa44": signatures.mldsa44_public(signatures.generate().mldsa44),
    }
    content["public"][field] = octets(mine[field])


@pytest.mark.parametrize("field", ["hpke", "ed25519", "mldsa44"])
def test_an_exchanged_public_key_is_refused(keyring: Keyring, field: str) -> None:
    # Else the next grant would be sealed to the attacker.
    rewritten(keyring.path / layout.officer_file(RECORDS), lambda c: strangers_keys(c, field))

    with pytest.raises(KeyRefused):
        keyring.unlock(RECORDS)


def test_an_exchanged_certificate_is_refused(keyring: Keyring) -> None:
    theirs = json.loads((keyring.path / layout.officer_file(SIGNER)).read_bytes())["certificate"]
    rewritten(keyring.path / layout.officer_file(RECORDS), lambda c: c.update(certificate=theirs))

    with pytest.raises(KeyRefused):
        keyring.unlock(RECORDS)


@pytest.mark.parametrize(
    ("field", "value"),
    [("role", "signer"), ("name", "Người Khác"), ("title", "CHỦ TỊCH"), ("vault", "f" * 32)],
)
def test_an_exchanged_role_name_or_vault_is_refused(keyring: Keyring, field: str, value: str) -> None:
    rewritten(keyring.path / layout.officer_file(RECORDS), lambda c: c.update({field: value}))

    with pytest.raises(KeyRefused):
        keyring.unlock(RECORDS)


def test_a_colleagues_key_file_under_my_name_is_refused_with_my_and_with_their_passphrase(
    keyring: Keyring,
) -> None:
    shutil.copy(keyring.path / layout.officer_file(SIGNER), keyring.path / layout.officer_file(RECORDS))

    for passphrase in (passphrase_of(RECORDS), passphrase_of(SIGNER)):
        with pytest.raises(KeyUntrusted, match="van-thu is the one of chu-tich"):
            unlocking.unlock(keyring.path, RECORDS, passphrase)


def test_a_key_file_whose_halves_do_not_belong_together_is_refused(keyring: Keyring) -> None:
    # Made by somebody who knows the passphrase, so that every seal is right.
    mine = keyfile.unseal(
        keyfile.parse((keyring.path / layout.officer_file(RECORDS)).read_bytes(), RECORDS),
        passphrase_of(RECORDS),
    )
    theirs = keyring.prepared.identities[SIGNER]
    object.__setattr__(mine.identity, "private", theirs.private)
    forged = keyfile.seal(Unsealed(VAULT, mine.identity, GENESIS), passphrase_of(RECORDS), CHEAP)
    (keyring.path / layout.officer_file(RECORDS)).write_bytes(forged)

    with pytest.raises(KeyUntrusted, match="public keys of van-thu"):
        keyring.unlock(RECORDS)


def test_the_key_file_of_another_vault_pins_another_ledger(keyring: Keyring, other: Keyring) -> None:
    for path in (layout.officer_file(RECORDS), *(layout.grant_file(RECORDS, k) for k in RoleKey)):
        if (other.path / path).exists():
            shutil.copy(other.path / path, keyring.path / path)

    with keyring.unlock(RECORDS) as session:
        assert session.vault != VAULT  # what opening the office compares first
        with pytest.raises(KeyUntrusted):
            session.check_commitments(commitments(keyring))


# The cost of a passphrase.


def cost_changed(**parts: int) -> Callable[[Any], object]:
    return lambda content: content["kdf"].update(parts)


@pytest.mark.parametrize("part", [{"memory_kib": 40}, {"iterations": 2}, {"lanes": 2}])
def test_a_changed_cost_is_refused(keyring: Keyring, part: dict[str, int]) -> None:
    # A cheaper one would help guessing only if the file still opened with it.
    rewritten(keyring.path / layout.officer_file(RECORDS), cost_changed(**part))

    with pytest.raises(KeyRefused):
        keyring.unlock(RECORDS)


@pytest.mark.parametrize(
    "part",
    [
        {"memory_kib": 2**40},
        {"memory_kib": 1024 * 1024 + 1},
        {"iterations": 2**31},
        {"lanes": 2**20},
        {"memory_kib": 1024 * 1024, "iterations": 60},
        {"memory_kib": -1},
        {"iterations": 0},
    ],
)
def test_a_cost_meant_to_exhaust_the_machine_is_refused_before_it_is_spent(
    keyring: Keyring, part: dict[str, int]
) -> None:
    rewritten(keyring.path / layout.officer_file(RECORDS), cost_changed(**part))
    started = time.monotonic()

    with pytest.raises(KeyMalformed, match="out of bounds"):
        keyring.unlock(RECORDS)

    assert time.monotonic() - started < 1


# Recovery.


def test_shares_of_another_vault_are_refused(keyring: Keyring, other: Keyring) -> None:
    with pytest.raises(KeyRefused):
        unlocking.recover(keyring.path, other.shares[:2])


def test_one_share_of_each_of_two_vaults_is_refused(keyring: Keyring, other: Keyring) -> None:
    with pytest.raises(KeyRefused):
        unlocking.recover(keyring.path, [keyring.shares[0], other.shares[1]])


def test_the_recovery_file_of_another_vault_is_refused_even_if_it_claims_our_shares(
    keyring: Keyring, other: Keyring
) -> None:
    ours = json.loads((keyring.path / layout.RECOVERY_FILE).read_bytes())
    shutil.copy(other.path / layout.RECOVERY_FILE, keyring.path / layout.RECOVERY_FILE)
    rewritten(keyring.path / layout.RECOVERY_FILE, lambda c: c.update(set=ours["set"]))

    with pytest.raises(KeyRefused, match="do not open the recovery key"):
        unlocking.recover(keyring.path, keyring.shares[:2])


def test_a_lowered_threshold_does_not_make_one_share_enough(keyring: Keyring) -> None:
    rewritten(keyring.path / layout.RECOVERY_FILE, lambda c: c.update(threshold=1))

    with pytest.raises(KeyRefused):
        unlocking.recover(keyring.path, keyring.shares[:1])


def test_an_exchanged_public_key_of_the_quorum_is_refused(keyring: Keyring) -> None:
    rewritten(keyring.path / layout.RECOVERY_FILE, lambda c: strangers_keys(c, "hpke"))

    with pytest.raises(KeyRefused):
        unlocking.recover(keyring.path, keyring.shares[:2])


def test_an_officer_cannot_pose_as_the_recovery_quorum(keyring: Keyring) -> None:
    shutil.copy(keyring.path / layout.officer_file(RECORDS), keyring.path / "officers" / "recovery.json")
    rewritten(
        keyring.path / "officers" / "recovery.json", lambda c: c.update(officer="recovery", role="recovery")
    )

    with pytest.raises(KeyMalformed):
        unlocking.unlock(keyring.path, layout.RECOVERY, passphrase_of(RECORDS))


# Every bit.


@EVERY_BIT
@given(data=st.data())
def test_any_flipped_bit_of_a_key_file_is_refused(keyring: Keyring, data: st.DataObject) -> None:
    path = keyring.path / layout.officer_file(RECORDS)
    whole = path.read_bytes()
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    altered = bytearray(whole)
    altered[bit // 8] ^= 1 << bit % 8

    path.write_bytes(altered)

    try:
        with pytest.raises(KeysError):
            keyring.unlock(RECORDS)
    finally:
        path.write_bytes(whole)


@EVERY_BIT
@given(data=st.data())
def test_any_flipped_bit_of_a_grant_is_refused(keyring: Keyring, data: st.DataObject) -> None:
    path = keyring.path / layout.grant_file(RECORDS, RoleKey.DOCUMENTS)
    whole = path.read_bytes()
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    altered = bytearray(whole)
    altered[bit // 8] ^= 1 << bit % 8

    path.write_bytes(altered)

    try:
        with pytest.raises(KeysError):
            keyring.unlock(RECORDS)
    finally:
        path.write_bytes(whole)
