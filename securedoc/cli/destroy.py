"""The `destroy` commands that change something: propose, decide, carry out, at once."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from securedoc.cli import residue
from securedoc.cli.command import command, confirmed, deferrable
from securedoc.cli.context import Context, pass_context
from securedoc.cli.naming import level_name
from securedoc.cli.output import Line, Showable, Table
from securedoc.core.copies import copy_name, serial
from securedoc.core.text import message

if TYPE_CHECKING:
    from securedoc.core.documents import DocumentId
    from securedoc.destruction.carrying import Carried, Terms
    from securedoc.destruction.proposing import Decision
    from securedoc.office.deferred import Second
    from securedoc.office.office import Office

_HERE = click.option(
    "--here",
    multiple=True,
    metavar="ID:COPY",
    help="A copy on paper that lies here and goes with its document; once for each.",
)
_METHOD = click.option("--method", metavar="TEXT", help="How the paper goes; the usual words when left out.")
_DEVICE = click.option("--device", default="", metavar="TEXT", help="The paper shredder, for the minutes.")


@command(
    "propose",
    example='securedoc --as an destroy propose D-2026-000001 --reason "Hết giá trị sử dụng" '
    '--council "Lê Văn Bình" --council "Trần Thị An" --council "Phạm Thị Chi"',
)
@click.argument("documents", metavar="ID", nargs=-1, required=True)
@click.option("--reason", required=True, metavar="TEXT", help="Why; without a word of what they are about.")
@click.option(
    "--council",
    multiple=True,
    metavar="NAME",
    help="A member of the council; the first chairs. Once for each.",
)
@_HERE
@pass_context
def propose_command(
    context: Context, documents: tuple[str, ...], reason: str, council: tuple[str, ...], here: tuple[str, ...]
) -> None:
    """Propose to destroy documents; nothing is destroyed by this.

    A document must be issued, received, voided or discarded; nobody may have it open, and its paper must be
    accounted for. Copies on paper that lie here are named with --here; the others are listed as being out.
    """
    from securedoc.destruction import proposing

    with context.app.open() as office:
        named = tuple(office.ledger.find(one) for one in documents)
        wish = proposing.Wish(named, reason, council, _copies(office, here))
        done = proposing.propose(office, wish)
        policy = office.policy
    context.show(
        {
            "request": done.request,
            "documents": [item.facts() for item in done.items],
            "until": done.until,
            "entry": done.entry,
        },
        Table(
            (
                message("document"),
                message("number"),
                message("level"),
                message("copies here"),
                message("copies out"),
                message("term runs until"),
            ),
            [
                (
                    *(item.row.id, item.row.number_text, level_name(policy, item.row.level)),
                    *(_joined(item.here), _joined(one.copy for one in item.out), item.term_runs_until),
                )
                for item in done.items
            ],
        ),
        message("proposed as {request}, entry {entry}", request=done.request, entry=done.entry),
        message("another officer decides it: securedoc destroy decide {request}", request=done.request),
    )


@command(
    "decide", example="securedoc --as binh destroy decide R-2026-000001 --number 12/QĐ-UBND --second chi"
)
@click.argument("request")
@click.option("--number", default="", metavar="NO", help="Number of the decision on paper.")
@click.option("--position", metavar="KEY", help="Position in which it is decided; the policy says which may.")
@deferrable
@pass_context
def decide_command(context: Context, request: str, number: str, position: str | None) -> None:
    """Decide that what was proposed is destroyed; another officer than who proposed it.

    The papers of the dossier: securedoc destroy papers. To refuse: securedoc request refuse.
    """
    from securedoc.destruction import proposing

    app = context.app
    with app.open() as office, app.consent() as second:
        decide(context, office, request, proposing.Decision(number, position), second)


def decide(context: Context, office: "Office", request: str, decision: "Decision", second: "Second") -> None:
    """Decide and say so; also what `request approve` does with a proposal."""
    from securedoc.destruction import proposing

    done = proposing.decide(office, request, decision, second)
    context.show(
        {"request": done.request, "documents": list(done.documents), "entry": done.entry},
        message("{request} is decided, entry {entry}", request=done.request, entry=done.entry),
        message(
            "to destroy {count} documents: "
            "securedoc destroy carry-out {request} --witness NAME --second OFFICER",
            count=len(done.documents),
            request=done.request,
        ),
    )


@command(
    "carry-out",
    example='securedoc --as an destroy carry-out R-2026-000001 --witness "Lê Văn Bình" '
    '--witness "Phạm Thị Chi" --second chi',
)
@click.argument("request")
@click.option("--witness", multiple=True, metavar="NAME", help="Somebody who looks on; once for each.")
@_METHOD
@_DEVICE
@deferrable
@pass_context
def carry_out_command(
    context: Context, request: str, witness: tuple[str, ...], method: str | None, device: str
) -> None:
    """Destroy what was decided: the keys, the sealed files, and on paper what lies here.

    The keys are gone from this vault at once and for good. Media with older backups still hold them: they are
    named, and must be brought in. If the machine stops in between, the next start finishes it.
    """
    from securedoc.destruction import carrying

    app = context.app
    with app.open() as office, app.consent() as second:
        done = carrying.carry_out(office, request, _terms(context, witness, method, device, second))
        _show(context, office, done)
    done.require()


@command(
    "at-once",
    example='securedoc --as an destroy at-once D-2026-000001 --reason "Nguy cơ lộ bí mật nhà nước"',
)
@click.argument("documents", metavar="ID", nargs=-1, required=True)
@click.option("--reason", required=True, metavar="TEXT", help="What harm it would do if it stayed.")
@click.option("--witness", multiple=True, metavar="NAME", help="Somebody who looks on, if there is anybody.")
@_HERE
@_METHOD
@_DEVICE
@confirmed
@pass_context
def at_once_command(
    context: Context,
    documents: tuple[str, ...],
    reason: str,
    witness: tuple[str, ...],
    here: tuple[str, ...],
    method: str | None,
    device: str,
) -> None:
    """Destroy at once, without council, what would do harm if it stayed.

    The law asks for a report in writing at once; until it is entered the vault reminds of it:
    securedoc destroy report.
    """
    from securedoc.destruction import carrying

    app = context.app
    with app.open() as office, app.second() as second:
        named = tuple(office.ledger.find(one) for one in documents)
        urgency = carrying.Urgency(named, reason, _copies(office, here))
        done = carrying.at_once(office, urgency, _terms(context, witness, method, device, second))
        _show(context, office, done)
    context.note(
        message(
            "report it in writing now, then: securedoc destroy report {request} --number NO",
            request=done.request,
        )
    )
    done.require()


def _terms(
    context: Context, witness: tuple[str, ...], method: str | None, device: str, second: "Second"
) -> "Terms":
    from securedoc.destruction.carrying import Terms

    usual = message("document key destroyed; sealed files overwritten; paper copies through the shredder")
    return Terms(witness, method or usual.said(context.translate), device, second)


def _copies(office: "Office", here: Sequence[str]) -> "dict[DocumentId, list[str]]":
    from securedoc.errors import DocumentMalformed

    found: dict[DocumentId, list[str]] = {}
    for words in here:
        name, _, copy = words.rpartition(":")
        try:
            named = copy_name(copy)
        except ValueError:
            raise DocumentMalformed(
                "{words} does not name a copy", words=words, hint="write it as ID:COPY, as in D-2026-000001:3"
            ) from None
        found.setdefault(office.ledger.find(name), []).append(named)
    return found


def _joined(copies: Iterable[str]) -> str:
    return ", ".join(map(serial, copies))


def _show(context: Context, office: "Office", done: "Carried") -> None:
    from securedoc.backup import reminding
    from securedoc.office import residue as residues

    reminding.keep_note(office)  # it names the media to be brought in
    held = residues.media(office, done.documents)
    result: dict[str, Showable] = {
        "request": done.request,
        "documents": list(done.documents),
        "objects": done.objects,
        "keys": {
            "looked_for": done.remnants.looked_for,
            "pages": done.remnants.pages,
            "found": done.remnants.found,
        },
        "residue": [str(left.path) for left in done.shredded.residue],
        "media": residue.media(office, held),
        "entry": done.entry,
    }
    lines: list[Line] = [
        message(
            "{count} documents are destroyed, evidence is entry {entry}",
            count=len(done.documents),
            entry=done.entry,
        ),
        message(
            "{pages} pages of the ledger were read for {pieces} pieces of their keys: {found} found",
            pages=done.remnants.pages,
            pieces=done.remnants.looked_for,
            found=done.remnants.found,
        ),
        message("{count} sealed files were overwritten and removed", count=done.objects),
        message("what flash memory and file systems keep beside that, nobody can see from here"),
        *residue.lines(office, held),
        message("the papers: securedoc destroy papers {request} --out DIR", request=done.request),
    ]
    context.show(result, *lines)
