"""What the code on a page says, and that only this vault can have said it."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from securedoc.core.copies import CodeKind
from securedoc.core.documents import DocumentId
from securedoc.documents import matrix
from securedoc.errors import DocumentMalformed, DocumentRefused
from securedoc.office.office import Office
from securedoc.printing import copycode
from tests.support.marks import PRINT, opened
from tests.support.office import World, found_world

DOCUMENT = DocumentId("D-2026-000123")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A training office, opened by its records officer."""
    root = tmp_path_factory.mktemp("codes")
    root.chmod(0o700)
    with opened(found_world(root)) as office:
        yield office


def test_each_page_has_a_code_of_its_own_that_says_what_it_is(office: Office) -> None:
    codes = copycode.page_codes(office, DOCUMENT, 2, 3, PRINT)

    assert [copycode.read(code) for code in codes] == [
        copycode.CopyCode(DOCUMENT, 2, page, "P2026000017") for page in (1, 2, 3)
    ]
    assert all(copycode.is_ours(office, code) for code in codes)
    assert all(re.fullmatch(r"SD1[0-9A-Z]{39}", code) for code in codes)
    assert codes == copycode.page_codes(office, DOCUMENT, 2, 3, PRINT)


def test_every_role_that_may_identify_can(office: Office) -> None:
    code = copycode.page_codes(office, DOCUMENT, 2, 1, PRINT)[0]

    for officer in ("binh", "chi", "phuc"):
        with opened(World(office.place.root.parent), officer) as other:
            assert copycode.is_ours(other, code)


def test_the_code_is_bound_to_document_copy_page_and_print(office: Office) -> None:
    (code,) = copycode.page_codes(office, DOCUMENT, 2, 1, PRINT)
    body, tag = code[: -copycode.TAG_DIGITS], code[-copycode.TAG_DIGITS :]

    for other in (
        copycode.page_codes(office, DOCUMENT, 3, 1, PRINT)[0],
        copycode.page_codes(office, DOCUMENT, 2, 2, PRINT)[1],
        copycode.page_codes(office, DOCUMENT, 2, 1, "P-2026-000018")[0],
        copycode.page_codes(office, DocumentId("D-2026-000124"), 2, 1, PRINT)[0],
    ):
        assert not copycode.is_ours(office, other[: -copycode.TAG_DIGITS] + tag)
        assert not copycode.is_ours(office, body + other[-copycode.TAG_DIGITS :])


def test_any_one_character_changed_is_refused(office: Office) -> None:
    (code,) = copycode.page_codes(office, DOCUMENT, 2, 1, PRINT)
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

    for at, now in enumerate(code):
        for letter in set(letters) - {now}:
            changed = code[:at] + letter + code[at + 1 :]
            assert _refused(office, changed), changed


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 42 * 8 - 1))
def test_any_one_bit_changed_is_refused(office: Office, at: int) -> None:
    (code,) = copycode.page_codes(office, DOCUMENT, 2, 1, PRINT)
    data = bytearray(code.encode())
    data[at // 8 % len(data)] ^= 1 << at % 8

    assert _refused(office, data.decode("latin-1"))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(st.text(max_size=70), st.from_regex(r"SD1[0-9]{16}[0-9A-Z]{16,28}", fullmatch=True)))
def test_whatever_else_is_written_is_none_of_ours(office: Office, text: str) -> None:
    assert _refused(office, text)


def _refused(office: Office, text: str) -> bool:
    try:
        return not copycode.is_ours(office, text)
    except DocumentMalformed:
        return True


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SD1",
        "SD12026000123000001P2026000017ABCDEFGHJKMN",  # copy 0
        "SD12026000123001000P2026000017ABCDEFGHJKMN",  # page 0
        "SD22026000123001001P2026000017ABCDEFGHJKMN",  # another version
        "SD12026000123001001P2026000017ABCDEFGHJKMN\n",
        "SD1٢٠٢٦000123001001P2026000017ABCDEFGHJKMN",
        "sd12026000123001001p2026000017abcdefghjkmn",
        "SD12026000123001001P20260000170000ABCDEFGHJKMNPQ",  # print too long
        "SD12026000123001001P2ABCDEFGHJKMN",  # print too short
    ],
)
def test_what_is_not_written_as_a_code_is_refused(text: str) -> None:
    with pytest.raises(DocumentMalformed, match="not a copy code"):
        copycode.read(text)


def test_a_code_typed_from_paper_is_the_same_code(office: Office) -> None:
    (code,) = copycode.page_codes(office, DOCUMENT, 2, 1, PRINT)
    groups = " ".join(code[at : at + 4] for at in range(0, len(code), 4))

    assert copycode.typed(f"  {groups.lower()}\n") == code


@pytest.mark.parametrize(("copy", "pages"), [(1000, 1), (1, 1000)])
def test_more_than_a_code_can_count_is_refused(office: Office, copy: int, pages: int) -> None:
    with pytest.raises(DocumentRefused, match="999 copies"):
        copycode.page_codes(office, DOCUMENT, copy, pages, PRINT)


@pytest.mark.parametrize(
    "bad", [(0, 1, PRINT), (1, 0, PRINT), (1, 1, "P-1"), (1, 1, "P" * 17), (1, 1, "bản in 1")]
)
def test_what_names_no_print_is_a_bug_of_the_caller(office: Office, bad: tuple[int, int, str]) -> None:
    with pytest.raises(ValueError, match=r"counted|named"):
        copycode.page_codes(office, DOCUMENT, *bad)


def test_a_code_of_usual_length_takes_a_small_symbol(office: Office) -> None:
    (code,) = copycode.page_codes(office, DOCUMENT, 2, 1, PRINT)

    assert len(matrix.modules(code, CodeKind.DATA_MATRIX)) <= 24
    assert len(matrix.modules(code, CodeKind.QR)) <= 29


def test_marks_say_the_copy_as_the_policy_words_it(office: Office) -> None:
    marks = copycode.page_marks(office, DOCUMENT, 2, copies=5, pages=3, print_id=PRINT)

    assert {mark.text for mark in marks} == {"Bản số 02/05"}
    assert tuple(mark.code for mark in marks) == copycode.page_codes(office, DOCUMENT, 2, 3, PRINT)


@pytest.mark.parametrize("kind", [CodeKind.DATA_MATRIX, CodeKind.QR])
@pytest.mark.parametrize("text", ["SD1", "SD1ABC", "SD1" + "0" * 59, "A" * 64])
def test_a_symbol_is_square_whatever_it_says(kind: CodeKind, text: str) -> None:
    rows = matrix.modules(text, kind)

    assert {len(row) for row in rows} == {len(rows)}
