"""The sheet for the safe: made, recorded, checked, and followed by somebody without securedoc."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from securedoc.audit import rehearsal
from securedoc.audit.outcomes import Outcome
from securedoc.backup import kit, kitonstick, kitsheet, program
from securedoc.core.digests import Digest
from securedoc.core.entries import Act
from securedoc.core.findings import State
from securedoc.documents.engine import Drawing
from securedoc.keyring import words
from securedoc.system import files
from tests.faults.crash import PowerCut, power_cuts
from tests.support.backup import BackupWorld, copy_of, make_world
from tests.support.cli import run
from tests.support.system import call


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> BackupWorld:
    made = make_world(tmp_path_factory.mktemp("kit"))
    made.backup(made.stick())
    return made


@pytest.fixture
def office(made: BackupWorld, root: Path) -> BackupWorld:
    return copy_of(made, root)


def text_of(pdf: Path) -> str:
    return call("pdftotext", "-layout", str(pdf), "-").decode().replace("\u00a0", " ")


def kits(office: BackupWorld) -> list[dict[str, object]]:
    with office.opened() as opened:
        return [dict(entry.facts) for entry in opened.ledger.newest(Act.KIT_MADE)]


def test_the_sheet_says_what_a_stranger_needs_and_its_digest_is_an_entry(
    office: BackupWorld, root: Path
) -> None:
    out = root / "kit.pdf"
    done = office.world.ok("an", "kit", "emergency", "--out", out)
    text = text_of(out)
    flat = " ".join(text.split())
    with office.opened() as opened:
        facts = kit.gather(opened)

    assert done["digest"] == str(Digest.of(out.read_bytes()))
    assert words.parse(done["words"]) == Digest.of(out.read_bytes())
    assert kits(office)[0]["digest"] == done["digest"]
    for needed in (
        facts.card.vault,
        facts.card.office,
        "USB 1",
        "Đỗ Thị Em",
        facts.sticks[0].row.medium,
        f"securedoc {facts.program.version}",
        str(facts.program.digest),
        facts.authority.hex,
        "2 of 3 shares",
        str(facts.quorum.identifier),
        "cipher_page_size",
        "4096",
        office.place.ledger.read_bytes()[:16].hex(),
        "Trần Thị An",
        "SLIP-39",
        "sha256sum --check",
        "openssl cms -verify",
    ):
        assert needed in flat, needed


def test_every_paragraph_stands_in_vietnamese_and_in_english(office: BackupWorld, root: Path) -> None:
    out = root / "kit.pdf"
    office.world.ok("an", "kit", "emergency", "--out", out)
    flat = " ".join(text_of(out).split())

    for title in re.findall(r"\b\d+\. ([^/]{3,80}) / ([A-Z][a-z ]+)", flat):
        assert re.search(r"[ăâđêôơưạ-ỹ]", title[0], re.IGNORECASE), title
    assert "TỜ KHẨN CẤP" in flat
    assert "EMERGENCY KIT" in flat
    assert flat.count("There is no secret on this sheet") == 1
    assert "không có bí mật nào" in flat


def test_no_secret_is_on_the_sheet(office: BackupWorld, root: Path) -> None:
    out = root / "kit.pdf"
    office.world.ok("an", "kit", "emergency", "--out", out)
    flat = " ".join(text_of(out).split())
    raw = out.read_bytes()

    for share in sorted(office.world.shares.iterdir()):
        spoken = share.read_text().split()
        for at in range(len(spoken) - 3):
            assert " ".join(spoken[at : at + 4]) not in flat
    for passphrase in office.world.passphrases.iterdir():
        assert passphrase.read_bytes().strip() not in raw
    assert "Kết quả công tác" not in flat  # a subject


def test_the_sheet_is_pdf_a_and_the_same_facts_give_the_same_bytes(office: BackupWorld) -> None:
    with office.opened("an") as opened:
        facts = kit.gather(opened)

    one, other = (kitsheet.draw(facts, lambda text: text) for _ in range(2))

    assert one == other
    assert b"pdfaid" in one


def test_the_printed_lines_open_a_stick_without_securedoc(office: BackupWorld, root: Path) -> None:
    """Types the program off the printed sheet, and runs it where securedoc cannot be imported."""
    usb = office.world.root / "usb"
    out = root / "kit.pdf"
    office.world.ok("an", "kit", "emergency", "--out", out)
    typed = root / "rescue.py"
    typed.write_text(off_paper(text_of(out)))
    place = root / "in memory"
    snapshot = next(usb.glob("securedoc-*")) / "snapshot-0001"
    shares = [office.world.shares / f"share-{number}.txt" for number in (1, 3)]

    done = subprocess.run(
        [sys.executable, "-I", "-c", BARRED, typed, snapshot, place, *shares],
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr.decode()
    names = sorted(path.name for path in place.iterdir())
    assert names == [f"D-2026-{number:06d}-1-{kind}" for number in (1, 2) for kind in ("card", "draft")]
    with office.opened("an") as opened:
        for sealed in opened.ledger.objects():
            path = place / f"{sealed.document}-{sealed.version}-{sealed.kind}"
            assert path.read_bytes() == opened.unseal(sealed)
    assert re.fullmatch(r"PRAGMA key = \"x'[0-9a-f]{64}'\";.*\n", done.stdout.decode())


BARRED = """
import runpy, sys
class Bar:
    def find_spec(self, name, *_):
        if name.partition(".")[0] == "securedoc":
            raise AssertionError("this is to work without securedoc")
sys.meta_path.insert(0, Bar())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def off_paper(text: str) -> str:
    """Return the numbered lines of the program as they stand on the pages."""
    lines: dict[int, str] = {}
    begun = False
    for line in text.splitlines():
        match = re.fullmatch(r" {0,3}(\d{1,2})(?: {1,4}(.*))?", line)
        if match is None:
            continue
        if match[2] is not None and match[2].startswith("# Opens a securedoc snapshot"):
            begun = True
            lines.clear()
        if begun and int(match[1]) == len(lines) + 1:
            lines[int(match[1])] = match[2] or ""
    wanted = kitsheet.rescue().splitlines()
    # Typed by hand the indentation is the reader's; here it is the page's, measured against the first line.
    assert [line.split() for line in list(lines.values())[: len(wanted)]] == [line.split() for line in wanted]
    return "\n".join(wanted) + "\n"


def test_a_destroyed_documents_object_is_passed_over(office: BackupWorld, root: Path) -> None:
    with office.opened() as opened:
        opened.ledger._store.run("DELETE FROM document_keys WHERE document = 'D-2026-000001'")
    usb = office.stick("usb2", "USB 2")
    office.backup(usb)
    script = root / "rescue.py"
    script.write_text(kitsheet.rescue())
    shares = [office.world.shares / f"share-{number}.txt" for number in (2, 3)]

    subprocess.run(
        [sys.executable, "-I", script, next(usb.glob("securedoc-*")) / "snapshot-0001", root / "o", *shares],
        check=True,
        capture_output=True,
    )

    assert {path.name[:13] for path in (root / "o").iterdir()} == {"D-2026-000002"}


def test_the_digest_of_the_program_is_what_stock_tools_give() -> None:
    directory = Path(program.__file__).parents[1]
    shell = "".join(program.DIGEST_COMMAND)

    found = subprocess.run(["bash", "-c", shell], cwd=directory, capture_output=True, check=True).stdout

    assert found.split()[0].decode() == program.running().digest.hex


def test_what_the_program_needs_is_what_the_lock_file_names() -> None:
    locked = {
        line.split()[0]
        for line in (Path(__file__).parents[2] / "scripts/lock/runtime.txt").read_text().splitlines()
        if "==" in line
    }

    assert set(program.running().dependencies) <= locked
    assert len(program.running().dependencies) > 25


def test_a_sheet_is_known_again_and_an_older_or_foreign_one_is_refused(
    office: BackupWorld, root: Path
) -> None:
    first, second = root / "1.pdf", root / "2.pdf"
    office.world.ok("an", "kit", "emergency", "--out", first)
    assert office.world.ok("phuc", "kit", "check", first)["kit"] == 1
    office.world.ok("chi", "kit", "emergency", "--out", second)

    assert office.world.ok("phuc", "kit", "check", second)["kit"] == 2
    assert "number 1" in office.world.run("phuc", "kit", "check", first).expect(75).error["message"]
    data = bytearray(second.read_bytes())
    data[-10] ^= 1
    second.write_bytes(data)
    office.world.run("phuc", "kit", "check", second).expect(74)
    office.world.run("phuc", "kit", "check", root / "none.pdf").expect(73)


def test_a_sheet_that_names_another_vault_is_no_kit_of_this_one(office: BackupWorld, root: Path) -> None:
    other = make_world(_directory(root / "other"))
    theirs = root / "theirs.pdf"
    other.world.ok("an", "kit", "emergency", "--out", theirs)

    said = office.world.run("an", "kit", "check", theirs).expect(74)

    assert "no emergency kit of this vault" in said.error["message"]


def test_the_number_of_the_sheet_goes_on_record_with_the_rehearsal(office: BackupWorld, root: Path) -> None:
    office.world.ok("an", "kit", "emergency", "--out", root / "kit.pdf")
    shares = [word for one in (1, 2) for word in ("--share", office.world.shares / f"share-{one}.txt")]

    vault = ("--vault", office.world.vault, "--json")
    run(*vault, "backup", "drill", office.world.root / "usb", *shares, "--kit", "1").expect()

    with office.opened() as opened:
        last = opened.ledger.last(Act.BACKUP_DRILLED)
    assert last is not None
    assert (last.facts["kit"], last.facts["opened_by"]) == (1, "shares")


@pytest.mark.parametrize("who", ["em", "phuc", "dung"])
def test_who_may_not_make_a_kit(office: BackupWorld, root: Path, who: str) -> None:
    office.world.run(who, "kit", "emergency", "--out", root / "kit.pdf").expect(12)

    assert not (root / "kit.pdf").exists()


def test_no_file_is_written_over(office: BackupWorld, root: Path) -> None:
    out = root / "kit.pdf"
    out.write_bytes(b"mine")
    link = root / "link.pdf"
    link.symlink_to(root / "nowhere.pdf")

    office.world.run("an", "kit", "emergency", "--out", out).expect(72)
    office.world.run("an", "kit", "emergency", "--out", link).expect(72)

    assert out.read_bytes() == b"mine"
    assert kits(office) == []


def test_names_with_every_kind_of_markup_are_printed_as_they_are(office: BackupWorld, root: Path) -> None:
    label = '#a$b*_`\\<e>@"'
    place = _directory(root / "u")
    office.world.ok("em", "media", "register", place, "--label", label, "--keeper", "%s{0}//[x]")

    office.world.ok("an", "kit", "emergency", "--out", root / "kit.pdf")

    text = text_of(root / "kit.pdf")
    assert label in text
    assert "%s{0}//[x]" in text


def test_a_name_in_no_font_is_refused_by_its_letter(office: BackupWorld, root: Path) -> None:
    office.world.ok("em", "media", "register", _directory(root / "u"), "--label", "𓀀", "--keeper", "K")

    office.world.run("an", "kit", "emergency", "--out", root / "kit.pdf").expect(32)

    assert kits(office) == []
    assert not (root / "kit.pdf").exists()


def test_an_office_without_sticks_still_gets_a_sheet_that_says_so(
    made: BackupWorld, root: Path, tmp_path: Path
) -> None:
    place = tmp_path / "bare"
    place.mkdir()
    bare = make_world(place)

    bare.world.ok("an", "kit", "emergency", "--out", root / "kit.pdf")

    assert "No stick is registered yet" in " ".join(text_of(root / "kit.pdf").split())
    assert made.world.root != place


def test_a_power_cut_never_leaves_an_entry_without_its_sheet(
    office: BackupWorld, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = root / "kit.pdf"
    monkeypatch.setattr(Drawing, "pdf", lambda _: b"%PDF drawn once\n")

    def make() -> None:
        with office.opened("an") as opened:
            kit.make(opened, out, lambda facts: f"sheet {facts.number}".encode())

    cuts = 0
    for _ in power_cuts(monkeypatch, make):
        cuts += 1
        recorded = kits(office)
        if recorded:
            assert str(Digest.of(out.read_bytes())) == recorded[0]["digest"]
        out.unlink(missing_ok=True)
    assert cuts >= 2
    assert kits(office)[0]["digest"] == str(Digest.of(out.read_bytes()))


def test_a_sheet_that_could_not_be_recorded_is_taken_back(
    office: BackupWorld, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = root / "kit.pdf"
    with office.opened("an") as opened:

        def broken() -> None:
            raise PowerCut

        monkeypatch.setattr(type(opened), "write", lambda _: broken())
        with pytest.raises(PowerCut):
            kit.make(opened, out, lambda _: b"sheet")
    monkeypatch.undo()

    assert not out.exists()
    assert kits(office) == []
    assert not files.leftovers(root)


def _directory(path: Path) -> Path:
    path.mkdir()
    return path


def test_who_has_a_sheet_and_a_stick_and_no_vault_can_compare_them(office: BackupWorld, root: Path) -> None:
    usb = office.stick("other", "USB 2")
    first, second = root / "first.pdf", root / "second.pdf"
    office.backup(usb)
    without = run("--json", "kit", "check", root / "first.pdf", "--from", usb)
    office.world.ok("an", "kit", "emergency", "--out", first)
    none = run("--json", "kit", "check", first, "--from", usb)
    office.backup(usb)
    office.world.ok("an", "kit", "emergency", "--out", second)
    office.backup(usb)

    good = run("--json", "kit", "check", second, "--from", usb).expect().json
    old = run("--json", "kit", "check", first, "--from", usb)

    assert (without.code, none.code, old.code) == (73, 71, 74)
    assert (good["kit"], good["digest"]) == (2, str(Digest.of(second.read_bytes())))
    line = next(usb.glob("securedoc-*/snapshot-0003/data/kit.sha256")).read_text("ascii")
    assert line == f"{Digest.of(second.read_bytes()).hex}  kit-0002.pdf\n"


def test_a_digest_that_somebody_puts_on_the_stick_is_not_believed(office: BackupWorld, root: Path) -> None:
    usb = office.stick("third", "USB 3")
    office.world.ok("an", "kit", "emergency", "--out", root / "kit.pdf")
    office.backup(usb)
    forged = root / "forged.pdf"
    forged.write_bytes(b"%PDF-1.7 MAU")
    said = next(usb.glob("securedoc-*/snapshot-0001/data/kit.sha256"))
    said.write_text(f"{Digest.of(forged.read_bytes()).hex}  kit-0001.pdf\n", "ascii")

    assert run("--json", "kit", "check", forged, "--from", usb).expect(74).error["what"] == "untrusted"


@pytest.mark.parametrize(
    "data", [b"", b"x", b"0" * 64 + b"  kit-1.pdf\n", b"0" * 64 + b"  kit-0001.pdf", b"\xff" * 80]
)
def test_a_digest_of_a_kit_that_is_not_of_its_form_is_none(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        kitonstick.parse(data)


def test_the_audit_asks_for_a_rehearsal_with_the_last_kit(office: BackupWorld, root: Path) -> None:
    def outcome() -> Outcome:
        with office.opened("phuc") as opened:
            return rehearsal.rehearsed(opened)

    usb = office.stick("fourth", "USB 4")
    office.world.ok("an", "kit", "emergency", "--out", root / "kit.pdf")
    office.backup(usb)
    never = outcome()
    shares = [word for n in (1, 3) for word in ("--share", office.world.shares / f"share-{n}.txt")]
    vault = ("--vault", office.world.vault, "--json")
    run(*vault, "backup", "drill", usb, *shares).expect()
    without_sheet = outcome()
    run(*vault, "backup", "drill", usb, *shares, "--kit", "1").expect()
    good = outcome()

    assert never.finding.state is State.UNKNOWN
    assert "number 1" in str(without_sheet.error)
    assert good.finding.state is State.PASS
