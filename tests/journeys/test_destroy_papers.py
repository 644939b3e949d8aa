"""The papers of a dossier: filled in, signed in ink, and never saying what a document is about."""

import dataclasses
import re
from pathlib import Path

import pypdf
import pytest

from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.destruction import conditions
from securedoc.errors import DocumentBusy, DocumentIncomplete, PolicyMalformed
from securedoc.office.office import Office
from securedoc.policy import forms, packs
from securedoc.policy.vocabulary import CopiesOut
from tests.support.backup import BackupWorld
from tests.support.destroying import carry_out, decided, destroyed, proposed, word_text
from tests.support.office import World, found_world

SUBJECT = "Kết quả công tác quý IV"

pytestmark = pytest.mark.usefixtures("no_trim")


@pytest.fixture
def world(root: Path) -> World:
    return found_world(root)


def text(path: Path) -> str:
    return " ".join(page.extract_text() for page in pypdf.PdfReader(path).pages)


def test_the_six_papers_are_filled_in_as_pdf_and_docx(world: World) -> None:
    document, out = world.issued(), world.root / "ho-so"
    request = destroyed(world, document)

    written = world.ok("an", "destroy", "papers", request, "--out", out)

    assert len(written["papers"]) == 12
    assert written["missing"] == []
    for path in sorted(out.glob("*.pdf")):
        pdf, word = text(path), word_text(path.with_suffix(".docx"))
        for said in (pdf, word):
            flat = re.sub(r"\s+", " ", said)
            assert request in flat, path
            assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in flat, path
            assert SUBJECT not in flat, path
    decision = word_text(out / "4-quyet-dinh-tieu-huy.docx")
    assert "12/QĐ-UBND" in decision
    assert "01/BC-UBND" in decision
    assert "Lê Văn Bình" in decision
    minutes = word_text(out / "5-bien-ban-tieu-huy.docx")
    assert all(name in minutes for name in ("Trần Thị An", "Phạm Thị Chi", "Lê Văn Bình", "Hồ Văn Phúc"))
    method = word_text(out / "6-giay-xac-nhan-phuong-phap.docx")
    assert "tìm 4 mảnh khóa: còn 0" in method
    assert "không bảo đảm xóa hết" in method, "it says what it cannot promise"
    assert world.run("an", "destroy", "papers", request, "--out", out).code == 32, "nothing is overwritten"


def test_a_paper_whose_step_is_not_done_is_not_written(world: World) -> None:
    document = world.issued()
    request = proposed(world, document)

    first = world.ok("an", "destroy", "papers", request, "--out", world.root / "first")

    assert [Path(one["file"]).name[0] for one in first["papers"]] == ["1", "1", "2", "2", "3", "3"]
    assert first["missing"] == ["Quyết định tiêu hủy", "Biên bản tiêu hủy", "Tài liệu khác có liên quan"]
    world.ok("binh", "request", "refuse", request, "--why", "còn cần")
    assert world.run("an", "destroy", "papers", request, "--out", world.root / "x").code == 12


def test_an_urgent_destruction_has_no_council_in_its_papers(world: World) -> None:
    document = world.issued()
    request = world.ok("an", "destroy", "at-once", document, "--reason", "Nguy cơ lộ (MẪU)")["request"]

    written = world.ok("an", "destroy", "papers", request, "--out", world.root / "out")

    assert sorted({Path(one["file"]).name[0] for one in written["papers"]}) == ["2", "5", "6"]


def test_a_top_secret_document_is_destroyed_and_its_subject_stands_nowhere(world: World) -> None:
    document = world.issued("tuyet-mat")
    request = destroyed(world, document)
    world.ok("an", "destroy", "papers", request, "--out", world.root / "out")

    everything = " ".join(word_text(path) for path in (world.root / "out").glob("*.docx"))
    shown = world.ok("an", "show", document)
    entries = str(world.ok("phuc", "ledger", "entries"))

    assert (shown["state"], shown["subject"]) == ("destroyed", None)
    assert "Tuyệt mật" in everything
    assert SUBJECT not in everything + entries
    assert world.run("an", "search", SUBJECT).json["hits"] == []


def printed(office: Office, document: DocumentId, *, ended: bool = True, incident: str | None = None) -> None:
    """Enter that two copies were printed, as printing does."""
    begun: JsonObject = {
        "print": "P-2026-000001",
        "printer": "in",
        "duplex": False,
        "pages": 1,
        "sheets": 1,
        "copies": [{"copy": 1}, {"copy": 2}],
        "service": {"socket": "/run/cups/cups.sock", "configuration": "/etc/cups"},
    }
    with office.write() as writing:
        writing.append(Act.PRINT_BEGUN, document, begun)
        for copy in (1, 2):
            said: JsonObject = {"print": "P-2026-000001", "copy": copy, "job": copy, "impressions": 1}
            writing.append(Act.COPY_SENT, document, said)
            writing.append(Act.COPY_PRINTED, document, {**said, "incident": incident})
        if ended:
            done: JsonObject = {"print": "P-2026-000001", "unprinted": [], "how": "done"}
            writing.append(Act.PRINT_ENDED, document, done)


def test_copies_on_paper_are_named_as_here_or_out(world: World) -> None:
    document = world.issued()
    with BackupWorld(world).opened("an") as office:
        printed(office, DocumentId(document))

    request = proposed(world, document, more=("--here", "01/BC-UBND:2"))
    item = world.ok("an", "destroy", "show", request)["documents"][0]
    world.ok("an", "destroy", "papers", request, "--out", world.root / "out")

    assert (item["here"], item["out"]) == (["2"], [{"copy": "1", "holder": ""}])
    listed = word_text(world.root / "out" / "2-danh-sach-de-nghi-tieu-huy.docx")
    assert "01/BC-UBND: 02" in listed
    assert "01/BC-UBND: 01" in listed


def test_where_policy_wants_every_copy_here_one_that_is_out_refuses(world: World) -> None:
    document = DocumentId(world.issued())
    with BackupWorld(world).opened("an") as office:
        printed(office, document)
        strict = _strict(office)

        with pytest.raises(DocumentIncomplete, match=r"copy 1 of .* is still out"):
            conditions.items(strict, [document], {document: ["2"]})

        assert conditions.items(strict, [document], {document: ["1", "2"]})[0].out == ()


@pytest.mark.parametrize(
    ("more", "refused"), [({"ended": False}, DocumentBusy), ({"incident": "jam"}, DocumentIncomplete)]
)
def test_a_document_whose_paper_is_not_accounted_for_is_not_destroyed(
    world: World, more: dict[str, object], refused: type[Exception]
) -> None:
    document = DocumentId(world.issued())
    with BackupWorld(world).opened("an") as office:
        printed(office, document, **more)  # type: ignore[arg-type]

        with pytest.raises(refused):
            conditions.require_ready(office, document)


def test_what_changed_after_the_decision_is_looked_at_again(world: World) -> None:
    document = DocumentId(world.issued())
    request = decided(world, document)
    with BackupWorld(world).opened("an") as office:
        printed(office, document, incident="jam")

    assert carry_out(world, request).code == 36
    assert world.ok("an", "show", document)["state"] == "registered"


def test_every_paper_that_a_pack_names_has_a_form(world: World) -> None:
    del world
    known = forms.destruction()

    for name in packs.available():
        pack = packs.pack(name)
        for title in pack.destruction.dossier:
            pack.document_type(known.paper(title).type)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{reason}", "{subject}"),
        ("{items-done}", "{everything}"),
        ("{device}", "{device"),
        ('stage = "ended"', 'stage = "never"'),
        ('source = "D: words of this program"', ""),
    ],
)
def test_a_form_that_asks_for_what_nobody_fills_in_is_refused(tmp_path: Path, old: str, new: str) -> None:
    place = tmp_path / "forms"
    place.mkdir()
    original = (packs.root() / "forms" / "tieu-huy.toml").read_text("utf-8")
    assert old in original
    (place / "tieu-huy.toml").write_text(original.replace(old, new), "utf-8")

    with pytest.raises(PolicyMalformed):
        forms.destruction(tmp_path)


def _strict(office: Office) -> Office:
    rules = dataclasses.replace(office.policy.destruction, copies_out=CopiesOut.REFUSE)
    return dataclasses.replace(office, policy=dataclasses.replace(office.policy, destruction=rules))
