"""Checks the keyring: every officer's key file and grants, and nothing beside them."""

import base64
from collections.abc import Iterator
from pathlib import PurePosixPath

from securedoc.audit.outcomes import Outcome, failed, passed, unknown
from securedoc.core.findings import Severity
from securedoc.core.officetime import day_of
from securedoc.core.people import HELD_BY, Officer, Role, RoleKey
from securedoc.core.text import message
from securedoc.crypto import certificates
from securedoc.errors import KeyStale, KeyUntrusted, SecuredocError
from securedoc.keyring import grants, keyfile, layout, recoveryfile
from securedoc.office.office import Office


def keys(office: Office) -> Iterator[Outcome]:
    """Hold the keyring's files against the officers that the ledger knows."""
    expected: set[PurePosixPath] = set()
    officers = office.ledger.officers()
    for officer in officers:
        expected.update(_files_of(officer))
        yield from _officer(office, officer)
    for path, fact in (
        (layout.AUTHORITY_CERTIFICATE, "authority_certificate"),
        (layout.SEAL_CERTIFICATE, "seal_certificate"),
        (layout.TIME_CERTIFICATE, "time_certificate"),
    ):
        expected.add(path)
        yield _certificate_file(office, path, fact)
    expected.add(layout.AUTHORITY_CRL)
    yield from _strangers(office, expected)
    held = [key for key in RoleKey if office.session.holds(key)]
    yield passed(
        "keys.commitments",
        message("the {count} role keys of this officer are those of the ceremony", count=len(held)),
    )
    if len(held) < len(RoleKey):
        yield unknown(
            "keys.commitments",
            message("the other role keys: this officer does not hold them"),
            severity=Severity.LOW,
        )


def _files_of(officer: Officer) -> Iterator[PurePosixPath]:
    recovery = officer.role is Role.RECOVERY
    yield layout.RECOVERY_FILE if recovery else layout.officer_file(officer.id)
    yield layout.officer_certificate(officer.id)
    for key in HELD_BY[officer.role]:
        yield layout.grant_file(officer.id, key)


def _officer(office: Office, officer: Officer) -> Iterator[Outcome]:
    """Check one officer's files, and that the key file is of the keys that the ledger enrolled."""
    errors: list[SecuredocError] = []
    for check in (_key_file, _grants, _validity):
        try:
            check(office, officer)
        except SecuredocError as error:
            errors.append(error)
            yield failed("keys.officer", error, about=officer.id)
    if not errors:
        yield passed(
            "keys.officer",
            message("{officer}: key file, grants and certificate are in order", officer=officer.id),
            about=officer.id,
        )


def _key_file(office: Office, officer: Officer) -> None:
    keyring = office.place.keyring
    if officer.role is Role.RECOVERY:
        recovery = recoveryfile.parse(layout.read(keyring, layout.RECOVERY_FILE))
        same = (recovery.vault, recovery.public) == (office.vault_id, officer.keys)
    else:
        file = keyfile.parse(layout.read(keyring, layout.officer_file(officer.id)), officer.id)
        same = (file.vault, file.public, file.role) == (office.vault_id, officer.keys, officer.role)
    if not same:
        raise KeyUntrusted(
            "the key file of {officer} is not of the keys that the ledger enrolled",
            officer=officer.id,
            hint="restore the keyring from the last backup, and find out who changed it",
        )


def _grants(office: Office, officer: Officer) -> None:
    for key in sorted(HELD_BY[officer.role]):
        grants.parse(
            office.vault_id,
            officer.id,
            key,
            layout.read(office.place.keyring, layout.grant_file(officer.id, key)),
        )


def _validity(office: Office, officer: Officer) -> None:
    validity = certificates.read_validity(officer.certificate)
    if not validity.begins <= office.now() <= validity.ends:
        raise KeyStale(
            "the certificate of {officer} held from {begins} to {ends}",
            officer=officer.id,
            begins=day_of(validity.begins).isoformat(),
            ends=day_of(validity.ends).isoformat(),
            hint="ask the security officer for a new certificate",
        )


def _certificate_file(office: Office, path: PurePosixPath, fact: str) -> Outcome:
    """Hold a public certificate in the keyring against the one in the first entry."""
    enrolled = base64.b64decode(str(office.ledger.proven_entry(0).facts[fact]))
    try:
        if layout.read(office.place.keyring, path) != enrolled:
            raise KeyUntrusted(
                "{path} in the keyring is not the certificate of the ceremony",
                path=str(path),
                hint="restore the keyring from the last backup, and find out who changed it",
            )
    except SecuredocError as error:
        return failed("keys.certificates", error, about=str(path))
    words = message("{path} is the certificate of the ceremony", path=str(path))
    return passed("keys.certificates", words, about=str(path))


def _strangers(office: Office, expected: set[PurePosixPath]) -> Iterator[Outcome]:
    keyring = office.place.keyring
    for path in sorted(keyring.rglob("*")):
        name = PurePosixPath(path.relative_to(keyring).as_posix())
        if (path.is_symlink() or not path.is_dir()) and name not in expected:
            error = KeyUntrusted(
                "{path} in the keyring belongs to nobody whom the ledger knows",
                path=str(name),
                hint="find out who put it there; restore the keyring from the last backup",
            )
            yield failed("keys.strange", error, about=str(name))
