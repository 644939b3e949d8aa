"""Documents: their identifiers, their states, and what the official frame of one says."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import NewType

from securedoc.core.digests import Digest
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import OfficerId, officer_id

DocumentId = NewType("DocumentId", str)
Level = NewType("Level", str)
"""A level's key in the policy pack: `mat`, `toi-mat`, `tuyet-mat`."""

_DOCUMENT_ID = re.compile(r"D-(\d{4})-(\d{6})")


def document_id(year: int, serial: int) -> DocumentId:
    """Spell the identifier of the `serial`-th document of `year`."""
    return DocumentId(f"D-{year:04d}-{serial:06d}")


def parse_document_id(untrusted_text: str) -> DocumentId:
    """Read an identifier such as `D-2026-000123`.

    Raises:
        ValueError: it is something else.
    """
    if not _DOCUMENT_ID.fullmatch(untrusted_text):
        raise ValueError("not a document identifier")
    return DocumentId(untrusted_text)


class DocumentState(StrEnum):
    """Where a document is in its life (DESIGN.md section 3)."""

    DRAFT = "draft"
    FINAL = "final"
    SIGNED = "signed"
    REGISTERED = "registered"
    RECEIVED = "received"
    VOIDED = "voided"
    DISCARDED = "discarded"
    DECLASSIFIED = "declassified"
    """No secret any more; its history stays."""
    DESTROYED = "destroyed"
    """Its key is gone: nobody opens it any more, and its history stays."""


class Kind(StrEnum):
    """What a sealed object holds; part of its encryption context."""

    CARD = "card"
    """The document's Card as canonical JSON."""
    DRAFT = "draft"
    """The body as DOCX."""
    FINAL = "final"
    """PDF/A-2b, not signed."""
    SIGNED = "signed"
    """PDF with PAdES signatures."""
    SCAN = "scan"
    """What came in from outside, as it came."""


@dataclass(frozen=True, slots=True)
class Extras:
    """What only some documents say in their frame; empty where nothing was said."""

    layout: str = ""
    """Another frame than the policy's first."""
    authority: str = ""
    """Who decides: the line over the text of a decision."""
    capacity: str = ""
    """`TM. ỦY BAN NHÂN DÂN`, over the signer's title."""
    urgency: str = ""
    """Key of the mark: `khan`, `thuong-khan`, `hoa-toc`."""
    circulation: str = ""
    """Key of the mark in ô 11: `thu-hoi`, `xem-xong-tra-lai`, `luu-hanh-noi-bo`."""
    until: str = ""
    """By when a document to be recalled comes back."""
    contact: str = ""
    """Address and telephone at the foot of the first page."""
    partner: str = ""
    """Who signs at left: the secretary of a meeting, the other party."""
    partner_title: str = ""
    issues: str = ""
    """Type of the document that a decision issues."""

    def as_json(self) -> JsonObject:
        """Return what was said."""
        return {item.name: getattr(self, item.name) for item in fields(self) if getattr(self, item.name)}

    @classmethod
    def from_json(cls, untrusted: object) -> "Extras":
        """Read what was sealed.

        Raises:
            ValueError: a field is unknown, or not a text.
        """
        if not isinstance(untrusted, Mapping) or not set(untrusted) <= {item.name for item in fields(cls)}:
            raise ValueError("not a document card")
        if not all(isinstance(value, str) for value in untrusted.values()):
            raise ValueError("not a document card")
        return cls(**untrusted)


@dataclass(frozen=True, slots=True)
class Card:
    """What the officer said about a document: the words of its frame. Kept sealed, beside the body."""

    type_key: str
    """The type's key in the policy pack: `bao-cao`, `cong-van`, …"""
    level: Level
    subject: str
    """Trích yếu. For a level whose abstracts must not be written, it exists here only."""
    list_basis: str
    """Which item of which list of secrets the level rests on."""
    recipients: tuple[str, ...]
    copies: int
    """Number of copies issued, the file copy included."""
    copying_permitted: bool
    drafter: OfficerId
    drafter_name: str
    unit: str
    """Drafting unit's symbol, for the notation of a công văn and the file line."""
    extras: Extras = Extras()

    def as_json(self) -> JsonObject:
        """Return the card as it is sealed."""
        return {
            "type": self.type_key,
            "level": self.level,
            "subject": self.subject,
            "list_basis": self.list_basis,
            "recipients": list(self.recipients),
            "copies": self.copies,
            "copying_permitted": self.copying_permitted,
            "drafter": self.drafter,
            "drafter_name": self.drafter_name,
            "unit": self.unit,
            **({"extras": extras} if (extras := self.extras.as_json()) else {}),
        }

    @classmethod
    def from_json(cls, untrusted: JsonObject) -> "Card":
        """Read a card as it was sealed.

        Raises:
            ValueError: a field is missing, unknown, or not of its type.
        """
        recipients, copies = untrusted.get("recipients"), untrusted.get("copies")
        permitted = untrusted.get("copying_permitted")
        texts = ("type", "level", "subject", "list_basis", "drafter", "drafter_name", "unit")
        if (
            set(untrusted) - {"extras"} != {*texts, "recipients", "copies", "copying_permitted"}
            or not all(isinstance(untrusted[name], str) for name in texts)
            or not isinstance(recipients, Sequence)
            or isinstance(recipients, str)
            or not isinstance(copies, int)
            or not isinstance(permitted, bool)
        ):
            raise ValueError("not a document card")
        said = {name: str(untrusted[name]) for name in texts}
        return cls(
            type_key=said["type"],
            level=Level(said["level"]),
            subject=said["subject"],
            list_basis=said["list_basis"],
            recipients=tuple(str(name) for name in recipients),
            copies=copies,
            copying_permitted=permitted,
            drafter=officer_id(said["drafter"]),
            drafter_name=said["drafter_name"],
            unit=said["unit"],
            extras=Extras.from_json(untrusted.get("extras", {})),
        )


@dataclass(frozen=True, slots=True)
class SealedObject:
    """One version of one document, as it lies in the vault."""

    document: DocumentId
    version: int
    kind: Kind
    digest: Digest
    """Of the ciphertext; also its file name."""
    size_bytes: int
    """Of the ciphertext."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Every word of the official frame, decided: what the layout engine is given beside the body."""

    layout: str
    """Key of the layout profile, `nd30`."""
    kind: str
    """Kind of frame in that profile: `typed` (tên loại) or `letter` (công văn)."""
    superior: str
    agency: str
    number_line: str
    """`Số: 05/BC-UBND`."""
    place_and_date: str
    type_name: str
    subject: str
    mark_text: str
    level: Level
    recipients_to: tuple[str, ...]
    """Kính gửi lines; empty where the type has none."""
    recipients_block: tuple[str, ...]
    """Nơi nhận lines, each complete with its punctuation."""
    recipients_notes: tuple[str, ...]
    """The lines after them: number of copies, drafter, whether copying is permitted."""
    drafter_mark: str
    signer_capacity: str
    signer_title: str
    signer_name: str
    issued_on: date
    training: bool
    """Printed on every page of a vault made with `init --training`."""
    form: str = ""
    """Key of the form in that profile; empty: the plain one of `kind`."""
    opening: str = ""
    """`Kính gửi:`, or what the form says instead."""
    authority: str = ""
    partner: str = ""
    """Who signs at left."""
    partner_title: str = ""
    contact: str = ""
    reference: str = ""
    """The line under the title of each annex."""
    issues: str = ""
    """Name of the type of document that this decision issues, in capitals."""


@dataclass(frozen=True, slots=True)
class FinalDocument:
    """A rendered document: the exact bytes that will be signed."""

    pdf: bytes
    digest: Digest
    pages: int
    engine: str
    """Renderer and its version: `typst 0.15.2`."""
    fonts: tuple[str, ...]
    removed: tuple[str, ...]
    """What inspection took out of the draft, one finding's check name each."""
