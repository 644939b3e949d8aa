"""Makes a vault of many documents quickly: real sealed objects and a real ledger, drafted in batches."""

import os
from pathlib import Path
from typing import Final

from scripts.bench_office import BenchOffice
from securedoc.core.digests import Digest
from securedoc.core.documents import Card, DocumentId, Kind, Level, SealedObject
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.secret import Secret
from securedoc.crypto import objects
from securedoc.formats import canonical
from securedoc.ledger.writing import Writing
from securedoc.office.objectfacts import facts_of
from securedoc.office.office import Office
from securedoc.vault.context import object_context

BATCH: Final = 1000
"""Documents a transaction: one signature and one fsync for all of them, where an officer has one each."""


def fill(office: BenchOffice, documents: int, body_bytes: int) -> None:
    """Draft that many documents of a card and a body each; a body's bytes are random, as a ZIP's are."""
    drafter = office.drafter
    for begin in range(0, documents, BATCH):
        with drafter.write() as writing:
            for _ in range(min(BATCH, documents - begin)):
                _draft(drafter, writing, body_bytes)
    os.sync()


def _draft(office: Office, writing: Writing, body_bytes: int) -> None:
    document = writing.next_document(2026)
    card = Card(
        type_key="bao-cao",
        level=Level("mat"),
        subject="Kết quả công tác tháng (MẪU)",
        list_basis="",
        recipients=("UBND tỉnh Mẫu",),
        copies=2,
        copying_permitted=False,
        drafter=office.session.officer,
        drafter_name="Vũ Văn Dũng",
        unit="VP",
    )
    with office.new_document_key() as key:
        made = (
            _seal(office, document, Kind.CARD, canonical.encode(card.as_json()), key),
            _seal(office, document, Kind.DRAFT, os.urandom(body_bytes), key),
        )
        facts: JsonObject = {
            **card.as_json(),
            "subject": office.policy.abstract(card.level, card.subject),
            "source": "new",
            "objects": facts_of(made),
        }
        writing.append(Act.DRAFT_CREATED, document, facts)
        office.keep_document_key(writing, document, card.drafter, key)


def _seal(office: Office, document: DocumentId, kind: Kind, plaintext: bytes, key: Secret) -> SealedObject:
    """Seal as `Office.seal` does, but for the fsync of each object: they are synced all together."""
    context = object_context(office.vault_id, document, 1, kind)
    sealed = b"".join(objects.encrypt(key, context, (plaintext,)))
    digest = Digest.of(sealed)
    path = office.objects.path(digest)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_bytes(sealed)
    return SealedObject(document, 1, kind, digest, len(sealed))


def vault_of(place: Path) -> int:
    """Return the bytes of a vault's files."""
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
