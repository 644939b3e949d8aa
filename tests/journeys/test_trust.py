"""Trusting outside authorities: two officers, an entry, and files that count only when it names them."""

import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from securedoc.app import App, SystemClock
from securedoc.cli.prompter import FilePrompter
from securedoc.core.digests import Digest
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.protocols import NoProgress
from tests.support import pdfattack as attack
from tests.support.office import World, found_world
from tests.support.signing import NOW, Authority, Wish, authority, crl, document, signing_key

AT = NOW.isoformat()


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> World:
    return found_world(tmp_path_factory.mktemp("office"))


@pytest.fixture
def world(founded: World, tmp_path: Path) -> World:
    shutil.copytree(founded.root, tmp_path / "office")
    return World(tmp_path / "office")


def second(world: World, officer: str = "an") -> tuple[str | Path, ...]:
    return "--second", officer, "--second-passphrase-file", world.passphrase_file(officer)


def pem(world: World, one: Authority, name: str = "ca.pem") -> Path:
    return world.write(name, one.certificate.public_bytes(serialization.Encoding.PEM))


def verdict_of(world: World, file: Path) -> str:
    return str(world.run("an", "verify", file).json["verdict"])


@pytest.fixture
def other() -> Authority:
    return authority("Cơ quan chứng thực MẪU")


def signed_by(world: World, other: Authority) -> Path:
    key = signing_key(other, Wish(common_name="Người gửi MẪU"))
    return world.write("den.pdf", attack.stock_signed(document(), "Ky1", key))


def test_a_foreign_file_is_trusted_once_two_officers_trust_its_authority(
    world: World, other: Authority
) -> None:
    file = signed_by(world, other)
    before = verdict_of(world, file)

    added = world.ok("chi", "trust", "add", pem(world, other), *second(world))["added"]

    assert before == "intact-untrusted"
    assert verdict_of(world, file) == "trusted-unregistered"
    assert [(one["kind"], one["name"]) for one in added] == [("root", "Cơ quan chứng thực MẪU")]
    assert [one["digest"] for one in world.ok("an", "trust", "list")["trusted"]] == [added[0]["digest"]]


def test_one_officer_alone_or_of_another_role_adds_nothing(world: World, other: Authority) -> None:
    file = pem(world, other)

    alone = world.run("chi", "trust", "add", file)
    not_security = world.run("an", "trust", "add", file, *second(world, "chi"))

    assert (alone.code, not_security.code) == (12, 12)
    assert world.ok("an", "trust", "list")["trusted"] == []


def test_what_is_trusted_no_more_is_not_believed(world: World, other: Authority) -> None:
    file = signed_by(world, other)
    world.ok("chi", "trust", "add", pem(world, other), *second(world))

    removed = world.ok(
        "chi", "trust", "remove", "Cơ quan chứng thực MẪU", "--why", "khóa bị lộ", *second(world)
    )["removed"]

    assert verdict_of(world, file) == "intact-untrusted"
    assert not (world.vault / "trust" / f"{removed['digest'].removeprefix('sha256:')}.der").exists()
    assert world.run("chi", "trust", "remove", "khong co", "--why", "x", *second(world)).code == 41


def test_a_file_put_into_the_trust_directory_is_not_believed_and_the_audit_names_it(
    world: World, other: Authority
) -> None:
    der = other.certificate.public_bytes(serialization.Encoding.DER)
    (world.vault / "trust" / "planted.der").write_bytes(der)

    assert verdict_of(world, signed_by(world, other)) == "intact-untrusted"
    audited = world.run("chi", "audit", "run").json["findings"]
    assert [(one["state"], one["about"]) for one in audited if one["check"] == "policy.trust"] == [
        ("fail", "planted.der")
    ]


def test_a_file_exchanged_or_gone_is_refused_by_name(world: World, other: Authority) -> None:
    added = world.ok("chi", "trust", "add", pem(world, other), *second(world))["added"]
    file = world.vault / "trust" / f"{added[0]['digest'].removeprefix('sha256:')}.der"
    arrived = signed_by(world, other)

    file.write_bytes(authority("Kẻ khác").certificate.public_bytes(serialization.Encoding.DER))
    exchanged = world.run("an", "verify", arrived)
    file.unlink()
    gone = world.run("an", "verify", arrived)

    assert (exchanged.code, gone.code) == (44, 41)


def test_an_insider_who_enters_an_authority_alone_makes_nobody_believe_it(
    world: World, other: Authority
) -> None:
    enter_alone(world, other, "chi", Act.TRUST_ADDED)

    done = world.run("an", "verify", signed_by(world, other))

    assert done.code == 54
    assert "alone" in done.error["message"]


def test_a_root_slipped_in_as_a_list_makes_nobody_believe_it(world: World, other: Authority) -> None:
    # Lists need one officer only, as their issuer signed them; a root under that name needs two.
    enter_alone(world, other, "an", Act.CRL_ADDED)

    done = world.run("an", "verify", signed_by(world, other))

    assert done.code == 54
    assert "of its kind" in done.error["message"]


def enter_alone(world: World, other: Authority, officer: str, act: Act) -> None:
    """Enter a root as an officer would with a program of their own."""
    der = other.certificate.public_bytes(serialization.Encoding.DER)
    (world.vault / "trust" / f"{Digest.of(der).hex}.der").write_bytes(der)
    item: JsonObject = {
        "digest": str(Digest.of(der)),
        "kind": "root",
        "name": "Cơ quan chứng thực MẪU",
        "issuer": "Cơ quan chứng thực MẪU",
        "begins": AT,
        "ends": None,
    }
    prompter = FilePrompter(world.passphrase_file(officer))
    app = App(world.vault, officer, SystemClock(), prompter, NoProgress(), os.urandom)
    with app.open() as opened, opened.write() as writing:
        writing.append(act, None, {"items": [item]})


def test_a_revocation_list_from_a_stick_revokes_and_an_older_one_does_not_undo_it(
    world: World, other: Authority
) -> None:
    key = signing_key(other, Wish(common_name="Người gửi MẪU"))
    file = world.write("den.pdf", attack.stock_signed(document(), "Ky1", key))
    world.ok("chi", "trust", "add", pem(world, other), *second(world))
    newer = world.write("new.crl", crl(other, (key.certificate, NOW - timedelta(days=1))))

    added = world.ok("an", "trust", "crl", "add", newer)["added"]

    assert [one["kind"] for one in added] == ["crl"]
    assert verdict_of(world, file) == "intact-untrusted"
    assert world.run("an", "trust", "crl", "add", newer).code == 42, "it is here already"


def test_a_list_by_nobody_who_is_trusted_or_an_older_one_is_refused(world: World, other: Authority) -> None:
    stranger = world.write("stranger.crl", crl(authority("Kẻ khác")))
    world.ok("chi", "trust", "add", pem(world, other), *second(world))
    world.ok("an", "trust", "crl", "add", world.write("now.crl", crl(other)))
    older = world.write("older.crl", crl(other, issued=NOW - timedelta(days=200)))

    assert world.run("an", "trust", "crl", "add", stranger).code == 44
    assert world.run("an", "trust", "crl", "add", older).code == 45


def test_lists_and_certificates_are_not_mixed_up(world: World, other: Authority) -> None:
    certificate = pem(world, other)
    listed = world.write("list.crl", crl(other))

    assert world.run("chi", "trust", "add", listed, *second(world)).code == 42
    assert world.run("an", "trust", "crl", "add", certificate).code == 42
    assert world.run("chi", "trust", "add", world.write("x.pem", b"no"), *second(world)).code == 43


def test_keys_list_shows_whose_certificates_end_when(world: World) -> None:
    listed = world.ok("chi", "keys", "list")

    whose = [one["whose"] for one in listed["certificates"]]
    assert whose[:3] == ["authority", "seal", "time"]
    assert {"an", "binh", "chi"} <= set(whose)
    assert listed["tokens"] == []
