"""The trace report of a session: every kind of trace that a document can leave, and what became of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from securedoc.core.jsonvalue import JsonObject
from securedoc.core.text import Message, message
from securedoc.editing.stage import Aftermath
from securedoc.system.clipboard import Cleared
from securedoc.system.traces import Sign, Trace


class TraceState(StrEnum):
    """What can be said of one kind of trace."""

    PREVENTED = "prevented"
    """It could not come about."""
    NOT_FOUND = "not found"
    """It was possible; where such traces are known to lie there is none."""
    REMOVED = "removed"
    """It came about, and is gone."""
    FOUND = "found"
    """It is there."""
    NOT_EXCLUDED = "cannot be excluded"
    """Nobody can tell on this machine."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What of the machine decides over traces."""

    swap: bool
    hibernation: bool
    cores_forbidden: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of trace."""

    kind: str
    """A stable word, for scripts and for the entry."""
    name: Message
    state: TraceState
    why: Message


_SANDBOX: Final = message("the program could write nowhere but into its workspace")
_LOOKED: Final = message("the known places were looked at; the program was not confined")
_STILL: Final = message("something is left; run: securedoc recover")
# What the scan calls a sign, under the kind that the report has for it.
_SIGNS: Final = {
    "recent-files": ({Sign.RECENT_FILES, Sign.EDITOR_HISTORY}, message("lists of recent files")),
    "thumbnail": ({Sign.THUMBNAIL}, message("thumbnails")),
    "editor-recovery": ({Sign.EDITOR_BACKUP}, message("recovery and backup copies of the editor")),
    "trash": ({Sign.TRASH}, message("the trash")),
    "temporary": ({Sign.TEMPORARY}, message("temporary files")),
}
_KNOWN: Final = frozenset().union(*(signs for signs, _ in _SIGNS.values())) | {
    Sign.SCREENSHOT,
    Sign.PRINT_SPOOL,
    Sign.CRASH_DUMP,
    Sign.CLIPBOARD,
}


def report(after: Aftermath, machine: Machine) -> tuple[Line, ...]:
    """Say of each kind of trace what became of it."""
    lines = (
        *_places(after),
        _workspace(after),
        _clipboard(after),
        _swap(after, machine),
        _hibernation(machine),
        _cores(after, machine),
        _printing(after),
        _screenshots(after),
        _graphics(after),
        _names(),
        _flash(after, machine),
    )
    # What the scan finds and this module has no word for is said all the same, under the scan's own word.
    found = {line.kind: line for line in _others(after)}
    return (*(found.pop(line.kind, line) for line in lines), *found.values())


def facts(lines: Sequence[Line]) -> JsonObject:
    """Return the report as an entry keeps it."""
    return {line.kind: line.state.value for line in lines}


def _places(after: Aftermath) -> Iterator[Line]:
    for kind, (signs, name) in _SIGNS.items():
        yield Line(kind, name, *_of(after, signs))


def _of(after: Aftermath, signs: set[Sign]) -> tuple[TraceState, Message]:
    found = _found(after.traces, signs)
    if found:
        return TraceState.FOUND, message("{count} found, see the list of traces", count=len(found))
    return (TraceState.PREVENTED, _SANDBOX) if after.confined else (TraceState.NOT_FOUND, _LOOKED)


def _workspace(after: Aftermath) -> Line:
    state, why = TraceState.REMOVED, message("{count} files shredded", count=len(after.shredded.files))
    if after.shredded.residue:
        state, why = TraceState.FOUND, _STILL
    return Line("workspace", message("the document, and locks and backups beside it"), state, why)


def _clipboard(after: Aftermath) -> Line:
    managers = _found(after.traces, {Sign.CLIPBOARD})
    if managers or after.clipboard is Cleared.TAKEN_UP:
        state, why = (
            TraceState.FOUND,
            message("a program that keeps what was copied is running; have it forget, or remove it"),
        )
    elif after.clipboard is Cleared.CLEARED:
        state, why = TraceState.REMOVED, message("the screen's clipboard was emptied")
    elif after.clipboard is Cleared.NO_SCREEN:
        state, why = TraceState.PREVENTED, message("there was no screen to copy to")
    else:
        state, why = TraceState.NOT_EXCLUDED, message("the screen did not let us empty it")
    return Line("clipboard", message("the clipboard"), state, why)


def _swap(after: Aftermath, machine: Machine) -> Line:
    if after.own_memory and not machine.swap:
        state, why = TraceState.PREVENTED, message("the workspace is kept out of swap, and there is none")
    elif not machine.swap:
        state, why = TraceState.PREVENTED, message("there is no swap")
    elif after.own_memory:
        state, why = (
            TraceState.NOT_EXCLUDED,
            message("the workspace is kept out of swap, the program's own memory is not"),
        )
    else:
        state, why = TraceState.NOT_EXCLUDED, message("swap is on: switch it off, or encrypt it")
    return Line("swap", message("swap"), state, why)


def _hibernation(machine: Machine) -> Line:
    state, why = TraceState.PREVENTED, message("the kernel cannot hibernate")
    if machine.hibernation:
        state, why = TraceState.NOT_EXCLUDED, message("hibernation writes all memory to disk; switch it off")
    return Line("hibernation", message("hibernation"), state, why)


def _cores(after: Aftermath, machine: Machine) -> Line:
    found = _found(after.traces, {Sign.CRASH_DUMP})
    if found:
        state, why = TraceState.FOUND, message("{count} found, see the list of traces", count=len(found))
    elif machine.cores_forbidden:
        state, why = TraceState.PREVENTED, message("the kernel writes none for this session")
    else:
        state, why = TraceState.NOT_EXCLUDED, message("the kernel hands crashed programs' memory to others")
    return Line("core-dump", message("memory of a crashed program"), state, why)


def _printing(after: Aftermath) -> Line:
    found = _found(after.traces, {Sign.PRINT_SPOOL})
    if after.confined:
        # What is in the spool now is somebody else's: the session could not reach the print service.
        state, why = TraceState.PREVENTED, message("the print service could not be reached")
    elif found:
        state, why = TraceState.FOUND, message("{count} found, see the list of traces", count=len(found))
    else:
        state, why = TraceState.NOT_FOUND, _LOOKED
    return Line("print-spool", message("the print spool"), state, why)


def _screenshots(after: Aftermath) -> Line:
    found = _found(after.traces, {Sign.SCREENSHOT})
    if found:
        state, why = TraceState.FOUND, message("{count} found, see the list of traces", count=len(found))
    elif after.screen:
        state, why = (
            TraceState.NOT_EXCLUDED,
            message("other programs on the same screen can take pictures of it"),
        )
    else:
        state, why = TraceState.PREVENTED, message("there was no screen to show windows on")
    return Line("screenshot", message("pictures of the screen"), state, why)


def _graphics(after: Aftermath) -> Line:
    if after.screen:
        state, why = (
            TraceState.NOT_EXCLUDED,
            message("windows lay in the memory of screen and graphics card; switching off clears it"),
        )
    else:
        state, why = TraceState.PREVENTED, message("there was no screen to show windows on")
    return Line("graphics-memory", message("memory of screen and graphics card"), state, why)


def _names() -> Line:
    return Line(
        "names",
        message("file names in journals and logs"),
        TraceState.NOT_EXCLUDED,
        message("only the document's number can stand there: neither its subject nor its words"),
    )


def _flash(after: Aftermath, machine: Machine) -> Line:
    if after.confined and not machine.swap:
        state, why = TraceState.PREVENTED, message("nothing of it was written to a disk, but sealed")
    else:
        state, why = TraceState.NOT_EXCLUDED, message("what reached a disk cannot be overwritten on flash")
    return Line("flash", message("copies that a flash disk keeps"), state, why)


def _others(after: Aftermath) -> Iterator[Line]:
    """Report the signs that this module does not know, each as found."""
    for sign in sorted({trace.sign for trace in after.traces} - _KNOWN):
        count = len(_found(after.traces, {sign}))
        why = message("{count} found, see the list of traces", count=count)
        yield Line(str(sign), message("another kind of trace"), TraceState.FOUND, why)


def _found(traces: Sequence[Trace], signs: set[Sign] | frozenset[Sign]) -> tuple[Trace, ...]:
    return tuple(trace for trace in traces if trace.sign in signs)
