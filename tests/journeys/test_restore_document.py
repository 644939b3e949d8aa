"""One document out of a backup: by whom, from when, on record, and no way round clearance."""

import shutil
from pathlib import Path

import pytest

from securedoc.core.digests import Digest
from securedoc.system import files
from tests.support.backup import BackupWorld
from tests.support.cli import Ran, run
from tests.support.office import World, found_world


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    """An issued document and a draft, on a stick with two snapshots; the draft is in the second only."""
    world = found_world(tmp_path_factory.mktemp("partial"))
    usb = world.root / "usb"
    usb.mkdir()
    world.ok("em", "media", "register", usb, "--label", "USB 1", "--keeper", "Đỗ Thị Em")
    world.issued()
    world.ok("em", "backup", "run", "--to", usb, "--parity", "0")
    world.draft()
    world.ok("em", "backup", "run", "--to", usb, "--parity", "0")
    return world


@pytest.fixture
def out(root: Path) -> Path:
    return root / "out"


ISSUED, DRAFT = "D-2026-000001", "D-2026-000002"


def take(world: World, out: Path, *more: str | Path, who: str = "an", second: str | None = "binh") -> Ran:
    other = (
        ()
        if second is None
        else ("--second", second, "--second-passphrase-file", world.passphrase_file(second))
    )
    return world.run(who, "backup", "restore", world.root / "usb", "--into", out, *more, *other)


def shares(world: World) -> list[str | Path]:
    return [word for n in (1, 3) for word in ("--share", world.shares / f"share-{n}.txt")]


def test_a_document_comes_out_as_it_was_issued_and_the_ledger_says_so(made: World, out: Path) -> None:
    exported = made.ok(
        *("an", "export", ISSUED, "--out", out / "exported"),
        *("--second", "binh", "--second-passphrase-file", made.passphrase_file("binh")),
    )

    taken = take(made, out, "--document", ISSUED).expect().json

    assert Path(taken["file"]).read_bytes() == Path(exported["file"]).read_bytes()
    assert taken["digest"] == str(Digest.of(Path(taken["file"]).read_bytes()))
    assert (taken["snapshot"], taken["recorded"], taken["kind"]) == (2, True, "signed")
    assert Path(taken["file"]).stat().st_mode & 0o077 == 0
    entries = made.ok("phuc", "ledger", "entries", "--since", str(taken["entry"]))["entries"]
    assert entries[0]["act"] == "document.restored"
    assert "rights.entry" not in {one["check"] for one in made.run("phuc", "audit", "run").json["findings"]}


def test_it_is_found_by_its_number_and_in_an_older_snapshot(made: World, out: Path) -> None:
    number = made.ok("an", "show", ISSUED)["number"]

    older = take(made, out, "--document", str(number), "--snapshot", "1").expect().json
    missing = take(made, out, "--document", DRAFT, "--snapshot", "1")

    assert (older["id"], older["snapshot"]) == (ISSUED, 1)
    assert missing.code == 31
    assert sorted(path.name for path in out.iterdir()) == [f"{ISSUED}.pdf"]


def test_a_lost_draft_comes_back_as_docx(made: World, out: Path) -> None:
    taken = take(made, out, "--document", DRAFT).expect().json

    assert taken["kind"] == "draft"
    assert Path(taken["file"]).read_bytes().startswith(b"PK")


@pytest.mark.parametrize(("who", "code"), [("em", 12), ("phuc", 12), ("chi", 12), ("dung", 12)])
def test_who_may_not_export_may_not_restore_a_document_either(
    made: World, out: Path, who: str, code: int
) -> None:
    take(made, out, "--document", ISSUED, who=who).expect(code)

    assert not out.exists()


def test_one_person_alone_does_not_get_a_document_out(made: World, out: Path) -> None:
    alone = take(made, out, "--document", ISSUED, second=None)
    twice = take(made, out, "--document", ISSUED, second="an")
    wrong = take(made, out, "--document", ISSUED, second="dung")

    assert (alone.code, wrong.code) == (12, 12)
    assert twice.code != 0
    assert not out.exists()


def test_without_a_vault_the_shares_open_it_and_it_is_said_that_nothing_is_recorded(
    made: World, out: Path
) -> None:
    done = run(
        *("--json", "backup", "restore", made.root / "usb", "--document", ISSUED, "--into", out),
        *shares(made),
    ).expect()
    spoken = run(
        *("--lang", "vi", "backup", "restore", made.root / "usb", "--document", DRAFT, "--into", out),
        *shares(made),
    ).expect()

    assert (done.json["entry"], done.json["recorded"]) == (None, False)
    assert "KHÔNG ĐƯỢC GHI" in spoken.out
    assert len(list(out.iterdir())) == 2


def test_without_a_vault_two_officers_are_needed_all_the_same(made: World, out: Path) -> None:
    words = (
        *("--as", "an", "--passphrase-file", made.passphrase_file("an"), "--json"),
        *("backup", "restore", made.root / "usb", "--document", ISSUED, "--into", out),
    )

    run(*words).expect(12)
    both = run(*words, "--second", "binh", "--second-passphrase-file", made.passphrase_file("binh")).expect()

    assert both.json["recorded"] is False


def test_nothing_is_overwritten_and_nothing_entered_then(made: World, out: Path) -> None:
    out.mkdir()
    (out / f"{ISSUED}.pdf").write_bytes(b"something else")
    before = made.ok("phuc", "ledger", "checkpoint")["size"]

    take(made, out, "--document", ISSUED).expect(32)

    assert (out / f"{ISSUED}.pdf").read_bytes() == b"something else"
    assert made.ok("phuc", "ledger", "checkpoint")["size"] == before


def test_a_document_whose_key_was_destroyed_since_does_not_come_back_from_an_old_stick(
    made: World, root: Path, out: Path
) -> None:
    world = World(root / "copy")
    shutil.copytree(made.root, world.root)
    with BackupWorld(world).opened("an") as office:
        office.ledger._store._connection.execute("DELETE FROM document_keys WHERE document = ?", (ISSUED,))

    take(world, out, "--document", ISSUED).expect(31)

    assert not out.exists()


def test_a_damaged_pack_gives_no_document(made: World, root: Path, out: Path) -> None:
    world = World(root / "copy")
    shutil.copytree(made.root, world.root)
    for pack in (world.root / "usb").glob("*/objects-*/data/pack-*.tar"):
        data = bytearray(pack.read_bytes())
        for at in range(600, len(data), 512):
            data[at] ^= 1
        pack.write_bytes(data)

    done = run(
        *("--json", "backup", "restore", world.root / "usb", "--document", ISSUED, "--into", out),
        *shares(world),
    )

    assert done.code in (73, 74)
    assert not out.exists()


def test_no_plaintext_is_on_a_disk_before_the_entry(
    made: World, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[tuple[Path, bool]] = []
    real = files.write_new

    def watching(path: Path, data: bytes, **more: int) -> None:
        written.append((path, data.startswith(b"%PDF-")))
        real(path, data, **more)

    monkeypatch.setattr(files, "write_new", watching)

    take(made, out, "--document", ISSUED).expect()

    assert [path.parent for path, plain in written if plain] == [out]
