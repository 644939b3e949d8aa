"""Whether all the paper of a document is accounted for: before its number is voided, or it is destroyed."""

from securedoc.core.documents import DocumentId
from securedoc.errors import DocumentBusy, DocumentIncomplete
from securedoc.office.office import Office


def require_settled(office: Office, document: DocumentId) -> None:
    """Go on only with a document of which nothing is being printed, missing or waiting for the shredder.

    Raises:
        DocumentBusy: a print is not over.
        DocumentIncomplete: sheets are not accounted for, or wait for the shredder.
    """
    if office.ledger.prints(document, open_only=True):
        raise DocumentBusy(
            "a print of {document} is not over", document=document, hint="wait, or run: securedoc recover"
        )
    if any(copy.incident is not None for copy in office.ledger.copies(document)):
        raise DocumentIncomplete(
            "sheets of {document} are not accounted for",
            document=document,
            hint="count them: securedoc print reconcile {document}",
        )
    if office.ledger.paper(document):
        raise DocumentIncomplete(
            "spoiled sheets of {document} wait for the shredder",
            document=document,
            hint="destroy them first: securedoc paper destroyed --second OFFICER",
        )
