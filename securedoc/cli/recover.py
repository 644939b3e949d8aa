"""The `recover` command."""

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.cli.shred import shredded, workspace_lines
from securedoc.core.text import message


@command("recover", example="securedoc --as an recover")
@pass_context
def recover_command(context: Context) -> None:
    """Finish or undo what a crash left, and say which.

    Saves of an editing session that the vault does not have are sealed, what is left of it in memory
    is shredded, numbers that were reserved for nothing are voided. Ends with code 66 when plaintext
    remains. What this officer cannot open waits for one who can.
    """
    from securedoc.backup import drillspace
    from securedoc.destruction import carrying
    from securedoc.editing import recovery
    from securedoc.printing import recovery as prints
    from securedoc.system import passingspace

    drills, passing = drillspace.sweep(), passingspace.sweep()
    with context.app.open(recover=False) as office:
        done = recovery.recover(office)
        ended = prints.recover(office)
        destroyed = carrying.recover(office)
    context.show(
        {
            "salvaged": [
                {
                    "session": one.session,
                    "document": one.document,
                    "saves": one.saves,
                    "version": one.version,
                    "unfinished": None if one.unfinished is None else str(one.unfinished),
                }
                for one in done.salvaged
            ],
            "shredded": shredded(done.shredded)["files"],
            "residue": shredded(done.shredded)["residue"],
            "voided": [{"book": row.book, "year": row.year, "number": row.text} for row in done.voided],
            "waiting": [{"session": one.session, "document": one.document} for one in done.waiting],
            "removed": done.removed,
            "prints": [
                {
                    "print": one.print,
                    "id": one.document,
                    "unknown": list(one.unknown),
                    "unprinted": list(one.unprinted),
                    "cancelled": one.cancelled,
                    "searched": one.searched,
                }
                for one in ended.ended
            ],
            "prints_waiting": list(ended.waiting),
            "drills": drills,
            "layouts": passing,
            "destructions": [
                {"request": one.request, "documents": list(one.documents), "entry": one.entry}
                for one in destroyed.finished
            ],
        },
        Table(
            (message("session of"), message("saves salvaged"), message("version")),
            [(one.document, one.saves, one.version) for one in done.salvaged],
        ),
        *workspace_lines(done.shredded, in_full=context.verbose),
        Table((message("number voided"),), [(row.text,) for row in done.voided]),
        Table((message("waits for an officer who can open it"),), [(one.document,) for one in done.waiting]),
        Table(
            (
                message("print that was cut off"),
                message("document"),
                message("fate unknown"),
                message("not printed"),
                message("jobs cancelled"),
            ),
            [
                (
                    *(one.print, one.document, ", ".join(map(str, one.unknown))),
                    *(", ".join(map(str, one.unprinted)), one.cancelled),
                )
                for one in ended.ended
            ],
        ),
        *(
            [message("without ipptool a held job of it cannot be found: see lpstat -o, and cancel it")]
            if any(one.unprinted and not one.searched for one in ended.ended)
            else []
        ),
        *(
            message(
                "count the sheets of copy {copy}: "
                "securedoc print reconcile {document} --copy {copy} --counted N --spoiled N",
                copy=copy,
                document=one.document,
            )
            for one in ended.ended
            for copy in one.unknown
        ),
        Table((message("waits for the print service"),), [(name,) for name in ended.waiting]),
        *(
            [message("what {count} interrupted drills had left in memory is gone", count=drills)]
            if drills
            else []
        ),
        *(
            message(
                "destruction {request} was cut off and is finished: {count} documents are destroyed",
                request=one.request,
                count=len(one.documents),
            )
            for one in destroyed.finished
        ),
        message("there was nothing to recover")
        if not (done.anything or ended.ended or ended.waiting or drills or destroyed.finished)
        else message("what a crash left is finished or undone"),
    )
    done.shredded.check()
    destroyed.require()
