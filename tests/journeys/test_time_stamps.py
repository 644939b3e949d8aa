"""Time-stamps of the office: two officers, an order held by the ledger, proofs that outlive certificates."""

from pathlib import Path
from typing import Any

import pytest

from securedoc.core.entries import Act
from securedoc.signing import authority
from tests.support.cli import Ran, run
from tests.support.office import World, found_world

IN_2032 = "2032-06-01T08:00:00+07:00"
IN_2040 = "2040-06-01T08:00:00+07:00"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return found_world(tmp_path_factory.mktemp("office"))


def second(world: World, officer: str = "chi") -> tuple[str | Path, ...]:
    return "--second", officer, "--second-passphrase-file", world.passphrase_file(officer)


def stamped(world: World) -> str:
    """Sign and seal a document, both with a time-stamp."""
    document = world.draft()
    world.ok("an", "finalize", document, "--signer", "binh")
    world.ok("binh", "sign", document, "--time-stamp", *second(world))
    world.ok("an", "sign", document, "--seal", "--time-stamp", *second(world))
    return document


def entries(world: World, document: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.ok("an", "ledger", "entries", "--document", document)["entries"]
    return found


def exported(world: World, document: str, into: str) -> Path:
    out = world.root / into
    world.ok("an", "export", document, "--out", out, *second(world, "binh"))
    return next(out.glob("*.pdf"))


def test_a_document_goes_to_b_lta_and_says_that_its_time_is_internal(world: World) -> None:
    document = stamped(world)
    world.ok("an", "issue", document)

    done = world.ok("an", "verify", document)

    assert done["verdict"] == "trusted"
    assert [one["level"] for one in done["signatures"]] == ["B-LTA", "B-LTA", "DTS"]
    assert {one["time_source"] for one in done["signatures"]} == {"internal-time-stamp"}
    assert any("internal" in remark for remark in done["remarks"])


def test_every_token_is_in_the_ledger_and_points_into_it(world: World) -> None:
    document = stamped(world)

    signed = [one for one in entries(world, document) if one["act"] == Act.DOCUMENT_SIGNED]
    stamps = [stamp for one in signed for stamp in one["facts"]["time_stamps"]]

    assert [stamp["kind"] for stamp in stamps] == ["signature", "signature", "document"]
    assert len({stamp["serial"] for stamp in stamps}) == 3
    for entry in signed:
        assert entry["second"] == "chi"
        for stamp in entry["facts"]["time_stamps"]:
            size, _root = authority.head_of(stamp["serial"])
            assert size <= entry["entry"]


def test_who_signs_does_not_hold_the_key_of_the_time_stamp_authority(world: World) -> None:
    document = world.draft()
    world.ok("an", "finalize", document, "--signer", "binh")

    alone = world.run("binh", "sign", document, "--time-stamp")
    with_an = world.run("binh", "sign", document, "--time-stamp", *second(world, "an"))

    assert alone.code == 12
    assert "--second" in alone.error["hint"]
    assert with_an.code == 12
    assert world.ok("an", "show", document)["state"] == "final"


def outside(world: World, file: Path, at: str) -> Ran:
    """Verify where there is no vault, with the office's root and list as a stick would bring them."""
    trust = world.root / "trust-from-a-stick"
    trust.mkdir(exist_ok=True)
    for name in ("authority.der", "authority.crl"):
        (trust / name).write_bytes((world.vault / "keyring" / "certificates" / name).read_bytes())
    return run("--json", "--now", at, "verify", file, "--trust", trust)


def test_a_stamped_document_is_good_in_2032_and_2040_where_a_bare_one_is_not(world: World) -> None:
    document = stamped(world)
    bare = world.issued()
    kept, fleeting = exported(world, document, "kept"), exported(world, bare, "fleeting")

    for at in (IN_2032, IN_2040):
        good, bad = outside(world, kept, at), outside(world, fleeting, at)

        assert good.expect().json["verdict"] == "trusted-unregistered"
        assert {one["revocation"] for one in good.json["signatures"]} == {"checked"}
        assert bad.code == 44
        assert bad.json["verdict"] == "intact-untrusted"
        assert any("expired" in problem for problem in bad.json["signatures"][0]["problems"])


def test_a_registered_document_is_renewed_and_both_forms_stay_known(world: World) -> None:
    document = stamped(world)
    world.ok("an", "issue", document)
    before = exported(world, document, "before")

    renewed = world.ok("an", "sign", document, "--renew", *second(world))
    after = exported(world, document, "after")

    assert [one["level"] for one in renewed["signatures"]] == ["B-LTA", "B-LTA", "DTS", "DTS"]
    assert world.ok("an", "verify", document)["verdict"] == "trusted"
    for file in (before, after):
        known = world.ok("an", "verify", file)
        assert (known["verdict"], known["id"]) == ("trusted", document)
    assert world.ok("an", "show", document)["state"] == "registered"


def test_a_document_sealed_without_a_time_stamp_is_archived_later(world: World) -> None:
    document = world.signed()
    world.ok("an", "sign", document, "--seal")
    world.ok("an", "issue", document)

    world.ok("an", "sign", document, "--renew", *second(world))

    levels = [one["level"] for one in world.ok("an", "verify", document)["signatures"]]
    assert levels == ["B-LTA", "B-LTA", "DTS"]


def test_what_carries_no_seal_is_not_renewed(world: World) -> None:
    document = world.signed()

    assert world.run("an", "sign", document, "--renew", *second(world)).code == 32


def test_the_audit_finds_every_signature_and_right_in_order(world: World) -> None:
    world.ok("an", "sign", stamped(world), "--renew", *second(world))

    audited = world.run("an", "audit", "run")

    wrong = [
        one
        for one in audited.json["findings"]
        if one["state"] == "fail" and one["check"].split(".")[0] in {"signatures", "rights", "ledger", "keys"}
    ]
    assert wrong == []


def test_options_that_do_not_go_together_are_named(world: World) -> None:
    for words in (
        ("--seal", "--token", "x"),
        ("--pin-file", "x"),
        ("--renew", "--seal"),
        ("--token", "x", "--pkcs12", "y"),
    ):
        assert world.run("an", "sign", "D-2026-000001", *words).code == 2
