"""Keys on tokens: RSA and EC on a real SoftHSM2, PINs never tried blindly, modules that are foreign code."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pkcs11.constants import TokenFlag

from securedoc.errors import KeyFailed, KeyMalformed, KeyMissing, KeyRefused, KeyUntrusted
from securedoc.signing import pades, tokenprocess, tokens, verdict
from securedoc.signing.fields import AUTHOR_FIELD
from securedoc.signing.keys import DocumentKey, SigningKey
from securedoc.signing.pins import FROM_A_FILE, TYPED, PinState
from securedoc.signing.verdict import Judgement
from tests.support.signing import NOW, Authority, Private, Wish, authority, block, office, signing_key
from tests.support.tokens import MODULE, PIN, SoftToken, make_token

KEYS: dict[str, Private] = {
    "RSA-2048": rsa.generate_private_key(65537, 2048),
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "P-384": ec.generate_private_key(ec.SECP384R1()),
}


@pytest.fixture
def soft(root: Path, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    return make_token(root, monkeypatch)


def signed(key: DocumentKey) -> bytes:
    return pades.sign(
        office().prepared(),
        AUTHOR_FIELD,
        key,
        signed_at=NOW,
        reason="Ký ban hành",
        location="Tỉnh Mẫu",
        certify=True,
        appearance=block(),
    ).pdf


@pytest.mark.parametrize("kind", KEYS)
def test_a_token_signs_and_the_signature_is_trusted(kind: str, soft: SoftToken) -> None:
    soft.put(signing_key(office().root, private=KEYS[kind]))

    found = verdict.verify(signed(soft.key(PIN)), office().trust, None, NOW)

    assert found.judgement is Judgement.TRUSTED_UNREGISTERED


def test_the_authorities_on_the_token_go_into_the_signature(soft: SoftToken) -> None:
    between: Authority = authority("Chứng thực cấp dưới MẪU", office().root)
    soft.put(signing_key(between))
    soft.put_certificate(between.der, "c1", "cap duoi")

    found = verdict.verify(signed(soft.key(PIN)), office().trust, None, NOW)

    assert found.judgement is Judgement.TRUSTED_UNREGISTERED


def test_a_token_is_described_without_a_pin(soft: SoftToken) -> None:
    key = signing_key(office().root)
    soft.put(key)

    (found,) = tokens.look(MODULE)

    assert (found.label, found.pin) == ("the MAU", PinState.READY)
    assert [(one.id, one.digest, one.name) for one in found.held] == [
        ("a1", key.certificate_digest, "Trần Thị Mẫu")
    ]


def test_a_wrong_pin_typed_twice_ends_it(soft: SoftToken) -> None:
    soft.put(signing_key(office().root))
    seen: list[PinState] = []

    with pytest.raises(KeyRefused, match="wrong"):
        signed(soft.key("111111", "222222", PIN, seen=seen))

    assert seen == [PinState.READY, PinState.LOW], "the token was asked how it stands before each"


def test_a_slip_is_asked_about_again_and_the_right_pin_signs(soft: SoftToken) -> None:
    soft.put(signing_key(office().root))

    assert signed(soft.key("111111", PIN))
    assert tokens.look(MODULE)[0].pin is PinState.READY


def test_a_pin_from_a_file_is_tried_once_and_not_again_after_a_wrong_one(soft: SoftToken) -> None:
    soft.put(signing_key(office().root))
    with pytest.raises(KeyRefused, match="wrong"):
        signed(soft.key("111111", PIN, allowed=FROM_A_FILE, may_retry=False))

    seen: list[PinState] = []
    with pytest.raises(KeyRefused, match="before"):
        signed(soft.key("111111", allowed=FROM_A_FILE, may_retry=False, seen=seen))

    assert not seen, "nobody was asked, and nothing was tried"


def test_the_process_itself_refuses_a_try_that_the_state_does_not_allow(soft: SoftToken) -> None:
    # Between looking and signing somebody else may have used up tries: the flags are read again there.
    soft.put(signing_key(office().root))
    key = soft.key(PIN, allowed=FROM_A_FILE, may_retry=False)
    with pytest.raises(KeyRefused, match="wrong"):
        signed(soft.key("111111", may_retry=False))

    with pytest.raises(KeyRefused, match="before"):
        signed(key)


STATES = {
    PinState.READY: TokenFlag.USER_PIN_INITIALIZED,
    PinState.LOW: TokenFlag.USER_PIN_INITIALIZED | TokenFlag.USER_PIN_COUNT_LOW,
    PinState.LAST: TokenFlag.USER_PIN_INITIALIZED
    | TokenFlag.USER_PIN_COUNT_LOW
    | TokenFlag.USER_PIN_FINAL_TRY,
    PinState.LOCKED: TokenFlag.USER_PIN_INITIALIZED | TokenFlag.USER_PIN_LOCKED,
    PinState.NOT_SET: TokenFlag.RNG,
}


@pytest.mark.parametrize("state", STATES)
def test_the_flags_of_a_token_are_read_the_worst_first(state: PinState) -> None:
    assert tokenprocess.pin_state(STATES[state]) is state


@pytest.mark.parametrize("state", [PinState.LAST, PinState.LOCKED, PinState.NOT_SET])
def test_the_last_try_and_a_locked_token_are_never_touched(state: PinState) -> None:
    assert state not in TYPED | FROM_A_FILE
    with pytest.raises(KeyRefused):
        tokens.refuse_state(state, TYPED, "the")


def test_a_token_that_was_pulled_out_is_named(soft: SoftToken, monkeypatch: pytest.MonkeyPatch) -> None:
    soft.put(signing_key(office().root))
    key = soft.key(PIN)
    empty = soft.root / "empty"
    empty.mkdir()
    settings = soft.root / "other.conf"
    settings.write_text(f"directories.tokendir = {empty}\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(settings))

    with pytest.raises(KeyMissing):
        signed(key)


def test_a_certificate_without_its_key_does_not_sign(soft: SoftToken) -> None:
    soft.put_certificate(signing_key(office().root).certificate, "a1")

    with pytest.raises(KeyUntrusted):
        signed(soft.key(PIN))


def test_a_key_of_another_certificate_is_found_out_before_anything_leaves(soft: SoftToken) -> None:
    soft.put(signing_key(office().root), "a1")
    other = SoftToken(soft.root)
    stranger: SigningKey = signing_key(office().root, Wish(common_name="Người khác"))
    found = other.key(PIN)
    swapped = tokens.TokenKey(
        found.module,
        found.token,
        tokens.Held("a1", "x", stranger.certificate),
        found.ask_pin,
        found.allowed,
        found.may_retry,
    )

    with pytest.raises(Exception, match="does not verify"):
        signed(swapped)


def test_a_file_that_is_no_module_does_not_take_us_with_it(root: Path) -> None:
    bogus = root / "module.so"
    bogus.write_bytes(b"not a library")

    with pytest.raises((KeyFailed, KeyMalformed)):
        tokens.look(bogus)
    with pytest.raises(KeyMissing):
        tokens.look(root / "none.so")


def test_a_module_that_is_another_library_is_named(root: Path) -> None:
    del root
    with pytest.raises((KeyFailed, KeyMalformed)):
        tokens.look(next(Path("/usr/lib").glob("*/libz.so.1")))
