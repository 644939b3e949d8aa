"""Sheets that wait for the shredder: listed on paper for two signatures, and recorded once they are gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from securedoc.core.digests import Digest
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.documents.report import Column, Report, Section
from securedoc.errors import DocumentMissing, DocumentStale
from securedoc.formats import canonical
from securedoc.keyring.session import Session
from securedoc.ledger.paperqueries import PaperRow
from securedoc.office import consent
from securedoc.office.office import Office


@dataclass(frozen=True, slots=True)
class Waiting:
    """The list of what goes through the shredder."""

    rows: tuple[PaperRow, ...]

    @property
    def sheets(self) -> int:
        """How many sheets they are."""
        return sum(row.sheets for row in self.rows)

    @property
    def digest(self) -> Digest:
        """Of the list: what two people signed in ink is what is recorded."""
        return Digest.of(canonical.encode(items(self.rows)))


def items(rows: Sequence[PaperRow]) -> list[JsonObject]:
    """Return sheets as an entry names them."""
    return [
        {
            "entry": row.entry,
            "item": row.item,
            "document": row.document,
            "print": row.print,
            "copy": row.copy,
            "sheets": row.sheets,
        }
        for row in rows
    ]


def waiting(office: Office) -> Waiting:
    """Return what waits for the shredder."""
    return Waiting(office.ledger.paper())


def destroyed(office: Office, listed: Digest | None, second: Session | None) -> tuple[Waiting, int]:
    """Enter that everything on the list went through the shredder, before the eyes of a second officer.

    `listed` is the digest on the signed list; where it is given, nothing may have come up since.

    Raises:
        PolicyRefused: the officer may not, or nobody witnessed it.
        DocumentMissing: nothing waits.
        DocumentStale: the list that was signed is not the list as it stands.
    """
    office.permit("paper-destroy")
    found = waiting(office)
    if not found.rows:
        raise DocumentMissing("no paper waits for the shredder")
    if listed is not None and listed != found.digest:
        raise DocumentStale(
            "the list has changed since it was printed",
            hint="print it again: securedoc paper list --out FILE.pdf",
        )
    facts: JsonObject = {
        "items": items(found.rows),
        "sheets": found.sheets,
        "list": str(found.digest),
        "witness": None if second is None else second.officer,
    }
    confirmed = consent.second(office, "paper-destroy", Act.PAPER_DESTROYED, None, facts, session=second)
    with office.write() as writing:
        return found, writing.append(Act.PAPER_DESTROYED, None, facts, confirmed).sequence


@dataclass(frozen=True, slots=True)
class Words:
    """The words of the list, in the officer's language."""

    title: str
    intro: str
    columns: tuple[str, ...]
    total: str
    digest: str
    signatures: str
    signers: tuple[str, ...]
    training: str
    page: str


def sheet(office: Office, found: Waiting, words: Words, day: date) -> bytes:
    """Draw the list as PDF/A, with room for the signatures of those who destroy and who witness.

    Raises:
        DocumentRefused: a character is in no font.
        DocumentFailed: the engine failed.
    """
    widths = (0.5, 1.3, 1.3, 0.8, 0.8, 1.2)
    columns = tuple(Column(title, width) for title, width in zip(words.columns, widths, strict=True))
    rows = tuple(
        (
            str(number),
            str(row.document),
            row.print or "",
            "" if row.copy is None else f"{row.copy:02d}",
            str(row.sheets),
            "",
        )
        for number, row in enumerate(found.rows, 1)
    )
    signing = tuple(Column(who, 1.0, "center") for who in words.signers)
    return Report(
        title=words.title,
        subtitle=office.card.office,
        sections=(
            Section("", (words.intro,), columns, rows),
            Section("", (words.total, words.digest)),
            Section(words.signatures, (), signing, (tuple("\n\n\n\n" for _ in signing),)),
        ),
        day=day,
        training=words.training if office.card.training else "",
        page_label=words.page,
    ).pdf()
