"""Every way we know to change, wrap, hide or borrow a signed PDF is refused."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from pyhanko.sign.general import SigningError

from securedoc.core.digests import Digest
from securedoc.errors import SecuredocError
from securedoc.signing import pades, verdict
from securedoc.signing.fields import AUTHOR_FIELD, SEAL_FIELD
from securedoc.signing.verdict import Expected, Judgement, Verdict
from tests.support import pdfattack as attack
from tests.support.signing import NOW, document, office, put

GOOD = frozenset({Judgement.TRUSTED, Judgement.TRUSTED_UNREGISTERED})


@dataclass(frozen=True)
class World:
    """A correctly signed document, and the steps that led to it."""

    prepared: bytes = field(repr=False)
    authored: bytes = field(repr=False)
    sealed: bytes = field(repr=False)


@pytest.fixture(scope="module")
def world() -> World:
    prepared = office().prepared()
    authored = office().authored(prepared)
    return World(prepared, authored, office().sealed(authored))


def judge(pdf: bytes, expected: Expected | None) -> Verdict | None:
    """Judge; None where the file is refused before it is looked into."""
    try:
        return verdict.verify(pdf, office().trust, expected, NOW)
    except SecuredocError:
        return None


def assert_refused(pdf: bytes, world: World) -> None:
    """Nobody accepts it: not with the register, not by its structure alone, not as a stranger's file."""
    assert pdf != world.sealed, "the attack changed nothing"
    for expected in (office().expected(world.sealed), office().expected(), None):
        result = judge(pdf, expected)
        assert result is None or result.judgement not in GOOD, (expected, result)
        if result is not None:
            with pytest.raises(SecuredocError):
                verdict.require(result)


def test_the_untouched_document_is_trusted(world: World) -> None:
    result = verdict.verify(world.sealed, office().trust, office().expected(world.sealed), NOW)

    assert result.judgement is Judgement.TRUSTED
    verdict.require_registered(result)


BYTES: dict[str, Callable[[bytes], bytes]] = {
    "one bit of the body": lambda pdf: pdf[:5000] + bytes([pdf[5000] ^ 1]) + pdf[5001:],
    "last byte cut off": lambda pdf: pdf[:-1],
    "last 100 bytes cut off": lambda pdf: pdf[:-100],
    "half cut off": lambda pdf: pdf[: len(pdf) // 2],
    "newline after the end": lambda pdf: pdf + b"\n",
    "comment after the end": lambda pdf: pdf + b"% them vao\n",
    "second end marker": lambda pdf: pdf + b"%%EOF\n",
    "other file after the end": lambda pdf: pdf + document(),
    "one byte before the header": lambda pdf: b"\n" + pdf,
    "web page before the header": lambda pdf: b"<html><script>1</script></html>" + pdf,
}


@pytest.mark.parametrize("name", BYTES)
def test_bytes_changed_added_or_cut_off_are_refused(name: str, world: World) -> None:
    assert_refused(BYTES[name](world.sealed), world)


RANGES = {
    "null": b"/ByteRange null",
    "all zero": b"/ByteRange [0 0 0 0]",
    "empty": b"/ByteRange []",
    "negative": b"/ByteRange [0 -1 -1 0]",
    "two numbers": b"/ByteRange [0 100]",
    "six numbers": b"/ByteRange [0 9 9 9 9 9]",
    "first part only": b"/ByteRange [0 100 100 0]",
    "beyond the end": b"/ByteRange [0 9 99 999999]",
    "overlapping": b"/ByteRange [0 9000 100 9000]",
    "not from the start": b"/ByteRange [5 9 99 999]",
    "names": b"/ByteRange [/A /B /C /D]",
    "missing": b"/ByteRangX [0 1 2 3]",
}


@pytest.mark.parametrize("name", RANGES)
def test_a_forged_byte_range_is_refused(name: str, world: World) -> None:
    assert_refused(attack.byte_range(world.sealed, RANGES[name]), world)


CONTENTS = {
    "zeros": b"/Contents <" + b"00" * 200 + b">",
    "empty": b"/Contents <>",
    "null": b"/Contents null",
    "a name": b"/Contents /A",
    "a number": b"/Contents 1",
}


@pytest.mark.parametrize("name", CONTENTS)
def test_a_forged_container_is_refused(name: str, world: World) -> None:
    assert_refused(attack.contents(world.sealed, CONTENTS[name]), world)


def test_bytes_hidden_behind_the_container_are_refused(world: World) -> None:
    untouched = attack.container(world.sealed)
    room = b"\x00" in untouched[-1:]

    assert room, "the place is larger than the longest signature"
    assert_refused(attack.with_container(world.sealed, untouched[:-1] + b"\x01"), world)


def test_a_digit_of_the_container_in_the_other_case_is_refused(world: World) -> None:
    at = world.sealed.rindex(b"/Contents <") + world.sealed[world.sealed.rindex(b"/Contents <") :].index(b"A")

    assert_refused(world.sealed[:at] + b"a" + world.sealed[at + 1 :], world)


def test_signature_wrapping_is_refused(world: World) -> None:
    assert_refused(attack.wrapped(world.sealed), world)


UPDATES: dict[str, Callable[[object], None]] = {
    "page content replaced": attack.replace_page_content,
    "page stream overwritten": attack.overwrite_page_stream,
    "pages swapped (shadow hide)": attack.swap_pages,
    "page added": attack.add_page,
    "annotation over the text": attack.add_annotation,
    "optional layers": attack.add_layers,
    "script at opening": attack.add_open_action,
    "script on the page": attack.add_page_action,
    "script by name": attack.add_named_script,
    "title": attack.change_title,
    "security store": attack.add_store,
    "restrictions removed": attack.remove_restrictions,
    "author's block redrawn": lambda writer: attack.redraw_signature(writer, AUTHOR_FIELD),
    "seal redrawn": lambda writer: attack.redraw_signature(writer, SEAL_FIELD),
    "author's box moved over the text": lambda writer: attack.move_signature(writer, AUTHOR_FIELD),
    "author's signature taken out": lambda writer: attack.drop_signature(writer, AUTHOR_FIELD),
    "seal taken out": lambda writer: attack.drop_signature(writer, SEAL_FIELD),
    "text field": attack.add_text_field,
}


@pytest.mark.parametrize("name", UPDATES)
def test_an_incremental_update_after_the_seal_is_refused(name: str, world: World) -> None:
    assert_refused(attack.updated(world.sealed, UPDATES[name]), world)


BEFORE_THE_SEAL = [name for name in UPDATES if name != "seal taken out"]


@pytest.mark.parametrize("name", BEFORE_THE_SEAL)
def test_an_incremental_update_between_author_and_seal_is_refused(name: str, world: World) -> None:
    changed = attack.updated(world.authored, UPDATES[name])
    expected = Expected({AUTHOR_FIELD: office().author.certificate_digest}, empty=frozenset({SEAL_FIELD}))

    for register in (expected, None):
        result = judge(changed, register)
        assert result is None or result.judgement not in GOOD


# A document without the author's signature is not for this step to judge: the register expects it.
SEEN_BY_SIGNING = [name for name in BEFORE_THE_SEAL if name != "author's signature taken out"]


@pytest.mark.parametrize("name", SEEN_BY_SIGNING)
def test_the_seal_is_never_put_under_a_document_changed_after_the_author(name: str, world: World) -> None:
    changed = attack.updated(world.authored, UPDATES[name])

    with pytest.raises(SecuredocError):
        office().sealed(changed)


@pytest.mark.parametrize("name", BEFORE_THE_SEAL)
def test_a_seal_that_an_attacker_puts_under_a_changed_document_does_not_heal_it(
    name: str, world: World
) -> None:
    changed = attack.updated(world.authored, UPDATES[name])
    try:
        healed = attack.stock_signed(changed, SEAL_FIELD, office().seal)
    except SigningError:
        return

    result = judge(healed, office().expected(world.sealed))

    assert result is None or result.judgement not in GOOD
    if name not in {"title", "security store"}:  # metadata and revocation data: the digest guards them
        result = judge(healed, office().expected())
        assert result is None or result.judgement not in GOOD


def test_a_removed_security_store_is_refused(world: World) -> None:
    with_store = attack.updated(world.sealed, attack.add_store)

    assert_refused(attack.updated(with_store, attack.remove_store), world)


def test_the_state_before_the_seal_is_not_the_registered_document(world: World) -> None:
    cut_back = world.sealed[: len(world.authored)]

    assert cut_back == world.authored
    for expected in (office().expected(world.sealed), office().expected()):
        result = judge(cut_back, expected)
        assert result is not None
        assert result.judgement is Judgement.ALTERED


def test_the_state_before_the_seal_shows_a_stranger_who_did_not_sign(world: World) -> None:
    result = judge(world.authored, None)

    # Without a register nobody can know of the seal: the report names what is there, no more.
    assert result is not None
    assert [report.field for report in result.signatures] == [AUTHOR_FIELD]
    assert result.judgement is Judgement.TRUSTED_UNREGISTERED


def test_a_valid_colleague_may_not_sign_over_the_text_after_the_seal(world: World) -> None:
    covered = attack.stock_signed(world.sealed, "Them", office().colleague, box=(50, 50, 500, 700))

    assert_refused(covered, world)


def test_a_valid_colleague_may_not_sign_over_the_text_before_the_seal(world: World) -> None:
    covered = attack.stock_signed(world.authored, "Them", office().colleague, box=(50, 50, 500, 700))

    assert_refused(covered, world)


def test_a_colleague_may_not_stand_in_for_the_seal(world: World) -> None:
    borrowed = put(world.authored, SEAL_FIELD, office().colleague, certify=False)

    result = judge(borrowed, office().expected())

    assert result is not None
    assert result.judgement is Judgement.INTACT_UNTRUSTED


def test_the_seal_may_not_stand_in_for_the_author() -> None:
    twice = office().sealed(office().authored(key=office().seal))

    result = judge(twice, office().expected())

    assert result is not None
    assert result.judgement is Judgement.INTACT_UNTRUSTED


def test_another_document_of_the_same_signers_is_not_this_one(world: World) -> None:
    other = office().sealed(office().authored(office().prepared()))
    assert other != world.sealed

    result = judge(other, office().expected(world.sealed))

    assert result is not None
    assert result.judgement is Judgement.ALTERED


def test_a_signature_moved_in_from_another_document_is_refused(world: World) -> None:
    other = pades.prepare_fields(document("Văn bản khác"), {AUTHOR_FIELD: None, SEAL_FIELD: None})
    other = office().sealed(office().authored(other))

    assert_refused(attack.with_container(other, attack.container(world.sealed)), world)


def test_the_authors_container_does_not_serve_as_the_seal(world: World) -> None:
    author = attack.container(world.authored)

    assert_refused(attack.with_container(world.sealed, author.rstrip(b"\x00")), world)


def test_a_form_field_refilled_after_signing_is_refused() -> None:
    # The "shadow replace" of the literature: pyHanko's default policy and pdfsig accept it.
    form = attack.updated(document(), attack.add_text_field)
    signed = attack.stock_signed(form, AUTHOR_FIELD, office().author)
    replaced = attack.updated(signed, attack.refill_text_field)
    expected = Expected({AUTHOR_FIELD: office().author.certificate_digest})

    for file in (signed, replaced):
        for register in (expected, None):
            result = judge(file, register)
            assert result is None or result.judgement not in GOOD


def test_an_extra_empty_field_is_not_in_the_register(world: World) -> None:
    result = judge(world.authored, Expected({AUTHOR_FIELD: office().author.certificate_digest}))

    assert result is not None
    assert result.judgement is Judgement.ALTERED


def test_a_wrong_size_in_the_register_is_a_wrong_file(world: World) -> None:
    known = replace(office().expected(), size_bytes=len(world.sealed) + 1)

    result = judge(world.sealed, known)

    assert result is not None
    assert result.judgement is Judgement.ALTERED


def test_a_stripped_document_is_altered_for_the_register_and_unsigned_for_a_stranger() -> None:
    bare = document()

    registered = judge(bare, replace(office().expected(), digest=Digest.of(b"the signed one")))
    foreign = judge(bare, None)

    assert registered is not None
    assert registered.judgement is Judgement.ALTERED
    assert foreign is not None
    assert foreign.judgement is Judgement.UNSIGNED
