"""Holds the key ceremony: makes every key of a new vault, and the files and facts that carry them.

In two steps, because each key file pins the ledger's first entry, which names the public keys:
`prepare` makes the keys and the facts of that entry; `Prepared.seal`, given the entry's digest,
makes the files.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import HELD_BY, OfficerId, Role, RoleKey
from securedoc.core.protocols import NoteSigner, Randomness
from securedoc.core.secret import Secret
from securedoc.crypto import certificates, derive, hpke
from securedoc.crypto.certificates import Certified, Subject, Validity
from securedoc.crypto.passphrase import DEFAULT_COST, KdfCost
from securedoc.errors import KeyRefused
from securedoc.keyring import grants, identity, keyfile, layout, recoveryfile, shares
from securedoc.keyring.fields import MAX_TEXT, octets, public_keys_as_json
from securedoc.keyring.identity import Identity, Person
from securedoc.keyring.keyfile import Unsealed
from securedoc.keyring.layout import KeyringFile, write
from securedoc.keyring.shares import Quorum
from securedoc.keyring.signers import OfficerNoteSigner, key_name

__all__ = ["Person", "Plan", "Prepared", "prepare", "write"]

AUTHORITY_YEARS: Final = 30
"""As long as the longest term of protection: signatures are verified until then."""
OFFICER_YEARS: Final = 5
SEAL_YEARS: Final = 10
TIME_YEARS: Final = AUTHORITY_YEARS
"""The last time-stamp over a document must outlive every other certificate in it."""
LEDGER_KEY_BYTES: Final = 32

# What certificates say where no person is named; Vietnamese first, as everywhere.
AUTHORITY_NAME: Final = "Chứng thực nội bộ (evidence authority)"
SEAL_NAME: Final = "Con dấu cơ quan (office seal)"
TIME_NAME: Final = "Dấu thời gian nội bộ (internal time-stamp)"
RECOVERY_NAME: Final = "Nhóm khôi phục (recovery quorum)"


@dataclass(frozen=True, slots=True)
class Plan:
    """What was decided before the ceremony."""

    vault: str
    """Identifier of the new vault, 32 hexadecimal digits."""
    office: str
    people: tuple[Person, ...]
    threshold: int
    shares: int
    cost: KdfCost = DEFAULT_COST


@dataclass(frozen=True, slots=True)
class OfficeKeys:
    """The keys that belong to the office, not to a person."""

    ledger: Secret
    documents: hpke.KeyPair
    authority: Certified
    seal: Certified
    time: Certified

    def by_role_key(self) -> dict[RoleKey, Secret]:
        """Return what is granted under each name."""
        return {
            RoleKey.LEDGER: self.ledger,
            RoleKey.DOCUMENTS: self.documents.private,
            RoleKey.AUTHORITY: self.authority.private_key,
            RoleKey.SEAL: self.seal.private_key,
            RoleKey.TIME: self.time.private_key,
        }


@dataclass(frozen=True, slots=True)
class Prepared:
    """Every key of the new vault, in memory only."""

    plan: Plan
    who: OfficerId
    """The security officer in whose name the vault is made."""
    facts: JsonObject
    """What the ledger's first entry must say of keys and people."""
    shares: tuple[Secret, ...]
    """The recovery shares as words, rehearsed; to be printed once and never stored."""
    quorum: Quorum
    secret: Secret
    identities: Mapping[OfficerId, Identity]
    """The officers, and the recovery quorum."""
    role_keys: Mapping[RoleKey, Secret]
    certificates: tuple[KeyringFile, ...]
    randomness: Randomness

    def role_key(self, key: RoleKey) -> Secret:
        """Return a role key, for the ledger that is being made."""
        return self.role_keys[key]

    def note_signer(self, officer: OfficerId) -> NoteSigner:
        """Return an officer's signer, for the ledger's first checkpoint."""
        identity = self.identities[officer]
        return OfficerNoteSigner(
            key_name(self.plan.vault, officer), identity.private.ed25519, identity.public.ed25519
        )

    def seal(self, genesis: Digest) -> tuple[KeyringFile, ...]:
        """Make the files of the keyring, whose key files pin the ledger's first entry.

        Raises:
            KeyRefused: a passphrase is empty or not UTF-8.
        """
        made = (*self._key_files(genesis), self._recovery_file(genesis), *self._grants(), *self.certificates)
        self._rehearse(made)
        return made

    def _key_files(self, genesis: Digest) -> list[KeyringFile]:
        return [
            KeyringFile(
                layout.officer_file(person.id),
                keyfile.seal(
                    self._contents(person.id, genesis),
                    person.passphrase,
                    self.plan.cost,
                    randomness=self.randomness,
                ),
            )
            for person in self.plan.people
        ]

    def _recovery_file(self, genesis: Digest) -> KeyringFile:
        contents = self._contents(layout.RECOVERY, genesis)
        data = recoveryfile.seal(contents, self.secret, self.quorum, randomness=self.randomness)
        return KeyringFile(layout.RECOVERY_FILE, data)

    def _contents(self, officer: OfficerId, genesis: Digest) -> Unsealed:
        return Unsealed(self.plan.vault, self.identities[officer], genesis)

    def _grants(self) -> list[KeyringFile]:
        return [
            grants.grant(self.plan.vault, one.officer, one.public.hpke, name, self.role_keys[name])
            for one in self.identities.values()
            for name in sorted(HELD_BY[one.role])
        ]

    def _rehearse(self, made: tuple[KeyringFile, ...]) -> None:
        # The whole way back, from the sheets of paper to every role key, before anybody relies on it.
        by_path: dict[PurePosixPath, bytes] = {file.path: file.data for file in made}
        unsealed = recoveryfile.unseal(
            recoveryfile.parse(by_path[layout.RECOVERY_FILE]), self.shares[-self.quorum.threshold :]
        )
        recovered = grants.open_all(unsealed.vault, unsealed.identity, by_path.__getitem__)
        if {name: key.reveal() for name, key in recovered.items()} != {
            name: key.reveal() for name, key in self.role_keys.items()
        }:
            raise AssertionError("the recovery shares do not give every role key")


def prepare(plan: Plan, *, now: datetime, randomness: Randomness = secrets.token_bytes) -> Prepared:
    """Make every key of a new vault.

    Raises:
        KeyRefused: there is no security officer, an identifier is given twice or reserved, a name is
            empty, or the recovery quorum makes no sense.
    """
    # (1) Refuse what makes no sense, before any key exists.
    for person in plan.people:
        check_person(person)
    who = _founder(plan.people)
    secret = Secret(randomness(shares.SECRET_BYTES))
    quorum, sheets = shares.split(secret, plan.threshold, plan.shares)
    # (2) The office's keys, then everybody's, with certificates from the office's authority.
    office = _office_keys(plan.office, now, randomness)
    identities = {
        person.id: identity.make(
            person, issue(office.authority, person, plan.office, now), randomness=randomness
        )
        for person in plan.people
    }
    identities[layout.RECOVERY] = _quorum_identity(office.authority, plan.office, now, randomness)
    # (3) What the ledger's first entry says of all this.
    return Prepared(
        plan=plan,
        who=who,
        facts=_facts(plan, identities, office),
        shares=sheets,
        quorum=quorum,
        secret=secret,
        identities=identities,
        role_keys=office.by_role_key(),
        certificates=_certificate_files(identities, office, now),
        randomness=randomness,
    )


def check_person(person: Person) -> None:
    """Refuse somebody who cannot be an officer.

    Raises:
        KeyRefused: the identifier or the role is reserved, or a text is empty, too long or not printable.
    """
    if person.id == layout.RECOVERY or person.role is Role.RECOVERY:
        raise KeyRefused(
            "the name {name} is kept for the recovery quorum",
            name=layout.RECOVERY,
            hint="choose another identifier or role",
        )
    for text in (person.name, person.title or "-"):
        if not text.strip() or len(text) > MAX_TEXT or not text.isprintable():
            raise KeyRefused(
                "the name or position of {officer} is empty, longer than {limit} letters, or not printable",
                officer=person.id,
                limit=MAX_TEXT,
                hint="for example: --officer anh:signer:'Nguyễn Văn Ánh'",
            )


def issue(authority: Certified, person: Person, office: str, now: datetime) -> Certified:
    """Issue an officer's certificate.

    Raises:
        KeyMalformed, KeyUntrusted: the authority's key is not its certificate's.
    """
    subject = Subject(person.name, office, title=person.title, identifier=person.id)
    return certificates.issue(authority, subject, Validity.years(now, OFFICER_YEARS))


def _founder(people: tuple[Person, ...]) -> OfficerId:
    ids = [person.id for person in people]
    for each in ids:
        if ids.count(each) > 1:
            raise KeyRefused(
                "the identifier {officer} is given twice", officer=each, hint="give each officer another one"
            )
    for person in people:
        if person.role is Role.SECURITY:
            return person.id
    raise KeyRefused(
        "a vault needs a security officer",
        hint="add one, for example: --officer an-ninh:security:'Trần Thị Bình'",
    )


def _office_keys(office: str, now: datetime, randomness: Randomness) -> OfficeKeys:
    authority = certificates.make_authority(
        Subject(AUTHORITY_NAME, office), Validity.years(now, AUTHORITY_YEARS)
    )
    return OfficeKeys(
        ledger=Secret(randomness(LEDGER_KEY_BYTES)),
        documents=hpke.generate(randomness=randomness),
        authority=authority,
        seal=certificates.issue(authority, Subject(SEAL_NAME, office), Validity.years(now, SEAL_YEARS)),
        time=certificates.issue(
            authority, Subject(TIME_NAME, office), Validity.years(now, TIME_YEARS), time_stamping=True
        ),
    )


def _quorum_identity(authority: Certified, office: str, now: datetime, randomness: Randomness) -> Identity:
    subject = Subject(RECOVERY_NAME, office, identifier=layout.RECOVERY)
    certified = certificates.issue(authority, subject, Validity.years(now, AUTHORITY_YEARS))
    nobody = Person(layout.RECOVERY, Role.RECOVERY, "", "", Secret(b""))
    return identity.make(nobody, certified, randomness=randomness)


def _facts(plan: Plan, identities: Mapping[OfficerId, Identity], office: OfficeKeys) -> JsonObject:
    quorum = identities[layout.RECOVERY]
    return {
        "officers": [identities[person.id].as_facts() for person in plan.people],
        "authority_certificate": octets(office.authority.certificate),
        "seal_certificate": octets(office.seal.certificate),
        "time_certificate": octets(office.time.certificate),
        "recovery": {
            "threshold": plan.threshold,
            "shares": plan.shares,
            **public_keys_as_json(quorum.public),
            "certificate": octets(quorum.certificate),
        },
        "documents_public": octets(office.documents.public),
        "commitments": {
            str(name): octets(derive.commitment(key, name)) for name, key in office.by_role_key().items()
        },
    }


def _certificate_files(
    identities: Mapping[OfficerId, Identity], office: OfficeKeys, now: datetime
) -> tuple[KeyringFile, ...]:
    # An empty list, valid as long as the authority: offline verifiers that insist on one find one.
    crl = certificates.make_crl(office.authority, 1, (), Validity.years(now, AUTHORITY_YEARS))
    officers = [
        KeyringFile(layout.officer_certificate(one.officer), one.certificate) for one in identities.values()
    ]
    return (
        KeyringFile(layout.AUTHORITY_CERTIFICATE, office.authority.certificate),
        KeyringFile(layout.AUTHORITY_CRL, crl),
        KeyringFile(layout.SEAL_CERTIFICATE, office.seal.certificate),
        KeyringFile(layout.TIME_CERTIFICATE, office.time.certificate),
        *officers,
    )
