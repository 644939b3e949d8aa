"""Entries of the ledger: who did what to which document when, as canonical JSON."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from securedoc.core.documents import DocumentId
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import OfficerId

ENTRY_FORMAT = 1


class Act(StrEnum):
    """What an entry records. The facts each carries are listed in docs/formats.md."""

    VAULT_CREATED = "vault.created"
    VAULT_RESTORED = "vault.restored"
    OFFICER_ENROLLED = "officer.enrolled"
    DRAFT_CREATED = "draft.created"
    DRAFT_SAVED = "draft.saved"
    DRAFT_DISCARDED = "draft.discarded"
    DRAFT_EXPORTED = "draft.exported"
    EDIT_OPENED = "edit.opened"
    EDIT_CLOSED = "edit.closed"
    EDIT_SALVAGED = "edit.salvaged"
    NUMBER_RESERVED = "number.reserved"
    NUMBER_VOIDED = "number.voided"
    DOCUMENT_FINALISED = "document.finalised"
    DOCUMENT_INITIALLED = "document.initialled"
    DOCUMENT_SIGNED = "document.signed"
    DOCUMENT_STAMPED = "document.stamped"
    DOCUMENT_RENEWED = "document.renewed"
    DOCUMENT_REGISTERED = "document.registered"
    DOCUMENT_RECEIVED = "document.received"
    DOCUMENT_EXPORTED = "document.exported"
    DOCUMENT_RESTORED = "document.restored"
    COPY_IDENTIFIED = "copy.identified"
    DOCUMENT_OPENED = "document.opened"
    DOCUMENT_CLOSED = "document.closed"
    PRINT_BEGUN = "print.begun"
    COPY_SENT = "copy.sent"
    COPY_PRINTED = "copy.printed"
    COPY_SPOILED = "copy.spoiled"
    COPY_UNKNOWN = "copy.unknown"
    PRINT_ENDED = "print.ended"
    PRINT_RECONCILED = "print.reconciled"
    INCIDENT_CLOSED = "incident.closed"
    PAPER_DESTROYED = "paper.destroyed"
    CUSTODY_HANDED = "custody.handed"
    CUSTODY_LENT = "custody.lent"
    CUSTODY_CARRIED = "custody.carried"
    CUSTODY_RETURNED = "custody.returned"
    DOCUMENT_RECALLED = "document.recalled"
    COPIES_MADE = "copies.made"
    LEVEL_CHANGED = "level.changed"
    TERM_EXTENDED = "term.extended"
    DOCUMENT_DECLASSIFIED = "document.declassified"
    NOTICE_SENT = "notice.sent"
    BOOK_CLOSED = "book.closed"
    BOOK_IMPORTED = "book.imported"
    DOCUMENT_IMPORTED = "document.imported"
    INVENTORY_STARTED = "inventory.started"
    INVENTORY_TICKED = "inventory.ticked"
    INVENTORY_FINISHED = "inventory.finished"
    BOOK_EXPORTED = "book.exported"
    REQUEST_MADE = "request.made"
    REQUEST_APPROVED = "request.approved"
    REQUEST_REFUSED = "request.refused"
    DESTRUCTION_PROPOSED = "destruction.proposed"
    DESTRUCTION_DECIDED = "destruction.decided"
    DESTRUCTION_BEGUN = "destruction.begun"
    DOCUMENT_DESTROYED = "document.destroyed"
    DESTRUCTION_ENDED = "destruction.ended"
    DESTRUCTION_REPORTED = "destruction.reported"
    DESTRUCTION_PAPERS = "destruction.papers"
    MEDIUM_REGISTERED = "medium.registered"
    MEDIUM_HANDED = "medium.handed"
    MEDIUM_RETIRED = "medium.retired"
    MEDIUM_SANITISING = "medium.sanitising"
    MEDIUM_SANITISED = "medium.sanitised"
    MEDIUM_DESTROYED = "medium.destroyed"
    BACKUP_WRITTEN = "backup.written"
    BACKUP_VERIFIED = "backup.verified"
    BACKUP_CONFIRMED = "backup.confirmed"
    BACKUP_DRILLED = "backup.drilled"
    KIT_MADE = "kit.made"
    BACKUP_REPAIRED = "backup.repaired"
    BACKUP_PRUNING = "backup.pruning"
    BACKUP_PRUNED = "backup.pruned"
    AUDIT_RUN = "audit.run"
    CHECKPOINT_WITNESSED = "checkpoint.witnessed"
    TRUST_ADDED = "trust.added"
    TRUST_REMOVED = "trust.removed"
    CRL_ADDED = "crl.added"
    TOKEN_ADDED = "token.added"  # noqa: S105 - a signing token, not a secret
    TOKEN_REMOVED = "token.removed"  # noqa: S105 - see above
    HOST_CHECKED = "host.checked"
    POLICY_ADOPTED = "policy.adopted"
    CLOCK_CONFIRMED = "clock.confirmed"
    TRACES_SCANNED = "traces.scanned"
    TRACES_CLEANED = "traces.cleaned"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A second officer's consent to an act: an Ed25519 signature over the proposal's digest."""

    officer: OfficerId
    signature: bytes
    request: str | None = None
    """The request that it answers, where it was given at another time: it holds once."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the ledger."""

    sequence: int
    """From 0, without gaps: also the leaf index in the Merkle tree."""
    at: datetime
    """Aware, UTC, whole microseconds; never before the entry before it."""
    who: OfficerId
    act: Act
    about: DocumentId | None
    facts: JsonObject
    second: Confirmation | None = None
    first: int = 0
    """Sequence number of the first entry of its transaction: where begins what its author signed."""
