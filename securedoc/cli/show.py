"""The `show` command."""

import click

from securedoc.cli import standing
from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.naming import level_name, type_name
from securedoc.cli.output import Table
from securedoc.core.text import message


@command("show", example="securedoc --as an show 05/BC-UBND")
@click.argument("document", metavar="ID")
@pass_context
def show_command(context: Context, document: str) -> None:
    """Show everything about one document: its row in the book, its versions, its history."""
    with context.app.open(read_only=True) as office:
        found = office.ledger.find(document)
        row = office.ledger.document(found)
        objects = tuple(office.ledger.objects(found))
        policy = office.policy
        history = tuple(office.ledger.entries(document=found))
        gone = office.ledger.destroyed_by(found)
        asked = office.ledger.destructions_of(found)
    context.show(
        {
            "id": row.id,
            "state": row.state,
            "type": row.type_key,
            "level": row.level,
            "subject": row.subject,
            "number": row.number_text,
            "date": row.date,
            "book": row.book,
            "row": row.row,
            "recipients": list(row.recipients),
            "copies": row.copies,
            "signer": row.signer,
            "from": row.sender or None,
            "arrived": row.arrived,
            "ends": row.ends,
            "digest": row.digest,
            "destruction": None
            if gone is None
            else {"request": gone[0].request, "entry": gone[1], "urgent": gone[0].urgent},
            "destructions": [{"request": one.request, "stage": one.stage} for one in asked],
            "objects": [
                {"version": one.version, "kind": one.kind, "digest": one.digest, "size": one.size_bytes}
                for one in objects
            ],
            "history": [
                {"entry": entry.sequence, "at": entry.at, "who": entry.who, "act": entry.act}
                for entry in history
            ],
        },
        *standing.destroyed(gone),
        Table(
            (message("field"), message("value")),
            [
                (message("document"), row.id),
                (message("state"), row.state),
                (message("number"), row.number_text),
                (message("date"), row.date),
                (message("type"), type_name(policy, row.type_key)),
                (message("level"), level_name(policy, row.level)),
                (message("subject"), row.subject or "—"),
                (message("recipients"), "; ".join(row.recipients)),
                *([(message("sender"), row.sender)] if row.sender else []),
                (message("copies"), row.copies),
                (message("signer"), row.signer_name),
                (message("term ends"), row.ends),
            ],
        ),
        "",
        Table(
            (message("entry"), message("time"), message("officer"), message("act")),
            [(entry.sequence, entry.at, entry.who, entry.act) for entry in history],
        ),
    )
