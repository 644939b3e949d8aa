"""The `request` commands: acts of two people that one has asked for."""

from typing import TYPE_CHECKING, cast

import click

from securedoc.cli.command import command, confirmed
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Showable, Table
from securedoc.core.text import message

if TYPE_CHECKING:
    from securedoc.core.jsonvalue import JsonObject


STATES = {
    "waiting": message("waits"),
    "approved": message("approved, not used"),
    "refused": message("refused"),
    "done": message("done"),
    "expired": message("expired"),
}


@command("list", example="securedoc --as binh request list")
@click.option("--all", "every", is_flag=True, help="Also those that were used, refused or expired.")
@pass_context
def list_command(context: Context, *, every: bool) -> None:
    """List what waits for somebody's consent, and what exactly would be done."""
    from securedoc.office import deferred
    from securedoc.policy.vocabulary import Right

    with context.app.open(read_only=True) as office:
        now = office.now()
        rows = [
            row
            for row in office.ledger.requests(waiting_only=not every)
            if row.until is not None and (every or not row.expired(now))
        ]
        asked = {row.request: deferred.read(office, row.request).asked for row in rows}
    context.show(
        {
            "requests": [
                {
                    "request": row.request,
                    "state": "expired" if row.expired(now) else row.state,
                    "right": row.right,
                    "act": row.act,
                    "id": row.document,
                    "by": row.officer,
                    "until": row.until,
                    "approved_by": row.approver,
                    "entry": row.entry,
                    "facts": _plain(asked[row.request]),
                }
                for row in rows
            ]
        },
        Table(
            (
                message("request"),
                message("state"),
                message("what for"),
                message("document"),
                message("asked by"),
                message("until"),
                message("approved by"),
            ),
            [
                (
                    *(row.request, STATES["expired" if row.expired(now) else row.state], Right(row.right)),
                    *(row.document, row.officer, row.until, row.approver),
                )
                for row in rows
            ],
        ),
        message("{count} requests", count=len(rows)),
    )


@command("approve", example="securedoc --as binh request approve R-2026-000002")
@click.argument("request")
@confirmed
@pass_context
def approve_command(context: Context, request: str) -> None:
    """Consent to what another officer asked for; that officer can then do it, once.

    A proposal to destroy is decided by this: securedoc destroy decide.
    """
    from securedoc.cli.destroy import decide
    from securedoc.core.entries import Act
    from securedoc.destruction.proposing import Decision
    from securedoc.office import deferred

    app = context.app
    with app.open() as office, app.second() as second:
        if deferred.read(office, request).made.act is Act.DESTRUCTION_PROPOSED:
            decide(context, office, request, Decision(), second)
            return
        entry = deferred.approve(office, request)
        row = office.ledger.request(request)
    context.show(
        {"request": request, "state": row.state, "entry": entry},
        message("{request} is approved, entry {entry}", request=request, entry=entry),
        message("{officer} can do it now, with: --approved {request}", officer=row.officer, request=request),
    )


@command("refuse", example='securedoc --as binh request refuse R-2026-000002 --why "Chưa cần thiết"')
@click.argument("request")
@click.option("--why", required=True, metavar="TEXT", help="The reason, for the ledger.")
@pass_context
def refuse_command(context: Context, request: str, why: str) -> None:
    """Refuse what another officer asked for, or take back what you asked for."""
    from securedoc.office import deferred, wording

    with context.app.open() as office:
        entry = deferred.refuse(office, request, wording.field(why))
    context.show(
        {"request": request, "state": "refused", "entry": entry},
        message("{request} is refused, entry {entry}", request=request, entry=entry),
    )


def _plain(facts: "JsonObject") -> Showable:
    """Return the facts of the act as they would be entered."""
    return cast("Showable", dict(facts))
