"""Makes the pages of one copy: the document, with the copy's number on each page."""

from securedoc.core.documents import DocumentId
from securedoc.documents import pdfpages
from securedoc.documents.copymarks import marked
from securedoc.errors import DocumentFailed
from securedoc.office.office import Office
from securedoc.printing.copycode import page_marks


def marked_copy(
    office: Office, document: DocumentId, source: tuple[bytes, int], copy: int, print_id: str
) -> bytes:
    """Return the PDF of one copy, for printing only: `source` is the document and how many copies it has.

    Raises:
        DocumentFailed: the marked pages are not as many as those of the document.
        DocumentError: a page has no room for its mark, or the mark cannot be read back.
    """
    pdf, copies = source
    count = pdfpages.measure(pdf).count
    marks = page_marks(office, document, copy, copies=copies, pages=count, print_id=print_id)
    done = marked(pdf, marks, code=office.policy.printing.copy_code)
    if pdfpages.measure(done).count != count:
        raise DocumentFailed("the marked copy has other pages than the document")
    return done
