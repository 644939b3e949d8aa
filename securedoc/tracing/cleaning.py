"""Cleans: shreds what is certain, takes entries out of lists, asks about the rest, names what it cannot."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.text import Message, message
from securedoc.errors import ScratchRefused
from securedoc.office.office import Office
from securedoc.system import terminal
from securedoc.system.shred import Residue, ShredReport
from securedoc.system.traces import lists, removing
from securedoc.system.traces.places import Sign
from securedoc.system.traces.reaching import Identity
from securedoc.system.traces.walk import Met
from securedoc.tracing.looking import Looker
from securedoc.tracing.remnants import Certainty, Cleaning, Remnant
from securedoc.tracing.scanning import Scanned

Approve = Callable[[Remnant], bool]
"""Asks a person about one remnant that is not certain."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What cleaning will do, decided before anything is done."""

    shred: tuple[Remnant, ...]
    rewrite: tuple[Remnant, ...]
    ask: tuple[Remnant, ...]
    """Not attributed with certainty: a person decides on each."""
    by_hand: tuple[Remnant, ...]


@dataclass(slots=True)
class Cleaned:
    """What was done, and what is left."""

    removed: list[Remnant] = field(default_factory=list)
    left: list[Remnant] = field(default_factory=list)
    report: ShredReport = field(default_factory=ShredReport)

    def check(self) -> None:
        """Raise when something could not be removed that should have been; what was left on purpose is told.

        Raises:
            ScratchIncomplete: content may remain.
        """
        ShredReport(residue=tuple(one for one in self.report.residue if not one.refused)).check()


_ELSEWHERE: Final = message("it belongs to another user than its directory")
_LINKED: Final = message("it has another name elsewhere, which would be emptied too")


def plan(remnants: Sequence[Remnant], named: Iterable[Path] = ()) -> Plan:
    """Decide what is cleaned; a remnant whose path was named explicitly needs no further question.

    Raises:
        ScratchRefused: a path was named that no remnant has, or that cannot be cleaned.
    """
    wanted = {path.absolute() for path in named}
    cleanable = {one.path for one in remnants if one.clean is not Cleaning.BY_HAND}
    for path in sorted(wanted - cleanable):
        raise ScratchRefused(
            "{name} is not a finding that can be cleaned",
            name=terminal.visible(path.name),
            hint="name a path as the scan shows it; any other file: securedoc shred PATH",
        )
    sure = [one for one in remnants if one.certainty is Certainty.CERTAIN or one.path in wanted]
    return Plan(
        shred=tuple(one for one in sure if one.clean is Cleaning.SHRED),
        rewrite=tuple(one for one in sure if one.clean is Cleaning.REWRITE),
        ask=tuple(one for one in remnants if one not in sure and one.clean is not Cleaning.BY_HAND),
        by_hand=tuple(one for one in remnants if one.clean is Cleaning.BY_HAND),
    )


def clean(planned: Plan, looker: Looker, approve: Approve) -> Cleaned:
    """Carry a plan out; a failure with one remnant does not keep the rest."""
    cleaned = Cleaned(left=list(planned.by_hand))
    shred, rewrite = list(planned.shred), list(planned.rewrite)
    for one in planned.ask:
        if not approve(one):
            cleaned.left.append(one)
        elif one.clean is Cleaning.SHRED:
            shred.append(one)
        else:
            rewrite.append(one)
    by_list: dict[Path, list[Remnant]] = {}
    for one in rewrite:
        by_list.setdefault(one.path, []).append(one)
    for group in by_list.values():
        _settle(cleaned, group, _taken_out(group, looker))
    for one in shred:
        _settle(cleaned, [one], _shredded(one))
    return cleaned


def enter(office: Office, scanned: Scanned, cleaned: Cleaned, digest: str) -> int:
    """Enter a cleaning in the ledger: counts, and the digest of what it was based on."""
    facts: JsonObject = {
        "removed": len(cleaned.removed),
        "left": len(cleaned.left),
        "plaintext": sum(one.plaintext for one in cleaned.left),
        "residue": len(cleaned.report.residue),
        "unlooked": sum(scanned.unlooked.values()),
        "report": digest,
    }
    with office.write() as writing:
        return writing.append(Act.TRACES_CLEANED, None, facts).sequence


def _settle(cleaned: Cleaned, group: Sequence[Remnant], report: ShredReport) -> None:
    cleaned.report += report
    (cleaned.left if report.residue else cleaned.removed).extend(group)


def _shredded(remnant: Remnant) -> ShredReport:
    met = remnant.met
    if met is None:
        raise RuntimeError("only files are shredded")
    refused = _refused(remnant)
    if refused is not None:
        return ShredReport(residue=(Residue(remnant.path, refused, refused=True),))
    report = removing.remove(met.path, met.base, met.identity)
    if remnant.what is Sign.TRASH and met.path.parent.name == "files" and not report.residue:
        report += _of_trash(met)
    return report


def _of_trash(met: Met) -> ShredReport:
    """Remove what the trash remembers of where a file was, and what it was called."""
    info = met.path.parent.parent / "info" / f"{met.path.name}.trashinfo"
    try:
        status = info.lstat()
    except OSError:
        return ShredReport()
    return removing.remove(info, met.base, Identity.of(status))


def _taken_out(group: Sequence[Remnant], looker: Looker) -> ShredReport:
    first = group[0].met
    if first is None or first.place.form is None:
        raise RuntimeError("only lists are rewritten")
    refused = _refused(group[0])
    if refused is not None:
        return ShredReport(residue=(Residue(first.path, refused, refused=True),))
    form = first.place.form
    documents: set[DocumentId | None] = {one.document for one in group}
    kinds = {(one.document, one.recognised.value) for one in group}

    def named(entry: bytes) -> bool:
        naming = looker.named_in(entry)
        # What was agreed to is the entries found so: a number that was not asked about stays.
        return (
            naming is not None
            and naming.document in documents
            and (naming.document, naming.by.value) in kinds
        )

    def change(data: bytes) -> bytes:
        return lists.without(form, data, named)[0]

    return removing.rewrite(first.path, first.base, lists.MOST_BYTES, change)


def _refused(remnant: Remnant) -> Message | None:
    met = remnant.met
    if met is None:
        return None
    try:
        status = met.path.lstat()
        home = met.base.stat()
    except OSError:
        return None  # gone: removing says so
    # Somebody else's file under a name of ours may be a trap for whoever cleans with more rights.
    if not met.shared and status.st_uid != home.st_uid:
        return _ELSEWHERE
    # A list with a second name is refused where it is rewritten, unless the name is ours from before a crash.
    return _LINKED if status.st_nlink > 1 and remnant.clean is Cleaning.SHRED else None
