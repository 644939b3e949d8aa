"""What is filled into the papers of a dossier: words and rows of tables, from proven entries alone."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from securedoc.core.copies import serial
from securedoc.core.documents import Level
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.officetime import OFFICE_TIME
from securedoc.destruction.dossier import Dossier, Said, text_of
from securedoc.ledger.facts import Facts
from securedoc.office import residue
from securedoc.office.office import Office
from securedoc.policy.forms import Fact, Forms, Stage, Words

_FIELD: Final = re.compile(r"\{([a-z_]+)\}")
_DOTS: Final = "…………"

Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Filling:
    """Every word and every row that a paper may ask for."""

    words: Mapping[str, str]
    tables: Mapping[str, tuple[Cells, ...]]

    def fill(self, line: str) -> str:
        """Return a line of a form with its words filled in; what is not known yet is left for the ink."""
        return _FIELD.sub(lambda found: self.words[found[1]] or _DOTS, line)

    def rows(self, table: str) -> tuple[Cells, ...]:
        """Return the rows of a table."""
        return self.tables[table]


def filling(office: Office, found: Dossier, known: Forms) -> Filling:
    """Gather what the papers of a destruction say."""
    words = known.words
    items = tuple(
        _item(office, found, words, number, item) for number, item in enumerate(found.items.values(), 1)
    )
    council = _council(found, words)
    texts = _words(office, found, words)
    return Filling(
        texts,
        {
            "items": items,
            "items-done": items,
            "council": council,
            "council-signing": council,
            "signing": _signing(found, words),
            "evidence": _evidence(found, words, texts),
            "media": _media(office, found, known.states),
        },
    )


def day_of(found: Dossier, stage: Stage) -> date:
    """Return the day that a paper is of: the office's day of the step that it is about."""
    said = {
        Stage.PROPOSED: found.first,
        Stage.DECIDED: found.decided or found.first,
        Stage.ENDED: found.ended or found.first,
    }[stage]
    return said.entry.at.astimezone(OFFICE_TIME).date()


def lowest_level(office: Office) -> Level:
    """Return the level that is least secret: papers without a mark are measured as of it."""
    return Level(min(office.policy.levels.values(), key=lambda rule: rule.rank).key)


def _words(office: Office, found: Dossier, words: Words) -> dict[str, str]:
    evidence = _inner(found.ended, "keys")
    objects = _inner(found.ended, "objects")
    council = _council_names(found)
    held = office.policy.positions.get(text_of(found.decided, "position"))
    return {
        "office": office.card.office,
        "place": office.card.place,
        "reason": found.reason,
        "request": found.row.request,
        "decision": text_of(found.decided, "decision"),
        "day": _day(day_of(found, Stage.ENDED)),
        "law": "; ".join(office.policy.pack.rests_on),
        "method": text_of(found.begun, "method"),
        "device": text_of(found.begun, "device"),
        "count": str(len(found.row.items)),
        "chair": council[0] if council else "",
        "keeper": found.first.author.name,
        "position": held.title if held else "",
        "copies_here": _copies(found, _here) or words.nothing,
        "copies_out": _copies(found, _out) or words.nothing,
        "entry": "" if found.ended is None else str(found.ended.entry.sequence),
        "pages": str(evidence.get("pages", "")),
        "pieces": str(evidence.get("looked_for", "")),
        "found": str(evidence.get("found", "")),
        "objects": str(objects.get("removed", "")),
        "residue": str(objects.get("residue", "")),
    }


def _item(office: Office, found: Dossier, words: Words, number: int, item: JsonObject) -> Cells:
    facts = Facts(item)
    day = facts.maybe_day("date")
    numbered = [facts.text("number_text") or facts.text("document")]
    destroyed = {str(one.document): one.destroyed for one in found.row.items}[facts.text("document")]
    return {
        Fact.NO: str(number),
        Fact.NUMBER_DATE: ", ".join(numbered + ([_day(date.fromisoformat(day))] if day else [])),
        Fact.TYPE: _named(office.policy.types, facts.text("type")),
        Fact.LEVEL: _named(office.policy.levels, facts.text("level")),
        Fact.COPIES: str(facts.integer("copies")),
        Fact.HERE: _here(facts) or words.nothing,
        Fact.OUT: _out(facts) or words.nothing,
        Fact.TERM: ""
        if (term := facts.maybe_day("term_runs_until")) is None
        else _day(date.fromisoformat(term)),
        Fact.DESTROYED: "" if destroyed is None else str(destroyed),
    }


def _council(found: Dossier, words: Words) -> tuple[Cells, ...]:
    return tuple(
        {Fact.NO: str(number), Fact.NAME: name, Fact.DUTY: words.chair if number == 1 else words.member}
        for number, name in enumerate(_council_names(found), 1)
    )


def _council_names(found: Dossier) -> list[str]:
    return [] if found.proposed is None else found.proposed.facts.texts("council")


def _signing(found: Dossier, words: Words) -> tuple[Cells, ...]:
    begun = found.begun
    if begun is None:
        return ()
    rows = [(begun.author.name, words.done_by)]
    if begun.second is not None:
        rows.append((begun.second.name, words.confirmed_by))
    rows += [(name, words.witness) for name in begun.facts.texts("witnesses")]
    return tuple({Fact.NAME: name, Fact.DUTY: duty} for name, duty in rows)


def _evidence(found: Dossier, words: Words, texts: Mapping[str, str]) -> tuple[Cells, ...]:
    if found.ended is None:
        return ()
    looked = texts["pieces"] not in {"", "0"}
    removed = _inner(found.ended, "objects").get("fingerprints") is True
    rows = (
        (words.keys, words.keys_result),
        (words.pages, words.pages_result if looked else words.pages_unknown),
        (words.objects, words.objects_result),
        (words.fingerprints, words.fingerprints_result if removed else words.fingerprints_none),
    )
    return tuple(
        {Fact.WHAT: what, Fact.RESULT: _FIELD.sub(lambda one: texts[one[1]], result)} for what, result in rows
    )


def _media(office: Office, found: Dossier, states: Mapping[str, str]) -> tuple[Cells, ...]:
    return tuple(
        {
            Fact.MEDIUM: held.label,
            Fact.KEEPER: held.keeper,
            Fact.STATE: states.get(held.state.name.lower(), held.state),
            Fact.SNAPSHOTS: ", ".join(map(str, held.snapshots)),
        }
        for held in residue.media(office, found.row.documents)
    )


def _inner(said: Said | None, name: str) -> JsonObject:
    value = None if said is None else said.entry.facts.get(name)
    return value if isinstance(value, Mapping) else {}


def _copies(found: Dossier, which: Callable[[Facts], str]) -> str:
    """Say which copies of which documents."""
    said = []
    for document, item in found.items.items():
        if copies := which(Facts(item)):
            said.append(f"{item.get('number_text') or document}: {copies}")
    return "; ".join(said)


def _here(item: Facts) -> str:
    return ", ".join(map(serial, item.texts("here")))


def _out(item: Facts) -> str:
    said = [(serial(one.text("copy")), one.text("holder")) for one in item.each("out")]
    return ", ".join(f"{copy} ({holder})" if holder else copy for copy, holder in said)


def _named(table: Mapping[str, object], key: str) -> str:
    return str(getattr(table[key], "name", key)) if key in table else key


def _day(day: date) -> str:
    return f"{day.day:02d}/{day.month:02d}/{day.year}"
