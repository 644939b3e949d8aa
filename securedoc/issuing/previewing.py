"""Draws a draft as it would look, without giving it a number."""

from securedoc.core.documents import DocumentId, Kind
from securedoc.documents import apart, intake, layout
from securedoc.documents.finalising import Engine, finalise
from securedoc.errors import DocumentMissing
from securedoc.issuing.drafting import refuse_unless_draft
from securedoc.issuing.framing import frame_of, framing_of
from securedoc.office.office import Office

NO_NUMBER = "…"


def preview(office: Office, document: DocumentId, *, page: int, engine: Engine = Engine.TYPST) -> bytes:
    """Return a page of a draft as PNG, in its frame; the number is left open.

    Raises:
        DocumentMissing: it has no such page.
        DocumentRefused: it is not a draft, or holds what cannot be laid out.
        KeyRefused: this officer may not open it.
    """
    row = office.ledger.document(document)
    refuse_unless_draft(row)
    card = office.card_of(document)
    framing = framing_of(office.policy, card)
    numbered = framing.number_text(card, 1, office.card.symbol)
    frame = frame_of(
        framing,
        office.card,
        card,
        signer=None,
        number_text=NO_NUMBER + numbered.lstrip("0123456789"),
        on=office.today(),
    )
    draft = office.unseal(office.latest(document, Kind.DRAFT))
    if engine is Engine.LIBREOFFICE:
        final = finalise(draft, frame, framing.style(card), engine).final
        _require_page(page, final.pages)
        return apart.picture(final.pdf, page, layout.PREVIEW_PPI)
    drawn = layout.preview(intake.read_docx(draft), frame, framing.style(card), pages=page)
    _require_page(page, len(drawn))
    return drawn[page - 1]


def _require_page(page: int, count: int) -> None:
    if page > count:
        raise DocumentMissing("the draft has {count} pages", count=count)
