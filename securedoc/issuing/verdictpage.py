"""The verdict on a PDF as one page of PDF/A, for the file that keeps the document."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from securedoc.core.officetime import OFFICE_TIME, day_of
from securedoc.core.text import Message, message
from securedoc.documents.fonts import FontSet, choose
from securedoc.documents.report import Column, Report, Section
from securedoc.issuing import verdictwords
from securedoc.signing.judgement import Judgement, SignatureReport, Verdict

Translate = Callable[[str], str]

_LATIN: Final = (range(0x20, 0x250), range(0x1E00, 0x1F00), range(0x2010, 0x2027), range(0x20AB, 0x20AC))
"""What the font of the engine itself is known to have: Latin with the Vietnamese letters."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a verdict is about, and by whose trust."""

    verdict: Verdict
    name: str
    """Name of the file, or identifier of the document."""
    anchors: tuple[str, ...]
    """Names of the roots that were trusted."""
    program: str
    """Name and version of what judged."""
    training: bool = False


def pdf(looked: Looked, translate: Translate) -> bytes:
    """Draw the page.

    Raises:
        DocumentRefused: a character in a name is in no font.
        DocumentFailed: the engine failed.
    """
    found = looked.verdict
    training = message("TRAINING: this vault holds no real secrets").said(translate)
    return Report(
        title=message("VERDICT ON THE SIGNATURES OF A FILE").said(translate),
        subtitle=_printable(looked.name),
        sections=tuple(_sections(looked, translate)),
        day=day_of(found.at),
        notes=(
            message(
                "This page is not signed and proves nothing by itself: whoever holds the file can judge it "
                "again. Digests name the exact bytes."
            ).said(translate),
        ),
        landscape=True,
        training=training if looked.training else "",
        page_label=message("Page").said(translate),
        fonts=_fonts(),
    ).pdf()


def _sections(looked: Looked, translate: Translate) -> Iterator[Section]:
    found = looked.verdict
    lines = [*_grade(found), *found.problems]
    lines += [problem for report in found.signatures for problem in report.problems]
    # In the heading, where it is large: below, rows of "yes" stand under a file that was altered.
    heading = (
        f"{message('Verdict').said(translate)}: {_said(verdictwords.SENTENCES[found.judgement], translate)}"
    )
    yield Section(heading, tuple(_said(line, translate) for line in lines))
    if found.signatures:
        yield _table(found.signatures, translate)
    if found.remarks:
        yield Section(
            message("What this verdict does not exclude").said(translate),
            tuple(_said(line, translate) for line in found.remarks),
        )
    yield _particulars(looked, translate)


def _grade(found: Verdict) -> list[Message]:
    if found.judgement is not Judgement.TRUSTED_UNREGISTERED:
        return []
    return [message("A file from outside gets this lower grade at best.")]


def _table(reports: tuple[SignatureReport, ...], translate: Translate) -> Section:
    columns = (
        Column(message("signer").said(translate), 1.5),
        Column(message("bytes unchanged").said(translate), 0.7, "center"),
        Column(message("signature computes").said(translate), 0.7, "center"),
        Column(message("signer trusted").said(translate), 0.7, "center"),
        Column(message("revocation").said(translate), 1.0),
        Column(message("covers").said(translate), 1.0),
        Column(message("changes afterwards").said(translate), 1.0),
        Column(message("signature level").said(translate), 0.6, "center"),
        Column(message("time").said(translate), 1.4),
    )
    rows = tuple(_row(report, translate) for report in reports)
    return Section(message("Signatures, in the order they were made").said(translate), (), columns, rows)


def _row(report: SignatureReport, translate: Translate) -> tuple[str, ...]:
    def yes(*, holds: bool) -> str:
        return (verdictwords.YES if holds else verdictwords.NO).said(translate)

    time = "-" if report.time is None else report.time.astimezone(OFFICE_TIME).strftime("%d/%m/%Y %H:%M:%S")
    return (
        f"{_printable(report.signer)}\n{_printable(report.field)}",
        yes(holds=report.intact),
        yes(holds=report.valid),
        yes(holds=report.trusted),
        verdictwords.REVOCATIONS[report.revocation].said(translate),
        verdictwords.COVERAGES[report.coverage].said(translate),
        verdictwords.CHANGES[report.changes].said(translate),
        report.level,
        f"{time}\n{verdictwords.TIME_SOURCES[report.time_source].said(translate)}",
    )


def _particulars(looked: Looked, translate: Translate) -> Section:
    found = looked.verdict
    at = found.at.astimezone(OFFICE_TIME).strftime("%d/%m/%Y %H:%M:%S +07:00")
    lines = (
        message("File: {digest}, {size} bytes", digest=str(found.digest), size=found.size_bytes),
        message("Certificates judged as of {at}", at=at),
        message(
            "Roots trusted: {names}", names="; ".join(_printable(name) for name in looked.anchors) or "-"
        ),
        message("Judged by {program}", program=looked.program),
    )
    return Section(message("Particulars").said(translate), tuple(line.said(translate) for line in lines))


def _said(line: Message, translate: Translate) -> str:
    return _printable(line.said(translate))


def _printable(untrusted: str) -> str:
    """Show what the page cannot as a question mark: a name in a certificate may hold anything."""
    return "".join(letter if _is_drawn(ord(letter)) and letter.isprintable() else "?" for letter in untrusted)


def _is_drawn(code: int) -> bool:
    known = _fonts().letters
    return any(code in block for block in _LATIN) if known is None else code in known


@lru_cache(maxsize=1)
def _fonts() -> FontSet:
    return choose()
