"""Gathers what is due from every part of the office, each with its day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from securedoc.core.text import message

if TYPE_CHECKING:
    from securedoc.office.office import Office
    from securedoc.office.trusting import Trusted

KINDS: Final = {
    "term": message("term of protection ends: extend it, or declassify"),
    "loan": message("lent copy comes back"),
    "carry": message("copy carried out comes back"),
    "recall": message("copy that was asked back"),
    "notice": message("holder is to be told of a change"),
    "backup": message("backup"),
    "drill": message("restore drill"),
    "rehearsal": message("rehearsal of the emergency"),
    "unseen": message("stick is to be seen again: back up to it, or verify it"),
    "confirm": message("backup is to be read again from its stick, plugged in anew"),
    "residue": message("medium that opens destroyed documents is brought in"),
    "certificate": message("certificate of an officer ends"),
    "authority": message("certificate of a trusted authority ends"),
    "crl": message("revocation list ends: bring in a new one"),
    "witness": message("ledger is to be witnessed"),
    "report": message("urgent destruction is to be reported in writing"),
    "request": message("request waits for a second officer, or to be used"),
    "book": message("book of a year that is over: print and close it"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the list."""

    kind: str
    about: str
    when: date
    overdue: bool
    copy: str | None = None
    who: str = ""


def items(office: "Office", within: timedelta) -> Iterator[Item]:
    """Yield what is due, whatever it is and in no order; some of it later than asked for."""
    yield from _documents(office, within)
    yield from _backups(office)
    yield from _media(office)
    yield from _certificates(office)
    yield from _trusted(office)
    yield from _witnesses(office)
    yield from _reports(office)
    yield from _requests(office)
    yield from _books(office)


def _day(moment: datetime) -> date:
    from securedoc.core.officetime import day_of

    return day_of(moment)


def _documents(office: "Office", within: timedelta) -> Iterator[Item]:
    from securedoc.custody import duelist

    today = office.today()
    for one in duelist.due(office, within):
        yield Item(one.kind.value, one.document, one.when, one.late(today), one.copy, one.who)


def _backups(office: "Office") -> Iterator[Item]:
    from securedoc.backup import schedule

    periodical = {
        "backup": schedule.next_backup(office),
        "drill": schedule.next_drill(office),
        "rehearsal": schedule.next_rehearsal(office),
    }
    for kind, due in periodical.items():
        yield Item(kind, "", _day(due.due_at), due.overdue)


def _media(office: "Office") -> Iterator[Item]:
    from securedoc.backup import rotation
    from securedoc.office import residue

    for one in rotation.standings(office):
        label, keeper = one.row.label, one.row.keeper
        yield Item("unseen", label, _day(one.unseen.due_at), one.unseen.overdue, who=keeper)
        if one.confirm is not None:
            yield Item("confirm", label, _day(one.confirm.due_at), one.confirm.overdue, who=keeper)
    for held in residue.media(office):
        until = residue.due_at(office, held)
        yield Item("residue", held.label, _day(until), until < office.now(), who=held.keeper)


def _certificates(office: "Office") -> Iterator[Item]:
    from securedoc.crypto.certificates import read_validity

    today = office.today()
    for officer in office.ledger.officers():
        if officer.active:
            ends = _day(read_validity(officer.certificate).ends)
            yield Item("certificate", officer.id, ends, ends < today, who=officer.name)


def _trusted(office: "Office") -> Iterator[Item]:
    """Yield what this office believes of others while that still runs, and lists that are too old.

    A certificate that has ended stays for what was signed in its time, and nothing is to be done about it.
    """
    from securedoc.office import trusting
    from securedoc.signing.described import Kind

    today = office.today()
    lists: dict[str, Trusted] = {}
    for one in trusting.listed(office):
        if one.ends is None:
            continue
        if one.kind is Kind.CRL:
            lists[one.issuer] = max(one, lists.get(one.issuer, one), key=lambda each: each.begins)
        elif _day(one.ends) >= today:
            yield Item("authority", one.name, _day(one.ends), overdue=False)
    for issuer, newest in lists.items():
        if newest.ends is not None:
            yield Item("crl", issuer, _day(newest.ends), newest.ends < office.now())


def _witnesses(office: "Office") -> Iterator[Item]:
    from securedoc.witnessing import keeping

    standing = keeping.standing(office)
    yield Item("witness", "", _day(standing.due_at), standing.overdue)


def _reports(office: "Office") -> Iterator[Item]:
    patience = timedelta(days=office.policy.destruction.report_days)
    for request in office.ledger.reports_owed():
        begun = office.ledger.destruction(request).begun
        if begun is not None:
            until = office.ledger.entry(begun).at + patience
            yield Item("report", request, _day(until), until < office.now())


def _requests(office: "Office") -> Iterator[Item]:
    now = office.now()
    for row in office.ledger.requests():
        if row.until is not None and not row.expired(now):
            yield Item("request", row.request, _day(row.until), overdue=False, who=row.officer)


def _books(office: "Office") -> Iterator[Item]:
    """Yield the books of former years that nobody closed."""
    closed, this_year = office.ledger.closed_books(), office.today().year
    for book, year, _ in office.ledger.books():
        if year < this_year and (book, year) not in closed:
            ended = date(year, 12, 31)
            yield Item("book", f"{book}/{year}", ended, overdue=True)
