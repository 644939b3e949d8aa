"""Copies through the filters and printers of a real office: what comes out is rendered and looked at."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cups import Cups, cups, needs_cups
from tests.support.ippprinter import IppPrinter, ipp_printer, needs_ippeveprinter
from tests.support.office import World, found_world
from tests.support.printing import SUBJECT, begin, fates, final, print_copies, until
from tests.support.system import call, tool

pytestmark = needs_cups
_PPD = Path(
    "/usr/share/ppd/cups-pdf/CUPS-PDF_opt.ppd"
)  # a PostScript printer's: pdftopdf, pdftops, gs, pstops
_DUPLEX = """*OpenUI *Duplex/2-Sided: PickOne
*OrderDependency: 20 AnySetup *Duplex
*DefaultDuplex: None
*Duplex None/Off: "<</Duplex false>>setpagedevice"
*Duplex DuplexNoTumble/Long: "<</Duplex true /Tumble false>>setpagedevice"
*CloseUI: *Duplex
"""
_SCAN_DPI = 200
SLOW = pytest.mark.slow


@pytest.fixture(scope="module")
def service() -> Iterator[Cups]:
    with cups() as made:
        yield made


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    root = tmp_path_factory.mktemp("real")
    root.chmod(0o700)
    return found_world(root)


@pytest.fixture(scope="module")
def postscript(service: Cups) -> Path:
    """What the queue `real` writes: PostScript, through every filter that an office printer takes."""
    tool("gs")
    if not _PPD.exists():
        pytest.skip("printer-driver-cups-pdf is not installed")
    out = service.out / "real.ps"
    ppd = service.root / "office.ppd"
    ppd.write_text(_PPD.read_text("utf-8").replace("*OpenUI", _DUPLEX + "*OpenUI", 1), "utf-8")
    service.call("lpadmin", "-p", "real", "-v", f"file:{out}", "-E", "-P", str(ppd))
    return out


@pytest.fixture(scope="module")
def printer(service: Cups) -> Iterator[IppPrinter]:
    """The printer of the queue `ipp`."""
    with ipp_printer() as made:
        service.call("lpadmin", "-p", "ipp", "-v", made.uri, "-E", "-m", "everywhere")
        service.call("lpadmin", "-p", "ipp", "-o", "printer-error-policy=abort-job")
        yield made


def look(world: World, printed: Path, pages: int) -> list[tuple[int, int, bool]]:
    """Render what was printed as a scanner sees it; name each page: copy, number, whether it is ours."""
    where = world.root / "scans"
    where.mkdir(exist_ok=True)
    for old in where.iterdir():
        old.unlink()
    call(
        *("gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pnggray", f"-r{_SCAN_DPI}"),
        *("-dTextAlphaBits=4", "-dGraphicsAlphaBits=4", f"-sOutputFile={where}/%03d.png", str(printed)),
    )
    scans = sorted(where.iterdir())
    assert len(scans) == pages
    found = [one for scan in scans for one in world.ok("phuc", "copy", "identify", scan)["copies"]]
    return [(one["copy"], one["page"], one["valid"]) for one in found]


@pytest.mark.parametrize("duplex", [pytest.param(False, marks=SLOW), True])
def test_through_the_filters_of_an_office_printer_every_page_and_its_mark_come_out(
    world: World, service: Cups, postscript: Path, *, duplex: bool
) -> None:
    document = final(world, pages=3)

    done = print_copies(world, service, document, "real", *(["--duplex"] if duplex else [])).expect()

    pages = done.json["pages"]
    assert pages >= 3
    assert done.json["sheets"]["each"] == (-(-pages // 2) if duplex else pages)
    assert done.json["device"] == f"file:{postscript}"
    assert "writes files, not paper" in done.err
    assert look(world, postscript, pages) == [(1, number, True) for number in range(1, pages + 1)]
    asked = set(re.findall(rb"<</Duplex (true|false)", postscript.read_bytes()))
    assert asked == {b"true" if duplex else b"false"}
    assert service.left() == []
    assert fates(world, document) == [(1, "printed", None)]


def test_a_filter_that_fails_ends_the_copy_at_once_and_nothing_waits(
    world: World, service: Cups, postscript: Path
) -> None:
    """The service keeps such a job stopped for whoever resumes it, whatever the queue's error policy."""
    document = final(world, copies=2)
    temporary = service.root / "tmp"
    temporary.chmod(0o700)  # the filters, run as another user, cannot work

    try:
        ended = print_copies(world, service, document, "real", "--copies", "2").expect(36)
    finally:
        temporary.chmod(0o1777)

    (copy,) = ended.json["copies"]
    assert (copy["state"], copy["why"], copy["incident"]) == ("spoiled", "stopped", "uncounted")
    assert "a filter failed" in ended.err
    assert ended.json["unprinted"] == [2]
    assert postscript.stat().st_size == 0
    assert service.jobs() == []
    assert service.left() == []


@needs_ippeveprinter
@pytest.mark.parametrize(
    ("duplex", "history"),
    [(True, "No"), pytest.param(False, "Yes", marks=SLOW), pytest.param(True, "Yes", marks=SLOW)],
)
def test_a_real_ipp_printer_prints_each_copy_and_its_count_agrees(
    world: World, service: Cups, printer: IppPrinter, *, duplex: bool, history: str
) -> None:
    service.again(history=history)
    document = final(world, copies=2, pages=3)
    before = printer.papers()

    words = ("--copies", "2", *(["--duplex"] if duplex else []))
    done = print_copies(world, service, document, "ipp", *words).expect()

    service.again()
    pages = done.json["pages"]
    papers = printer.papers()[len(before) :]
    assert [path.stem.partition("-")[2] for path in papers] == [
        "two-sided-long-edge" if duplex else "one-sided"
    ] * 2
    for copy, path in enumerate(papers, 1):
        assert look(world, path, pages) == [(copy, number, True) for number in range(1, pages + 1)]
        text = " ".join(call("pdftotext", str(path), "-").decode().split())
        assert f"Bản số {copy:02d}/02" in text
        assert SUBJECT in text
    assert [(one["state"], one["incident"]) for one in done.json["copies"]] == [("printed", None)] * 2
    assert service.left() == []


@needs_ippeveprinter
def test_a_jam_in_a_real_ipp_printer_is_said_and_the_sheets_are_to_be_counted(
    world: World, service: Cups, printer: IppPrinter
) -> None:
    document = final(world)
    before = printer.papers()
    printer.be("jam")

    running = begin(world, service, document, "ipp")
    until(lambda: b"media-jam" in service.call("lpstat", "-l", "-p", "ipp"))
    time.sleep(2)  # somebody walks to the printer
    printer.be("well")
    out, err = running.communicate(timeout=60)

    assert running.returncode == 36, (out, err)
    assert b"the printer says: media-jam" in err
    assert fates(world, document) == [(1, "printed", "jam")]
    assert len(printer.papers()) == len(before) + 1
    assert service.left() == []


@needs_ippeveprinter
def test_a_jam_that_nobody_clears_is_cancelled_in_the_printer_too(
    world: World, service: Cups, printer: IppPrinter
) -> None:
    document = final(world)
    before = printer.papers()
    printer.be("jam")
    running = begin(world, service, document, "ipp")
    until(lambda: b"media-jam" in service.call("lpstat", "-l", "-p", "ipp"))

    running.kill()
    running.communicate()
    (done,) = world.ok("an", "recover")["prints"]

    assert (done["unknown"], done["cancelled"]) == ([1], 1)
    assert service.jobs() == []
    assert service.left() == []
    assert fates(world, document) == [(1, "unknown", "unknown")]
    printer.be("well")
    assert (
        len(printer.papers()) <= len(before) + 1
    )  # the printer has the page already; nothing sends it again
