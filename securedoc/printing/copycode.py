"""What the small code on each page of a printed copy says."""

from securedoc.core.documents import DocumentId
from securedoc.office.office import Office


def page_codes(office: Office, document: DocumentId, copy: int, pages: int, print_id: str) -> tuple[str, ...]:
    """Return the words of the code on each page of a copy."""
    del office
    return tuple(f"{document} {print_id} {copy} {page}" for page in range(1, pages + 1))
