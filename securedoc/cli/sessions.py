"""What the commands share that open a document in another program: its surroundings, and its report."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from securedoc.cli.context import Context
from securedoc.cli.output import Line, Showable, Table
from securedoc.core.text import Message, message
from securedoc.system import terminal

if TYPE_CHECKING:
    from securedoc.editing.stage import Surroundings
    from securedoc.editing.supervision import Ended
    from securedoc.editing.tracereport import Line as TraceLine
    from securedoc.system.shred import ShredReport
    from securedoc.system.traces import Trace


def surroundings(context: Context) -> "Surroundings":
    """Return what the program is given of this run's terminal, screen and person."""
    from securedoc.editing.desk import PASSED_ON
    from securedoc.editing.stage import Surroundings
    from securedoc.system import activity, process, sandbox

    def note(text: Message) -> None:
        # A terminal that was closed, or a full disk behind it, must not end what somebody is writing.
        with suppress(OSError):
            context.note(text)

    in_terminal = terminal.has_terminal() and terminal.is_terminal(sys.stdin)
    environment = process.inherited((*PASSED_ON, *sandbox.DISPLAY_VARIABLES))
    cookie = Path.home() / ".Xauthority"
    if "DISPLAY" in environment and "XAUTHORITY" not in environment and cookie.is_file():
        environment["XAUTHORITY"] = str(cookie)  # where programs look of themselves, at another home
    return Surroundings(
        environment=environment,
        terminal=in_terminal,
        home=Path.home(),
        note=note,
        login=process.inherited(("XDG_SESSION_ID",)).get("XDG_SESSION_ID"),
        tty=activity.terminal_path() if in_terminal else None,
    )


def as_result(
    report: Sequence["TraceLine"], traces: Sequence["Trace"], shredded: "ShredReport"
) -> dict[str, Showable]:
    """Return the trace report and what was shredded as the JSON contract names their parts."""
    return {
        "traces": [
            {"kind": line.kind, "state": line.state, "name": line.name, "why": line.why} for line in report
        ],
        "signs": [{"sign": trace.sign, "path": trace.path} for trace in traces],
        "shred": {
            "done": len(shredded.files),
            "residue": [{"path": left.path, "why": left.why} for left in shredded.residue],
        },
    }


def as_lines(report: Sequence["TraceLine"], traces: Sequence["Trace"]) -> tuple[Line, ...]:
    """Return the trace report as people read it."""
    return (
        Table(
            (message("trace"), message("state"), message("why")),
            [(line.name, line.state, line.why) for line in report],
        ),
        Table((message("traces outside"), message("where")), [(trace.sign, trace.path) for trace in traces]),
    )


def closed_by(ended: "Ended") -> Message:
    """Say why a session ended."""
    from securedoc.editing.supervision import Ended

    return {
        Ended.EDITOR: message("the session ended with its program"),
        Ended.IDLE: message("the session was closed: nothing was done for too long"),
        Ended.TOTAL: message("the session was closed: its time was up"),
        Ended.LOCKED: message("the session was closed: the screen or the vault was locked"),
        Ended.INTERRUPTED: message("the session was interrupted"),
    }[ended]
