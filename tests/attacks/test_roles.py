"""Roles are enforced by keys: whoever may not open documents cannot, with everything there is on disk.

Each test has an officer's unlocked session and every file: all key files, all grants, the ledger's
key, the wrapped document keys, the sealed objects. What is missing is the key.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, Kind
from securedoc.core.people import OfficerId, Role, RoleKey
from securedoc.core.secret import Secret
from securedoc.crypto import hpke, objects, wrapping
from securedoc.errors import DocumentUntrusted, KeyRefused, KeyUntrusted, SecuredocError
from securedoc.keyring import unlocking
from securedoc.keyring.session import Session
from securedoc.vault.context import object_context
from securedoc.vault.store import ObjectStore
from tests.support.keyring import OFFICER_OF, VAULT, Keyring, make_keyring

BODY = "Nội dung MẪU của một báo cáo".encode()
DOCUMENT = DocumentId("D-2026-000001")
CONTEXT = object_context(VAULT, DOCUMENT, 1, Kind.DRAFT)
WRAP_INFO = f"securedoc/document-key/v1\n{VAULT}\n{DOCUMENT}".encode()
MAY_NOT_OPEN = [Role.DRAFTER, Role.OPERATOR, Role.AUDITOR, Role.SECURITY]


def drafter_info(officer: OfficerId) -> bytes:
    return f"securedoc/document-key-drafter/v1\n{VAULT}\n{DOCUMENT}\n{officer}".encode()


@dataclass(frozen=True, slots=True)
class Disk:
    """Everything that lies in the vault, of one document made by another drafter."""

    keyring: Keyring
    store: ObjectStore
    digest: Digest
    wrapped: bytes
    """The document key, sealed to the documents role key."""
    sealed_to_drafter: bytes
    """The same, sealed to the drafter who made the document."""
    drafter: OfficerId

    def sealed_blobs(self) -> Iterator[bytes]:
        """Yield everything sealed: document keys, every grant, every sealed part of a key file."""
        yield self.wrapped
        yield self.sealed_to_drafter
        for path in self.keyring.path.rglob("*.json"):
            content: Any = json.loads(path.read_bytes())
            yield base64.b64decode(content["sealed"])


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Disk:
    root = tmp_path_factory.mktemp("vault")
    keyring, store = make_keyring(root / "keyring"), ObjectStore(root / "objects")
    facts: Any = keyring.prepared.facts
    author = hpke.generate()  # a drafter, but none of the officers in these tests
    key = objects.generate_key()
    digest, _ = store.put([BODY], key, CONTEXT)
    wrapped = hpke.seal(base64.b64decode(facts["documents_public"]), key.reveal(), WRAP_INFO)
    drafter = OfficerId("another-drafter")
    sealed = hpke.seal(author.public, key.reveal(), drafter_info(drafter))
    return Disk(keyring, store, digest, wrapped, sealed, drafter)


def secrets_of(session: Session) -> list[Secret]:
    """Return every secret that a session holds, reaching inside."""
    private = session._identity.private
    return [
        *session._role_keys.values(),
        private.hpke,
        private.ed25519,
        private.mldsa44,
        private.certificate_key,
    ]


@pytest.mark.parametrize("role", [Role.RECORDS, Role.SIGNER])
def test_who_may_open_documents_can(disk: Disk, role: Role) -> None:
    with disk.keyring.unlock_role(role) as session:
        key = hpke.open_sealed(session.role_key(RoleKey.DOCUMENTS), disk.wrapped, WRAP_INFO)

        assert disk.store.open_object(disk.digest, key, CONTEXT) == BODY


def test_the_recovery_quorum_can(disk: Disk) -> None:
    with unlocking.recover(disk.keyring.path, disk.keyring.shares[1:]) as session:
        key = hpke.open_sealed(session.role_key(RoleKey.DOCUMENTS), disk.wrapped, WRAP_INFO)

        assert disk.store.open_object(disk.digest, key, CONTEXT) == BODY


def test_a_drafter_opens_the_own_draft_and_needs_no_role_key_for_it(disk: Disk) -> None:
    key = objects.generate_key()
    digest, _ = disk.store.put([BODY], key, CONTEXT)

    with disk.keyring.unlock_role(Role.DRAFTER) as session:
        sealed = hpke.seal(session.public.hpke, key.reveal(), drafter_info(session.officer))
        opened = session.open_for_me(sealed, drafter_info(session.officer))

        assert disk.store.open_object(digest, opened, CONTEXT) == BODY
        assert not session.holds(RoleKey.DOCUMENTS)


@pytest.mark.parametrize("role", MAY_NOT_OPEN)
def test_who_may_not_open_documents_does_not_hold_the_key(disk: Disk, role: Role) -> None:
    with disk.keyring.unlock_role(role) as session, pytest.raises(KeyRefused):
        session.role_key(RoleKey.DOCUMENTS)


@pytest.mark.parametrize("role", MAY_NOT_OPEN)
def test_no_key_of_theirs_opens_a_document_key(disk: Disk, role: Role) -> None:
    infos = [WRAP_INFO, drafter_info(disk.drafter), drafter_info(OFFICER_OF[role])]
    with disk.keyring.unlock_role(role) as session:
        for wrapped in (disk.wrapped, disk.sealed_to_drafter):
            for info in infos:
                with pytest.raises(KeyUntrusted):
                    session.open_for_me(wrapped, info)
                for secret in secrets_of(session):
                    for way in (as_hpke_key, as_wrapping_key):
                        assert way(secret, wrapped, info) is None


@pytest.mark.parametrize("role", MAY_NOT_OPEN)
def test_no_key_of_theirs_opens_the_object_itself(disk: Disk, role: Role) -> None:
    with disk.keyring.unlock_role(role) as session:
        for secret in secrets_of(session):
            if len(secret) == objects.KEY_BYTES:
                with pytest.raises(DocumentUntrusted):
                    disk.store.open_object(disk.digest, secret, CONTEXT)


@pytest.mark.parametrize("role", MAY_NOT_OPEN)
def test_nothing_sealed_to_others_opens_with_their_keys(disk: Disk, role: Role) -> None:
    """Whatever their keys do open is their own: what opening it gives, opens no document key either."""
    documents = disk.keyring.prepared.role_key(RoleKey.DOCUMENTS).reveal()
    with disk.keyring.unlock_role(role) as session:
        found = set()
        for blob in disk.sealed_blobs():
            for key in RoleKey:
                for officer in OFFICER_OF.values():
                    info = f"securedoc/grant/1\n{VAULT}\n{officer}\n{key}".encode()
                    for secret in secrets_of(session):
                        for way in (as_hpke_key, as_wrapping_key):
                            found.add(way(secret, blob, info))
        own = {session.role_key(key).reveal() for key in RoleKey if session.holds(key)}

    assert found == own | {None}
    assert documents not in found


@pytest.mark.parametrize("role", MAY_NOT_OPEN)
def test_a_grant_to_a_colleague_does_not_open_for_them(disk: Disk, role: Role) -> None:
    for colleague in (OFFICER_OF[Role.RECORDS], OFFICER_OF[Role.SIGNER], OfficerId("recovery")):
        path = Path(disk.keyring.path, "grants", colleague, "documents.json")
        blob = base64.b64decode(json.loads(path.read_bytes())["sealed"])
        info = f"securedoc/grant/1\n{VAULT}\n{colleague}\n{RoleKey.DOCUMENTS}".encode()
        with disk.keyring.unlock_role(role) as session, pytest.raises(KeyUntrusted):
            session.open_for_me(blob, info)


@pytest.mark.parametrize("role", [Role.RECORDS, Role.DRAFTER, Role.SIGNER, Role.OPERATOR, Role.AUDITOR])
def test_only_the_security_officer_can_issue_certificates(disk: Disk, role: Role) -> None:
    with disk.keyring.unlock_role(role) as session, pytest.raises(KeyRefused, match="authority"):
        session.role_key(RoleKey.AUTHORITY)


def as_hpke_key(secret: Secret, blob: bytes, info: bytes) -> bytes | None:
    if len(secret) != hpke.SEED_BYTES:
        return None
    try:
        return hpke.open_sealed(secret, blob, info).reveal()
    except SecuredocError:
        return None


def as_wrapping_key(secret: Secret, blob: bytes, info: bytes) -> bytes | None:
    if len(secret) != objects.KEY_BYTES:
        return None
    try:
        return wrapping.unwrap(secret, blob, info).reveal()
    except SecuredocError:
        return None
