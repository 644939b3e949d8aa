"""Unlocking says exactly what is wrong, and reads strictly what it reads."""

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from shamir_mnemonic import combine_mnemonics

from securedoc.core.people import OfficerId, Role, RoleKey
from securedoc.core.secret import Secret
from securedoc.errors import KeyFailed, KeyMalformed, KeyMissing, KeyRefused
from securedoc.formats import canonical
from securedoc.keyring import layout, unlocking
from securedoc.system import files
from tests.support.keyring import GENESIS, OFFICER_OF, Keyring, make_keyring, passphrase_of

WHO = OFFICER_OF[Role.RECORDS]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return make_keyring(tmp_path_factory.mktemp("vault") / "keyring")


@pytest.fixture
def keyring(made: Keyring, tmp_path: Path) -> Keyring:
    """Return a copy of a keyring, to be damaged."""
    shutil.copytree(made.path, tmp_path / "keyring")
    return Keyring(tmp_path / "keyring", made.prepared, made.shares)


def key_file(keyring: Keyring) -> Path:
    return keyring.path / layout.officer_file(WHO)


def rewritten(path: Path, change: Callable[[Any], object]) -> None:
    content = json.loads(path.read_bytes())
    change(content)
    path.write_bytes(canonical.encode(content))


def test_a_key_file_opens_by_its_written_format_alone(made: Keyring) -> None:
    content = json.loads(key_file(made).read_bytes())
    kdf, sealed = content["kdf"], base64.b64decode(content.pop("sealed"))
    kek = Argon2id(
        salt=base64.b64decode(kdf["salt"]),
        length=32,
        iterations=kdf["iterations"],
        lanes=kdf["lanes"],
        memory_cost=kdf["memory_kib"],
    ).derive(passphrase_of(WHO).reveal())
    bound_to = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()

    plaintext = AESGCMSIV(kek).decrypt(sealed[:12], sealed[12:], b"securedoc/officer-key/1\n" + bound_to)

    private = json.loads(plaintext)
    assert private.keys() == {"hpke", "ed25519", "mldsa44", "certificate_key", "genesis"}
    assert private["genesis"] == str(GENESIS)


def test_the_recovery_file_opens_by_its_written_format_alone(made: Keyring) -> None:
    content = json.loads((made.path / layout.RECOVERY_FILE).read_bytes())
    sealed = base64.b64decode(content.pop("sealed"))
    secret = combine_mnemonics([sheet.reveal().decode() for sheet in made.shares[1:]])
    bound_to = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()

    plaintext = AESGCMSIV(secret).decrypt(sealed[:12], sealed[12:], b"securedoc/recovery-key/1\n" + bound_to)

    assert json.loads(plaintext)["genesis"] == str(GENESIS)


def test_a_wrong_passphrase_is_refused_with_22(keyring: Keyring) -> None:
    with pytest.raises(KeyRefused, match="passphrase of van-thu is wrong") as caught:
        unlocking.unlock(keyring.path, WHO, Secret(b"battery staple"))

    assert caught.value.exit_code == 22


def test_an_unknown_officer_is_missing_with_21(keyring: Keyring) -> None:
    with pytest.raises(KeyMissing, match="no key file of nobody") as caught:
        unlocking.unlock(keyring.path, OfficerId("nobody"), Secret(b"x"))

    assert caught.value.exit_code == 21


def test_a_missing_keyring_is_missing(tmp_path: Path) -> None:
    with pytest.raises(KeyMissing):
        unlocking.unlock(tmp_path / "nowhere", WHO, Secret(b"x"))
    with pytest.raises(KeyMissing, match=r"recovery\.json"):
        unlocking.recover(tmp_path / "nowhere", [])


def test_a_missing_grant_is_named(keyring: Keyring) -> None:
    (keyring.path / layout.grant_file(WHO, RoleKey.SEAL)).unlink()

    with pytest.raises(KeyMissing, match=r"grants/van-thu/seal\.json"):
        keyring.unlock(WHO)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"\xff\xfe", b"not JSON", b"{" * 60_000, b"1" * 50_000, b'{"a":1,"a":2}', b"1.5"],
)
@pytest.mark.parametrize(
    "path",
    [layout.officer_file(WHO), layout.grant_file(WHO, RoleKey.LEDGER)],
    ids=["key file", "grant"],
)
def test_what_cannot_be_read_is_malformed_with_23(keyring: Keyring, path: Path, content: bytes) -> None:
    (keyring.path / path).write_bytes(content)

    with pytest.raises(KeyMalformed) as caught:
        keyring.unlock(WHO)

    assert caught.value.exit_code == 23
    assert str(path) in str(caught.value)


def test_a_recovery_file_that_cannot_be_read_is_malformed(keyring: Keyring) -> None:
    (keyring.path / layout.RECOVERY_FILE).write_bytes(b"{}")

    with pytest.raises(KeyMalformed, match=r"recovery\.json"):
        unlocking.recover(keyring.path, keyring.shares)


def test_a_file_larger_than_any_of_ours_is_not_read(keyring: Keyring) -> None:
    key_file(keyring).write_bytes(b" " * (layout.MAX_FILE_BYTES + 1))

    with pytest.raises(KeyMalformed, match="too large"):
        keyring.unlock(WHO)


def test_a_link_instead_of_a_key_file_is_refused(keyring: Keyring) -> None:
    path = key_file(keyring)
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")

    with pytest.raises(KeyMalformed, match="regular file"):
        keyring.unlock(WHO)


def test_a_failing_disk_is_not_taken_for_a_missing_officer(
    keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files, "read_bounded", broken)

    with pytest.raises(KeyFailed, match="Permission denied"):
        keyring.unlock(WHO)


CHANGES: dict[str, Callable[[Any], object]] = {
    "unknown field": lambda c: c.update(extra=1),
    "missing field": lambda c: c.pop("title"),
    "another format": lambda c: c.update(format="securedoc/officer-key/2"),
    "vault": lambda c: c.update(vault="0" * 31),
    "vault in capitals": lambda c: c.update(vault="A" * 32),
    "officer": lambda c: c.update(officer="Van Thu"),
    "role": lambda c: c.update(role="emperor"),
    "recovery role": lambda c: c.update(role="recovery"),
    "name of another type": lambda c: c.update(name=7),
    "empty name": lambda c: c.update(name=""),
    "control character": lambda c: c.update(name="a\x1b[2J"),
    "long name": lambda c: c.update(name="a" * 201),
    "public": lambda c: c.update(public=[]),
    "public key missing": lambda c: c["public"].pop("hpke"),
    "public key too short": lambda c: c["public"].update(ed25519="AAAA"),
    "public key not base64": lambda c: c["public"].update(mldsa44="!" * 100),
    "certificate": lambda c: c.update(certificate="AAAA"),
    "kdf": lambda c: c.update(kdf=None),
    "kdf algorithm": lambda c: c["kdf"].update(algorithm="argon2d"),
    "kdf salt": lambda c: c["kdf"].update(salt="AAAA"),
    "kdf memory as text": lambda c: c["kdf"].update(memory_kib="65536"),
    "kdf memory as truth": lambda c: c["kdf"].update(memory_kib=True),
    "sealed empty": lambda c: c.update(sealed=""),
    "sealed padded otherwise": lambda c: c.update(sealed="AAAB=="),
    "sealed with loose bits": lambda c: c.update(sealed="AAB="),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_every_field_of_a_key_file_is_checked(keyring: Keyring, change: Callable[[Any], object]) -> None:
    rewritten(key_file(keyring), change)

    with pytest.raises(KeyMalformed):
        keyring.unlock(WHO)


def test_a_damaged_sealed_part_is_refused_with_22(keyring: Keyring) -> None:
    rewritten(key_file(keyring), lambda c: c.update(sealed="AAAA"))

    with pytest.raises(KeyRefused, match="damaged"):
        keyring.unlock(WHO)


def test_a_damaged_grant_is_malformed_with_23(keyring: Keyring) -> None:
    path = keyring.path / layout.grant_file(WHO, RoleKey.DOCUMENTS)
    rewritten(path, lambda c: c.update(sealed="AAAA" + c["sealed"][4:]))

    with pytest.raises(KeyMalformed, match=r"documents\.json does not open"):
        keyring.unlock(WHO)
