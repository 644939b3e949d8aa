"""Forms, annexes and stamps, as the command line makes them."""

from pathlib import Path

import pytest
from PIL import Image

from securedoc.core.digests import Digest
from tests.support.cli import run
from tests.support.office import World, found_world
from tests.support.system import tool
from tests.unit.documents.test_second_engine import hard


@pytest.fixture
def world(root: Path) -> World:
    return found_world(root)


def test_a_registered_document_is_stamped_and_its_signatures_stay_valid(world: World) -> None:
    document = world.signed("tuyet-mat")
    world.ok("an", "sign", document, "--seal")
    world.ok("an", "issue", document)
    second = ("--second", "binh", "--second-passphrase-file", world.passphrase_file("binh"))

    adjusted = world.ok("an", "stamp", document, "--mark", "giam-do-mat", "--level", "mat", *second)
    done = world.ok("an", "stamp", document, "--mark", "giai-mat", "--date", "2037-02-05", *second)
    verified = world.ok("an", "verify", document)
    audited = world.run("an", "--json", "audit", "run")
    taken = world.run("an", "stamp", document, "--mark", "tang-do-mat", "--level", "mat", *second)

    assert adjusted["verdict"] == done["verdict"] == verified["verdict"] == "trusted"
    assert [one["field"] for one in verified["signatures"]] == [
        "NguoiKy",
        "CoQuan",
        "Dau-dieu-chinh",
        "Dau-giai-mat",
    ]
    assert all(one["intact"] and one["valid"] and one["trusted"] for one in verified["signatures"])
    assert verified["signatures"][-1]["coverage"] == "entire-file"
    assert "rights.entry" not in audited.out
    assert taken.code == 32
    assert "is taken" in taken.err


def test_a_stamp_needs_a_second_officer_and_a_registered_document(world: World) -> None:
    signed, issued = world.signed(), world.issued()

    alone = world.run("an", "stamp", issued, "--mark", "giai-mat")
    unregistered = world.run(
        "an",
        *("stamp", signed, "--mark", "giai-mat", "--second", "binh"),
        *("--second-passphrase-file", world.passphrase_file("binh")),
    )

    assert alone.code == 12
    assert unregistered.code == 32


def test_a_paper_that_was_signed_in_ink_is_stamped_too(world: World) -> None:
    document = world.draft()
    world.ok("an", "finalize", document, "--signer", "binh")
    world.ok("an", "issue", document, "--wet-signed", "--signed-by", "binh")

    done = world.ok(
        "an",
        *("stamp", document, "--mark", "gia-han", "--date", "2036-01-01", "--until", "2046-01-01"),
        *("--second", "binh", "--second-passphrase-file", world.passphrase_file("binh")),
    )

    assert done["verdict"] == "trusted"


def test_a_draft_without_a_body_holds_its_model_text(world: World) -> None:
    made = world.ok(
        "dung",
        *("draft", "new", "--type", "quyet-dinh", "--level", "mat", "--subject", "Văn bản MẪU"),
        *("--issues", "quy-che", "--capacity", "TM. ỦY BAN NHÂN DÂN"),
    )

    shown = world.ok("dung", "draft", "show", made["id"])
    unseen = world.ok("phuc", "draft", "show", made["id"])
    done = world.ok("an", "finalize", made["id"], "--signer", "binh")

    assert shown["frame"] == {"issues": "quy-che", "capacity": "TM. ỦY BAN NHÂN DÂN"}
    assert unseen["frame"] == {}
    assert done["pages"] == 2


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--urgency", "giai-mat", "does not belong there"),
        ("--circulation", "thu-hoi", "is not complete without until"),
        ("--layout", "nd99", "has no layout"),
        ("--issues", "quy-che", "issues no other document"),
        ("--capacity", "XX. CHỦ TỊCH", "nobody signs in the capacity"),
    ],
)
def test_what_a_frame_cannot_say_is_refused_when_it_is_drafted(
    world: World, option: str, value: str, said: str
) -> None:
    refused = world.run(
        "dung",
        *("--lang", "en", "draft", "new", "--type", "bao-cao", "--level", "mat", "--subject", "MẪU"),
        *(option, value),
    )

    assert refused.code == 12
    assert said in refused.err


def test_what_the_first_engine_refuses_the_second_lays_out_when_it_is_asked_to(
    world: World, tmp_path: Path
) -> None:
    tool("soffice")
    tool("bwrap")
    made = world.ok(
        "dung",
        *("draft", "new", "--type", "bao-cao", "--level", "mat", "--subject", "Báo cáo MẪU"),
        *("--body", world.write("hard.docx", hard())),
    )

    out = tmp_path / "page.png"
    world.ok("dung", "draft", "preview", made["id"], "--engine", "libreoffice", "--page", "2", "--out", out)
    beyond = world.run(
        *("dung", "draft", "preview", made["id"], "--engine", "libreoffice", "--page", "9"),
        *("--out", tmp_path / "none.png"),
    )
    refused = world.run("an", "finalize", made["id"], "--signer", "binh")
    done = world.ok("an", "finalize", made["id"], "--signer", "binh", "--engine", "libreoffice")
    signed = world.ok("binh", "sign", made["id"])

    with Image.open(out) as page:
        assert page.width > page.height  # the second page lies
    assert beyond.code == 31
    assert refused.code == 32
    assert done["engine"].startswith("libreoffice")
    assert done["number"] == "01/BC-UBND"
    assert signed["verdict"] == "trusted"


def test_papers_of_a_document_are_drawn_and_never_over_a_file(world: World, tmp_path: Path) -> None:
    document = world.issued("tuyet-mat")
    papers = {
        "envelope": ("an", ("--size", "c4", "--named")),
        "delivery": ("an", ("--to", "Cơ quan MẪU")),
        "proposal": ("dung", ()),
    }

    for name, (officer, more) in papers.items():
        out = tmp_path / f"{name}.pdf"
        drawn = world.ok(officer, "form", name, document, *more, "--out", out)
        again = world.run(officer, "form", name, document, *more, "--out", out)
        assert drawn["digest"] == str(Digest.of(out.read_bytes()))
        assert out.stat().st_mode & 0o077 == 0
        assert again.code == 32


def test_forms_are_listed_and_drawn_without_a_vault(tmp_path: Path) -> None:
    listed = run("--json", "form", "list").expect().json
    sample = run("--json", "form", "sample", "giay-moi", "--out", str(tmp_path / "a.pdf")).expect()
    stamps = run("--json", "form", "stamps", "--out", str(tmp_path / "b.pdf")).expect()
    unknown = run("--json", "form", "sample", "thu-tinh", "--out", str(tmp_path / "c.pdf"))

    assert len(listed["forms"]) == 29
    assert {"type": "giay-moi", "name": "Giấy mời", "abbreviation": "GM", "model": "1.7"} in listed["forms"]
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-")
    assert sample.json["digest"] != stamps.json["digest"]
    assert unknown.code == 12
    assert not (tmp_path / "c.pdf").exists()
