"""Looks at the recovery data of a set: which bag has some, and whether it is what was signed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from securedoc.backup import layout, parity
from securedoc.backup.defects import Defect, DefectKind
from securedoc.backup.examine import Depth, Look, examine
from securedoc.backup.examined import Examined
from securedoc.backup.layout import BagKind, BagName
from securedoc.backup.parity import Parity
from securedoc.backup.survey import Known, Survey
from securedoc.core.text import message


@dataclass(frozen=True, slots=True)
class Guard:
    """A parity bag, as far as it holds."""

    seen: Examined
    parity: Parity | None
    """What it protects; None where that cannot be used."""

    @property
    def protects(self) -> BagName | None:
        """The bag that it has recovery data for."""
        return self.parity.bag if self.parity else None

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong with it, as far as was looked."""
        return self.parity is not None and not self.seen.defects


@dataclass(frozen=True, slots=True)
class Guards:
    """The recovery data on a medium."""

    guards: tuple[Guard, ...]
    """For the bags that were looked at, and those of which nobody knows what they are for."""
    idle: tuple[BagName, ...]
    """For bags that are not there, or were not looked at."""

    @property
    def defects(self) -> tuple[Defect, ...]:
        """Everything that is wrong with the recovery data."""
        return tuple(defect for one in self.guards for defect in one.seen.defects)

    def of(self, bag: BagName) -> Guard | None:
        """Return the recovery data of a bag, the newest where there are several."""
        return next((one for one in reversed(self.guards) if one.protects == bag), None)


def look_at_guards(seen: Survey, look: Look, known: Known | None = None) -> Guards:
    """Examine the parity bags beside the bags that were surveyed; what is wrong is in each."""
    if seen.fixed.identity is not None:
        look = replace(look, office=seen.fixed.identity.office)
    bags = {one.bag: one for one in seen.bags}
    found, idle = [], []
    for name in seen.listed.bags:
        if name.kind is not BagKind.PARITY:
            continue
        directory = seen.root.directory / str(name)
        # Its names first: what is for a bag that nobody asked about need not be read.
        examined = examine(directory, name, replace(look, depth=Depth.NAMES))
        stated = read_parity(examined)
        if stated is not None and stated.bag not in bags:
            idle.append(name)
            continue
        if look.depth is not Depth.NAMES:
            examined = examine(directory, name, look)
            stated = read_parity(examined)
        guard = Guard(examined, stated)
        _check(guard, bags, seen, known)
        found.append(guard)
    return Guards(tuple(found), tuple(idle))


def read_parity(examined: Examined) -> Parity | None:
    """Return what an examined parity bag protects; None, with the defect noted, where it cannot be used."""
    data = examined.content(layout.PARITY, parity.MAX_PARITY_BYTES)
    if data is None:
        return None
    try:
        return parity.parse(data)
    except ValueError as error:
        examined.report(DefectKind.MALFORMED, layout.PARITY, found=str(error))
        return None


def _check(guard: Guard, bags: Mapping[BagName, Examined], seen: Survey, known: Known | None) -> None:
    examined, identity = guard.seen, seen.fixed.identity
    if identity is not None and examined.card is not None:
        expected = f"{identity.vault}/{identity.medium}"
        if (found := f"{examined.card.vault}/{examined.card.medium}") != expected:
            examined.report(DefectKind.MISMATCH, layout.CARD, expected, found)
    if guard.parity is not None:
        bag = bags[guard.parity.bag]
        # Validly signed, but of another time: repairing with it would bring that other time back.
        if bag.signer is not None and bag.manifest_digest != guard.parity.manifest:
            expected = str(bag.manifest_digest)
            examined.report(DefectKind.STALE, layout.PARITY, expected, str(guard.parity.manifest))
        for group in guard.parity.groups:
            if not any(group.owns(path) for path in examined.manifest):
                examined.report(DefectKind.MISSING, f"data/{group.index}")
    signer = examined.signer
    if known is not None and signer is not None and signer.digest not in known.signers:
        examined.report(
            DefectKind.SIGNATURE,
            layout.SIGNATURE,
            expected=message("an officer who may write backups"),
            found=signer.name,
        )
