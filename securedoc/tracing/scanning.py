"""The scan: every known place and every file of the homes, held against what the vault holds."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.protocols import NoProgress
from securedoc.core.text import Message, message
from securedoc.errors import ScratchIncomplete, ScratchMissing
from securedoc.formats import canonical
from securedoc.office.office import Office
from securedoc.system import terminal, workspace
from securedoc.system.traces import machine, walk
from securedoc.tracing.gathering import Gathered, gather
from securedoc.tracing.looking import Depth, Looker
from securedoc.tracing.remnants import Certainty, Cleaning, Recognised, Remnant, by_place
from securedoc.tracing.unpacking import Unlooked

REPORT_FORMAT: Final = "securedoc/traces/1"
MOST_REMNANTS: Final = 50_000
_STEP: Final = 500


@dataclass(frozen=True, slots=True)
class Where:
    """What is looked at."""

    homes: tuple[Path, ...]
    root: Path = Path("/")
    """Where the machine's own places are."""
    since: datetime | None = None
    every_pdf: bool = False
    afresh: bool = False
    """Believe no kept fingerprint."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan found, and what it could not tell."""

    remnants: tuple[Remnant, ...]
    """Surest first."""
    looked: int
    """Files looked into."""
    unlooked: dict[Unlooked, int]
    """Files and places that were not, or not wholly, by the reason."""
    compared: str
    """Whose content was compared: `all` documents, `own` drafts, or `none`."""
    notes: tuple[Message, ...]
    since: datetime | None
    places: int
    """Homes and machine."""
    looker: Looker

    def found(self) -> dict[str, int]:
        """Return how many remnants there are of each kind."""
        return dict(sorted(Counter(one.what.value for one in self.remnants).items()))

    def report(self) -> JsonObject:
        """Return the report as it is written, and as its digest is taken."""
        return {
            "format": REPORT_FORMAT,
            "since": None if self.since is None else self.since.isoformat(),
            "places": self.places,
            "looked": self.looked,
            "unlooked": {reason.value: count for reason, count in sorted(self.unlooked.items())},
            "compared": self.compared,
            "found": dict(self.found()),
            "findings": [one.as_json() for one in self.remnants],
        }

    def digest(self) -> Digest:
        """Return the digest that the entry states."""
        return Digest.of(canonical.encode(self.report()))

    def check(self) -> None:
        """Raise when words of a document lie outside the vault.

        Raises:
            ScratchIncomplete: they do.
        """
        require_none(self.remnants)


def require_none(left: Sequence[Remnant]) -> None:
    """Accept remnants that are names only.

    Raises:
        ScratchIncomplete: one holds words of a document.
    """
    plaintext = [one for one in left if one.plaintext]
    if plaintext:
        raise ScratchIncomplete(
            "{count} files outside the vault hold words of its documents, the first is {name}",
            count=len(plaintext),
            name=terminal.visible(Path(plaintext[0].shown()).name),
            hint="look at the findings; clean with: securedoc traces clean",
        )


def scan(office: Office, where: Where) -> Scanned:
    """Look for remnants, and change nothing.

    Raises:
        PolicyRefused: the officer may not.
        ScratchMissing: a home that was named is not there.
    """
    office.permit("traces")
    for home in where.homes:
        if not home.is_dir():
            raise ScratchMissing("{name} is not a directory", name=terminal.visible(str(home)))
    gathered = gather(office, afresh=where.afresh)
    since_s = None if where.since is None else where.since.timestamp()
    looker = Looker(gathered, Depth(since_s, where.every_pdf))
    found = list(_looked(office, where, looker))
    withheld = {row.id for row in office.ledger.documents() if row.subject is None}
    remnants = sorted((_masked(one, withheld) for one in found), key=_order)
    return Scanned(
        remnants=tuple(remnants),
        looked=looker.looked,
        unlooked=dict(looker.unlooked),
        compared=_compared(gathered),
        notes=tuple(_notes(gathered, where)),
        since=where.since,
        places=len(where.homes) + 1,
        looker=looker,
    )


def enter(office: Office, scanned: Scanned) -> int:
    """Enter a scan in the ledger: counts and the report's digest, no name of a file."""
    facts: JsonObject = {
        "since": None if scanned.since is None else scanned.since.isoformat(),
        "places": scanned.places,
        "looked": scanned.looked,
        "unlooked": {reason.value: count for reason, count in sorted(scanned.unlooked.items())},
        "compared": scanned.compared,
        "found": dict(scanned.found()),
        "plaintext": sum(one.plaintext for one in scanned.remnants),
        "report": str(scanned.digest()),
    }
    with office.write() as writing:
        return writing.append(Act.TRACES_SCANNED, None, facts).sequence


def homes_of(root: Path) -> tuple[Path, ...]:
    """Return the homes of this machine's people when we are root, who may look into all; else none."""
    if os.geteuid() != 0:
        return ()
    found: dict[Path, None] = {}
    try:
        text = (root / "etc/passwd").read_text("utf-8", "replace")
    except OSError:
        return ()
    for line in text.splitlines():
        words = line.split(":")
        if len(words) == 7 and words[5].startswith("/") and words[2].isdigit():  # noqa: PLR2004 - passwd(5)
            home = root / words[5].lstrip("/")
            if (int(words[2]) >= _FIRST_PERSON or words[2] == "0") and home.is_dir() and home != root:
                found[home.resolve()] = None
    return tuple(
        home for home in found if not any(home != other and home.is_relative_to(other) for other in found)
    )


_FIRST_PERSON: Final = 1000


def _looked(office: Office, where: Where, looker: Looker) -> Iterator[Remnant]:
    avoid = _ours(office, where.root)
    progress = office.progress
    total = 0 if isinstance(progress, NoProgress) else sum(map(walk.count, where.homes))
    progress.start(message("looking at files"), total, "items")

    def passed(reason: str, _path: Path) -> None:
        looker.unlooked[Unlooked(reason)] += 1

    count = 0
    for number, met in enumerate(_met(where, avoid, passed)):
        if number % _STEP == 0:
            progress.advance(_STEP)
        for remnant in looker.look(met):
            count += 1
            if count > MOST_REMNANTS:
                looker.unlooked[Unlooked.MANY] += 1
                return
            yield remnant
    for condition in machine.conditions(where.root):
        yield by_place(condition.sign, condition.path)
    for _place in walk.unreadable_places(where.root):
        looker.unlooked[Unlooked.UNREACHABLE] += 1
    progress.finish()


def _met(where: Where, avoid: set[tuple[int, int]], passed: walk.Passed) -> Iterator[walk.Met]:
    for home in where.homes:
        yield from walk.of_home(home.resolve(), avoid, passed)
    # A home in a directory for temporary files was looked at above.
    seen = avoid | {(home.stat().st_dev, home.stat().st_ino) for home in where.homes}
    yield from walk.of_machine(where.root, seen, passed)


def _ours(office: Office, root: Path) -> set[tuple[int, int]]:
    """Return what is no remnant: the vault, and workspaces of sessions, which `recover` looks after.

    Only those that the journal knows: anybody may make a directory of such a name, to hide plaintext in.
    """
    records = office.place.journal.glob("*.json")
    sessions = [(path.stem, path.lstat().st_uid) for path in records if path.stem.isalnum()]
    left = [workspace.find(session, owner, root=root) for session, owner in sessions]
    ours = [path for path in (office.place.root, *left) if path is not None]
    return {(path.stat().st_dev, path.stat().st_ino) for path in ours if path.is_dir()}


def _masked(remnant: Remnant, withheld: set[DocumentId]) -> Remnant:
    told = remnant.recognised in {Recognised.IDENTIFIER, Recognised.PLACE}
    hide = remnant.document in withheld and not told and remnant.clean is Cleaning.SHRED
    return replace(remnant, withheld=True) if hide else remnant


def _order(remnant: Remnant) -> tuple[int, int, str, str]:
    return (
        list(Certainty).index(remnant.certainty),
        list(Recognised).index(remnant.recognised),
        remnant.what.value,
        str(remnant.path),
    )


def _compared(gathered: Gathered) -> str:
    if gathered.printer is None:
        return "none"
    return "all" if gathered.all_documents else "own"


def _notes(gathered: Gathered, where: Where) -> Iterator[Message]:
    if where.since is not None:
        yield message(
            "a file's time is what the clock said when it was written: while it was set back, "
            "it hid files from --since; without --since nothing is left out"
        )
    if gathered.printer is None:
        yield message(
            "you hold no key to documents: files were recognised by names, digests and times, "
            "not by what they say"
        )
    elif not gathered.all_documents:
        yield message("only your own drafts were compared with what files say")
    if gathered.rebuilt is not None:
        yield gathered.rebuilt
    if gathered.unopened:
        yield message("{count} objects of the vault did not open: run the audit", count=gathered.unopened)
