"""`verify`: documents of the vault, and files from anywhere, with and without a vault."""

import os
from pathlib import Path

import pdfplumber
import pytest
from cryptography.hazmat.primitives import serialization

from securedoc.app import App, SystemClock
from securedoc.cli.prompter import FilePrompter
from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, Kind
from securedoc.core.protocols import NoProgress
from securedoc.office.trust import authority_certificate
from tests.support import pdfattack as attack
from tests.support.cli import Ran, run
from tests.support.office import World, found_world
from tests.support.signing import NOW, Wish, authority, document, office, signing_key

PEM = serialization.Encoding.PEM


@pytest.fixture
def trust(root: Path) -> Path:
    """Return a file with the root of another office."""
    file = root / "authority.pem"
    file.write_bytes(office().root.certificate.public_bytes(PEM))
    return file


def verify(path: Path, trust: Path) -> Ran:
    """Verify a file where there is no vault at all."""
    return run("--json", "--now", NOW.isoformat(), "verify", path, "--trust", trust)


def put(root: Path, pdf: bytes, name: str = "van-ban.pdf") -> Path:
    file = root / name
    file.write_bytes(pdf)
    return file


def test_a_file_is_judged_with_a_trust_file_and_no_vault(root: Path, trust: Path) -> None:
    done = verify(put(root, attack.stock_signed(document(), "Ky1", office().author)), trust).expect()

    report = done.json["signatures"][0]
    assert done.json["verdict"] == "trusted-unregistered"
    assert done.json["id"] is None
    assert {"signer", "intact", "valid", "trusted", "coverage", "changes", "level", "time"} <= set(report)
    assert (report["signer"], report["intact"], report["valid"], report["trusted"]) == (
        "Trần Thị Mẫu",
        True,
        True,
        True,
    )
    assert (report["coverage"], report["level"], report["time_source"]) == ("entire-file", "B-B", "signer")


def test_people_read_one_sentence_and_each_question_by_itself(root: Path, trust: Path) -> None:
    file = put(root, office().sealed())

    done = run("--now", NOW.isoformat(), "verify", file, "--trust", trust).expect()

    assert done.out.startswith("every signature holds, but no register says what should be there")
    assert done.out.count("signature computes") == 2
    assert "by the signer's own clock" in done.out


def test_an_altered_file_is_shown_and_ends_with_44(root: Path, trust: Path) -> None:
    done = verify(put(root, attack.updated(office().sealed(), attack.replace_page_content)), trust)

    assert done.code == 44
    assert done.json["verdict"] == "altered"
    assert done.error["what"] == "untrusted"


def test_a_file_by_somebody_unknown_ends_with_44(root: Path) -> None:
    elsewhere = root / "elsewhere.pem"
    elsewhere.write_bytes(authority("Nơi khác").certificate.public_bytes(PEM))

    done = verify(put(root, office().sealed()), elsewhere)

    assert done.code == 44
    assert done.json["verdict"] == "intact-untrusted"


def test_an_unsigned_file_ends_with_41(root: Path, trust: Path) -> None:
    done = verify(put(root, document()), trust)

    assert done.code == 41
    assert done.json["verdict"] == "unsigned"


def test_a_damaged_file_ends_with_43(root: Path, trust: Path) -> None:
    done = verify(put(root, office().sealed()[:-50]), trust)

    assert done.code == 43
    assert done.json["verdict"] == "unverifiable"


def test_a_file_that_is_no_pdf_ends_with_33(root: Path, trust: Path) -> None:
    assert verify(put(root, b"not a PDF"), trust).code == 33


def test_missing_files_are_named(root: Path, trust: Path) -> None:
    assert verify(root / "none.pdf", trust).code == 31
    assert verify(put(root, document()), root / "none.pem").code == 41


def test_a_damaged_trust_file_ends_with_43(root: Path) -> None:
    assert verify(put(root, document()), put(root, b"no certificate", "trust.pem")).code == 43


def test_without_trust_file_and_vault_the_usage_is_explained(root: Path) -> None:
    done = run("verify", put(root, document()))

    assert done.code == 2
    assert "--trust" in done.err


def test_a_trust_file_does_not_decide_on_documents_of_the_vault(trust: Path) -> None:
    assert run("verify", "D-2026-000001", "--trust", trust).code == 2


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return found_world(tmp_path_factory.mktemp("office"))


def exported(world: World, name: str) -> Path:
    """Take the signed PDF and the office's root out, as an export would."""
    prompter = FilePrompter(world.passphrase_file("an"))
    app = App(world.vault, "an", SystemClock(), prompter, NoProgress(), os.urandom)
    with app.open(read_only=True) as opened:
        world.write("authority.der", authority_certificate(opened))
        pdf = opened.unseal(opened.latest(DocumentId(name), Kind.SIGNED))
    return world.write("exported.pdf", pdf)


def test_a_document_of_the_vault_is_what_the_ledger_says(world: World) -> None:
    issued = world.issued()

    by_id = world.ok("an", "verify", issued)
    by_number = world.ok("an", "verify", str(world.ok("an", "show", issued)["number"]))

    assert (by_id["verdict"], by_id["id"]) == ("trusted", issued)
    assert by_number["id"] == issued
    assert by_id["signatures"][-1]["coverage"] == "entire-file"


def test_a_file_that_is_a_registered_document_is_known_by_its_digest(world: World) -> None:
    issued = world.issued()
    file = exported(world, issued)

    known = world.ok("an", "verify", file)
    changed = world.run("an", "verify", world.write("changed.pdf", file.read_bytes() + b"\n"))

    assert (known["verdict"], known["id"]) == ("trusted", issued)
    assert changed.code == 44


def test_the_same_file_without_the_vault_gets_the_lower_grade(world: World) -> None:
    file = exported(world, world.issued())

    done = run("--json", "verify", file, "--trust", world.root / "authority.der").expect()

    assert done.json["verdict"] == "trusted-unregistered"


def test_a_document_of_ours_cut_back_to_before_the_seal_is_not_the_registered_one(world: World) -> None:
    signed = world.signed()
    world.ok("an", "sign", signed, "--seal")
    world.ok("an", "issue", signed)
    whole = exported(world, signed).read_bytes()
    end = whole[: whole.rindex(b"%%EOF")].rindex(b"%%EOF") + len(b"%%EOF\n")

    done = world.run("an", "verify", world.write("earlier.pdf", whole[:end]))

    # In itself it holds: only the register knows that more was signed.
    assert done.json["verdict"] == "trusted-unregistered"
    assert done.code == 44
    assert "register" in done.error["message"]


def test_who_may_not_open_documents_may_not_verify_them_either(world: World) -> None:
    issued = world.issued()

    assert world.run("phuc", "verify", issued).code == 22


def test_a_document_that_is_not_there_or_not_signed_is_named(world: World) -> None:
    assert world.run("an", "verify", "D-2026-999999").code == 31
    assert world.run("an", "verify", world.draft()).code == 31


def report(root: Path, file: Path, trust: Path, lang: str = "en") -> tuple[Ran, str]:
    """Verify with a report, and return what its one page says."""
    page = root / "verdict.pdf"
    words = ("--lang", lang, "--now", NOW.isoformat(), "verify", file, "--trust", trust, "--report", page)
    done = run(*words)
    with pdfplumber.open(page) as pdf:
        assert len(pdf.pages) == 1
        return done, pdf.pages[0].extract_text()


def test_the_verdict_is_written_as_one_page(root: Path, trust: Path) -> None:
    done, text = report(root, put(root, office().sealed()), trust)

    assert done.expect().out.count("verdict.pdf") == 1
    assert "VERDICT ON THE SIGNATURES OF A FILE" in text
    assert "A file from outside gets this lower grade at best." in text
    assert "nobody can know whether a later signature was cut off" in text
    assert "Chứng thư MẪU" in text, "whose root was trusted"
    assert str(Digest.of((root / "van-ban.pdf").read_bytes())) in text


def test_a_page_on_an_altered_file_says_so_and_the_code_stays(root: Path, trust: Path) -> None:
    file = put(root, attack.updated(office().sealed(), attack.replace_page_content))

    done, text = report(root, file, trust, lang="vi")

    assert done.code == 44
    assert "đã bị sửa" in text


def test_a_page_never_fails_for_a_name_in_a_strange_script(root: Path) -> None:
    stranger = authority("签名 機関")
    key = signing_key(stranger, Wish(common_name="签名 機 abc"))
    pem = root / "stranger.pem"
    pem.write_bytes(stranger.certificate.public_bytes(PEM))

    done, text = report(root, put(root, attack.stock_signed(document(), "Ky1", key)), pem)

    assert done.code == 0
    assert "?? ? abc" in text


def test_a_report_in_another_format_or_place_is_refused_by_name(root: Path, trust: Path) -> None:
    file = put(root, office().sealed())

    for name, code in (("verdict.docx", 32), ("missing/verdict.pdf", 40)):
        done = run("--json", "verify", file, "--trust", trust, "--report", root / name)
        assert done.code == code


def test_a_report_on_a_document_of_the_vault_names_it_and_says_training(world: World) -> None:
    page = world.root / "verdict.pdf"
    issued = world.issued()

    world.ok("an", "verify", issued, "--report", page)

    with pdfplumber.open(page) as pdf:
        text = pdf.pages[0].extract_text()
    assert issued in text
    assert "TRAINING" in text
    assert "trusted: everything holds" in text
