"""Numbered copies through a real print service, and what it says of printers that fail."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from securedoc.documents import pdfpages
from securedoc.printing import copyjob
from securedoc.system import printers, process
from tests.support.cups import Cups, cups, needs_cups
from tests.support.office import World, found_world
from tests.support.printing import SUBJECT, begin, fates, final, print_copies, until
from tests.support.system import call, needs_strace

pytestmark = needs_cups


@pytest.fixture(scope="module")
def service() -> Iterator[Cups]:
    with cups() as made:
        yield made


@pytest.fixture
def world(root: Path, service: Cups) -> Iterator[World]:
    yield found_world(root)
    for mode in ("stop", "jam", "empty", "slow"):
        service.call("cupsenable", mode)


def findings(world: World) -> dict[str, Any]:
    found = world.run("phuc", "audit", "run").json["findings"]
    return {one["check"]: one for one in found if one["check"].startswith("paper.")}


def text_of(path: Path) -> str:
    return call("pdftotext", "-layout", str(path), "-").decode()


def test_each_copy_is_a_job_of_its_own_with_its_number_on_every_page(world: World, service: Cups) -> None:
    document = final(world, copies=3, pages=2)

    done = print_copies(world, service, document, "good", "--copies", "3").expect().json

    name = done["print"]
    papers = service.papers(f"good-{name}-*.pdf")
    assert [path.name.split("-")[4] for path in papers] == ["01", "02", "03"]
    for number, path in enumerate(papers, 1):
        pages = text_of(path).split("\f")[:-1]
        assert len(pages) == done["pages"] == 2
        assert all(f"Bản số {number:02d}/03" in page for page in pages)
        assert SUBJECT in " ".join(pages[0].split())
    assert [(one["copy"], one["state"], one["impressions"]) for one in done["copies"]] == [
        (number, "printed", 2) for number in (1, 2, 3)
    ]
    assert done["sheets"] == {"each": 2, "expected": 6}
    assert fates(world, document) == [(number, "printed", None) for number in (1, 2, 3)]
    assert world.ok("phuc", "ledger", "verify")["holds"] is True
    assert {one["state"] for one in findings(world).values()} == {"pass"}


def test_what_leaves_for_the_printer_is_entered_before_and_after(world: World, service: Cups) -> None:
    document = final(world)
    print_copies(world, service, document, "good", "--copies", "2").expect()

    entries = world.ok("an", "ledger", "entries", "--document", document)["entries"]

    assert [entry["act"] for entry in entries][-6:] == [
        *("print.begun", "copy.sent", "copy.printed", "copy.sent", "copy.printed", "print.ended")
    ]
    begun = entries[-6]["facts"]
    assert (begun["approved"], begun["copies"], begun["pages"]) == (3, [{"copy": 1}, {"copy": 2}], 1)
    assert SUBJECT not in str(entries[-6:])


@pytest.mark.parametrize(("files", "history"), [("No", "No"), ("Yes", "Yes")])
def test_nothing_of_the_document_is_left_in_the_print_service(
    world: World, service: Cups, files: str, history: str
) -> None:
    """The document is searched for as it was printed; titles and subjects in every log and control file."""
    service.again(files=files, history=history)
    document = final(world)

    done = print_copies(world, service, document, "good").expect().json

    assert service.left() == []
    assert done["copies"][0]["spool"] == {
        "keeps_files": files == "Yes",
        "keeps_history": history == "Yes",
        "in_memory": False,
        "overwritten": 1,
        "remains": 0,
        "clean": True,
    }
    service.stop()  # writes what it kept in memory
    kept = service.everything()
    service.again()
    assert b"P-2026-" in kept or b"P-20" in kept
    number = world.ok("an", "show", document)["number"]
    for secret in (SUBJECT, "MẪU", number, document, "UBND tỉnh"):
        assert secret.encode() not in kept
    paper = service.papers()[-1].read_bytes()
    assert b"%PDF" not in kept
    assert paper[200:300] not in kept


@needs_strace
def test_the_plaintext_reaches_no_file_of_ours(world: World, service: Cups) -> None:
    document = final(world)
    trace = world.root / "trace"
    wrapper = ("strace", "-f", "-o", str(trace), "-e", "trace=open,openat,creat")

    words = ("print", document, "--copies", "1", "--printer", "good", *service.options)
    world.spawn_under(wrapper, "an", *words).expect()

    written = [line for line in trace.read_text().splitlines() if "O_CREAT" in line or "O_TMPFILE" in line]
    allowed = (str(world.vault), "/dev/null")
    # What the print service writes itself is not in this trace: lp hands everything over in its socket.
    assert [line for line in written if not any(place in line for place in allowed)] == []
    assert not [line for line in written if "objects" in line]


def test_never_more_copies_than_were_approved(world: World, service: Cups) -> None:
    document = final(world, copies=2)

    assert print_copies(world, service, document, "good", "--copies", "3").code == 32
    print_copies(world, service, document, "good", "--copies", "2").expect()
    refused = print_copies(world, service, document, "good")

    assert refused.code == 32
    assert len(service.papers(f"good-P-*-{2:02d}-*.pdf")) >= 1
    assert [copy for copy, _, _ in fates(world, document)] == [1, 2]


def test_who_may_not_print_prints_nothing(world: World, service: Cups) -> None:
    document = final(world)
    before = len(service.papers())
    words = ("print", document, "--copies", "1", "--printer", "good", *service.options)

    codes = [world.run(who, *words).code for who in ("dung", "binh", "em", "phuc", "chi")]

    assert codes == [12] * 5
    assert len(service.papers()) == before
    assert world.ok("an", "copies", document)["copies"] == []


def test_a_draft_and_what_came_from_others_is_not_printed(world: World, service: Cups) -> None:
    draft = world.draft()
    received = world.ok(
        "an",
        *("receive", "--from", "UBND tỉnh Mẫu", "--number", "7/CV", "--date", "2026-01-05"),
        *("--level", "mat", "--type", "cong-van", "--subject", "MẪU"),
    )["id"]

    assert print_copies(world, service, draft, "good").code == 32
    assert print_copies(world, service, received, "good").code == 32


@pytest.mark.parametrize(("printer", "code"), [("nowhere", 81), ("-d", 2), ("a b", 82), ("../x", 82)])
def test_a_printer_that_is_none_is_refused_before_anything_is_entered(
    world: World, service: Cups, printer: str, code: int
) -> None:
    document = final(world)

    refused = world.run("an", "print", document, "--copies", "1", f"--printer={printer}", *service.options)

    assert refused.code == (82 if printer == "-d" else code)
    assert fates(world, document) == []


def test_the_printers_other_count_is_an_open_incident_until_the_sheets_are_counted(
    world: World, service: Cups
) -> None:
    document = final(world)

    ended = print_copies(world, service, document, "more")

    assert ended.code == 36
    assert fates(world, document) == [(1, "printed", "count")]
    status = world.ok("an", "status")["incidents"]
    assert [(one["kind"], one["id"], one["copy"]) for one in status] == [("count", document, 1)]
    found = world.run("phuc", "audit", "run")
    assert findings(world)["paper.incident"]["state"] == "fail"
    assert found.code != 0
    done = world.ok("an", "print", "reconcile", document, "--copy", "1", "--counted", "1", "--spoiled", "0")
    assert done["difference"] == 0
    assert fates(world, document) == [(1, "printed", None)]
    assert findings(world)["paper.incident"]["state"] == "pass"
    assert world.ok("an", "status")["incidents"] == []


def test_a_printer_that_does_not_count_is_said_not_to(world: World, service: Cups) -> None:
    ended = print_copies(world, service, final(world), "silent").expect()

    assert ended.json["copies"][0]["impressions"] is None
    assert "count the sheets by hand" in ended.err


@pytest.mark.parametrize(
    ("mode", "why_and_sides"),
    [("abort", ("aborted", 1)), ("stop", ("late", 1)), ("jam", ("late", 1)), ("empty", ("late", None))],
)
def test_a_printer_that_fails_spoils_the_copy_and_prints_nothing_later(
    world: World,
    service: Cups,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    why_and_sides: tuple[str, int | None],
) -> None:
    _short(monkeypatch, 3)
    document = final(world)

    ended = print_copies(world, service, document, mode, "--copies", "2")

    assert ended.code == 36
    (copy,) = ended.json["copies"]
    assert (copy["state"], copy["incident"]) == ("spoiled", "uncounted")
    assert (copy["why"], copy["impressions"]) == why_and_sides
    assert ended.json["unprinted"] == [2]
    assert service.jobs() == []
    assert service.left() == []
    service.call("cupsenable", mode)
    time.sleep(1)
    assert service.papers(f"{mode}-{ended.json['print']}-*.pdf") == []
    assert fates(world, document) == [(1, "spoiled", "uncounted"), (2, "unprinted", None)]
    assert world.ok("phuc", "ledger", "verify")["holds"] is True


def test_a_jam_that_was_cleared_still_wants_a_count(world: World, service: Cups) -> None:
    document = final(world)

    ended = print_copies(world, service, document, "cleared")

    assert ended.code == 36
    assert "media-jam-error" in ended.err, ended.out
    assert fates(world, document) == [(1, "printed", "jam")]
    world.ok("an", "print", "reconcile", document, "--copy", "1", "--counted", "2", "--spoiled", "1")
    assert fates(world, document) == [(1, "printed", None)]
    assert world.ok("an", "copies", document)["waiting_sheets"] == 1


def test_a_spoiled_copy_is_printed_again_under_its_number_once_it_is_counted_and_destroyed(
    world: World, service: Cups
) -> None:
    document = final(world, copies=2, pages=2)
    print_copies(world, service, document, "abort")
    second = ("--second", "binh", "--second-passphrase-file", str(world.passphrase_file("binh")))

    assert world.ok("an", "copies", document)["free"] == [2]  # its sheets are not counted
    world.ok("an", "print", "reconcile", document, "--copy", "1", "--counted", "1", "--spoiled", "1")
    assert world.ok("an", "copies", document)["free"] == [2]  # they are not destroyed
    assert findings(world)["paper.spoiled"]["state"] == "fail"
    listed = world.ok("an", "paper", "list")
    assert (listed["sheets"], [row["copy"] for row in listed["paper"]]) == (1, [1])
    assert world.run("an", "paper", "destroyed").code == 12
    assert world.run("an", "paper", "destroyed", "--list", "sha256:" + "0" * 64, *second).code == 35
    done = world.ok("an", "paper", "destroyed", "--list", listed["digest"], *second)
    assert done["sheets"] == 1
    assert world.ok("an", "copies", document)["free"] == [1, 2]
    again = print_copies(world, service, document, "good").expect().json
    assert [one["copy"] for one in again["copies"]] == [1]
    assert fates(world, document) == [(1, "spoiled", None), (1, "printed", None)]
    assert {one["state"] for one in findings(world).values()} == {"pass"}
    assert world.run("an", "paper", "destroyed", *second).code == 31
    assert world.ok("phuc", "ledger", "verify")["holds"] is True


def test_a_copy_found_to_be_bad_is_spoiled_by_hand(world: World, service: Cups) -> None:
    document = final(world, pages=2)
    print_copies(world, service, document, "good", "--duplex").expect()

    done = world.ok("an", "copy", "spoil", document, "--copy", "1", "--why", "mờ chữ")

    assert done["waiting_sheets"] == 1  # two pages on one sheet
    assert fates(world, document) == [(1, "spoiled", None)]
    assert world.run("an", "copy", "spoil", document, "--copy", "1").code == 31
    assert world.run("an", "copy", "spoil", document, "--copy", "9").code == 31
    assert world.run("dung", "copy", "spoil", document, "--copy", "1").code == 12


def test_a_missing_sheet_stays_open_until_two_officers_close_it(world: World, service: Cups) -> None:
    document = final(world, pages=3)
    print_copies(world, service, document, "good").expect()
    second = ("--second", "binh", "--second-passphrase-file", str(world.passphrase_file("binh")))
    close = ("print", "close", document, "--copy", "1", "--counted", "2", "--why", "không tìm thấy")

    assert world.run("an", *close, *second).code == 32  # nothing is open
    short = world.run("an", "print", "reconcile", document, "--copy", "1", "--counted", "2", "--spoiled", "0")

    assert (short.code, short.json["difference"]) == (36, -1)
    assert fates(world, document) == [(1, "printed", "difference")]
    assert world.run("an", *close).code == 12
    world.ok("an", *close, *second)
    assert fates(world, document) == [(1, "spoiled", None)]
    assert world.ok("an", "paper", "list")["sheets"] == 2
    entry = world.ok("an", "ledger", "entries", "--document", document)["entries"][-1]
    assert (entry["act"], entry["second"], entry["facts"]["missing"]) == ("incident.closed", "binh", 1)
    assert world.ok("phuc", "ledger", "verify")["holds"] is True


def test_who_counts_alone_gets_no_second_printing_of_a_copy_that_the_printer_printed(
    world: World, service: Cups
) -> None:
    document = final(world, copies=2, pages=2)
    print_copies(world, service, document, "good").expect()
    count = ("print", "reconcile", document, "--copy", "1")

    for words in (("--counted", "0", "--spoiled", "0"), ("--counted", "1", "--spoiled", "1")):
        assert world.run("an", *count, *words).code == 36
        assert fates(world, document) == [(1, "printed", "difference")]
        assert world.ok("an", "copies", document)["free"] == [2]

    assert findings(world)["paper.incident"]["state"] == "fail"
    world.ok("an", *count, "--counted", "2", "--spoiled", "2")
    assert fates(world, document) == [(1, "spoiled", None)]
    assert world.ok("an", "paper", "list")["sheets"] == 2


def test_a_whole_print_is_counted_in_one_pile(world: World, service: Cups) -> None:
    document = final(world, copies=3, pages=2)
    name = print_copies(world, service, document, "good", "--copies", "3").expect().json["print"]

    assert world.run("an", "print", "reconcile", name, "--counted", "7", "--spoiled", "2").code == 36
    assert {fate for _, _, fate in fates(world, document)} == {"difference"}
    assert world.run("an", "print", "reconcile", name, "--counted", "1", "--spoiled", "2").code == 32
    world.ok("an", "print", "reconcile", name, "--counted", "7", "--spoiled", "1")
    assert fates(world, document) == [(number, "printed", None) for number in (1, 2, 3)]
    assert world.ok("an", "paper", "list")["paper"][0]["copy"] is None
    assert world.run("an", "print", "reconcile", "P-2020-000001", "--spoiled", "0").code == 51


def test_a_print_service_that_is_not_there_prints_nothing(world: World, service: Cups) -> None:
    document = final(world)
    service.stop()

    refused = print_copies(world, service, document, "good")

    service.again()
    assert refused.code == 81
    assert fates(world, document) == []


def _short(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    """Shorten the time that a job may take: a quarter of an hour is too long for a test."""
    made = copyjob.CopyJob.__init__

    def init(self: copyjob.CopyJob, *words: Any) -> None:
        made(self, *words)
        self._limit_s = seconds

    monkeypatch.setattr(copyjob.CopyJob, "__init__", init)


# ---------------------------------------------------------------- killed, cut off, deleted


def test_after_kill_9_while_it_prints_the_job_is_cancelled_and_the_copy_is_never_printed_twice(
    world: World, service: Cups
) -> None:
    (service.out / "slow").write_text("8")
    document = final(world, copies=2)
    before = set(service.papers("slow-*.begun"))
    running = begin(world, service, document, "slow", 2)
    until(lambda: set(service.papers("slow-*.begun")) - before)

    running.kill()
    running.communicate()
    refused = world.run("an", "status").json

    assert (
        refused["prints_cut_off"]
        == [row["print"] for row in world.ok("an", "copies", document)["copies"]][:1]
    )
    done = world.ok("an", "recover")["prints"]
    (service.out / "slow").write_text("1")
    assert [(one["unknown"], one["unprinted"], one["cancelled"]) for one in done] == [([1], [2], 1)]
    assert service.jobs() == []
    assert service.left() == []
    assert fates(world, document) == [(1, "unknown", "unknown"), (2, "unprinted", None)]
    assert world.ok("an", "copies", document)["free"] == [2]
    assert findings(world)["paper.incident"]["state"] == "fail"
    assert world.ok("an", "recover")["prints"] == []
    time.sleep(1)
    assert service.papers("slow-*-01-*.pdf") == []
    count = ("print", "reconcile", document, "--copy", "1")
    assert world.run("an", *count, "--counted", "0", "--spoiled", "0").code == 36  # one side came out
    world.ok("an", *count, "--counted", "1", "--spoiled", "1")
    assert fates(world, document)[0] == (1, "spoiled", None)
    assert world.ok("phuc", "ledger", "verify")["holds"] is True


def test_the_next_command_ends_what_was_cut_off_by_itself(world: World, service: Cups) -> None:
    (service.out / "slow").write_text("8")
    document, draft = final(world), world.draft()
    before = set(service.papers("slow-*.begun"))
    running = begin(world, service, document, "slow")
    until(lambda: set(service.papers("slow-*.begun")) - before)
    running.kill()
    running.communicate()

    told = world.run("dung", "draft", "discard", draft, "--why", "thử").expect()

    (service.out / "slow").write_text("1")
    assert "was cut off" in told.err
    assert service.jobs() == []
    assert fates(world, document) == [(1, "unknown", "unknown")]


def test_a_print_whose_job_cannot_be_cancelled_stays_open(
    world: World, service: Cups, monkeypatch: pytest.MonkeyPatch
) -> None:
    (service.out / "slow").write_text("30")
    document = final(world)
    before = set(service.papers("slow-*.begun"))
    running = begin(world, service, document, "slow")
    until(lambda: set(service.papers("slow-*.begun")) - before)
    running.kill()
    running.communicate()

    with monkeypatch.context() as patch:
        patch.setattr(printers, "purge", lambda *_: None)  # the service refuses us
        done = world.ok("an", "recover")
        assert (done["prints"], len(done["prints_waiting"])) == ([], 1)
        assert fates(world, document) == [(1, "sent", None)]
        assert findings(world)["paper.cut-off"]["state"] == "fail"
        refused = world.run("an", "print", "reconcile", document, "--copy", "1", "--spoiled", "0")
        assert refused.code in {31, 32}

    (service.out / "slow").write_text("1")
    world.ok("an", "recover")
    assert fates(world, document) == [(1, "unknown", "unknown")]
    assert service.jobs() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_interrupts_a_print_ends_its_job_and_the_copy_is_spoiled(
    world: World, service: Cups, number: int
) -> None:
    (service.out / "slow").write_text("8")
    document = final(world)
    before = set(service.papers("slow-*.begun"))
    running = begin(world, service, document, "slow")
    until(lambda: set(service.papers("slow-*.begun")) - before)

    running.send_signal(number)
    running.communicate(timeout=30)

    (service.out / "slow").write_text("1")
    assert running.returncode in {130, 143, 129}
    assert service.jobs() == []
    assert service.left() == []
    assert fates(world, document) == [(1, "spoiled", "uncounted")]
    assert world.ok("an", "status")["prints_cut_off"] == []


def test_while_somebody_prints_nobody_takes_the_print_for_dead(world: World, service: Cups) -> None:
    (service.out / "slow").write_text("3")
    document = final(world, copies=2)
    running = begin(world, service, document, "slow")
    until(service.jobs)

    other = world.ok("an", "recover")
    also = print_copies(world, service, document, "good").expect().json

    out, err = running.communicate(timeout=60)
    assert running.returncode == 0, (out, err)
    assert other["prints"] == []
    assert [one["copy"] for one in also["copies"]] == [2]
    assert fates(world, document) == [(1, "printed", None), (2, "printed", None)]


def test_two_people_at_once_never_get_the_same_copy(world: World, service: Cups) -> None:
    document = final(world, copies=8)

    both = [begin(world, service, document, "good", 3) for _ in range(2)]
    for one in both:
        one.communicate(timeout=120)

    assert [one.returncode for one in both] == [0, 0]
    assert sorted(copy for copy, _, _ in fates(world, document)) == [1, 2, 3, 4, 5, 6]
    assert findings(world)["paper.copies"]["state"] == "pass"


def test_a_printer_deleted_while_it_prints_spoils_the_copy(world: World, service: Cups) -> None:
    (service.out / "slow").write_text("20")
    document = final(world)
    before = set(service.papers("slow-*.begun"))
    running = begin(world, service, document, "slow")
    until(lambda: set(service.papers("slow-*.begun")) - before)

    service.call("lpadmin", "-x", "slow")
    running.communicate(timeout=90)

    (service.out / "slow").write_text("1")
    service.add("slow")
    assert running.returncode == 36
    (copy,) = fates(world, document)
    assert copy[1] in {"spoiled", "unknown"}
    assert copy[2] is not None
    assert service.jobs() == []
    assert service.left() == []


def test_a_print_service_stopped_in_the_middle_prints_nothing_when_it_comes_back(
    world: World, service: Cups
) -> None:
    (service.out / "slow").write_text("20")
    document = final(world)
    before = set(service.papers("slow-*.begun"))
    running = begin(world, service, document, "slow")
    until(lambda: set(service.papers("slow-*.begun")) - before)

    service.stop()
    out, _ = running.communicate(timeout=120)
    left_open = world.run("an", "recover").json
    papers = service.papers("slow-*.pdf")
    (service.out / "slow").write_text("1")
    service.start()
    done = world.ok("an", "recover")

    assert running.returncode == 81, out
    assert left_open["prints_waiting"] != []
    assert [one["unknown"] for one in done["prints"]] == [[1]]
    assert fates(world, document) == [(1, "unknown", "unknown")]
    assert service.jobs() == []
    assert service.left() == []
    time.sleep(2)
    assert len(service.papers("slow-*.pdf")) - len(papers) <= 1  # it may have begun before we cancelled


def test_a_document_with_other_pages_than_it_was_finalised_with_is_not_printed(
    world: World, service: Cups, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = final(world)
    measured = pdfpages.measure
    monkeypatch.setattr(
        "securedoc.printing.run.pdfpages.measure",
        lambda pdf: pdfpages.Pages(measured(pdf).count + 1, a4=True),
    )

    assert print_copies(world, service, document, "good").code == 34
    monkeypatch.undo()
    assert fates(world, document) == []


def test_without_ipptool_it_is_said_that_nobody_counted_and_how_it_ended_is_unknown(
    world: World, service: Cups, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = process.find
    monkeypatch.setattr(process, "find", lambda name: None if name == "ipptool" else found(name))
    document = final(world)

    ended = print_copies(world, service, document, "good")

    assert ended.code == 36
    assert [(one["state"], one["why"]) for one in ended.json["copies"]] == [("unknown", "forgotten")]
    world.ok("an", "print", "reconcile", document, "--spoiled", "0")
    assert fates(world, document) == [(1, "printed", None)]
