"""Unlocks the keyring: one officer's keys with a passphrase, or all of them with recovery shares."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from securedoc.core.people import OfficerId
from securedoc.core.secret import Secret
from securedoc.errors import KeyMissing
from securedoc.keyring import grants, keyfile, layout, recoveryfile
from securedoc.keyring.keyfile import Unsealed
from securedoc.keyring.session import Session


def unlock(keyring: Path, officer: OfficerId, passphrase: Secret) -> Session:
    """Unlock the keys of `officer`.

    Raises:
        KeyMissing: there is no such officer, or a grant is gone.
        KeyRefused: the passphrase is wrong, or the key file was altered.
        KeyMalformed: the key file or a grant cannot be read, or asks for too much work.
        KeyUntrusted: a file is somebody else's.
        KeyFailed: the disk does not give a file out.
    """
    # (1) Read and bounded, before the passphrase costs anything.
    file = keyfile.parse(_read_key_file(keyring, officer), officer)
    # (2) Opened: proves the passphrase, and that no public part was exchanged.
    unsealed = keyfile.unseal(file, passphrase)
    # (3) Role keys, as many as the role holds.
    return _session(keyring, unsealed)


def unlock_alone(key_file: Path, officer: OfficerId, passphrase: Secret) -> Session:
    """Unlock an officer's own key file away from the vault: there are no role keys, so it opens nothing.

    Raises:
        KeyMissing: there is no such file.
        KeyRefused, KeyMalformed, KeyUntrusted, KeyFailed: as `unlock`.
    """
    data = layout.read(key_file.parent, PurePosixPath(key_file.name))
    return Session(keyfile.unseal(keyfile.parse(data, officer), passphrase), {})


def recover(keyring: Path, mnemonics: Sequence[Secret]) -> Session:
    """Unlock the recovery quorum, which holds every role key, with enough shares.

    Raises:
        KeyRefused: the shares are too few, unreadable, mixed, or of another vault.
        KeyMissing, KeyMalformed, KeyUntrusted, KeyFailed: as `unlock`.
    """
    file = recoveryfile.parse(layout.read(keyring, layout.RECOVERY_FILE))
    return _session(keyring, recoveryfile.unseal(file, tuple(mnemonics)))


def _read_key_file(keyring: Path, officer: OfficerId) -> bytes:
    try:
        return layout.read(keyring, layout.officer_file(officer))
    except KeyMissing as error:
        raise KeyMissing(
            "there is no key file of {officer}",
            officer=officer,
            hint="see who has one: securedoc officer list",
        ) from error


def _session(keyring: Path, unsealed: Unsealed) -> Session:
    try:
        role_keys = grants.open_all(
            unsealed.vault, unsealed.identity, lambda path: layout.read(keyring, path)
        )
    except BaseException:
        unsealed.identity.private.wipe()
        raise
    return Session(unsealed, role_keys)
