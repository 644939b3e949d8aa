"""Remnants are found, told, entered, cleaned; what is not certain is asked about and never lost."""

import hashlib
import json
import os
import pty
import select
import sys
import time
from pathlib import Path

import pypdf
import pytest

from securedoc.cli import traces
from securedoc.system import sandbox
from tests.support.cli import ENGLISH, REPOSITORY, run
from tests.support.tracing import SUBJECT, TEXT, UNRELATED, TraceWorld, copied, docx, found_traces, odt

XBEL = (
    '<?xml version="1.0"?>\n<xbel version="1.0">\n'
    '  <bookmark href="file:///x/D-2026-000001.docx"><info/></bookmark>\n'
    '  <bookmark href="file:///x/anh.jpg"><info/></bookmark>\n</xbel>\n'
)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> TraceWorld:
    root = tmp_path_factory.mktemp("traces")
    root.chmod(0o700)
    return found_traces(root)


@pytest.fixture
def world(original: TraceWorld, root: Path) -> TraceWorld:
    return copied(original, root)


def picture_of(directory: Path) -> dict[str, str]:
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in directory.rglob("*")
        if path.is_file()
    }


def leave_some(world: TraceWorld) -> None:
    world.leave("Documents/soan lai.odt", odt())
    world.leave("Downloads/x.docx", docx())
    world.leave(".local/share/recently-used.xbel", XBEL)
    world.leave("work/.~lock.D-2026-000001.docx#", ",an,host,now,file:///;")
    world.leave(".bash_history", "ls\nless D-2026-000001.txt\ncd /\n")
    world.leave("Documents/D-2026-000001.txt", "a person's own notes on it")
    world.leave("Documents/thu.txt", UNRELATED)


def test_a_scan_says_of_each_remnant_what_it_is_and_changes_nothing(world: TraceWorld) -> None:
    leave_some(world)
    before = picture_of(world.home)

    ran = world.run("scan")
    told = ran.json

    assert ran.code == 66
    assert ran.error["message"].startswith("2 files outside the vault hold words")
    by_path = {Path(one["path"]).name: one for one in told["findings"]}
    assert {
        name: (one["what"], one["recognised"], one["certainty"], one["clean"])
        for name, one in by_path.items()
    } == {
        "soan lai.odt": ("ordinary-file", "content", "certain", "shred"),
        "x.docx": ("ordinary-file", "digest", "certain", "shred"),
        "recently-used.xbel": ("recent-files", "identifier", "certain", "rewrite"),
        ".~lock.D-2026-000001.docx#": ("editor-lock", "identifier", "certain", "shred"),
        ".bash_history": ("shell-history", "identifier", "certain", "rewrite"),
        "D-2026-000001.txt": ("ordinary-file", "identifier", "likely", "shred"),
    }
    assert {one["document"] for one in told["findings"]} == {world.document}
    assert told["compared"] == "all"
    assert picture_of(world.home) == before


def test_a_scan_is_entered_with_counts_and_no_name(world: TraceWorld) -> None:
    leave_some(world)

    told = world.scan("--report", world.office.root / "report.json")
    entry = world.office.ok("phuc", "ledger", "entries", "--since", str(told["entry"]))["entries"][0]

    report = (world.office.root / "report.json").read_bytes()
    assert entry["act"] == "traces.scanned"
    assert entry["facts"]["found"] == told["found"]
    assert entry["facts"]["plaintext"] == 2
    assert entry["facts"]["report"] == told["report_digest"]
    assert told["report_digest"] == "sha256:" + hashlib.sha256(report).hexdigest()
    assert "soan lai" not in json.dumps(entry)
    assert json.loads(report)["findings"] == told["findings"]
    assert world.office.ok("phuc", "ledger", "verify")["holds"] is True


def test_a_clean_home_is_told_with_what_was_not_looked_into(world: TraceWorld) -> None:
    world.leave("thu.txt", UNRELATED)
    world.leave("anh.png", b"\x89PNG\r\n\x1a\n" + bytes(50))
    world.leave("tai.pdf", b"%PDF-1.7 none of ours")

    ran = world.run("scan").expect(0)

    assert ran.json["findings"] == []
    assert ran.json["unlooked"] == {"own-format": 1, "pdf": 1}
    assert ran.json["looked"] == 3


def test_cleaning_removes_what_is_certain_and_leaves_lists_and_the_rest(world: TraceWorld) -> None:
    leave_some(world)

    told = world.run("clean").expect(0).json
    after = world.run("scan").expect(0).json

    names = {path.name for path in world.home.rglob("*") if path.is_file()}
    assert names == {"recently-used.xbel", ".bash_history", "D-2026-000001.txt", "thu.txt"}
    assert "anh.jpg" in (world.home / ".local/share/recently-used.xbel").read_text()
    assert (world.home / ".bash_history").read_text() == "ls\ncd /\n"
    assert len(told["removed"]) == 5
    assert [Path(one["path"]).name for one in told["left"]] == ["D-2026-000001.txt"]
    assert [one["certainty"] for one in after["findings"]] == ["likely"]
    entry = world.office.ok("phuc", "ledger", "entries", "--since", str(told["entry"]))["entries"][0]
    assert entry["act"] == "traces.cleaned"
    assert (entry["facts"]["removed"], entry["facts"]["left"], entry["facts"]["residue"]) == (5, 1, 0)


def test_a_dry_run_says_what_would_be_done_and_does_nothing(world: TraceWorld) -> None:
    leave_some(world)
    before = picture_of(world.home)
    size = len(world.office.ok("phuc", "ledger", "entries")["entries"])

    plan = world.run("clean", "--dry-run").expect(0).json["plan"]

    assert (len(plan["shred"]), len(plan["rewrite"]), len(plan["ask"])) == (3, 2, 1)
    assert picture_of(world.home) == before
    assert len(world.office.ok("phuc", "ledger", "entries")["entries"]) == size


def test_a_path_named_explicitly_is_cleaned_without_a_question(world: TraceWorld) -> None:
    mine = world.leave("D-2026-000001.txt", "notes")
    other = world.leave("D-2026-000001-b.txt", "notes")

    world.run("clean", "--yes-path", mine).expect(0)
    refused = world.run("clean", "--yes-path", world.home / "thu.txt")

    assert not mine.exists()
    assert other.exists()
    assert refused.code == 62


def on_a_terminal(world: TraceWorld, answers: list[bytes]) -> str:
    """Run `traces clean` in a terminal of its own and answer each question."""
    code = (
        "import sys, pathlib\nfrom securedoc.cli import traces\n"
        f"traces.ROOT = pathlib.Path({str(world.machine)!r})\n"
        "from securedoc.__main__ import main\nmain()\n"
    )
    words = [str(word) for word in world.office.words("an", "traces", "clean", "--home", world.home)]
    words.remove("--json")
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(REPOSITORY)
        os.execve(  # noqa: S606
            sys.executable, [sys.executable, "-c", code, *words], {**os.environ, **ENGLISH}
        )
    said, deadline = b"", time.monotonic() + 60
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            more = os.read(terminal, 65536)
        except OSError:
            break
        if not more:
            break
        said += more
        if said.count(b"y/N: ") > 2 - len(answers) and answers:
            time.sleep(0.2)
            os.write(terminal, answers.pop(0) + b"\n")
    os.waitpid(child, 0)
    os.close(terminal)
    return said.decode("utf-8", "replace")


@pytest.mark.pty
def test_on_a_terminal_each_uncertain_remnant_is_asked_about(world: TraceWorld) -> None:
    one = world.leave("D-2026-000001-a.txt", "notes")
    two = world.leave("D-2026-000001-b.txt", "notes")

    said = on_a_terminal(world, [b"n", b"y"])

    assert said.count("Remove it? y/N") == 2, said
    assert one.exists()
    assert not two.exists()


@pytest.mark.parametrize("who", ["phuc", "chi"])
def test_an_officer_without_the_documents_key_scans_by_names_and_is_told(world: TraceWorld, who: str) -> None:
    leave_some(world)

    ran = world.run("scan", who=who).expect(0)

    assert "you hold no key to documents" in ran.err
    assert ran.json["compared"] == "none"
    assert {one["recognised"] for one in ran.json["findings"]} == {"identifier"}
    assert ran.json["unlooked"]["keyless"] >= 3


def test_a_drafter_compares_own_drafts_only_and_is_told(world: TraceWorld) -> None:
    world.draft(UNRELATED, subject="Việc khác của văn thư (MẪU)", who="an")
    world.leave("mine.txt", TEXT)
    world.leave("theirs.txt", UNRELATED)

    ran = world.run("scan", who="dung")

    assert "only your own drafts" in ran.err
    assert ran.json["compared"] == "own"
    assert [Path(one["path"]).name for one in ran.json["findings"]] == ["mine.txt"]
    assert not (world.office.vault / "fingerprints").exists()


def test_who_may_not_is_refused(world: TraceWorld) -> None:
    assert world.run("scan", who="em").code == 12
    assert world.run("clean", who="phuc").code == 12


def test_without_a_vault_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    ran = run("--as", "an", "traces", "scan", "--home", tmp_path)

    assert ran.code == 51
    assert "no vault was named" in ran.err


def test_only_files_changed_since_are_looked_at(world: TraceWorld) -> None:
    world.leave("now.txt", TEXT)

    assert set(world.found("--since", "1h")) == {"now.txt"}
    later = world.scan("--since", "2999-01-01")
    assert later["findings"] == []
    assert later["unlooked"] == {"older": 1}
    assert later["since"].startswith("2999-01-01")
    assert "while it was set back" in world.run("scan", "--since", "1h").err


def test_what_appeared_in_the_trash_during_a_session_is_possible(
    world: TraceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "probe", lambda: sandbox._broken("switched off"))
    before = world.leave(".local/share/Trash/files/before.png", b"\x89PNG\r\n\x1a\n")
    os.utime(before, (0, 0))
    trash = world.home / ".local/share/Trash/files/shot.png"
    editor = world.office.write("edit.sh", f"#!/bin/sh\nprintf x > {trash}\n".encode())
    editor.chmod(0o700)
    time.sleep(5.2)  # so that what was there before is outside the margin of the session

    world.office.ok("dung", "draft", "edit", world.document, "--editor", str(editor))
    found = world.found()

    (one,) = found.values()
    assert Path(one["path"]).name == "shot.png"
    assert (one["recognised"], one["certainty"], one["document"]) == ("time", "possible", world.document)


def test_an_exported_pdf_is_found_byte_for_byte_also_by_the_auditor(world: TraceWorld) -> None:
    document = world.office.issued()
    world.office.ok(
        *("an", "export", document, "--out", world.home / "out"),
        *("--second", "binh", "--second-passphrase-file", world.office.passphrase_file("binh")),
    )
    (world.home / "out" / f"{document}.pdf").rename(world.home / "x.bin")

    for who in ("an", "phuc"):
        (one,) = world.found(who=who).values()
        assert (one["recognised"], one["document"]) == ("digest", document)


def test_the_words_of_a_pdf_that_was_saved_again_are_found(world: TraceWorld) -> None:
    world.office.ok("an", "finalize", world.document, "--signer", "binh")
    world.office.ok("binh", "sign", world.document)
    world.office.ok(
        *("an", "export", world.document, "--out", world.office.root),
        *("--second", "binh", "--second-passphrase-file", world.office.passphrase_file("binh")),
    )
    again = pypdf.PdfWriter(clone_from=world.office.root / f"{world.document}.pdf")
    again.add_metadata({"/Title": "x"})
    (world.home / "Downloads").mkdir()
    again.write(world.home / "Downloads" / "in lai.pdf")

    (one,) = world.found().values()

    assert (one["recognised"], one["document"]) == ("content", world.document)


def test_fingerprints_are_kept_and_added_to(world: TraceWorld) -> None:
    world.leave("a.txt", TEXT)
    world.scan()
    kept = (world.office.vault / "fingerprints").read_bytes()
    world.scan()
    same = (world.office.vault / "fingerprints").read_bytes()
    world.draft(UNRELATED, subject="Việc khác của xã (MẪU)")
    world.leave("b.txt", UNRELATED)

    found = world.found()

    assert same == kept
    assert set(found) == {"a.txt", "b.txt"}
    assert (world.office.vault / "fingerprints").read_bytes() != kept


def test_a_file_called_like_a_subject_is_likely(world: TraceWorld) -> None:
    world.leave("Kiem tra viec bao ve bi mat nha nuoc mau ban 2.docx", docx("Không có gì (MẪU)."))

    (one,) = world.found().values()

    assert (one["recognised"], one["certainty"]) == ("subject", "likely")
    assert SUBJECT not in json.dumps(one, ensure_ascii=False)


def test_the_subject_of_the_highest_level_stands_in_no_report(world: TraceWorld) -> None:
    world.draft(UNRELATED, level="tuyet-mat", subject="Phương án tác chiến đặc biệt số chín (MẪU)", who="an")
    world.leave("Phuong an tac chien dac biet so chin mau.txt", "x")
    world.leave("Phuong an tac chien nhap.txt", UNRELATED)

    ran = world.run("scan", "--report", world.office.root / "report.json")

    draft = world.home / "Phuong an tac chien nhap.txt"
    os.link(draft, world.office.root / "second name")
    cleaned = world.run("clean", "--yes-path", draft)

    assert len(ran.json["findings"]) == 2
    assert len(cleaned.json["residue"]) == 1
    assert "tac chien" not in ran.out + ran.err + cleaned.out + cleaned.err
    assert "tac chien" not in (world.office.root / "report.json").read_text()


def test_the_audit_says_when_the_machine_was_last_scanned(world: TraceWorld) -> None:
    def finding() -> dict[str, str]:
        ran = world.office.run("phuc", "audit", "run", "--without", "host")
        (one,) = (one for one in ran.json["findings"] if one["check"] == "editing.scan")
        return dict(one)

    never = finding()
    world.leave("a.txt", TEXT)
    world.scan()
    left = finding()
    world.run("clean").expect(0)
    cleaned = finding()

    assert (never["state"], left["state"], cleaned["state"]) == ("unknown", "fail", "pass")
    assert "never scanned" in never["detail"]


def test_swap_and_logs_are_named_with_what_to_do_and_left(world: TraceWorld) -> None:
    (world.machine / "proc").mkdir()
    (world.machine / "proc/swaps").write_text(
        "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n"
    )
    journal = world.machine / "var/log/journal/0a/system.journal"
    journal.parent.mkdir(parents=True)
    journal.write_bytes(b"\0MESSAGE=opened /x/D-2026-000001.docx\0")
    before = journal.read_bytes()

    told = world.run("clean").expect(0).json

    left = {one["what"]: one for one in told["left"]}
    assert set(left) == {"swap", "system-log"}
    assert "switch swap off" in left["swap"]["cannot"]
    assert "journalctl" in left["system-log"]["cannot"]
    assert journal.read_bytes() == before


def test_people_are_told_in_vietnamese(world: TraceWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "ROOT", world.machine)
    leave_some(world)
    words = [*world.office.words("an", "traces", "clean", "--home", world.home, "--dry-run")]
    words.remove("--json")

    ran = run("--lang", "vi", *words).expect(0)

    assert "sẽ được hủy" in ran.out
    assert "will be" not in ran.out
    assert "D-2026-000001" in ran.out
