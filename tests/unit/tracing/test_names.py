from datetime import date

import pytest

from securedoc.core.documents import DocumentId, DocumentState, Level
from securedoc.core.secret import Secret
from securedoc.ledger.rows import DocumentRow
from securedoc.tracing.fingerprints import Printer
from securedoc.tracing.names import Named, Names, subject_print

ONE, TWO = DocumentId("D-2026-000001"), DocumentId("D-2026-000002")


def row(document: DocumentId, number: str) -> DocumentRow:
    return DocumentRow(
        id=document,
        state=DocumentState.REGISTERED,
        type_key="bao-cao",
        level=Level("mat"),
        subject="Kết quả công tác quý IV (MẪU)",
        list_basis="",
        recipients=(),
        copies=1,
        copying_permitted=False,
        drafter=None,
        drafter_name="",
        unit="VP",
        version=1,
        book=None,
        year=2026,
        number=1,
        number_text=number,
        date=date(2026, 1, 1),
        row=1,
        digest=None,
        signer=None,
        signer_name="",
        sender="",
        arrived=None,
        ends=None,
        created=1,
        changed=1,
    )


@pytest.fixture
def names() -> Names:
    found = Names([row(TWO, ""), row(ONE, "05/BC-UBND")])
    printer = Printer(Secret(b"k" * 32))
    found.learn_subjects(printer, [(*subject_print(printer, "Kết quả công tác quý IV (MẪU)"), ONE)])
    return found


@pytest.mark.parametrize(
    ("name", "document", "by"),
    [
        ("D-2026-000001.docx", ONE, Named.IDENTIFIER),
        ("D-2026-000002.pdf", TWO, Named.IDENTIFIER),
        (".~lock.D-2026-000001.docx#", ONE, Named.IDENTIFIER),
        ("copy of D-2026-000001 (2).docx", ONE, Named.IDENTIFIER),
        ("05-BC-UBND.docx", ONE, Named.NUMBER),
        ("05_BC-UBND.pdf", ONE, Named.NUMBER),
        ("5-bc-ubnd.docx", ONE, Named.NUMBER),
        ("05 BC UBND ban cuoi.docx", ONE, Named.NUMBER),
        ("Bao cao so 05.BC.UBND.odt", ONE, Named.NUMBER),
        ("Kết quả công tác quý IV (MẪU).docx", ONE, Named.SUBJECT),
        ("ket-qua-cong-tac-quy-iv-mau.docx", ONE, Named.SUBJECT),
        ("2026 Ket qua cong tac quy IV mau v3 final.odt", ONE, Named.SUBJECT),
    ],
)
def test_a_name_gives_its_document_away(names: Names, name: str, document: DocumentId, by: Named) -> None:
    naming = names.in_name(name)

    assert naming is not None
    assert (naming.document, naming.by) == (document, by)


@pytest.mark.parametrize(
    "name",
    [
        "D-2026-000003.docx",  # of no document of this vault
        "D-2026-0000011.docx",
        "06-BC-UBND.docx",
        "05-QD-UBND.docx",
        "IMG-2026-000001.jpg",
        "Kết quả công tác.docx",
        "ket qua xo so.txt",
        "",
        "x" * 5000,
        "05-" * 2000,
        "\udcff\udcfe.docx",
    ],
)
def test_other_names_do_not(names: Names, name: str) -> None:
    assert names.in_name(name) is None


def test_identifiers_are_found_in_bytes_narrow_and_wide(names: Names) -> None:
    narrow = b"\0\1> /x/D-2026-000001.docx D-2026-000009"
    wide = "file D-2026-000002".encode("utf-16-le")

    assert list(names.identifiers(narrow + wide)) == [ONE, TWO]


def test_without_its_key_no_subject_is_recognised() -> None:
    assert Names([row(ONE, "")]).in_name("Kết quả công tác quý IV (MẪU).docx") is None
