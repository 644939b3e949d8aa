"""Spells what the code on a printed page says, and tells a code of this vault from any other.

The form is in docs/formats.md. A tag that the vault's officers alone can compute ends it, so that nobody
else can make a page that names a copy it was not printed as.
"""

import re
from dataclasses import dataclass
from typing import Final

from securedoc.core.copies import CodeKind
from securedoc.core.documents import DocumentId, document_id, parse_document_id
from securedoc.core.people import RoleKey
from securedoc.crypto import derive
from securedoc.documents.copymarks import PageMark
from securedoc.errors import DocumentMalformed, DocumentRefused
from securedoc.office.office import Office

MAX_COPIES: Final = 999
MAX_PAGES: Final = 999
PRINT_DIGITS: Final = (4, 16)
TAG_DIGITS: Final = 12
"""Sixty bits: a guess is right once in 10¹⁸, and each has to be printed, scanned and shown to an officer."""

_PURPOSE: Final = "copy-code/v1"
_VERSION: Final = "SD1"
# Crockford's digits: without I, L, O and U, which people take for others where a machine reads no more.
_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE: Final = re.compile(
    rf"{_VERSION}(?P<year>[0-9]{{4}})(?P<serial>[0-9]{{6}})(?P<copy>[0-9]{{3}})(?P<page>[0-9]{{3}})"
    rf"(?P<print>[0-9A-Z]{{{PRINT_DIGITS[0]},{PRINT_DIGITS[1]}}})(?P<tag>[{_DIGITS}]{{{TAG_DIGITS}}})"
)
_TYPED_GAPS: Final = str.maketrans("", "", " -\u00a0\t\r\n")


@dataclass(frozen=True, slots=True)
class CopyCode:
    """What the code on one page says."""

    document: DocumentId
    copy: int
    page: int
    print_id: str
    """Which print it was, without dashes and in capitals."""


def page_codes(office: Office, document: DocumentId, copy: int, pages: int, print_id: str) -> tuple[str, ...]:
    """Return the codes of the pages of one copy, in order.

    Raises:
        DocumentRefused: more pages or copies than a code can count.
        ValueError: no page, no copy, or not the name of a print.
    """
    if copy > MAX_COPIES or pages > MAX_PAGES:
        raise DocumentRefused(
            "a copy code counts {copies} copies of {pages} pages at most",
            copies=MAX_COPIES,
            pages=MAX_PAGES,
            hint="print the document in parts",
        )
    if copy < 1 or pages < 1:
        raise ValueError("copies and pages are counted from 1")
    short = _short(print_id)
    codes = (CopyCode(document, copy, page, short) for page in range(1, pages + 1))
    return tuple(_body(code) + _tag(office, code) for code in codes)


def page_marks(  # noqa: PLR0913 - what a mark says
    office: Office, document: DocumentId, copy: int, *, copies: int, pages: int, print_id: str
) -> tuple[PageMark, ...]:
    """Return the marks of the pages of one copy, as the policy wants them.

    Raises:
        DocumentRefused, ValueError: see `page_codes`.
    """
    rules = office.policy.printing
    digits = office.policy.recipients.copy_digits
    text = office.policy.copying.copy_number.format(copy=f"{copy:0{digits}d}", copies=f"{copies:0{digits}d}")
    if rules.copy_code is CodeKind.NONE:
        return tuple(PageMark(text, None) for _ in range(pages))
    codes = page_codes(office, document, copy, pages, print_id)
    return tuple(
        PageMark(text, code if number == 0 or rules.every_page else None) for number, code in enumerate(codes)
    )


def read(untrusted_code: str) -> CopyCode:
    """Take a code apart, whoever made it; `is_ours` tells whether this vault did.

    Raises:
        DocumentMalformed: it is not written as a copy code.
    """
    found = _CODE.fullmatch(untrusted_code)
    if found is None or not (int(found["copy"]) and int(found["page"])):
        raise DocumentMalformed(
            "this is not a copy code", hint="type all groups of letters and digits beside the code"
        )
    try:
        document = parse_document_id(document_id(int(found["year"]), int(found["serial"])))
    except ValueError as error:
        raise DocumentMalformed("this is not a copy code") from error
    return CopyCode(document, int(found["copy"]), int(found["page"]), found["print"])


def is_ours(office: Office, untrusted_code: str) -> bool:
    """Tell whether an officer's key of this vault made the code: for this document, copy, page and print."""
    code = read(untrusted_code)
    return _body(code) + _tag(office, code) == untrusted_code


def typed(untrusted_text: str) -> str:
    """Return a code as somebody typed it from paper, in groups or in small letters."""
    return untrusted_text.translate(_TYPED_GAPS).upper()


def _body(code: CopyCode) -> str:
    document = code.document.removeprefix("D").replace("-", "")
    return f"{_VERSION}{document}{code.copy:03d}{code.page:03d}{code.print_id}"


def _tag(office: Office, code: CopyCode) -> str:
    # The vault is not named on paper, but bound: the code of another vault is none of ours.
    message = f"securedoc/copy-code/v1\n{office.vault_id}\n{_body(code)}".encode()
    number = int.from_bytes(derive.tag(office.session.role_key(RoleKey.LEDGER), _PURPOSE, message))
    number >>= 256 - 5 * TAG_DIGITS
    return "".join(_DIGITS[number >> 5 * at & 31] for at in reversed(range(TAG_DIGITS)))


def _short(print_id: str) -> str:
    short = print_id.replace("-", "").upper()
    if not re.fullmatch(rf"[0-9A-Z]{{{PRINT_DIGITS[0]},{PRINT_DIGITS[1]}}}", short):
        raise ValueError("a print is named by 4 to 16 letters and digits")
    return short
