"""Changes the level of a document, extends its term, or declassifies it; every holder is then to be told."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from securedoc.core.documents import DocumentId, DocumentState
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.custody import standing
from securedoc.errors import DocumentMissing, DocumentRefused, PolicyRefused
from securedoc.ledger.custodyqueries import NoticeRow
from securedoc.ledger.facts import Facts
from securedoc.ledger.rows import DocumentRow
from securedoc.office import consent, deferred
from securedoc.office.deferred import Approved, Second
from securedoc.office.office import Office
from securedoc.office.wording import field, one_line
from securedoc.policy.policy import years_later
from securedoc.policy.vocabulary import Right


@dataclass(frozen=True, slots=True)
class Changed:
    """What was decided, what is stamped on every copy, and who is to be told by when."""

    document: DocumentId
    number_text: str
    dated: dt.date | None
    act: Act
    old_level: str
    level: str
    on: dt.date
    was: dt.date | None
    """The last day of the term before."""
    ends: dt.date | None
    basis: str
    stamp: str
    """Key of the stamp in the policy."""
    notices: tuple[NoticeRow, ...]
    entry: int
    late: bool = False
    """The policy asks for an extension earlier than this."""


def change(office: Office, document: DocumentId, to: str, basis: str, second: Second) -> Changed:
    """Raise or lower the level of a document; its term is counted again from its own date.

    Raises:
        PolicyRefused: the officer may not, nobody confirmed, or there is no such level.
        DocumentRefused: it has that level, or stands in no book.
    """
    policy = office.policy
    level, row = policy.level(to), office.ledger.document(document)
    _require(office, row, Right.ADJUST)
    if level.key == row.level:
        raise DocumentRefused("{document} has the level {level} already", document=document, level=level.name)
    raised = level.rank > policy.level(row.level).rank
    stamp = policy.level_marks.raised if raised else policy.level_marks.lowered
    determined = row.date or office.today()
    ends = max(policy.term_end(to, determined), office.today())
    facts: JsonObject = {
        "from": row.level,
        "to": level.key,
        "was": None if row.ends is None else row.ends.isoformat(),
        "ends": ends.isoformat(),
    }
    days = policy.notices.adjust_days
    return _enter(office, row, _Change(Act.LEVEL_CHANGED, Right.ADJUST, stamp, days, basis), facts, second)


def extend(office: Office, document: DocumentId, years: int, basis: str, second: Second) -> Changed:
    """Extend the protection term of a document by some years, counted from the day it would end.

    Raises:
        PolicyRefused: the officer may not, nobody confirmed, or the policy allows fewer years at a time.
        DocumentRefused: it has no term, it has ended, or the document stands in no book.
    """
    policy, row = office.policy, office.ledger.document(document)
    _require(office, row, Right.EXTEND)
    longest = policy.level(row.level).term_years
    if years < 1 or (policy.terms.extension_at_most_level_term and years > longest):
        raise PolicyRefused(
            "a term of level {level} is extended by 1 to {years} years at a time",
            level=policy.level(row.level).name,
            years=longest,
        )
    if row.ends is None or row.ends < office.today():
        raise DocumentRefused(
            "the term of {document} has ended, or it has none",
            document=document,
            hint="a term is extended before it ends; an ended one means: securedoc declassify {document}",
        )
    facts: JsonObject = {
        "level": row.level,
        "years": years,
        "was": row.ends.isoformat(),
        "ends": years_later(row.ends, years).isoformat(),
    }
    way = _Change(
        Act.TERM_EXTENDED, Right.EXTEND, policy.level_marks.extended, policy.notices.extend_days, basis
    )
    return _enter(office, row, way, facts, second)


def declassify(office: Office, document: DocumentId, basis: str, second: Second) -> Changed:
    """Enter that a document is no secret any more: by decision, or because its term has ended.

    Raises:
        PolicyRefused: the officer may not, or nobody confirmed.
        DocumentRefused: it stands in no book, or is declassified already.
    """
    policy, row = office.policy, office.ledger.document(document)
    _require(office, row, Right.DECLASSIFY)
    facts: JsonObject = {
        "level": row.level,
        "was": None if row.ends is None else row.ends.isoformat(),
        "term_ended": row.ends is not None and row.ends < office.today(),
    }
    days, stamp = policy.notices.declassify_days, policy.level_marks.declassified
    way = _Change(Act.DOCUMENT_DECLASSIFIED, Right.DECLASSIFY, stamp, days, basis)
    return _enter(office, row, way, facts, second)


def told(office: Office, document: DocumentId, holder: str, how: str) -> NoticeRow:
    """Enter that a holder was told.

    Raises:
        PolicyRefused: the officer may not.
        DocumentMissing: nobody of that name waits to be told.
    """
    with office.write() as writing:
        office.permit("notify", office.ledger.document(document).level)
        wanted = one_line(holder).casefold()
        found = [
            row for row in office.ledger.notices(document, waiting=True) if row.holder.casefold() == wanted
        ]
        if not found:
            raise DocumentMissing(
                "{holder} does not wait to be told about {document}",
                holder=holder,
                document=document,
                hint="see: securedoc due",
            )
        facts: JsonObject = {
            "of": found[0].entry,
            "item": found[0].item,
            "holder": found[0].holder,
            "how": one_line(how),
        }
        writing.append(Act.NOTICE_SENT, document, facts)
    return found[0]


def holders(office: Office, row: DocumentRow) -> tuple[str, ...]:
    """Return everybody who has a copy, by the book or by its recipients; each once."""
    out = (move.holder for move in office.ledger.moves(row.id, out_only=True))
    return tuple(dict.fromkeys((*row.recipients, *out)))


@dataclass(frozen=True, slots=True)
class _Change:
    act: Act
    right: Right
    stamp: str
    days: int
    """Within which holders are told."""
    basis: str


def _require(office: Office, row: DocumentRow, right: Right) -> None:
    office.permit(right, row.level)
    if row.state is DocumentState.DECLASSIFIED:
        raise DocumentRefused("{document} is declassified already", document=row.id)
    standing.require_movable(row)


def _enter(office: Office, row: DocumentRow, way: _Change, more: JsonObject, second: Second) -> Changed:
    today = _decided_on(office, second)
    due = today + dt.timedelta(days=way.days)
    facts: JsonObject = {
        **more,
        "basis": field(way.basis),
        "on": today.isoformat(),
        "stamp": way.stamp,
        "notices": [{"holder": name, "due": due.isoformat()} for name in holders(office, row)],
    }
    confirmed = consent.second(office, way.right, way.act, row.id, facts, session=second)
    with office.write() as writing:
        # Once more inside the transaction: of two who decide at once, the second sees what the first did.
        if office.ledger.document(row.id).changed != row.changed:
            raise DocumentRefused(
                "{document} was changed in the meantime", document=row.id, hint="look at it, then try again"
            )
        entry = writing.append(way.act, row.id, facts, confirmed)
    return _changed(office, row, way, entry.facts, entry.sequence)


def _decided_on(office: Office, second: Second) -> dt.date:
    """Return the day of the change: the one that was consented to, where that was beforehand."""
    today = office.today()
    if isinstance(second, Approved):
        asked = Facts(deferred.read(office, second.request).facts).maybe_day("on")
        return min(today, today if asked is None else dt.date.fromisoformat(asked))
    return today


def _changed(
    office: Office, row: DocumentRow, way: _Change, facts: Mapping[str, object], entry: int
) -> Changed:
    now = office.ledger.document(row.id)
    notices = tuple(one for one in office.ledger.notices(row.id) if one.entry == entry)
    before = dt.timedelta(days=office.policy.terms.extend_before_end_days)
    late = way.act is Act.TERM_EXTENDED and row.ends is not None and row.ends - office.today() < before
    return Changed(
        document=row.id,
        number_text=row.number_text,
        dated=row.date,
        act=way.act,
        old_level=row.level,
        level=now.level,
        on=dt.date.fromisoformat(str(facts["on"])),
        was=row.ends,
        ends=now.ends,
        basis=str(facts["basis"]),
        stamp=way.stamp,
        notices=notices,
        entry=entry,
        late=late,
    )
