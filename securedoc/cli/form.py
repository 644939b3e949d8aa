"""The `form` commands: papers that go with documents, and what each type of document looks like."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.cli.types import PATH
from securedoc.core.officetime import day_of
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from securedoc.documents.papers import Paper
    from securedoc.policy.policy import Policy


_OUT = click.option(
    "--out", type=PATH, required=True, metavar="FILE.pdf", help="Write the PDF here; never over a file."
)
_TO = click.option("--to", multiple=True, metavar="NAME", help="An addressee; the recipients when left out.")


@command("list", example="securedoc form list")
@click.option("--layout", default="nd30", show_default=True, metavar="KEY", help="Official frame.")
@pass_context
def list_command(context: Context, layout: str) -> None:
    """List the types of document and the model form of each."""
    from securedoc.policy import packs

    policy, profile = _policy(context), packs.layout(layout)
    rows = [
        (kind.key, kind.name, kind.abbreviation, profile.forms[kind.key].model)
        for kind in policy.types.values()
        if kind.key in profile.forms
    ]
    context.show(
        {
            "layout": profile.key,
            "forms": [dict(zip(("type", "name", "abbreviation", "model"), row, strict=True)) for row in rows],
        },
        message("{layout}: {count} types", layout=profile.title, count=len(rows)),
        Table((message("type"), message("name"), message("abbreviation"), message("model form")), rows),
    )


@command("sample", example="securedoc form sample giay-moi --out giay-moi.pdf")
@click.argument("type_key", metavar="TYPE")
@click.option("--layout", default="nd30", show_default=True, metavar="KEY", help="Official frame.")
@_OUT
@pass_context
def sample_command(context: Context, type_key: str, layout: str, out: Path) -> None:
    """Draw the model form of a type of document, to see what it looks like; no vault needed."""
    from securedoc.issuing.samples import sample

    pdf = sample(_policy(context), type_key, layout, day_of(context.clock.now()))
    _write(context, out, pdf, message("the model form of {type} is drawn", type=type_key))


@command("envelope", example="securedoc --as an form envelope 05/BC-UBND --size c5 --out bi.pdf")
@click.argument("document", metavar="ID")
@_TO
@click.option("--size", default="c5", show_default=True, metavar="SIZE", help="dl, c5 or c4.")
@click.option("--named", is_flag=True, help="Only the person named may open it.")
@_OUT
@pass_context
def envelope_command(
    context: Context, document: str, to: tuple[str, ...], size: str, named: bool, out: Path
) -> None:
    """Draw the envelopes of a document, with the marks that its level asks for.

    Where a level asks for two envelopes the inner one comes first. No subject stands on them.
    """
    from securedoc.issuing.papers import envelopes

    with context.app.open(read_only=True) as office:
        paper = envelopes(office, office.ledger.find(document), to=to, size=size, named=named)
    _write_paper(context, out, paper)


@command("delivery", example="securedoc --as an form delivery 05/BC-UBND --out phieu-gui.pdf")
@click.argument("document", metavar="ID")
@_TO
@_OUT
@pass_context
def delivery_command(context: Context, document: str, to: tuple[str, ...], out: Path) -> None:
    """Draw the slip that goes along with a document and comes back signed, one page an addressee."""
    from securedoc.issuing.papers import delivery

    with context.app.open(read_only=True) as office:
        paper = delivery(office, office.ledger.find(document), to=to)
    _write_paper(context, out, paper)


@command("proposal", example="securedoc --as dung form proposal D-2026-000001 --out phieu.pdf")
@click.argument("document", metavar="ID")
@_OUT
@pass_context
def proposal_command(context: Context, document: str, out: Path) -> None:
    """Draw the form on which a level is proposed and decided.

    It states the subject: put it in memory (/dev/shm), print it, and shred it.
    """
    from securedoc.issuing.papers import proposal

    with context.app.open(read_only=True) as office:
        paper = proposal(office, office.ledger.find(document))
    _write_paper(context, out, paper)
    context.note(message("{name} is plaintext outside the vault: securedoc shred FILE", name=out.name))


@command("stamps", example="securedoc form stamps --out mau-dau.pdf")
@_OUT
@pass_context
def stamps_command(context: Context, out: Path) -> None:
    """Draw every stamp of the policy in its true size, to hold against the engraved ones; no vault needed."""
    from securedoc.issuing.papers import stamp_sheet

    _write_paper(context, out, stamp_sheet(_policy(context), day_of(context.clock.now())))


def _policy(context: Context) -> "Policy":
    from securedoc.policy import packs
    from securedoc.policy.policy import in_force

    return in_force(day_of(context.clock.now()), map(packs.pack, packs.available()))


def _write_paper(context: Context, out: Path, paper: "Paper") -> None:
    _write(context, out, paper.pdf(), message("{title} is drawn", title=paper.title))


def _write(context: Context, out: Path, pdf: bytes, said: Message) -> None:
    from securedoc.core.digests import Digest
    from securedoc.office import newfile

    newfile.write_new(out, pdf)
    context.show({"file": out, "digest": Digest.of(pdf)}, said, str(out.name))
