"""Makes the pages of one copy: the document, with the copy's number on each page."""

from securedoc.core.documents import DocumentId
from securedoc.documents import pdfpages
from securedoc.documents.copymarks import CodeKind, PageMark, marked
from securedoc.errors import DocumentFailed
from securedoc.office.office import Office
from securedoc.printing.copycode import page_codes


def marked_copy(
    office: Office, document: DocumentId, source: tuple[bytes, int], copy: int, print_id: str
) -> bytes:
    """Return the PDF of one copy, for printing only: `source` is the document and how many copies it has.

    Raises:
        DocumentFailed: the marked pages are not as many as those of the document.
    """
    pdf, copies = source
    count = pdfpages.measure(pdf).count
    text = number_text(office, copy, copies)
    codes = page_codes(office, document, copy, count, print_id)
    done = marked(pdf, [PageMark(text, code) for code in codes], code=CodeKind.NONE)
    if pdfpages.measure(done).count != count:
        raise DocumentFailed("the marked copy has other pages than the document")
    return done


def number_text(office: Office, copy: int, copies: int) -> str:
    """Spell the number of a copy as the policy words it: `Bản số 02/05`."""
    digits = office.policy.recipients.copy_digits
    return office.policy.copying.copy_number.format(copy=f"{copy:0{digits}d}", copies=f"{copies:0{digits}d}")
