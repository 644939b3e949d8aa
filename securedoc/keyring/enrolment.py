"""Makes the keys of an officer who joins later: the work of two officers.

The security officer issues the certificate, with the authority's key. Role keys that the security
officer does not hold, those that open documents, are granted by the second officer: no one person
can enrol somebody who reads documents.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import HELD_BY, Role, RoleKey
from securedoc.core.protocols import Randomness
from securedoc.crypto.certificates import Certified
from securedoc.crypto.passphrase import KdfCost
from securedoc.errors import KeyRefused, KeyUntrusted
from securedoc.keyring import ceremony, grants, identity, keyfile, layout
from securedoc.keyring.identity import Identity, Person
from securedoc.keyring.keyfile import Unsealed
from securedoc.keyring.layout import KeyringFile
from securedoc.keyring.session import Session


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A new officer, not known to the ledger yet."""

    facts: JsonObject
    """What the entry that enrols the officer must say."""
    files: tuple[KeyringFile, ...]
    """To be written with that entry."""


def enrol(  # noqa: PLR0913 - two officers, one person, and what the certificate says
    person: Person,
    *,
    security: Session,
    second: Session,
    office: str,
    authority_certificate: bytes,
    now: datetime,
    cost: KdfCost,
    randomness: Randomness = secrets.token_bytes,
) -> Enrolled:
    """Make keys, certificate and grants of `person`.

    Raises:
        KeyRefused: the first officer cannot issue certificates, the two are one, or neither holds a
            key that the role needs.
        KeyUntrusted: the two officers' keys belong to different vaults.
    """
    ceremony.check_person(person)
    _require_two(security, second)
    granting = {name: _holder(name, person.role, security, second) for name in sorted(HELD_BY[person.role])}
    authority = Certified(authority_certificate, security.role_key(RoleKey.AUTHORITY))
    made = identity.make(person, ceremony.issue(authority, person, office, now), randomness=randomness)
    return Enrolled({"officer": made.as_facts()}, _files(person, made, granting, cost, randomness))


def _require_two(security: Session, second: Session) -> None:
    if security.officer == second.officer:
        raise KeyRefused(
            "{officer} cannot be the second officer of the same act",
            officer=second.officer,
            hint="let another officer confirm",
        )
    if (security.vault, security.genesis_pin) != (second.vault, second.genesis_pin):
        raise KeyUntrusted(
            "the keys of {first} and {second} belong to different vaults",
            first=security.officer,
            second=second.officer,
            hint="restore the keyring from the last backup",
        )


def _holder(name: RoleKey, role: Role, security: Session, second: Session) -> Session:
    for session in (security, second):
        if session.holds(name):
            return session
    raise KeyRefused(
        "the role {role} needs the {key} key, which neither {first} nor {second} holds",
        role=role,
        key=str(name),
        first=security.officer,
        second=second.officer,
        holders=", ".join(str(each) for each, keys in HELD_BY.items() if name in keys),
        hint="let an officer confirm who holds it; these roles do: {holders}",
    )


def _files(
    person: Person,
    made: Identity,
    granting: dict[RoleKey, Session],
    cost: KdfCost,
    randomness: Randomness,
) -> tuple[KeyringFile, ...]:
    either = granting[RoleKey.LEDGER]  # every role holds it; both officers pin the same first entry
    vault = either.vault
    contents = Unsealed(vault, made, either.genesis_pin)
    key_file = keyfile.seal(contents, person.passphrase, cost, randomness=randomness)
    return (
        *(
            grants.grant(vault, made.officer, made.public.hpke, name, session.role_key(name))
            for name, session in granting.items()
        ),
        KeyringFile(layout.officer_certificate(made.officer), made.certificate),
        # Last: without its grants a key file opens nothing.
        KeyringFile(layout.officer_file(made.officer), key_file),
    )
