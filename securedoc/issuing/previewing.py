"""Draws a draft as it would look, without giving it a number."""

from securedoc.core.documents import DocumentId, Kind
from securedoc.documents import intake, layout
from securedoc.issuing.drafting import refuse_unless_draft
from securedoc.issuing.framing import frame_of, framing_of
from securedoc.office.office import Office

NO_NUMBER = "…"


def preview(office: Office, document: DocumentId, *, pages: int) -> tuple[bytes, ...]:
    """Return the first pages of a draft as PNG, in its frame; the number is left open.

    Raises:
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
    body = intake.read_docx(office.unseal(office.latest(document, Kind.DRAFT)))
    return layout.preview(body, frame, framing.style(card), pages=pages)
