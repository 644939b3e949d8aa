"""Words the stamp and the letters of a change of level or term, and draws them as one PDF."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from securedoc.core.entries import Act
from securedoc.core.text import Message, message
from securedoc.custody.levels import Changed
from securedoc.documents.letter import Letter, Papers, StampBox
from securedoc.office.office import Office

Say = Callable[[Message], str]

_SUBJECTS: Final = {
    Act.LEVEL_CHANGED: message("Notice of a change of the level of secrecy"),
    Act.TERM_EXTENDED: message("Notice of the extension of a protection term"),
    Act.DOCUMENT_DECLASSIFIED: message("Notice of declassification"),
}


@dataclass(frozen=True, slots=True)
class _Words:
    """The facts of a change as the letters spell them."""

    number: str
    dated: str
    day: str
    old: str
    new: str
    was: str
    ends: str
    basis: str


def stamp_lines(office: Office, changed: Changed) -> tuple[str, ...]:
    """Return the lines of the stamp, filled in."""
    filled = {
        "date": _day(changed.on),
        "until": _day(changed.ends),
        "level": office.policy.levels[changed.level].mark_text,
        "term": _day(changed.ends),
    }
    return tuple(line.text.format_map(filled) for line in office.policy.marks[changed.stamp].lines)


def draw(office: Office, changed: Changed, say: Say) -> bytes:
    """Draw the stamp at its size, where the policy gives one, and a letter to every holder.

    The letters name the document by its number and date, and never say what it is about.

    Raises:
        DocumentRefused: a character is in no font.
    """
    stamp = office.policy.marks[changed.stamp]
    lines = stamp_lines(office, changed)
    box = None
    if stamp.width_mm is not None and stamp.height_mm is not None:
        sizes = tuple((line.size_pt, line.bold) for line in stamp.lines)
        measures = (stamp.width_mm, stamp.height_mm, stamp.gap_mm, stamp.line_pt)
        box = StampBox(lines, sizes, *measures, stamp.colour)
    words = _words(office, changed)
    paragraphs = _paragraphs(changed.act, words, say)
    letters = tuple(
        Letter(
            to=say(message("To: {holder}", holder=one.holder)),
            subject=say(_SUBJECTS[changed.act]),
            paragraphs=(
                *paragraphs,
                say(
                    message(
                        "Please put the stamp below on every copy that you hold: {stamp}",
                        stamp=" — ".join(lines),
                    )
                ),
            ),
        )
        for one in changed.notices
    )
    place = office.policy.place_and_date(office.card.place, changed.on)
    return Papers(
        superior=office.card.superior,
        agency=office.card.office,
        place_and_date=place,
        title=say(_SUBJECTS[changed.act]),
        stamp_title=say(message("Stamp for the copies in the office's keeping")),
        stamp_lines=lines,
        stamp=box,
        letters=letters,
        signer=say(message("Head of the agency")),
        training=say(message("TRAINING: this vault holds no real secrets")) if office.card.training else "",
        page=say(message("Page")),
        day=changed.on,
    ).pdf()


def _words(office: Office, changed: Changed) -> _Words:
    names = office.policy.levels
    return _Words(
        number=changed.number_text or changed.document,
        dated=_day(changed.dated),
        day=_day(changed.on),
        old=names[changed.old_level].name,
        new=names[changed.level].name,
        was=_day(changed.was),
        ends=_day(changed.ends),
        basis=changed.basis,
    )


def _paragraphs(act: Act, words: _Words, say: Say) -> tuple[str, ...]:
    about = say(
        message(
            "Document: {number}, dated {day}, level {level}.",
            number=words.number,
            day=words.dated,
            level=words.old,
        )
    )
    basis = say(message("Basis: {basis}.", basis=words.basis))
    match act:
        case Act.LEVEL_CHANGED:
            said = message(
                "From {day} its level is {level}; its term of protection ends on {ends}.",
                day=words.day,
                level=words.new,
                ends=words.ends,
            )
        case Act.TERM_EXTENDED:
            said = message(
                "Its term of protection, which would have ended on {was}, is extended until {ends}.",
                was=words.was,
                ends=words.ends,
            )
        case _:
            said = message("From {day} it is no state secret any more.", day=words.day)
    return about, say(said), basis


def _day(day: dt.date | None) -> str:
    return "…" if day is None else f"{day:%d/%m/%Y}"
