"""Signing with a token: made known by two officers, its module pinned, its PIN never tried blindly."""

import os
import pty
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from securedoc.signing import tokens
from tests.support.cli import ENGLISH, REPOSITORY
from tests.support.office import World, found_world
from tests.support.signing import Authority, Wish, authority, signing_key
from tests.support.tokens import MODULE, PIN, SoftToken, make_token


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> World:
    return found_world(tmp_path_factory.mktemp("office"))


@pytest.fixture
def soft(root: Path, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    return make_token(root, monkeypatch)


@pytest.fixture
def other() -> Authority:
    return authority("Cơ quan chứng thực MẪU")


@pytest.fixture
def world(founded: World, soft: SoftToken, other: Authority, tmp_path: Path) -> World:
    """Copy the office, trust the token's authority, and put a key for the head onto the token."""
    soft.put(signing_key(other, Wish(common_name="Lê Văn Bình (MẪU)")))
    shutil.copytree(founded.root, tmp_path / "office")
    world = World(tmp_path / "office")
    pem = other.certificate.public_bytes(serialization.Encoding.PEM)
    world.ok("chi", "trust", "add", world.write("ca.pem", pem), *second(world))
    return world


def second(world: World) -> tuple[str | Path, ...]:
    return "--second", "an", "--second-passphrase-file", world.passphrase_file("an")


def pin_file(world: World, pin: str = PIN) -> Path:
    path = world.root / "pin.txt"
    path.touch(mode=0o600)
    path.write_text(pin + "\n")
    return path


def known(world: World, module: Path = MODULE) -> dict[str, object]:
    return world.ok(
        "chi", "keys", "token", "add", "--module", module, "--name", "the cua Chu tich", *second(world)
    )


def finalised(world: World) -> str:
    document = world.draft()
    world.ok("an", "finalize", document, "--signer", "binh")
    return document


def test_the_head_signs_with_a_token_and_the_seal_follows(world: World) -> None:
    known(world)
    document = finalised(world)

    signed = world.ok("binh", "sign", document, "--token", "the cua Chu tich", "--pin-file", pin_file(world))
    world.ok("an", "sign", document, "--seal")
    world.ok("an", "issue", document)

    assert signed["signatures"][0]["signer"] == "Lê Văn Bình (MẪU)"
    assert world.ok("an", "verify", document)["verdict"] == "trusted"


def test_a_token_is_made_known_by_two_officers_and_listed(world: World) -> None:
    alone = world.run("chi", "keys", "token", "add", "--module", MODULE, "--name", "the")

    added = known(world)

    assert alone.code == 12
    assert [one["name"] for one in world.ok("an", "keys", "list")["tokens"]] == ["the cua Chu tich"]
    assert added["label"] == "the MAU"
    again = world.run(
        "chi", "keys", "token", "add", "--module", MODULE, "--name", "the cua Chu tich", *second(world)
    )
    assert again.code == 22


def test_a_token_without_a_name_is_called_by_its_label(world: World) -> None:
    slot = tokens.look(MODULE)[0].slot

    added = world.ok("chi", "keys", "token", "add", "--module", MODULE, "--slot", str(slot), *second(world))

    assert added["name"] == "the MAU"
    nowhere = world.run(
        "chi", "keys", "token", "add", "--module", MODULE, "--slot", "7", "--name", "x", *second(world)
    )
    assert nowhere.code == 21


def test_ones_own_certificate_is_named_or_another_is_missing(world: World) -> None:
    document = finalised(world)

    missing = world.run("binh", "sign", document, "--certificate", "an")
    own = world.run("binh", "sign", document, "--certificate", "binh")

    assert (missing.code, own.code) == (21, 0)


def test_a_wrong_pin_from_a_file_is_tried_once_and_the_document_stays_unsigned(world: World) -> None:
    known(world)
    document = finalised(world)
    words = ("sign", document, "--token", "the cua Chu tich", "--pin-file")

    first = world.run("binh", *words, pin_file(world, "111111"))
    then = world.run("binh", *words, pin_file(world))

    assert (first.code, then.code) == (22, 22)
    assert "not tried again" in first.error["message"]
    assert world.ok("an", "show", document)["state"] == "final"


def test_another_module_under_the_same_name_never_sees_a_pin(world: World, root: Path) -> None:
    module = root / "vendor.so"
    shutil.copy(MODULE, module)
    module.chmod(0o644)
    known(world, module)
    with module.open("ab") as file:
        file.write(b"\0")

    done = world.run(
        *("binh", "sign", finalised(world), "--token", "the cua Chu tich", "--pin-file", pin_file(world))
    )

    assert done.code == 24
    assert "module" in done.error["message"]


def test_a_module_that_others_can_change_is_not_made_known(world: World, root: Path) -> None:
    module = root / "open.so"
    shutil.copy(MODULE, module)
    module.chmod(0o666)

    done = world.run("chi", "keys", "token", "add", "--module", module, "--name", "x", *second(world))

    assert done.code == 22


def test_a_certificate_put_onto_the_token_later_does_not_sign(
    world: World, soft: SoftToken, other: Authority
) -> None:
    known(world)
    soft.put(signing_key(other, Wish(common_name="Người khác")), "b2")
    words = ("sign", finalised(world), "--token", "the cua Chu tich", "--pin-file", pin_file(world))

    unnamed = world.run("binh", *words)
    named = world.run("binh", *words, "--certificate", "Người khác")
    right = world.run("binh", *words, "--certificate", "Lê Văn Bình (MẪU)")

    assert (unnamed.code, named.code, right.code) == (21, 24, 0)


def test_a_token_that_is_used_no_more_does_not_sign(world: World) -> None:
    known(world)
    world.ok("chi", "keys", "token", "remove", "the cua Chu tich", "--why", "thẻ hỏng", *second(world))

    done = world.run(
        *("binh", "sign", finalised(world), "--token", "the cua Chu tich", "--pin-file", pin_file(world))
    )

    assert done.code == 21


def test_a_token_of_an_authority_that_nobody_trusts_signs_nothing(
    world: World, soft: SoftToken, root: Path
) -> None:
    del root
    soft.put(signing_key(authority("Kẻ khác"), Wish(common_name="Lạ")), "d4")
    known(world)
    document = finalised(world)

    done = world.run(
        *("binh", "sign", document, "--token", "the cua Chu tich", "--certificate", "Lạ"),
        *("--pin-file", pin_file(world)),
    )

    assert done.code == 44
    assert world.ok("an", "show", document)["state"] == "final"


def typed(world: World, document: str, *pins: str) -> tuple[int, str]:
    """Sign on a terminal, typing one PIN after the other as it is asked for."""
    words = [*map(str, world.words("binh", "sign", document, "--token", "the cua Chu tich"))]
    words.remove("--json")
    child, master = pty.fork()
    if child == 0:  # pragma: no cover - becomes the command
        os.chdir(REPOSITORY)
        os.execve(  # noqa: S606 - no shell is meant
            sys.executable, [sys.executable, "-m", "securedoc", *words], {**os.environ, **ENGLISH}
        )
    shown, left, asked = bytearray(), list(pins), 0
    with suppress(OSError):  # the terminal is gone when the command ended
        while data := os.read(master, 1000):
            shown += data
            if shown.count(b"PIN of the token") > asked and left:
                asked += 1
                time.sleep(0.3)  # the echo is switched off after the question
                os.write(master, left.pop(0).encode() + b"\n")
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(master)
    return code, shown.decode()


@pytest.mark.pty
def test_a_slip_at_the_terminal_is_told_and_asked_about_once_more(world: World) -> None:
    known(world)
    document = finalised(world)

    code, shown = typed(world, document, "111111", PIN)

    assert code == 0, shown
    assert shown.count("PIN of the token the cua Chu tich") == 2
    assert "a wrong PIN was given to the cua Chu tich before" in shown
    assert PIN not in shown, "a PIN is never shown"


@pytest.mark.pty
def test_the_second_wrong_pin_at_the_terminal_ends_it(world: World) -> None:
    known(world)
    document = finalised(world)

    code, shown = typed(world, document, "111111", "222222", PIN)

    assert code == 22, shown
    assert shown.count("PIN of the token") == 2
    assert world.ok("an", "show", document)["state"] == "final"
