"""What printing does to the tables: prints, their copies, and the sheets that wait for the shredder."""

from collections.abc import Iterator, Mapping
from typing import Final

from securedoc.core.entries import Act, Entry
from securedoc.ledger.facts import FactError, Facts
from securedoc.ledger.store import Statement

_COPY: Final = "UPDATE copies SET {settings} WHERE document = ? AND copy = ? AND print = ?"


def _print_begun(entry: Entry, facts: Facts) -> Iterator[Statement]:
    service = facts.inner("service")
    name, document = facts.text("print"), _about(entry)
    yield (
        "INSERT INTO prints VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
        (
            *(name, document, entry.sequence, facts.text("printer")),
            *(service.text("socket"), service.text("configuration")),
            *(facts.integer("pages"), facts.integer("sheets"), facts.flag("duplex")),
        ),
    )
    for each in facts.each("copies"):
        yield (
            "INSERT INTO copies VALUES (?, ?, ?, 'planned', NULL, NULL, NULL, NULL, ?)",
            (document, each.integer("copy"), name, entry.sequence),
        )


def _copy_sent(entry: Entry, facts: Facts) -> Iterator[Statement]:
    yield _copy(entry, facts, state="sent", job=facts.integer("job"))


def _copy_printed(entry: Entry, facts: Facts) -> Iterator[Statement]:
    yield _copy(entry, facts, state="printed", **_said(facts))


def _copy_spoiled(entry: Entry, facts: Facts) -> Iterator[Statement]:
    yield _copy(entry, facts, state="spoiled", **_said(facts))
    sheets = facts.maybe_integer("spoiled")
    if sheets:
        yield _waiting(entry, 1, facts.text("print"), facts.integer("copy"), sheets)


def _copy_unknown(entry: Entry, facts: Facts) -> Iterator[Statement]:
    yield _copy(entry, facts, state="unknown", **_said(facts))


def _print_ended(entry: Entry, facts: Facts) -> Iterator[Statement]:
    name = facts.text("print")
    yield "UPDATE prints SET ended = ? WHERE print = ?", (entry.sequence, name)
    for each in facts.each("unprinted"):
        yield (
            _COPY.format(settings="state = 'unprinted', entry = ?"),
            (entry.sequence, _about(entry), each.integer("copy"), name),
        )


def _print_reconciled(entry: Entry, facts: Facts) -> Iterator[Statement]:
    name = facts.text("print")
    for item, each in enumerate(facts.each("copies"), 1):
        copy = each.integer("copy")
        yield (
            _COPY.format(settings="state = ?, counted = ?, incident = ?, entry = ?"),
            (
                *(each.text("state"), each.maybe_integer("counted"), each.maybe_text("incident")),
                *(entry.sequence, _about(entry), copy, name),
            ),
        )
        if sheets := each.integer("spoiled"):
            yield _waiting(entry, item, name, copy, sheets)
    # Sheets of several copies that were counted in one pile belong to none of them.
    if sheets := facts.integer("of_the_pile"):
        yield _waiting(entry, 0, name, None, sheets)


def _incident_closed(entry: Entry, facts: Facts) -> Iterator[Statement]:
    counted = facts.integer("counted")
    yield _copy(entry, facts, state="spoiled", counted=counted, incident=None)
    if counted:
        yield _waiting(entry, 1, facts.text("print"), facts.integer("copy"), counted)


def _paper_destroyed(entry: Entry, facts: Facts) -> Iterator[Statement]:
    for each in facts.each("items"):
        yield (
            "UPDATE paper SET destroyed = ? WHERE entry = ? AND item = ? AND destroyed IS NULL",
            (entry.sequence, each.integer("entry"), each.integer("item")),
        )


PAPER: Final = {
    Act.PRINT_BEGUN: _print_begun,
    Act.COPY_SENT: _copy_sent,
    Act.COPY_PRINTED: _copy_printed,
    Act.COPY_SPOILED: _copy_spoiled,
    Act.COPY_UNKNOWN: _copy_unknown,
    Act.PRINT_ENDED: _print_ended,
    Act.PRINT_RECONCILED: _print_reconciled,
    Act.INCIDENT_CLOSED: _incident_closed,
    Act.PAPER_DESTROYED: _paper_destroyed,
}


def _about(entry: Entry) -> str:
    if entry.about is None:
        raise FactError("about")
    return entry.about


def _said(facts: Facts) -> Mapping[str, str | int | None]:
    return {"impressions": facts.maybe_integer("impressions"), "incident": facts.maybe_text("incident")}


def _copy(entry: Entry, facts: Facts, **columns: str | int | None) -> Statement:
    settings = "".join(f"{name} = ?, " for name in columns) + "entry = ?"
    where = (_about(entry), facts.integer("copy"), facts.text("print"))
    return _COPY.format(settings=settings), (*columns.values(), entry.sequence, *where)


def _waiting(entry: Entry, item: int, name: str, copy: int | None, sheets: int) -> Statement:
    values = (entry.sequence, item, _about(entry), name, copy, sheets)
    return "INSERT INTO paper VALUES (?, ?, ?, ?, ?, ?, NULL)", values
