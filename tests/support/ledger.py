"""A small office with keys of its own, and ledgers it can write: correctly signed, then changed by tests."""

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act, Confirmation, Entry
from securedoc.core.jsonvalue import JsonObject, JsonValue
from securedoc.core.people import OfficerId, Role
from securedoc.core.secret import Secret
from securedoc.crypto import signatures
from securedoc.formats.note import Algorithm, key_id
from securedoc.ledger import entrybytes
from securedoc.ledger.ledger import Ledger
from securedoc.ledger.writing import Writing

VAULT = "0123456789abcdef0123456789abcdef"
ORIGIN = f"securedoc/{VAULT}"
KEY = bytes(range(32))
START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
RECORDS, SECURITY, SIGNER = OfficerId("lan"), OfficerId("bao"), OfficerId("hung")
ROLES = {RECORDS: Role.RECORDS, SECURITY: Role.SECURITY, SIGNER: Role.SIGNER}


@dataclass
class Minutes:
    """A clock that tests move."""

    at: datetime = START

    def now(self) -> datetime:
        """Return the time, one second after the last answer."""
        self.at += timedelta(seconds=1)
        return self.at


@dataclass(frozen=True)
class Signer:
    """An officer's note key, made from the officer's name."""

    officer: OfficerId
    origin: str = ORIGIN

    @property
    def seed(self) -> Secret:
        """A seed that anybody can compute."""
        return Secret(Digest.of(b"seed of " + self.officer.encode()).value)

    @property
    def public(self) -> bytes:
        """The Ed25519 public key."""
        return signatures.ed25519_public(self.seed)

    @property
    def name(self) -> str:
        """The key's name in notes."""
        return f"{self.origin}/{self.officer}"

    @property
    def key_id(self) -> bytes:
        """The key's id in notes."""
        return key_id(self.name, Algorithm.ED25519, self.public)

    def sign(self, text: bytes) -> bytes:
        """Sign."""
        return signatures.ed25519_sign(self.seed, text)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def officer_facts(officer: OfficerId, role: Role) -> dict[str, JsonValue]:
    """Describe an officer as enrolment does."""
    return {
        "id": officer,
        "role": role.value,
        "name": f"Officer {officer}",
        "title": "CHỦ TỊCH" if role is Role.SIGNER else "",
        "hpke": _b64(bytes(1216)),
        "ed25519": _b64(Signer(officer).public),
        "mldsa44": _b64(bytes(1312)),
        "certificate": _b64(b"certificate"),
    }


def genesis(at: datetime = START) -> Entry:
    """Return the first entry of the office."""
    quorum = {
        k: v
        for k, v in officer_facts(OfficerId("recovery"), Role.RECOVERY).items()
        if k not in {"id", "role"}
    }
    facts: JsonObject = {
        "format": 1,
        "vault": VAULT,
        "office": "UBND xã Mẫu",
        "training": True,
        "policy": {"pack": "vn-2026", "version": "1", "levels_without_abstract": ["tuyet-mat"]},
        "officers": [officer_facts(officer, role) for officer, role in ROLES.items()],
        "recovery": {"threshold": 2, "shares": 3, **quorum},
    }
    return Entry(0, at, SECURITY, Act.VAULT_CREATED, None, facts)


PIN = Digest.of(entrybytes.encode(genesis()))


@dataclass
class World:
    """An office's ledger and the clock on its wall."""

    path: Path
    ledger: Ledger
    head: Path
    clock: Minutes = field(default_factory=Minutes)

    @contextmanager
    def writing(self, officer: OfficerId = RECORDS) -> Iterator[Writing]:
        """Write as one of the officers."""
        with self.ledger.writing(Signer(officer), officer, self.clock) as writing:
            yield writing

    def append(self, act: Act, about: DocumentId | None, **facts: Any) -> Entry:
        """Append one entry as the records officer, in a transaction of its own."""
        return self.append_as(RECORDS, act, about, **facts)

    def append_as(self, who: OfficerId, act: Act, about: DocumentId | None, **facts: Any) -> Entry:
        """Append one entry as `who`."""
        with self.writing(who) as writing:
            return writing.append(act, about, facts)

    def reopen(self) -> None:
        """Close the ledger and open it again, as the next command does."""
        self.ledger.close()
        self.ledger = opened(self.path, self.head)

    def raw(self) -> Any:
        """Open the database as an insider with the ledger key would: without any of our code."""
        self.ledger.close()
        return insider(self.path)

    def resume(self, connection: Any) -> None:
        """Close an insider's connection and open the ledger again, as the next command does."""
        self.resume_untrusted(connection)
        self.ledger = opened(self.path, self.head)

    def resume_untrusted(self, connection: Any) -> None:
        """Close an insider's connection; the ledger stays closed until the test opens it."""
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        connection.close()


def insider(path: Path) -> Any:
    """Open a database with the ledger key and nothing else."""
    connection = dbapi2.connect(str(path), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{KEY.hex()}'\"")
    connection.execute("PRAGMA synchronous = OFF")
    return connection


def without_rules(connection: Any) -> dict[str, str]:
    """Drop every trigger, as an insider would who wants to edit; return them to be put back."""
    found = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall())
    for name in found:
        connection.execute(f"DROP TRIGGER {name}")
    return found


def with_rules(connection: Any, rules: Mapping[str, str]) -> None:
    """Put the triggers back, so that nothing shows."""
    for sql in rules.values():
        connection.execute(sql)


def opened(path: Path, head: Path) -> Ledger:
    """Open a ledger and root the trust in it, as unlocking does."""
    ledger = Ledger.open(path, Secret(KEY), ORIGIN, head=head)
    ledger.trust(PIN)
    return ledger


def found(root: Path) -> World:
    """Make the office and its ledger."""
    head = root / "anchors" / "head.txt"
    head.parent.mkdir()
    path = root / "ledger.db"
    Ledger.create(path, Secret(KEY), ORIGIN, genesis=genesis(), signer=Signer(SECURITY), head=head).close()
    return World(path, opened(path, head), head)


def draft_facts(**changed: JsonValue) -> dict[str, JsonValue]:
    """Describe a new draft."""
    facts: dict[str, JsonValue] = {
        "type": "bao-cao",
        "level": "mat",
        "subject": "Báo cáo tình hình đê điều",
        "list_basis": "MẪU 1",
        "recipients": ["Sở Nội vụ", "Lưu: VT"],
        "copies": 3,
        "copying_permitted": False,
        "drafter": SIGNER,
        "drafter_name": "Nguyễn Văn Hùng",
        "unit": "VP",
        "source": "new",
        "objects": [],
    }
    return facts | changed


def object_facts(version: int, kind: str, seed: str) -> dict[str, JsonValue]:
    """Describe a sealed object."""
    digest = str(Digest.of(f"{seed} {version} {kind}".encode()))
    return {"version": version, "kind": kind, "digest": digest, "size": 100 + version}


def draft(world: World, **changed: JsonValue) -> DocumentId:
    """Enter a draft."""
    with world.writing() as writing:
        document = writing.next_document(2026)
        objects: list[JsonValue] = [object_facts(1, "card", document), object_facts(1, "draft", document)]
        writing.append(Act.DRAFT_CREATED, document, draft_facts(objects=objects, **changed))
        writing.put_document_key(document, b"wrapped", {SIGNER: b"sealed"})
    return document


def issue(world: World, document: DocumentId, *, book: str = "di", registered_as: str | None = None) -> None:
    """Take a draft through its number, its final form and its signature into the book."""
    row = world.ledger.document(document)
    with world.writing() as writing:
        number = writing.next_number(book, 2026)
        text = registered_as or f"{number:02d}/BC-UBND"
        place: dict[str, JsonValue] = {"book": book, "year": 2026, "number": number}
        writing.append(Act.NUMBER_RESERVED, document, {**place, "text": text, "date": "2026-11-22"})
        final = object_facts(2, "final", document)
        facts: dict[str, JsonValue] = {
            "objects": [final],
            "digest": final["digest"],
            "pages": 1,
            "number_text": text,
        }
        writing.append(Act.DOCUMENT_FINALISED, document, facts | {"signer": SIGNER, "signer_name": "Hùng"})
    with world.writing(SIGNER) as writing:
        signed = object_facts(3, "signed", document)
        facts = {"objects": [signed], "digest": signed["digest"], "field": "NguoiKy", "signer": SIGNER}
        writing.append(Act.DOCUMENT_SIGNED, document, facts)
    with world.writing() as writing:
        facts = {**place, "row": writing.next_row(book, 2026), "number_text": text, "date": "2026-11-22"}
        facts |= {"type": row.type_key, "level": row.level, "subject": row.subject, "signer": SIGNER}
        facts |= {"signer_name": "Hùng", "recipients": list(row.recipients), "copies": 3, "unit": "VP"}
        facts |= {"digest": signed["digest"], "ends": None, "signed": "electronic", "note": ""}
        writing.append(Act.DOCUMENT_REGISTERED, document, facts)


def receive(world: World, **changed: JsonValue) -> DocumentId:
    """Enter an incoming document."""
    with world.writing() as writing:
        document = writing.next_document(2026)
        facts: dict[str, JsonValue] = {"book": "den", "year": 2026, "row": writing.next_row("den", 2026)}
        facts |= {"arrived": "2026-11-22", "from": "Công an tỉnh", "number_text": "17/CV-CA"}
        facts |= {"date": "2026-11-20", "type": "cong-van", "level": "toi-mat", "subject": "Về bảo vệ bí mật"}
        facts |= {"copies": 1, "unit": "VP", "note": "", "ends": None, "objects": []}
        writing.append(Act.DOCUMENT_RECEIVED, document, facts | changed)
    return document


def enrolment(officer: OfficerId, role: Role, second: OfficerId) -> tuple[JsonObject, Confirmation]:
    """Return the facts of enrolling an officer, and the second officer's consent."""
    facts: JsonObject = {"officer": officer_facts(officer, role)}
    proposal = entrybytes.confirmation_message(VAULT, Act.OFFICER_ENROLLED, None, facts)
    return facts, Confirmation(second, Signer(second).sign(proposal))


def enrol(
    world: World, officer: OfficerId, role: Role, *, by: OfficerId = SECURITY, second: OfficerId = SIGNER
) -> None:
    """Enrol an officer by two others."""
    facts, consent = enrolment(officer, role, second)
    with world.writing(by) as writing:
        writing.append(Act.OFFICER_ENROLLED, None, facts, consent)
