"""What the mark on each page of a printed copy says."""

from securedoc.core.documents import DocumentId
from securedoc.documents.copymarks import PageMark
from securedoc.office.office import Office


def page_marks(  # noqa: PLR0913 - what a mark says
    office: Office, document: DocumentId, copy: int, *, copies: int, pages: int, print_id: str
) -> tuple[PageMark, ...]:
    """Return the marks of the pages of one copy, as the policy wants them."""
    digits = office.policy.recipients.copy_digits
    text = office.policy.copying.copy_number.format(copy=f"{copy:0{digits}d}", copies=f"{copies:0{digits}d}")
    return tuple(PageMark(text, f"{document} {print_id} {page}") for page in range(1, pages + 1))
