"""Several signers in order: drafter and others before the head, each once, the head last, then the seal."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from securedoc.app import App, SystemClock
from securedoc.cli.prompter import FilePrompter
from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject, JsonValue
from securedoc.core.protocols import NoProgress
from securedoc.office.office import Office
from tests.support.office import World, found_world


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> World:
    return found_world(tmp_path_factory.mktemp("office"))


@pytest.fixture
def world(founded: World, tmp_path: Path) -> World:
    shutil.copytree(founded.root, tmp_path / "office")
    return World(tmp_path / "office")


def finalised(world: World) -> str:
    document = world.draft()
    world.ok("an", "finalize", document, "--signer", "binh", "--initials", "dung", "--initials", "an")
    return document


@contextmanager
def opened(world: World, officer: str) -> Iterator[Office]:
    """Open the vault as an officer with a program of their own."""
    prompter = FilePrompter(world.passphrase_file(officer))
    app = App(world.vault, officer, SystemClock(), prompter, NoProgress(), os.urandom)
    with app.open() as office:
        yield office


def test_drafter_records_head_and_seal_sign_in_order_and_the_verdict_names_all(world: World) -> None:
    document = finalised(world)

    for officer in ("dung", "an", "binh"):
        world.ok(officer, "sign", document)
    world.ok("an", "sign", document, "--seal")
    world.ok("an", "issue", document)

    done = world.ok("an", "verify", document)
    assert done["verdict"] == "trusted"
    assert [one["field"] for one in done["signatures"]] == ["KyNhay1", "KyNhay2", "NguoiKy", "CoQuan"]
    assert [one["signer"] for one in done["signatures"]][:3] == ["Vũ Văn Dũng", "Trần Thị An", "Lê Văn Bình"]


def test_nobody_signs_out_of_turn(world: World) -> None:
    document = finalised(world)

    assert world.run("binh", "sign", document).code == 12
    assert world.run("an", "sign", document).code == 12
    world.ok("dung", "sign", document)
    assert world.run("dung", "sign", document).code == 12
    assert world.run("binh", "sign", document).code == 12
    assert world.ok("an", "show", document)["state"] == "final"


def test_what_only_those_before_signed_is_neither_sealed_nor_issued(world: World) -> None:
    document = finalised(world)
    world.ok("dung", "sign", document)
    world.ok("an", "sign", document)

    assert world.run("an", "sign", document, "--seal").code == 32
    assert world.run("an", "issue", document).code == 32
    assert world.run("an", "issue", document, "--wet-signed", "--signed-by", "binh").code == 32


@pytest.mark.parametrize(
    "order",
    [("dung", "dung"), ("binh",), ("phuc",), ("chi",)],
    ids=["twice", "the signer too", "an auditor", "a security officer"],
)
def test_an_order_that_cannot_be_kept_is_refused_when_finalising(
    world: World, order: tuple[str, ...]
) -> None:
    document = world.draft()
    words = [word for officer in order for word in ("--initials", officer)]

    assert world.run("an", "finalize", document, "--signer", "binh", *words).code == 12
    assert world.ok("an", "draft", "list")["drafts"], "it is a draft still"


def test_a_drafter_who_did_not_draft_it_cannot_be_named(world: World) -> None:
    document = world.draft(who="an")

    done = world.run("an", "finalize", document, "--signer", "binh", "--initials", "dung")

    assert done.code == 12


def test_a_drafter_has_no_say_in_what_comes_after_the_head_signed(world: World) -> None:
    document = world.draft()
    world.ok("an", "finalize", document, "--signer", "binh", "--initials", "dung")
    for officer in ("dung", "binh"):
        world.ok(officer, "sign", document)
    with opened(world, "dung") as office:
        first = office.ledger.latest(DocumentId(document), Act.DOCUMENT_INITIALLED)
        assert first is not None
        digest = Digest.of(office.session.certificate)
        stamp: JsonValue = {"kind": "document", "field": "NguoiKy", "certificate": str(digest), "serial": ""}
        facts = {**first.facts, "objects": [], "digest": str(digest), "time_stamps": [stamp]}
        with office.write() as writing:
            writing.append(Act.DOCUMENT_INITIALLED, DocumentId(document), facts)

    done = world.run("an", "verify", document)

    assert done.code == 34
    assert "out of their order" in done.error["message"]


def test_an_initial_names_no_field_of_others(world: World) -> None:
    document = finalised(world)
    with opened(world, "dung") as office:
        digest = Digest.of(office.session.certificate)
        stamp: JsonValue = {"kind": "document", "field": "NguoiKy", "certificate": str(digest), "serial": ""}
        facts: JsonObject = {
            "objects": [],
            "digest": str(digest),
            "field": "KyNhay1",
            "signer": "dung",
            "certificate": str(digest),
            "time_stamps": [stamp],
        }
        with office.write() as writing:
            writing.append(Act.DOCUMENT_INITIALLED, DocumentId(document), facts)

    assert world.run("an", "sign", document).code == 54


def test_an_initial_entered_by_one_who_was_not_named_is_found(world: World) -> None:
    document = finalised(world)
    world.ok("dung", "sign", document)
    with opened(world, "binh") as office:
        first = office.ledger.latest(DocumentId(document), Act.DOCUMENT_INITIALLED)
        assert first is not None
        facts = {**first.facts, "objects": [], "field": "KyNhay2"}
        with office.write() as writing:
            writing.append(Act.DOCUMENT_INITIALLED, DocumentId(document), facts)

    done = world.run("binh", "verify", document)

    assert done.code == 34
    assert "was not named" in done.error["message"]
