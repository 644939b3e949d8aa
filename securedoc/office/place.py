"""Where the parts of a vault lie on disk (DESIGN.md section 4)."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """The directory of one vault."""

    root: Path

    @property
    def vault_file(self) -> Path:
        """Public card of the vault."""
        return self.root / "vault.json"

    @property
    def keyring(self) -> Path:
        """Officers' key files, grants, certificates."""
        return self.root / "keyring"

    @property
    def ledger(self) -> Path:
        """The SQLCipher ledger."""
        return self.root / "ledger.db"

    @property
    def objects(self) -> Path:
        """Sealed objects."""
        return self.root / "objects"

    @property
    def policy(self) -> Path:
        """The adopted policy pack, as its exact bytes."""
        return self.root / "policy"

    @property
    def journal(self) -> Path:
        """What must be salvaged and shredded if the machine dies now."""
        return self.root / "journal"

    @property
    def trust(self) -> Path:
        """Certificates and CRLs for offline validation."""
        return self.root / "trust"

    @property
    def anchors(self) -> Path:
        """Checkpoints given to the outside."""
        return self.root / "anchors"

    @property
    def head(self) -> Path:
        """The last checkpoint, beside the ledger it speaks of."""
        return self.anchors / "head.txt"

    @property
    def backup_lock(self) -> Path:
        """Held while a backup is written."""
        return self.root / "backup.lock"

    @property
    def backup_scratch(self) -> Path:
        """Where the copy of the ledger waits for a backup: as encrypted as the ledger itself."""
        return self.root / ".backup"

    @property
    def unrecorded(self) -> Path:
        """Which media a backup was begun to and not ended: a copy of the ledger may lie on them."""
        return self.root / "unrecorded"

    @property
    def fingerprints(self) -> Path:
        """Sealed fingerprints of the documents, to find remnants by; made anew where missing."""
        return self.root / "fingerprints"

    @property
    def due_note(self) -> Path:
        """When there was a backup, for the reminder, which has no key: a hint that nobody signs."""
        return self.root / "due.json"

    def exists(self) -> bool:
        """Tell whether a finished vault lies here."""
        return self.vault_file.is_file()
