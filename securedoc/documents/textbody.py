"""Bodies from plain text, and from the small part of Markdown that a state document needs."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final, NoReturn

from securedoc.core.text import Message, message
from securedoc.documents.body import (
    Align,
    Block,
    Body,
    Borders,
    Cell,
    Inline,
    ListMark,
    Paragraph,
    Row,
    Span,
    Table,
)
from securedoc.documents.skeleton import write_docx
from securedoc.errors import DocumentMalformed, DocumentRefused

MAX_TEXT_BYTES: Final = 8 * 1024 * 1024
TABLE_WIDTH_PT: Final = 460.0
_RULED: Final = Borders(0.5, 0.5, 0.5, 0.5)

_HEADING: Final = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
_ITEM: Final = re.compile(r"( *)(?:([-*+])|(\d{1,4}[.)]))\s+(.*)$")
_TABLE_RULE: Final = re.compile(r"\|?\s*:?-{1,}:?\s*(\|\s*:?-{1,}:?\s*)*\|?\s*$")
_UNSUPPORTED_LINES: Final = (
    (re.compile(r"\s*(```|~~~)"), message("line {line} holds a block of code")),
    (re.compile(r" {4,}\S|\t"), message("line {line} is indented, which Markdown takes for code")),
    (re.compile(r"\s*>"), message("line {line} holds a quotation block")),
    (re.compile(r"\s*([-*_])(\s*\1){2,}\s*$"), message("line {line} holds a rule across the page")),
    (re.compile(r"\s*\[[^\]]+\]:"), message("line {line} holds a link or footnote definition")),
    (re.compile(r"\s*(=+|-+)\s*$"), message("line {line} underlines a heading; use # before it")),
)
_UNSUPPORTED_INLINE: Final = (
    (re.compile(r"!\[[^\]]*\]\("), message("line {line} holds a picture; put it into a DOCX")),
    (re.compile(r"\[[^\]]*\]\("), message("line {line} holds a link")),
    (re.compile(r"\[\^"), message("line {line} holds a footnote")),
    (re.compile(r"`"), message("line {line} holds code")),
    (re.compile(r"<[A-Za-z/!]"), message("line {line} holds HTML")),
    (re.compile(r"~~"), message("line {line} holds struck text")),
)
_EMPHASIS: Final = re.compile(
    r"\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|\*\*\*(?P<both>\S|\S.*?\S)\*\*\*|\*\*(?P<bold>\S|\S.*?\S)\*\*|\*(?P<italic>[^\s*]|[^\s*].*?[^\s*])\*"
    r"|(?<!\w)__(?P<bold2>\S|\S.*?\S)__(?!\w)|(?<!\w)_(?P<italic2>\S|\S.*?\S)_(?!\w)",
)


def docx_from_text(untrusted: bytes) -> bytes:
    """Return plain text as DOCX, a paragraph each line.

    Raises:
        DocumentMalformed: not UTF-8 text.
        DocumentRefused: too large.
    """
    lines = _lines(untrusted)
    blocks = tuple(Paragraph((Span(line.strip()),)) for line in lines if line.strip())
    return write_docx(Body(blocks or (Paragraph(),)))


def docx_from_markdown(untrusted: bytes) -> bytes:
    """Return Markdown as DOCX: headings, paragraphs, bold, italic, lists and tables.

    Raises:
        DocumentMalformed: not UTF-8 text.
        DocumentRefused: too large, or holding something else; it is named with its line.
    """
    blocks = tuple(_blocks(_lines(untrusted)))
    return write_docx(Body(blocks or (Paragraph(),)))


def _lines(untrusted: bytes) -> list[str]:
    if len(untrusted) > MAX_TEXT_BYTES:
        raise DocumentRefused("the text is larger than {limit} bytes", limit=MAX_TEXT_BYTES)
    try:
        text = untrusted.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentMalformed(
            "the text is not UTF-8 at byte {offset}",
            hint="save it as UTF-8 (Unicode)",
            offset=error.start,
        ) from error
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        if any(unicodedata.category(character) == "Cc" and character != "\t" for character in line):
            raise DocumentMalformed(
                "line {line} holds a control character",
                hint="the file is not plain text",
                line=number,
            )
    return lines


def _blocks(lines: Sequence[str]) -> Iterator[Block]:
    gathered: list[str] = []
    gathered_from = 0
    number = 0
    while number < len(lines):
        line = lines[number]
        table_rows = _table_rows(lines, number)
        begins = not line.strip() or _HEADING.match(line) or _ITEM.match(line) or table_rows
        if gathered and begins:
            yield _paragraph(gathered, gathered_from)
            gathered = []
        if table_rows:
            yield _table(lines[number : number + table_rows], number + 1)
            number += table_rows
            continue
        if line.strip():
            _require_supported(line, number + 1)
        if heading := _HEADING.match(line):
            spans = _spans(heading[2], number + 1, Span("", bold=True))
            yield Paragraph(spans, heading=len(heading[1]), keep_with_next=True)
        elif item := _ITEM.match(line):
            taken = _continuation(lines, number)
            text = " ".join([item[4], *(more.strip() for more in lines[number + 1 : number + 1 + taken])])
            yield _item(item, text, number + 1)
            number += taken
        elif line.strip():
            gathered_from = gathered_from if gathered else number + 1
            gathered.append(line.strip())
        number += 1
    if gathered:
        yield _paragraph(gathered, gathered_from)


def _continuation(lines: Sequence[str], number: int) -> int:
    """Count the lines after an item that go on with its text."""
    taken = 0
    for line in lines[number + 1 :]:
        if not line.strip() or not line.startswith("  ") or _ITEM.match(line):
            return taken
        taken += 1
    return taken


def _require_supported(line: str, number: int) -> None:
    if _ITEM.match(line) and not re.fullmatch(r"\s*([-*])(\s*\1){2,}\s*", line):
        return
    for pattern, said in _UNSUPPORTED_LINES:
        if pattern.match(line):
            _refuse(said, number)


def _refuse(said: Message, number: int) -> NoReturn:
    raise DocumentRefused(
        said.template,
        hint="only headings, paragraphs, bold, italic, lists and tables are taken over from Markdown",
        line=number,
    )


def _paragraph(gathered: list[str], number: int) -> Paragraph:
    return Paragraph(_spans(" ".join(gathered), number, Span("")))


def _item(item: re.Match[str], text: str, number: int) -> Paragraph:
    level = min(len(item[1]) // 2, 8)
    label = item[3] or "-"
    left = 36.0 + 18.0 * level
    return Paragraph(
        _spans(text, number, Span("")), left_pt=left, first_pt=-18.0, mark=ListMark(label, level)
    )


def _spans(text: str, number: int, style: Span) -> tuple[Inline, ...]:
    """Split text at its emphasis; everything else is refused or plain."""
    bare = re.sub(r"\\[!-/:-@\[-`{-~]", "", text)
    for pattern, said in _UNSUPPORTED_INLINE:
        if pattern.search(bare):
            _refuse(said, number)
    return tuple(span for span in _emphasised(text, style) if span.text)


def _emphasised(text: str, style: Span) -> Iterator[Span]:
    at = 0
    for found in _EMPHASIS.finditer(text):
        yield _styled(text[at : found.start()], style)
        at = found.end()
        if found["escaped"]:
            yield _styled(found["escaped"], style)
            continue
        bold = found["both"] or found["bold"] or found["bold2"]
        italic = found["both"] or found["italic"] or found["italic2"]
        inner = Span("", bold=style.bold or bool(bold), italic=style.italic or bool(italic))
        yield from _emphasised(bold or italic or "", inner)
    yield _styled(text[at:], style)


def _styled(text: str, style: Span) -> Span:
    return Span(text, bold=style.bold, italic=style.italic)


def _table_rows(lines: Sequence[str], number: int) -> int:
    """Count the lines of a table that begins here; 0 when none does."""
    if "|" not in lines[number] or number + 1 >= len(lines) or not _TABLE_RULE.match(lines[number + 1]):
        return 0
    rows = 2
    while number + rows < len(lines) and "|" in lines[number + rows]:
        rows += 1
    return rows


def _cells(line: str) -> list[str]:
    bare = line.strip().removeprefix("|")
    bare = bare[:-1] if bare.endswith("|") and not bare.endswith("\\|") else bare
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", bare)]


def _table(lines: Sequence[str], number: int) -> Table:
    rules = _cells(lines[1])
    aligns = [
        Align.CENTER
        if rule.startswith(":") and rule.endswith(":")
        else Align.RIGHT
        if rule.endswith(":")
        else Align.LEFT
        for rule in rules
    ]
    rows: list[Row] = []
    for offset, line in enumerate(lines):
        cells = _cells(line)
        if len(cells) != len(rules):
            _refuse(message("line {line} has a table row with another number of columns"), number + offset)
        if offset != 1:
            style = Span("", bold=offset == 0)
            made = tuple(
                Cell(
                    (Paragraph(_spans(text, number + offset, style), align=align),),
                    borders=_RULED,
                )
                for text, align in zip(cells, aligns, strict=True)
            )
            rows.append(Row(made, header=offset == 0))
    return Table(tuple([TABLE_WIDTH_PT / len(rules)] * len(rules)), tuple(rows), Align.CENTER)
