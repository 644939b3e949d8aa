"""Shadow attacks, certification attacks and replaced fonts or pictures are refused or reported as changed."""

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
from pyhanko.sign.fields import MDPPerm

from securedoc.errors import SecuredocError
from securedoc.signing import verdict
from securedoc.signing.verdict import Expected, Judgement
from tests.support import pdfattack as attack
from tests.support import pdfshadow as shadow
from tests.support.signing import NOW, document, office
from tests.support.system import call

GOOD = frozenset({Judgement.TRUSTED, Judgement.TRUSTED_UNREGISTERED})
FIELD = "Ky1"


def judged(pdf: bytes, *, registered: bool = False) -> verdict.Verdict | None:
    expected = Expected({FIELD: office().author.certificate_digest}) if registered else None
    try:
        return verdict.verify(pdf, office().trust, expected, NOW)
    except SecuredocError:
        return None


def assert_refused(pdf: bytes, original: bytes) -> None:
    assert pdf != original, "the attack changed nothing"
    for registered in (True, False):
        found = judged(pdf, registered=registered)
        assert found is None or found.judgement not in GOOD, found


@functools.cache
def signed(name: str, certify: MDPPerm | None = None) -> bytes:
    """Sign a prepared document as an unsuspecting author."""
    prepare: dict[str, Callable[[], bytes]] = {
        "plain": document,
        "overlay": lambda: shadow.with_overlay(document()),
        "twin": lambda: shadow.with_twin(document()),
        "illustrated": shadow.illustrated,
    }
    made = attack.stock_signed(
        prepare[name](), FIELD, office().author, certify=certify is not None, perms=certify
    )
    found = judged(made)
    assert found is not None
    assert found.judgement is Judgement.TRUSTED_UNREGISTERED, found
    return made


SHADOWS: dict[str, Callable[[object], None]] = {
    "hide: the overlay is emptied": shadow.hide,
    "hide: the overlay's name points elsewhere": shadow.hide_by_reference,
    "replace: the overlay shows something else": shadow.replace_overlay,
}


@pytest.mark.parametrize("name", SHADOWS)
def test_what_hid_under_an_overlay_does_not_come_up_unseen(name: str) -> None:
    whole = signed("overlay")

    assert_refused(attack.updated(whole, SHADOWS[name]), whole)


def test_a_hidden_twin_of_the_content_does_not_come_up_unseen() -> None:
    whole = signed("twin")

    assert_refused(shadow.swap_by_table(whole), whole)


def shown(pdf: bytes, tmp_path: Path) -> str:
    """Return what another reader shows of the page."""
    file = tmp_path / "shown.pdf"
    file.write_bytes(pdf)
    return call("pdftotext", str(file), "-").decode()


def test_the_attacks_do_change_what_an_ordinary_reader_shows(tmp_path: Path) -> None:
    # An attack that no reader falls for would be refused for the wrong reason.
    overlay, twin = signed("overlay"), signed("twin")
    said, other = shadow.SIGNED.decode(), shadow.OTHER.decode()

    assert said in shown(overlay, tmp_path)
    assert other not in shown(twin, tmp_path)
    for name in ("hide: the overlay is emptied", "hide: the overlay's name points elsewhere"):
        assert said not in shown(attack.updated(overlay, SHADOWS[name]), tmp_path)
    replaced = attack.updated(overlay, SHADOWS["replace: the overlay shows something else"])
    assert other in shown(replaced, tmp_path)
    assert other in shown(shadow.swap_by_table(twin), tmp_path)
    assert "MẪU" not in shown(attack.updated(signed("illustrated"), shadow.replace_font), tmp_path)


@pytest.mark.parametrize("revision", [0, -2])
def test_a_history_that_leaves_the_signature_out_is_no_signed_document(revision: int) -> None:
    whole = signed("plain")

    assert_refused(shadow.back_to(whole, revision), whole)


REPLACED: dict[str, Callable[[object], None]] = {
    "font": shadow.replace_font,
    "font program": shadow.replace_font_program,
    "picture": shadow.replace_image,
    "crop box": shadow.move_text_by_crop,
    "rotation": shadow.rotate,
}


@pytest.mark.parametrize("name", REPLACED)
def test_a_replaced_resource_is_a_changed_document(name: str) -> None:
    whole = signed("illustrated")

    assert_refused(attack.updated(whole, REPLACED[name]), whole)


KINDS = ["/FreeText", "/Stamp", "/Square", "/Redact", "/Highlight", "/Text", "/Link", "/FileAttachment"]
PERMISSIONS = [None, MDPPerm.NO_CHANGES, MDPPerm.FILL_FORMS, MDPPerm.ANNOTATE]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("permission", PERMISSIONS)
def test_an_annotation_over_the_text_is_refused_whatever_the_certification_allows(
    kind: str, permission: MDPPerm | None
) -> None:
    # Evil annotation attack: P3 allows annotations, and they can cover everything that was certified.
    whole = signed("plain", permission)

    assert_refused(attack.updated(whole, shadow.blank_annotation(kind)), whole)


@pytest.mark.parametrize("permission", [MDPPerm.FILL_FORMS, MDPPerm.ANNOTATE])
def test_a_second_signature_drawn_over_a_certified_text_is_refused(permission: MDPPerm) -> None:
    # Sneaky signature attack: the attacker's own certificate is trusted, and its picture covers the page.
    whole = signed("plain", permission)

    over = attack.stock_signed(whole, "Ky2", office().colleague, box=(0, 0, 595, 842))

    assert_refused(over, whole)


def test_an_earlier_version_with_other_pages_under_the_first_signature_is_said() -> None:
    changed = attack.updated(document(), attack.replace_page_content)
    found = judged(attack.stock_signed(changed, FIELD, office().author))
    clean = judged(signed("plain"))

    assert found is not None
    assert any("earlier version" in remark.template for remark in found.remarks)
    assert clean is not None
    assert not any("earlier version" in remark.template for remark in clean.remarks)


def test_our_own_prepared_fields_are_no_earlier_version() -> None:
    found = judged(office().sealed())

    assert found is not None
    assert not any("earlier version" in remark.template for remark in found.remarks)


@pytest.mark.parametrize("change", [attack.add_open_action, attack.add_page_action, attack.add_named_script])
def test_active_content_that_was_signed_is_said(change: Callable[[object], None]) -> None:
    acting = attack.updated(document(), change)
    found = judged(attack.stock_signed(acting, FIELD, office().author))

    assert found is not None
    assert any("active content" in remark.template for remark in found.remarks)
