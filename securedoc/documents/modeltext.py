"""The text that a draft begins with: the lines of its model form, for the officer to fill in."""

from securedoc.core.forms import Form, LineStyle, ModelLine
from securedoc.documents.body import Align, Block, Body, PageBreak, Paragraph, Span


def model_body(form: Form, *, issues: str = "") -> Body:
    """Return the text of a model form; `issues` names the document that a decision issues."""
    blocks: list[Block] = []
    for line in form.lines:
        if line.style is LineStyle.ISSUED:
            blocks.append(PageBreak())
        blocks.append(_paragraph(line, line.text.format(issues=issues)))
    return Body(tuple(blocks) or (Paragraph(),))


def _paragraph(line: ModelLine, text: str) -> Paragraph:
    if line.style is LineStyle.BASIS:
        return Paragraph((Span(text, italic=True),))
    if line.style is LineStyle.ARTICLE:
        label, stop, words = text.partition(".")
        return Paragraph((Span(label + stop, bold=True), Span(words)))
    if line.style in (LineStyle.RESOLVES, LineStyle.PART, LineStyle.ISSUED):
        return Paragraph((Span(text, bold=True),), align=Align.CENTER, keep_with_next=True)
    return Paragraph((Span(text),))
