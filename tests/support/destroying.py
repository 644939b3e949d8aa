"""A destruction from the proposal to the evidence, and what an insider or a laboratory tries afterwards."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docx
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from sqlcipher3 import dbapi2

from securedoc.core.documents import DocumentId, SealedObject
from securedoc.core.people import OfficerId, RoleKey
from securedoc.core.secret import Secret
from securedoc.crypto import hpke, objects
from securedoc.errors import SecuredocError
from securedoc.keyring import unlocking
from securedoc.keyring.session import Session
from securedoc.office.office import drafter_info, role_info
from securedoc.vault.context import object_context
from tests.support.cli import Ran
from tests.support.office import PEOPLE, World

REASON = "Hết giá trị sử dụng (MẪU)"
COUNCIL = (
    *("--council", "Lê Văn Bình"),
    *("--council", "Trần Thị An"),
    *("--council", "Phạm Thị Chi"),
)
WITNESSES = ("--witness", "Lê Văn Bình", "--witness", "Hồ Văn Phúc")


def second(world: World, officer: str) -> tuple[str | Path, ...]:
    """Return the words that let another officer confirm."""
    return ("--second", officer, "--second-passphrase-file", world.passphrase_file(officer))


def propose(world: World, *documents: str, more: Sequence[str] = ()) -> Ran:
    """Propose as the records officer."""
    return world.run("an", "destroy", "propose", *documents, "--reason", REASON, *COUNCIL, *more)


def proposed(world: World, *documents: str, more: Sequence[str] = ()) -> str:
    """Propose what must be accepted; return its number."""
    return str(propose(world, *documents, more=more).expect().json["request"])


def decided(world: World, *documents: str) -> str:
    """Take documents as far as the decision."""
    request = proposed(world, *documents)
    world.run("binh", "destroy", "decide", request, "--number", "12/QĐ-UBND", *second(world, "chi")).expect()
    return request


def carry_out(world: World, request: str) -> Ran:
    """Destroy what was decided."""
    return world.run("an", "destroy", "carry-out", request, *WITNESSES, *second(world, "chi"))


def destroyed(world: World, *documents: str) -> str:
    """Destroy documents; return the number of the destruction."""
    request = decided(world, *documents)
    carry_out(world, request).expect()
    return request


def word_text(path: Path) -> str:
    """Return what a paper of a dossier says, its tables after its paragraphs."""
    document = docx.Document(io.BytesIO(path.read_bytes()))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return " ".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def ledger_key(world: World) -> bytes:
    """Return the key that every officer holds, as the auditor does."""
    with (
        Secret(world.passphrase_file("phuc").read_bytes().strip()) as passphrase,
        unlocking.unlock(world.vault / "keyring", OfficerId("phuc"), passphrase) as session,
    ):
        return session.role_key(RoleKey.LEDGER).reveal()


@contextmanager
def database(path: Path, key: bytes) -> Iterator[Any]:
    """Open the tables of a ledger with its key and no code of ours."""
    connection = dbapi2.connect(str(path), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    try:
        yield connection
    finally:
        connection.close()


@dataclass(frozen=True)
class Loot:
    """Everything that can be carried away of a document: its sealed objects and every sealed key there is."""

    vault_id: str
    objects: tuple[tuple[SealedObject, bytes], ...]
    keys: tuple[tuple[str, str, bytes], ...]
    """Document, officer (empty: the documents role) and sealed key, of all documents."""


def sessions(world: World, keyring: Path | None = None) -> Iterator[Session]:
    """Unlock everybody there is, one after another, and the recovery shares at last."""
    place = keyring or world.vault / "keyring"
    for officer in PEOPLE:
        with (
            Secret(world.passphrase_file(officer).read_bytes().strip()) as passphrase,
            unlocking.unlock(place, OfficerId(officer), passphrase) as session,
        ):
            yield session
    shares = [Secret(path.read_bytes().strip()) for path in sorted(world.shares.iterdir())[:2]]
    with unlocking.recover(place, shares) as session:
        yield session


def all_keys(path: Path, key: bytes) -> tuple[tuple[str, str, bytes], ...]:
    """Return every sealed key in the tables of the ledger at `path`."""
    with database(path, key) as connection:
        rows = connection.execute("SELECT document, '', wrapped FROM document_keys").fetchall()
        rows += connection.execute("SELECT document, officer, sealed FROM document_key_copies").fetchall()
    return tuple(rows)


def opens(world: World, loot: Loot, keyring: Path | None = None) -> list[str]:
    """Try every sealed key with everybody's keys on every object; return who could open one."""
    able: list[str] = []
    for session in sessions(world, keyring):
        for document, officer, sealed in loot.keys:
            for key in _unsealed(loot.vault_id, session, DocumentId(document), OfficerId(officer), sealed):
                able += [session.officer for one in loot.objects if _opens(loot.vault_id, one, key)]
    return able


def _unsealed(
    vault: str, session: Session, document: DocumentId, officer: OfficerId, sealed: bytes
) -> Iterator[Secret]:
    try:
        if officer == session.officer:
            yield session.open_for_me(sealed, drafter_info(vault, document, officer))
        elif not officer and session.holds(RoleKey.DOCUMENTS):
            yield hpke.open_sealed(session.role_key(RoleKey.DOCUMENTS), sealed, role_info(vault, document))
    except SecuredocError:
        return


def _opens(vault: str, one: tuple[SealedObject, bytes], key: Secret) -> bool:
    sealed, ciphertext = one
    context = object_context(vault, sealed.document, sealed.version, sealed.kind)
    try:
        return bool(b"".join(objects.decrypt(key, context, iter([ciphertext]))))
    except SecuredocError:
        return False


def pages(path: Path, key: bytes) -> bytes:
    """Decrypt every page of a SQLCipher 4 file by the format's own description, free pages too."""
    data, plain = path.read_bytes(), bytearray()
    for at in range(0, len(data) - 4095, 4096):
        page = data[at : at + 4096]
        body = page[16 if at == 0 else 0 : -80]
        decryptor = Cipher(algorithms.AES256(key), modes.CBC(page[-80:-64])).decryptor()
        plain += decryptor.update(body) + decryptor.finalize()
    return bytes(plain)


def pieces(sealed: bytes, length: int = 32) -> list[bytes]:
    """Return a sealed key cut into pieces: a page may hold only a part of it."""
    return [sealed[at : at + length] for at in range(0, len(sealed) - length + 1, length)]
