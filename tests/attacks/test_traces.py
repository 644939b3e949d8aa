"""Whoever plants, forges or floods gets nothing cleaned that is not ours, and nothing hidden that is."""

import base64
import gzip
import hashlib
import io
import json
import os
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from securedoc.app import App, SystemClock
from securedoc.cli import traces
from securedoc.cli.prompter import FilePrompter
from securedoc.core.documents import DocumentId
from securedoc.core.people import OfficerId, RoleKey
from securedoc.core.protocols import NoProgress
from securedoc.core.secret import Secret
from securedoc.crypto.derive import subkey
from securedoc.editing import journal
from securedoc.tracing import cache, scanning
from tests.support.cli import run
from tests.support.system import needs_root
from tests.support.tracing import SUBJECT, TEXT, UNRELATED, TraceWorld, copied, docx, found_traces, odt


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> TraceWorld:
    root = tmp_path_factory.mktemp("attacked")
    root.chmod(0o700)
    return found_traces(root)


@pytest.fixture
def world(original: TraceWorld, root: Path) -> TraceWorld:
    return copied(original, root)


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/b/c.docx", docx())
    return packed.getvalue()


DISGUISES: dict[str, Callable[[], bytes]] = {
    "ảnh gia đình.jpg": TEXT.encode,
    "wide.log": lambda: TEXT.encode("utf-16"),
    "nfd": lambda: unicodedata.normalize("NFD", TEXT).encode(),
    "UPPER.TXT": lambda: TEXT.upper().encode(),
    "a.odt": odt,
    "backup.zip": zipped,
    "syslog.2.gz": lambda: gzip.compress(TEXT.encode()),
    "x.pack": lambda: b"PACK" + bytes(16) + zlib.compress(TEXT.encode()),
    "thu.eml": lambda: b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(docx()),
    "page.json": lambda: json.dumps({"t": TEXT}).encode(),
    "core": lambda: os.urandom(5000) + b"\0" + TEXT.encode() + os.urandom(5000),
    ".hidden/deep/er/x": lambda: TEXT.replace(" ", "  \n").encode(),
}


def test_a_documents_text_is_found_in_a_dozen_disguises(world: TraceWorld) -> None:
    for name, made in DISGUISES.items():
        world.leave(name, made())
    for number in range(30):
        world.leave(f"other/{number}.txt", UNRELATED * (number + 1))

    found = world.found()

    assert set(found) == set(DISGUISES)
    assert {one["recognised"] for one in found.values()} == {"content"}
    assert {one["document"] for one in found.values()} == {world.document}


@pytest.mark.parametrize("place", ["dev/shm/securedoc-aside", "run/user/0/securedoc-0"])
def test_a_directory_that_is_named_like_a_workspace_hides_nothing(world: TraceWorld, place: str) -> None:
    hidden = world.machine / place / "0011223344556677/work/van-ban.txt"
    hidden.parent.mkdir(parents=True)
    hidden.write_text(TEXT)

    found = world.scan()["findings"]

    assert [(one["path"], one["document"]) for one in found] == [(str(hidden), world.document)]


def test_a_planted_link_to_somebody_elses_file_is_neither_followed_nor_cleaned(world: TraceWorld) -> None:
    theirs = world.office.root / "theirs"
    (theirs / "backup").mkdir(parents=True)
    (theirs / "list.xbel").write_text('<xbel><bookmark href="D-2026-000001.docx"></bookmark></xbel>')
    (theirs / "backup" / "D-2026-000001.docx_0.odt").write_bytes(odt())
    (world.home / ".local/share").mkdir(parents=True)
    (world.home / ".local/share/recently-used.xbel").symlink_to(theirs / "list.xbel")
    (world.home / ".config/libreoffice/4").mkdir(parents=True)
    (world.home / ".config/libreoffice/4/user").symlink_to(theirs)
    (world.home / "D-2026-000001.docx").symlink_to(theirs / "backup" / "D-2026-000001.docx_0.odt")
    before = {path: path.read_bytes() for path in theirs.rglob("*") if path.is_file()}

    told = world.run("clean").expect(0).json

    assert told["findings"] == []
    assert {path: path.read_bytes() for path in theirs.rglob("*") if path.is_file()} == before


def test_a_hard_link_under_a_name_of_ours_empties_nobodys_file(world: TraceWorld) -> None:
    theirs = world.office.root / "payroll"
    theirs.write_bytes(b"somebody else's")
    os.link(theirs, world.home / ".~lock.D-2026-000001.docx#")

    told = world.run("clean").expect(0).json

    assert theirs.read_bytes() == b"somebody else's"
    assert len(told["residue"]) == 1
    assert "another name" in told["residue"][0]["why"]


@needs_root
def test_another_users_file_in_a_home_is_left_to_that_user(world: TraceWorld) -> None:
    path = world.leave(".~lock.D-2026-000001.docx#", b"x")
    os.chown(path, 12345, 12345)

    told = world.run("clean").expect(0).json

    assert path.exists()
    assert "another user" in told["residue"][0]["why"]


def test_a_forged_cache_hides_nothing(world: TraceWorld) -> None:
    world.leave("a.txt", TEXT)
    world.scan()
    path = world.office.vault / "fingerprints"
    with Secret(b"attacker" * 4) as key:
        cache.keep(path, key, "0" * 32, [])

    ran = world.run("scan")

    assert [Path(one["path"]).name for one in ran.json["findings"]] == ["a.txt"]
    assert "did not open; it was made anew" in ran.err


def test_a_cache_emptied_by_an_officer_who_holds_the_key_is_noticed(world: TraceWorld) -> None:
    world.leave("a.txt", TEXT)
    world.scan()
    app = App(
        vault=world.office.vault,
        officer="an",
        clock=SystemClock(),
        prompter=FilePrompter(world.office.passphrase_file("an")),
        progress=NoProgress(),
        randomness=os.urandom,
    )
    with app.open() as office:
        role_key = office.session.role_key(RoleKey.DOCUMENTS)
        with subkey(role_key, f"fingerprints/cache\n{office.vault_id}") as key:
            kept = cache.load(office.place.fingerprints, key, office.vault_id)
            emptied = [
                cache.Record(one.digest, one.size_bytes, bytes(16), (0, 0), one.marked, one.samples[:0])
                for one in kept.values()
            ]
            cache.keep(office.place.fingerprints, key, office.vault_id, emptied)

    ran = world.run("scan")

    assert [Path(one["path"]).name for one in ran.json["findings"]] == ["a.txt"]
    assert "differs from the documents; it was made anew" in ran.err


def test_a_cache_of_an_older_day_put_back_hides_nothing_of_a_newer_document(world: TraceWorld) -> None:
    world.scan()
    path = world.office.vault / "fingerprints"
    older = path.read_bytes()
    world.draft(UNRELATED, subject="Việc khác của xã (MẪU)")
    world.scan()
    path.write_bytes(older)
    world.leave("b.txt", UNRELATED)

    assert set(world.found()) == {"b.txt"}


def test_what_is_kept_tells_nothing_to_whoever_lacks_the_documents_key(world: TraceWorld) -> None:
    world.leave("a.txt", TEXT)
    world.scan()

    kept = (world.office.vault / "fingerprints").read_bytes()
    for spelled in (TEXT, TEXT.casefold(), SUBJECT):
        for word in {word for word in spelled.split() if len(word) > 3}:
            assert word.encode() not in kept
            assert hashlib.blake2b(word.encode(), digest_size=8).digest() not in kept
    # Auditor, security officer and operator hold the ledger key alone; with it, no content is compared.
    assert all(one["recognised"] != "content" for one in world.found(who="phuc").values())


def test_a_name_that_would_move_the_cursor_is_shown_harmless(
    world: TraceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "ROOT", world.machine)
    world.leave("\x1b[2J\x1b]0;x\x07\u202egpj.D-2026-000001.txt", TEXT)
    words = [*world.office.words("an", "traces", "scan", "--home", world.home)]
    words.remove("--json")

    ran = run(*words)
    as_json = world.run("scan")

    assert ran.code == 66
    assert not {"\x1b", "\x07", "\u202e"} & set(ran.out + ran.err)
    assert "\x1b" not in as_json.out + as_json.err


def test_a_name_that_is_no_text_is_told_and_cleaned(world: TraceWorld) -> None:
    path = world.home / os.fsdecode(b"\xff\xfe.txt")
    path.write_bytes(TEXT.encode())

    told = world.run("clean").expect(0).json

    assert len(told["removed"]) == 1
    assert not path.exists()


def test_pipes_and_endless_files_stop_no_scan(world: TraceWorld) -> None:
    os.mkfifo(world.home / "D-2026-000001.docx")
    with (world.home / "huge.bin").open("wb") as stream:
        stream.truncate(40 * 1024**3)  # sparse
    (world.home / "zero").symlink_to("/dev/zero")
    world.leave("a.txt", TEXT)

    told = world.scan()

    assert [Path(one["path"]).name for one in told["findings"]] == ["a.txt"]
    assert told["unlooked"]["large"] == 1


def test_a_file_of_nothing_but_beginnings_of_samples_costs_little(world: TraceWorld) -> None:
    world.leave("mill.txt", "thế " * 2_000_000)
    began = time.process_time()

    told = world.scan()

    assert told["unlooked"]["large"] == 1
    assert time.process_time() - began < 15


def test_a_flood_of_findings_is_bounded_and_that_is_said(
    world: TraceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "MOST_REMNANTS", 50)
    for number in range(200):
        world.leave(f"{number:03d}/.~lock.D-2026-000001.docx#", "x")

    told = world.scan()

    assert len(told["findings"]) == 50
    assert told["unlooked"]["many"] == 1


def test_what_is_exchanged_between_looking_and_cleaning_is_left(
    world: TraceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = world.leave("a.txt", TEXT)
    real = scanning.scan

    def scan_then_exchange(*args: object) -> scanning.Scanned:
        scanned = real(*args)  # type: ignore[arg-type]
        path.unlink()
        path.write_bytes(b"the person's own letter, written meanwhile")
        return scanned

    monkeypatch.setattr(scanning, "scan", scan_then_exchange)

    ran = world.run("clean")

    assert path.read_bytes() == b"the person's own letter, written meanwhile"
    assert ran.code == 66


def test_a_persons_own_file_that_quotes_a_document_is_never_removed_unasked(world: TraceWorld) -> None:
    mine = world.leave("nhat ky.txt", UNRELATED * 3 + TEXT[: len(TEXT) // 2] + UNRELATED)

    told = world.run("clean")

    assert told.code == 66
    assert mine.exists()
    assert [one["certainty"] for one in told.json["left"]] == ["likely"]


def test_a_backup_of_a_persons_own_work_that_mentions_a_document_is_never_removed_unasked(
    world: TraceWorld,
) -> None:
    folder = ".config/libreoffice/4/user/backup"
    mentions = world.leave(f"{folder}/thu.odt", odt(UNRELATED + "\n\nXem D-2026-000001.\n"))
    quotes = world.leave(f"{folder}/nhat ky.odt", odt(UNRELATED * 2 + TEXT[: len(TEXT) // 2]))
    copy = world.leave(f"{folder}/khac.docx_0.odt", odt(TEXT[: len(TEXT) // 2]))

    told = world.run("clean")

    assert mentions.exists()
    assert quotes.exists()
    assert not copy.exists()
    assert {one["certainty"] for one in told.json["left"]} == {"likely"}


def test_the_vault_itself_and_a_running_workspace_are_no_traces(world: TraceWorld) -> None:
    session, user, place = "0011223344556677", os.geteuid(), world.office.vault / "journal"
    inside = world.machine / f"run/user/{user}/securedoc-{user}" / session
    inside.mkdir(parents=True)
    (inside / "D-2026-000001.docx").write_bytes(docx())
    document, officer = DocumentId(world.document), OfficerId("dung")
    record = journal.Record(session, document, 1, officer, "2026-11-24T08:00:00+07:00")

    with journal.held(place, document, officer):
        journal.keep(place, record)
        told = world.run("scan", "--home", world.office.root / "vault").expect(0)

    assert told.json["findings"] == []
