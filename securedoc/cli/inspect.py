"""The `inspect` command: what a file hides."""

from pathlib import Path

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.cli.reading import read_input
from securedoc.cli.types import PATH
from securedoc.core.text import Message, message


@command("inspect", example="securedoc inspect plan.docx")
@click.argument("file", type=PATH)
@pass_context
def inspect_command(context: Context, file: Path) -> None:
    """Say what a DOCX or PDF hides; no vault needed.

    Beside each thing stands what finalising does with it: keeps it, removes it, or refuses the
    document.
    """
    from securedoc.documents import inspection_pdf
    from securedoc.documents.observations import Action
    from securedoc.reports.auditpage import SEVERITIES

    actions: dict[Action, Message] = {
        Action.KEEP: message("kept"),
        Action.REMOVE: message("removed"),
        Action.REFUSE: message("refused"),
    }
    seen = inspection_pdf.inspect(read_input(file))
    context.show(
        {
            "file": file.name,
            "refused": any(one.action is Action.REFUSE for one in seen),
            "findings": [
                {
                    "check": one.finding.check,
                    "severity": one.finding.severity,
                    "detail": one.finding.detail,
                    "action": one.action,
                }
                for one in seen
            ],
        },
        Table(
            (message("check"), message("how grave"), message("what was found"), message("when finalised")),
            [
                (one.finding.check, SEVERITIES[one.finding.severity], one.finding.detail, actions[one.action])
                for one in seen
            ],
        ),
        message("{count} findings in {name}", count=len(seen), name=file.name),
    )
