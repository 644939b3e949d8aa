"""What can be wrong with a medium, each defect named with what was expected and what was found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from securedoc.core.text import Message, message
from securedoc.errors import (
    BackupFailed,
    BackupMalformed,
    BackupStale,
    BackupUntrusted,
    LedgerStale,
    LedgerUntrusted,
    SecuredocError,
)

Shown = Message | str

_HINT = "do not restore from this medium; verify another one, and keep this one for the auditor"


class DefectKind(StrEnum):
    """How a file or bag differs from what was signed."""

    MISSING = "missing"
    """Named in a manifest, not on the medium."""
    UNEXPECTED = "unexpected"
    """On the medium, named in no manifest."""
    MISMATCH = "mismatch"
    """There, but with other bytes."""
    SIGNATURE = "signature"
    """A signature is missing, does not hold, or is not by somebody we trust."""
    STALE = "stale"
    """Validly signed, but not what it is offered as: older, renamed, or another snapshot removed."""
    FORKED = "forked"
    """Written by another vault that went on from the same history as the one that looks."""
    AHEAD = "ahead"
    """Written by a later state of the vault that looks: that one was rolled back."""
    MALFORMED = "malformed"
    """Not of its form; what it says could not be used."""
    UNREADABLE = "unreadable"
    """The medium gave an error: not checked, which is neither right nor wrong."""


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that is wrong with a medium."""

    kind: DefectKind
    path: str
    """From the directory that all bags lie in."""
    expected: Shown | None = None
    found: Shown | None = None
    repairable: bool | None = None
    """Whether recovery data can undo it, where that was found out."""

    def as_json(self) -> Mapping[str, Shown | bool | None]:
        """Return the defect as `backup verify --json` shows it."""
        return {
            "kind": self.kind.value,
            "path": self.path,
            "expected": self.expected,
            "found": self.found,
            "repairable": self.repairable,
        }


def require_none(defects: Sequence[Defect]) -> None:
    """Accept a medium without defects.

    Raises:
        BackupUntrusted: something on it is not what was signed.
        BackupStale: it is older than what it is offered as.
        BackupMalformed: something on it could not be understood.
        BackupFailed: something on it could not be read; nothing that was read is wrong.
    """
    if not defects:
        return
    kinds = {defect.kind for defect in defects}
    if kinds & {DefectKind.FORKED, DefectKind.AHEAD}:
        raise _of_history(defects, forked=DefectKind.FORKED in kinds)
    # The gravest first (STYLE.md section 4): "checked, and no" weighs more than "could not check".
    if kinds & {DefectKind.MISSING, DefectKind.UNEXPECTED, DefectKind.MISMATCH, DefectKind.SIGNATURE}:
        raise _of_signed(defects)
    first = defects[0]
    if DefectKind.STALE in kinds:
        first = _first(defects, DefectKind.STALE)
        raise BackupStale(
            "{path} is not what it is offered as: expected {expected}, found {found}",
            path=first.path,
            expected=str(first.expected or "-"),
            found=str(first.found or "-"),
            hint=_HINT,
        )
    if DefectKind.MALFORMED in kinds:
        first = _first(defects, DefectKind.MALFORMED)
        raise BackupMalformed(
            "{path} is not of its form: {found}", path=first.path, found=str(first.found or "-"), hint=_HINT
        )
    raise BackupFailed(
        "{path} could not be read: {found}",
        path=first.path,
        found=str(first.found or "-"),
        hint="clean the contacts, try another port, and verify again; what could not be read was not checked",
    )


def _of_history(defects: Sequence[Defect], *, forked: bool) -> SecuredocError:
    """Return what is wrong with this vault, not with the medium: only where a vault looked."""
    if forked:
        return LedgerUntrusted(
            "{path} was written by another vault that went on from the same history",
            path=_first(defects, DefectKind.FORKED).path,
            hint="two vaults live on from one backup, or history was rewritten: write nothing more in "
            "either, decide with the auditor which one goes on, and compare: "
            "securedoc ledger verify --anchor FILE",
        )
    return LedgerStale(
        "{path} was written by a later state of this vault",
        path=_first(defects, DefectKind.AHEAD).path,
        hint="this ledger was rolled back; restore the newest snapshot of that medium instead",
    )


def _of_signed(defects: Sequence[Defect]) -> SecuredocError:
    signatures = [defect for defect in defects if defect.kind is DefectKind.SIGNATURE]
    files = [
        defect
        for defect in defects
        if defect.kind in {DefectKind.MISSING, DefectKind.UNEXPECTED, DefectKind.MISMATCH}
    ]
    if files:
        error = BackupUntrusted(
            "the medium does not match its manifests: {count} defects, the first is {path} ({kind})",
            count=len(defects),
            path=files[0].path,
            kind=files[0].kind.value,
            hint=_HINT,
        )
        if all(defect.repairable for defect in defects):
            hint = message("bring back what was lost, then verify again: securedoc backup repair PATH")
            error.hint_template = hint.template
        return error
    return BackupUntrusted(
        "the signature of {path} is not to be trusted: {found}",
        path=signatures[0].path,
        found=str(signatures[0].found or "-"),
        hint=_HINT,
    )


def _first(defects: Iterable[Defect], kind: DefectKind) -> Defect:
    return next(defect for defect in defects if defect.kind is kind)
