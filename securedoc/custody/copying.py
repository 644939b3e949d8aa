"""Records copies made of a document (sao y, sao lục, trích sao), in the number that was permitted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from securedoc.core.copies import MADE, serial
from securedoc.core.documents import DocumentId, DocumentState
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import OfficerId
from securedoc.custody import standing
from securedoc.custody.moving import particulars
from securedoc.errors import DocumentRefused, PolicyRefused
from securedoc.keyring.session import Session
from securedoc.ledger.folding import fold
from securedoc.ledger.rows import DocumentRow
from securedoc.office import consent
from securedoc.office.office import Office
from securedoc.office.wording import field, one_line
from securedoc.policy.model import CopyType
from securedoc.policy.vocabulary import AuthorityAct, BookUse

MAX_COPIES: Final = 99


@dataclass(frozen=True, slots=True)
class Wanted:
    """The copies that somebody asks for."""

    count: int
    kind: str
    """Key of the kind of copy in the policy."""
    recipients: tuple[str, ...]
    allowed_by: OfficerId
    position: str = ""
    """Key of the position in which that officer may allow it; empty: as the officer's title says."""
    spoiled: int = 0
    place: str = ""
    device: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """The copies that were made, and where they stand in the book."""

    document: DocumentId
    copies: tuple[tuple[str, str], ...]
    """Each copy and whom it is for."""
    notation: str
    """Number and notation of the copies: `03/SY-UBND`."""
    authority: str
    book: str
    book_title: str
    year: int
    row: int
    entry: int


def make(office: Office, document: DocumentId, wanted: Wanted, second: Session | None) -> Made:
    """Enter copies made of a document, allowed by an officer with authority at its level.

    The officer who allows confirms with their own key how many, of which kind, and for whom.

    Raises:
        PolicyRefused: the officer may not, or whoever allows has no authority at this level or did not
            confirm; no such kind.
        DocumentRefused: the document says that it is not to be copied, or the numbers do not fit.
    """
    kind, recipients = _kind(office, wanted.kind), _recipients(wanted)
    form = office.policy.book_for(BookUse.COPYING)
    year = office.today().year
    with office.write() as writing:
        row = office.ledger.document(document)
        office.permit("copy", row.level)
        standing.require_movable(row)
        _require_copying_permitted(row)
        basis = _authority(office, row, wanted, second)
        number = writing.next_row(form.key, year)
        notation = _notation(office, kind, number)
        first = 1 + len(office.ledger.made_copies(document))
        copies = tuple((f"{MADE}{place}", name) for place, name in enumerate(recipients, first))
        facts: JsonObject = {
            "book": form.key,
            "year": year,
            "row": number,
            "notation": notation,
            **particulars(row),
            "made_on": office.today().isoformat(),
            "copy_kind": wanted.kind,
            "copies_allowed": wanted.count,
            "copies_made": wanted.count,
            "copies_spoiled": wanted.spoiled,
            "made": [{"copy": copy, "for": name} for copy, name in copies],
            "copy_serials": [serial(copy) for copy, _ in copies],
            "recipients": [name for _, name in copies],
            "copied_by": office.who.name,
            "allowed_by": office.ledger.trusted_officer(wanted.allowed_by).name,
            "allowed_by_officer": wanted.allowed_by,
            "authority_basis": basis,
            "place": one_line(wanted.place),
            "device": one_line(wanted.device),
            "note": one_line(wanted.note),
        }
        missing = _not_allowed(wanted.allowed_by)
        confirmed = consent.second(
            office, "copy", Act.COPIES_MADE, document, facts, session=second, missing=missing
        )
        entry = writing.append(Act.COPIES_MADE, document, facts, confirmed)
    return Made(document, copies, notation, basis, form.key, form.title, year, number, entry.sequence)


def _kind(office: Office, key: str) -> CopyType:
    kinds = office.policy.copying.kinds
    if key not in kinds or not kinds[key].abbreviation:
        # Photographing is recorded, not numbered as a copy.
        known = ", ".join(name for name, kind in kinds.items() if kind.abbreviation)
        raise PolicyRefused(
            "there is no kind of copy {kind}", kind=key, hint="use one of: {known}", known=known
        )
    return kinds[key]


def _recipients(wanted: Wanted) -> Sequence[str]:
    """Return whom each copy is for: as many names as copies, or one for all of them."""
    if not 0 < wanted.count <= MAX_COPIES or not 0 <= wanted.spoiled <= MAX_COPIES:
        raise DocumentRefused("1 to {limit} copies are made at a time", limit=MAX_COPIES)
    names = [field(name) for name in wanted.recipients]
    if len(names) == 1:
        return names * wanted.count
    if len(names) != wanted.count:
        raise DocumentRefused(
            "{count} copies are for {names} recipients",
            count=wanted.count,
            names=len(names),
            hint="give --for once for each copy, or once for all of them",
        )
    return names


def _require_copying_permitted(row: DocumentRow) -> None:
    # What an older book holds does not say: there the officer who allows decides alone.
    ours = row.state is DocumentState.REGISTERED and row.drafter is not None
    if ours and not row.copying_permitted:
        raise DocumentRefused(
            "{document} says that it is not to be copied",
            document=row.id,
            hint="whoever signed it decided so; issue a further copy of the document instead",
        )


def _authority(office: Office, row: DocumentRow, wanted: Wanted, second: Session | None) -> str:
    """Return the position in which the officer who allows has authority at this level.

    The law names positions, and no officer's title need be spelled like one: where several positions are
    called so, all of them must have the authority.
    """
    if second is not None and second.officer != wanted.allowed_by:
        raise PolicyRefused(
            "{officer} confirms what {allowing} is said to have allowed",
            officer=second.officer,
            allowing=wanted.allowed_by,
            hint="whoever allows a copy confirms it: leave --second out, or name the same officer",
        )
    allowing = office.ledger.trusted_officer(wanted.allowed_by)
    if office.policy.two_person("copy"):
        office.policy.may_confirm(allowing.role, "copy")
    may = {position.key: position for position in office.policy.authority_for(AuthorityAct.COPY, row.level)}
    if wanted.position in may:
        return may[wanted.position].title
    title = fold(allowing.title)
    called = [
        key for key, one in office.policy.positions.items() if title and fold(one.title).startswith(title)
    ]
    if not wanted.position and called and all(key in may for key in called):
        return allowing.title
    raise PolicyRefused(
        "whether {officer} ({title}) may allow a copy of a document of level {level} is not known",
        officer=allowing.id,
        title=allowing.title or "-",
        level=office.policy.level(row.level).name,
        hint="name the position that gives the authority with --position: {known}",
        known=", ".join(may),
    )


def _not_allowed(officer: OfficerId) -> PolicyRefused:
    return PolicyRefused(
        "{officer} has not confirmed that this copy is allowed",
        officer=officer,
        hint="that officer's passphrase is asked: give --second-passphrase-file, or sit at the terminal",
    )


def _notation(office: Office, kind: CopyType, number: int) -> str:
    series = office.policy.numbering.series[office.policy.book_for(BookUse.COPYING).series]
    return f"{number:0{series.least_digits}d}{series.suffix}/{kind.abbreviation}-{office.card.symbol}"
