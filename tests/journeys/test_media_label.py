"""The label that is glued onto a stick's case."""

from pathlib import Path

import pytest

from tests.support.backup import BackupWorld, copy_of, make_world
from tests.support.system import call


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> BackupWorld:
    made = make_world(tmp_path_factory.mktemp("label"))
    made.stick()
    return made


@pytest.fixture
def office(made: BackupWorld, root: Path) -> BackupWorld:
    return copy_of(made, root)


def text_of(pdf: Path) -> str:
    return " ".join(call("pdftotext", "-layout", str(pdf), "-").decode().split())


def size_mm(pdf: Path) -> tuple[int, int]:
    line = next(one for one in call("pdfinfo", str(pdf)).decode().splitlines() if one.startswith("Page size"))
    numbers = line.split(":")[1].split()
    return round(float(numbers[0]) / 72 * 25.4), round(float(numbers[2]) / 72 * 25.4)


def test_a_label_says_whose_the_stick_is_who_keeps_it_and_how_secret_it_is(
    office: BackupWorld, root: Path
) -> None:
    out = root / "label.pdf"
    medium = office.world.ok("em", "media", "list")["media"][0]["medium"]

    office.world.ok("em", "media", "label", "USB 1", "--out", out)
    office.world.ok("em", "media", "label", medium, "--out", root / "same.pdf")

    text = text_of(out)
    for word in ("UBND xã Mẫu", "USB 1", "Đỗ Thị Em", medium, "MẬT", "TRAINING"):
        assert word in text, word
    assert size_mm(out) == (90, 54)
    assert call("pdfinfo", str(out)).count(b"Pages:           1") == 1
    assert out.read_bytes() == (root / "same.pdf").read_bytes()


def test_the_highest_level_marks_the_stick(office: BackupWorld, root: Path) -> None:
    office.world.draft("toi-mat")

    office.world.ok("em", "media", "label", "USB 1", "--out", root / "label.pdf")

    assert "TỐI MẬT" in text_of(root / "label.pdf")


def test_a_discarded_draft_does_not_mark_it(office: BackupWorld, root: Path) -> None:
    document = office.world.draft("toi-mat")
    office.world.ok("dung", "draft", "discard", document, "--why", "x")

    office.world.ok("em", "media", "label", "USB 1", "--out", root / "label.pdf")

    assert "TỐI" not in text_of(root / "label.pdf")


def test_a_long_name_and_markup_stay_on_the_label_as_they_are(office: BackupWorld, root: Path) -> None:
    place = root / "u"
    place.mkdir()
    label = "#let*W_" + "W" * 57
    office.world.ok("em", "media", "register", place, "--label", label, "--keeper", "K" * 64)

    office.world.ok("em", "media", "label", label, "--out", root / "label.pdf")

    assert label in text_of(root / "label.pdf").replace(" ", "")
    assert b"Pages:           1" in call("pdfinfo", str(root / "label.pdf"))


def test_an_unknown_stick_and_an_occupied_name_are_refused(office: BackupWorld, root: Path) -> None:
    (root / "mine.pdf").write_bytes(b"mine")

    office.world.run("em", "media", "label", "USB 9", "--out", root / "x.pdf").expect(71)
    office.world.run("em", "media", "label", "USB 1", "--out", root / "mine.pdf").expect(72)
    office.world.run("em", "media", "label", "USB 1", "--out", root / "none" / "x.pdf").expect(70)

    assert (root / "mine.pdf").read_bytes() == b"mine"
    assert not (root / "x.pdf").exists()
