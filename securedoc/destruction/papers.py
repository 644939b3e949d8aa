"""Writes the papers of a dossier as PDF and DOCX, filled in from the ledger; never what a document says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.documents import Frame
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.layouts import LayoutProfile
from securedoc.destruction import dossier, filling
from securedoc.destruction.dossier import Dossier
from securedoc.destruction.filling import Filling
from securedoc.documents import layout
from securedoc.documents.body import Align, Block, Body, Borders, Cell, Paragraph, Row, Span, Table
from securedoc.documents.framed import framed
from securedoc.documents.layout import Style
from securedoc.documents.skeleton import write_docx
from securedoc.errors import PolicyRefused
from securedoc.office import newfile
from securedoc.office.office import Office
from securedoc.policy import forms, packs
from securedoc.policy.forms import Forms, FormTable, Paper, PaperSigner, Stage
from securedoc.system import files

_REACHED: Final = {
    Stage.PROPOSED: frozenset({"proposed", "decided", "begun", "destroyed", "ended"}),
    Stage.DECIDED: frozenset({"decided", "begun", "destroyed", "ended"}),
    Stage.ENDED: frozenset({"ended"}),
}
_RULED: Final = Borders(0.5, 0.5, 0.5, 0.5)
_TABLE_PT: Final = 11.0


@dataclass(frozen=True, slots=True)
class Written:
    """One file of the dossier."""

    title: str
    path: Path
    digest: Digest


@dataclass(frozen=True, slots=True)
class Papers:
    """What was written."""

    papers: tuple[Written, ...]
    missing: tuple[str, ...]
    """Papers whose step is not done yet."""
    entry: int


def write(office: Office, request: str, directory: Path) -> Papers:
    """Write every paper whose step is done, as PDF and DOCX, and enter their digests.

    Raises:
        PolicyRefused: the officer may neither propose nor decide, or it was refused.
        DocumentRefused: a file is there already, or a character is in no font.
        PolicyMissing, PolicyMalformed: the forms are not as they should be.
        LedgerMissing, LedgerUntrusted: there is no such destruction, or its entries do not hold.
    """
    _permit(office)
    found = dossier.read(office, request)
    if found.row.stage == "refused":
        raise PolicyRefused("the proposal {request} was refused: it has no papers", request=request)
    known = forms.destruction()
    wanted, missing = _chosen(office, found, known)
    fill = filling.filling(office, found, known)
    made = [file for paper in wanted for file in _drawn(office, found, known, fill, paper)]
    for name, _, _ in made:
        newfile.require_new(directory / name)
    files.make_dirs(directory)
    written = []
    for name, title, data in made:
        files.write_new(directory / name, data)
        written.append(Written(title, directory / name, Digest.of(data)))
    with office.write() as writing:
        facts: JsonObject = {
            "request": request,
            "papers": [{"name": one.path.name, "digest": str(one.digest)} for one in written],
        }
        entry = writing.append(Act.DESTRUCTION_PAPERS, None, facts)
    return Papers(tuple(written), tuple(paper.title for paper in missing), entry.sequence)


def _permit(office: Office) -> None:
    try:
        office.permit("destroy-propose")
    except PolicyRefused:
        office.permit("destroy-decide")


def _chosen(office: Office, found: Dossier, known: Forms) -> tuple[list[Paper], list[Paper]]:
    papers = [known.paper(title) for title in office.policy.destruction.dossier]
    if found.row.urgent:
        papers = [paper for paper in papers if paper.urgent]
    elif not office.policy.destruction.council:
        papers = [paper for paper in papers if "council" not in "".join(paper.lines)]
    stage = found.row.stage
    written = [paper for paper in papers if stage in _REACHED[paper.stage]]
    return written, [paper for paper in papers if paper not in written]


def _drawn(
    office: Office, found: Dossier, known: Forms, fill: Filling, paper: Paper
) -> list[tuple[str, str, bytes]]:
    profile = packs.layout(office.policy.layout.profile)
    frame = _frame(office, found, known, fill, paper)
    body = _body(known, fill, paper, profile)
    pdf = layout.render(body, frame, Style(profile, office.policy.mark_shape(frame.level))).final.pdf
    docx = write_docx(framed(body, frame, profile))
    return [(f"{paper.file}.pdf", paper.title, pdf), (f"{paper.file}.docx", paper.title, docx)]


def _frame(office: Office, found: Dossier, known: Forms, fill: Filling, paper: Paper) -> Frame:
    policy, card = office.policy, office.card
    kind = policy.document_type(paper.type)
    number = fill.words["decision"] if paper.signer is PaperSigner.DECIDER else ""
    title, name = _signer(office, found, known, paper)
    on = filling.day_of(found, paper.stage)
    return Frame(
        layout=policy.layout.profile,
        kind=kind.frame,
        superior=card.superior.upper(),
        agency=card.office.upper(),
        number_line=policy.number_line(number or f"……/{kind.abbreviation}-{card.symbol}"),
        place_and_date=_place_and_date(office, on),
        type_name=(paper.name or kind.name).upper(),
        subject=paper.subject,
        # The papers say which documents there were, not what is in them; whoever signs decides on a level.
        mark_text="",
        level=filling.lowest_level(office),
        recipients_to=(),
        recipients_block=tuple(fill.fill(line) for line in paper.recipients),
        recipients_notes=(),
        drafter_mark="",
        signer_capacity="",
        signer_title=title.upper(),
        signer_name=name,
        issued_on=on,
        training=card.training,
    )


def _place_and_date(office: Office, on: date) -> str:
    return office.policy.place_and_date(office.card.place, on)


def _signer(office: Office, found: Dossier, known: Forms, paper: Paper) -> tuple[str, str]:
    usual = office.policy.signature.title
    if paper.signer is PaperSigner.HEAD:
        return usual, ""
    if paper.signer is PaperSigner.DECIDER and found.decided is not None:
        decided = found.decided
        position = decided.facts.maybe_text("position")
        held = office.policy.positions.get(position or "")
        return decided.author.title or (held.title if held else usual), decided.author.name
    who = found.begun if paper.stage is Stage.ENDED and found.begun is not None else found.first
    return known.words.keeper_title, who.author.name


def _body(known: Forms, fill: Filling, paper: Paper, profile: LayoutProfile) -> Body:
    blocks: list[Block] = []
    width_pt = (profile.page.width_mm - profile.page.left_mm - profile.page.right_mm) * layout.PT_PER_MM
    for line in paper.lines:
        table = forms.table_of(line)
        if table is None:
            blocks.append(_paragraph(known, fill.fill(line)))
        elif fill.rows(table):
            blocks.append(_table(known.tables[table], fill.rows(table), width_pt))
        else:
            blocks.append(_paragraph(known, known.words.none_of_them))
    return Body(tuple(blocks))


def _paragraph(known: Forms, words: str) -> Paragraph:
    if words.endswith(":") and words.isupper():
        return Paragraph((Span(words, bold=True),), align=Align.CENTER)
    head, dot, rest = words.partition(". ")
    if dot and head.startswith(known.words.article + " "):
        return Paragraph((Span(head + dot, bold=True), Span(rest)))
    return Paragraph((Span(words),))


def _table(form: FormTable, rows: Sequence[Mapping[str, str]], width_pt: float) -> Table:
    shares = [column.width for column in form.columns]
    widths = tuple(width_pt * share / sum(shares) for share in shares)
    head = Row(
        tuple(_cell(column.title, bold=True, align=Align.CENTER) for column in form.columns), header=True
    )
    body = [Row(tuple(_cell(row.get(column.fact, "")) for column in form.columns)) for row in rows]
    return Table(widths, (head, *body))


def _cell(text: str, *, bold: bool = False, align: Align = Align.LEFT) -> Cell:
    paragraph = Paragraph((Span(text, bold=bold, size_pt=_TABLE_PT),), align=align, first_pt=0.0)
    return Cell((paragraph,), borders=_RULED)
