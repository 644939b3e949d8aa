from dataclasses import replace
from pathlib import Path

import pytest

from securedoc.core.text import message
from securedoc.editing.stage import Aftermath
from securedoc.editing.tracereport import Line, Machine, TraceState, facts, report
from securedoc.system.clipboard import Cleared
from securedoc.system.shred import Residue, ShredReport
from securedoc.system.traces import Sign, Trace

BEST = Aftermath(ShredReport(), (), Cleared.NO_SCREEN, confined=True, own_memory=True, screen=False)
FIT = Machine(swap=False, hibernation=False, cores_forbidden=True)


def states(after: Aftermath, machine: Machine = FIT) -> dict[str, TraceState]:
    lines = report(after, machine)
    assert len({line.kind for line in lines}) == len(lines)
    return {line.kind: line.state for line in lines}


def line(kind: str, after: Aftermath, machine: Machine = FIT) -> Line:
    return next(one for one in report(after, machine) if one.kind == kind)


def test_confined_on_a_fit_machine_without_a_screen_nothing_can_come_about() -> None:
    found = states(BEST)

    assert found.pop("workspace") is TraceState.REMOVED
    assert found.pop("names") is TraceState.NOT_EXCLUDED  # logs hold the number of the document
    assert set(found.values()) == {TraceState.PREVENTED}


def test_every_kind_of_trace_is_spoken_of() -> None:
    assert {
        *("swap", "thumbnail", "recent-files", "editor-recovery", "temporary", "clipboard", "core-dump"),
        *(
            "print-spool",
            "screenshot",
            "names",
            "flash",
            "trash",
            "hibernation",
            "graphics-memory",
            "workspace",
        ),
    } == set(states(BEST))


@pytest.mark.parametrize(
    ("kind", "after", "machine", "state"),
    [
        ("swap", BEST, replace(FIT, swap=True), TraceState.NOT_EXCLUDED),
        ("swap", replace(BEST, own_memory=False), FIT, TraceState.PREVENTED),
        ("swap", replace(BEST, own_memory=False), replace(FIT, swap=True), TraceState.NOT_EXCLUDED),
        ("flash", BEST, replace(FIT, swap=True), TraceState.NOT_EXCLUDED),
        ("flash", replace(BEST, confined=False), FIT, TraceState.NOT_EXCLUDED),
        ("hibernation", BEST, replace(FIT, hibernation=True), TraceState.NOT_EXCLUDED),
        ("core-dump", BEST, replace(FIT, cores_forbidden=False), TraceState.NOT_EXCLUDED),
        ("thumbnail", replace(BEST, confined=False), FIT, TraceState.NOT_FOUND),
        ("print-spool", replace(BEST, confined=False), FIT, TraceState.NOT_FOUND),
        ("screenshot", replace(BEST, screen=True), FIT, TraceState.NOT_EXCLUDED),
        ("graphics-memory", replace(BEST, screen=True), FIT, TraceState.NOT_EXCLUDED),
        ("clipboard", replace(BEST, clipboard=Cleared.CLEARED), FIT, TraceState.REMOVED),
        ("clipboard", replace(BEST, clipboard=Cleared.FAILED), FIT, TraceState.NOT_EXCLUDED),
        ("clipboard", replace(BEST, clipboard=Cleared.TAKEN_UP), FIT, TraceState.FOUND),
    ],
)
def test_what_the_machine_lacks_is_never_called_prevented(
    kind: str, after: Aftermath, machine: Machine, state: TraceState
) -> None:
    assert states(after, machine)[kind] is state


KINDS = {
    Sign.RECENT_FILES: "recent-files",
    Sign.EDITOR_HISTORY: "recent-files",
    Sign.THUMBNAIL: "thumbnail",
    Sign.EDITOR_BACKUP: "editor-recovery",
    Sign.TRASH: "trash",
    Sign.TEMPORARY: "temporary",
    Sign.SCREENSHOT: "screenshot",
    Sign.CRASH_DUMP: "core-dump",
    Sign.CLIPBOARD: "clipboard",
}


@pytest.mark.parametrize("sign", [sign for sign in Sign if sign is not Sign.PRINT_SPOOL])
def test_whatever_the_scan_finds_is_in_the_report_even_when_it_was_thought_prevented(sign: Sign) -> None:
    after = replace(BEST, traces=(Trace(sign, Path("/somewhere")),))

    assert states(after)[KINDS.get(sign, str(sign))] is TraceState.FOUND


def test_a_print_job_counts_only_when_the_session_could_reach_the_printer() -> None:
    spool = (Trace(Sign.PRINT_SPOOL, Path("/var/spool/cups/d00001-001")),)

    assert states(replace(BEST, traces=spool))["print-spool"] is TraceState.PREVENTED
    assert states(replace(BEST, traces=spool, confined=False))["print-spool"] is TraceState.FOUND


def test_residue_in_the_workspace_is_found_not_removed() -> None:
    left = Residue(Path("/run/x"), message("{count} files shredded", count=0), refused=False)
    after = replace(BEST, shredded=ShredReport(residue=(left,)))

    assert line("workspace", after).state is TraceState.FOUND


def test_an_entry_keeps_states_and_no_names() -> None:
    after = replace(BEST, traces=(Trace(Sign.TRASH, Path("/home/an/secret name.docx")),))

    kept = facts(report(after, FIT))

    assert kept["trash"] == "found"
    assert "secret" not in str(kept)
