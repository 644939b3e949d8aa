"""Verifies a medium without vault and without keys: everything on it, every defect, in one pass."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from securedoc.backup import layout, media_set
from securedoc.backup.assessing import assess
from securedoc.backup.defects import Defect, DefectKind, require_none
from securedoc.backup.examine import Depth, Look
from securedoc.backup.examined import Counts, Examined
from securedoc.backup.guarding import Guards, look_at_guards
from securedoc.backup.layout import BagKind, BagName
from securedoc.backup.survey import Known, Survey, survey
from securedoc.core.digests import Digest
from securedoc.core.people import OfficerId
from securedoc.errors import BackupError
from securedoc.system import par2

_OF_FILES: Final = frozenset(
    {DefectKind.MISMATCH, DefectKind.MISSING, DefectKind.UNREADABLE, DefectKind.MALFORMED}
)
"""What bytes of recovery data can undo; a file too many, or an older bag, is none of these."""


@dataclass(frozen=True, slots=True)
class SnapshotReport:
    """One snapshot, as far as it could be read."""

    number: int
    at: datetime | None
    by: OfficerId | None
    signer: str | None
    """Name in the certificate; None where the signature does not hold."""
    manifest: Digest | None
    ledger_size: int | None
    objects: int | None


@dataclass(frozen=True, slots=True)
class Protection:
    """How many of how many bags have recovery data."""

    protected: int
    """With recovery data in which nothing is wrong, as far as was looked."""
    bags: int
    percent: int | None
    """The least of any; None where some bag has none."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification found."""

    medium: str | None
    vault: str | None
    label: str | None
    depth: Depth
    snapshots: tuple[SnapshotReport, ...]
    defects: tuple[Defect, ...]
    leftovers: tuple[str, ...]
    """Of an interrupted backup; or an objects bag whose snapshot was removed. Not checked."""
    counts: Counts
    all_signed: bool
    """Whether the identity, and every bag that was looked at, is signed by somebody we trust."""
    protection: Protection

    @property
    def signature(self) -> str:
        """`trusted` when every signature holds, else how the worst stands."""
        second = layout.COPIES[layout.SIGNATURE]  # the first one holds without it
        kinds = {
            defect.kind
            for defect in self.defects
            if defect.path.endswith(".p7s") and not defect.path.endswith(second)
        }
        if DefectKind.SIGNATURE in kinds or DefectKind.MISMATCH in kinds:
            return "untrusted"
        if DefectKind.MISSING in kinds:
            return "missing"
        return "trusted" if self.snapshots and self.all_signed and not kinds else "unknown"

    def held_against(self, manifest: Digest) -> "Report":
        """Return the report with a defect where the newest snapshot is another than `manifest` says."""
        newest = self.snapshots[-1] if self.snapshots else None
        if newest is not None and newest.manifest == manifest:
            return self
        # What the keeper wrote down may be right and the medium an older one: stale, not damaged.
        found = str(newest.manifest) if newest is not None and newest.manifest is not None else None
        path = str(BagName(BagKind.SNAPSHOT, newest.number)) if newest is not None else ""
        defect = Defect(DefectKind.STALE, path, str(manifest), found)
        return replace(self, defects=(*self.defects, defect))

    def require(self) -> None:
        """Accept a medium without defects.

        Raises:
            BackupUntrusted, BackupStale, BackupMalformed, BackupFailed: see `defects.require_none`.
        """
        require_none(self.defects)


def verify(path: Path, look: Look, *, snapshot: int | None = None, known: Known | None = None) -> Report:
    """Verify the set at `path`: every snapshot, or one, and all that it needs.

    Raises:
        BackupMissing: there is no medium, no set, or no such snapshot.
        BackupRefused: there are several sets.
        BackupIncomplete: no backup was ever finished here.
        BackupFailed: the medium cannot be read at all.
    """
    seen = survey(media_set.find(path), look, snapshot=snapshot, known=known)
    # Recovery data is not needed to restore, so it is no part of the survey; what is wrong with it counts.
    guards = look_at_guards(seen, look, known)
    counts = Counts()
    for part in (*seen.parts, *(guard.seen for guard in guards.guards)):
        counts.add(part.counts)
    bags = seen.bags
    known_as = seen.fixed.identity
    return Report(
        medium=known_as.medium if known_as else None,
        vault=known_as.vault if known_as else None,
        label=known_as.label if known_as else None,
        depth=look.depth,
        snapshots=tuple(_snapshot(one, seen.counts.get(one.name)) for one in seen.snapshots),
        defects=(*_repairable(seen, guards, look, snapshot), *guards.defects),
        leftovers=(*seen.listed.leftovers, *(_idle(seen, guards) if snapshot is None else ())),
        counts=counts,
        all_signed=known_as is not None
        and all(bag.signer is not None for bag in (*bags, *(guard.seen for guard in guards.guards))),
        protection=_protection([bag.bag for bag in bags], guards),
    )


def _protection(bags: Sequence[BagName], guards: Guards) -> Protection:
    percents = {
        guard.parity.bag: guard.parity.percent for guard in guards.guards if guard.parity and guard.sound
    }
    protected = [percents[bag] for bag in bags if bag in percents]
    return Protection(len(protected), len(bags), min(protected) if len(protected) == len(bags) > 0 else None)


def _repairable(seen: Survey, guards: Guards, look: Look, snapshot: int | None) -> tuple[Defect, ...]:
    """Say of each damaged file whether its recovery data can bring it back, where par2 says so."""
    if not seen.defects or not guards.guards or look.depth is not Depth.FULL or par2.program() is None:
        return seen.defects
    try:
        known = assess(seen.root.directory, look, snapshot)
    except (BackupError, OSError):  # could not be found out: no answer is neither yes nor no
        return seen.defects
    return tuple(
        replace(defect, repairable=known.get(defect.path, known.get(defect.path.partition("/")[0])))
        if defect.kind in _OF_FILES
        else defect
        for defect in seen.defects
    )


def _idle(seen: Survey, guards: Guards) -> list[str]:
    """Return the objects bags that no snapshot names, and recovery data for bags that are not there."""
    bags = (bag for bag in seen.listed.bags if bag.kind is BagKind.OBJECTS)
    records = (bag for bag in seen.listed.bags if bag.kind is BagKind.PRUNING)
    return [
        *(str(bag) for bag in bags if bag not in seen.objects),
        # The newest list repeats the ones before it.
        *(str(bag) for bag in records if seen.record is None or bag != seen.record.bag),
        *map(str, guards.idle),
    ]


def _snapshot(seen: Examined, objects: int | None) -> SnapshotReport:
    card = seen.card
    return SnapshotReport(
        number=seen.bag.number,
        at=card.at if card else None,
        by=card.by if card else None,
        signer=seen.signer.name if seen.signer else None,
        manifest=seen.manifest_digest,
        ledger_size=card.tree.size if card and card.tree else None,
        objects=objects,
    )
