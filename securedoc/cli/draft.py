"""The `draft` commands, but for `draft edit`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.bodies import read_body
from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.naming import level_name, type_name
from securedoc.cli.output import Table
from securedoc.cli.particulars import Particulars, particulars
from securedoc.cli.reading import read_input
from securedoc.cli.types import PATH
from securedoc.core.documents import DocumentState
from securedoc.core.people import RoleKey
from securedoc.core.text import message

if TYPE_CHECKING:
    from securedoc.core.documents import Card
    from securedoc.issuing.drafting import Drafted
    from securedoc.ledger.rows import DocumentRow
    from securedoc.office.office import Office


@command(
    "new",
    example="securedoc --as an draft new --type bao-cao --level mat --subject 'Công tác quý IV' "
    "--to 'UBND tỉnh Mẫu' --body body.docx",
)
@particulars
@click.option("--body", type=PATH, metavar="FILE", help="Body to begin with: .docx, .md or .txt.")
@pass_context
def new_command(context: Context, particulars: Particulars, body: Path | None) -> None:
    """Begin a draft.

    The official frame (agency, number, date, marks, recipients, signature) is made by securedoc;
    the body is what you write. Without --body the draft holds the text of its model form, to be filled
    in. A line 'Phụ lục I' begins an annex: it gets pages and numbers of its own.
    """
    from securedoc.issuing.drafting import draft

    request = particulars.request(None if body is None else read_body(body), source="new")
    with context.app.open() as office:
        drafted = draft(office, request)
    _tell(context, drafted)


@command(
    "import",
    example="securedoc --as an draft import plan.docx --type ke-hoach --level mat --subject 'Kế hoạch 2027'",
)
@click.argument("file", type=PATH)
@particulars
@pass_context
def import_command(context: Context, file: Path, particulars: Particulars) -> None:
    """Take in a DOCX written elsewhere.

    It is looked through first: what may not be in a document is refused by name. The file itself
    stays where it is; shred it when the draft is in the vault.
    """
    from securedoc.issuing.drafting import draft

    request = particulars.request(read_input(file), source="import")
    with context.app.open() as office:
        drafted = draft(office, request)
    _tell(context, drafted)
    context.note(
        message("{name} still lies outside the vault; remove it with: securedoc shred FILE", name=file.name)
    )


@command("list", example="securedoc --as an draft list")
@pass_context
def list_command(context: Context) -> None:
    """List the drafts, newest first."""
    with context.app.open(read_only=True) as office:
        rows = office.ledger.documents(DocumentState.DRAFT)
        policy = office.policy
    context.show(
        {"total": len(rows), "drafts": [_summary(row) for row in rows]},
        message("{count} drafts", count=len(rows)),
        Table(
            (
                message("draft"),
                message("type"),
                message("level"),
                message("subject"),
                message("drafter"),
                message("version"),
            ),
            [
                (
                    row.id,
                    type_name(policy, row.type_key),
                    level_name(policy, row.level),
                    row.subject or "—",
                    row.drafter_name,
                    row.version,
                )
                for row in rows
            ],
        ),
    )


@command("show", example="securedoc --as an draft show D-2026-000001")
@click.argument("document", metavar="ID")
@pass_context
def show_command(context: Context, document: str) -> None:
    """Show what is known of a draft.

    The subject of a level whose abstracts are not written in books is shown only to those who
    may open the document itself.
    """
    with context.app.open(read_only=True) as office:
        row = office.ledger.document(office.ledger.find(document))
        sealed = _sealed_card(office, row)
        subject = row.subject or (sealed.subject if sealed else None)
        frame = sealed.extras.as_json() if sealed else {}
        policy = office.policy
    context.show(
        {
            **_summary(row),
            "subject": subject,
            "frame": frame,
            "list_basis": row.list_basis,
            "recipients": list(row.recipients),
            "copies": row.copies,
            "copying_permitted": row.copying_permitted,
            "unit": row.unit,
        },
        Table(
            (message("field"), message("value")),
            [
                (message("document"), row.id),
                (message("state"), row.state),
                (message("type"), type_name(policy, row.type_key)),
                (message("level"), level_name(policy, row.level)),
                (message("subject"), subject or "—"),
                (message("frame"), "; ".join(f"{name}: {value}" for name, value in frame.items()) or "—"),
                (message("recipients"), "; ".join(row.recipients)),
                (message("copies"), row.copies),
                (message("drafter"), row.drafter_name),
                (message("version"), row.version),
            ],
        ),
    )


@command("preview", example="securedoc --as an draft preview D-2026-000001 --out page.png")
@click.argument("document", metavar="ID")
@click.option(
    "--out", type=PATH, required=True, metavar="FILE.png", help="Write the page here; never over a file."
)
@click.option("--page", type=click.IntRange(1, 200), default=1, show_default=True, help="Which page.")
@click.option(
    "--engine",
    type=click.Choice(["typst", "libreoffice"]),
    default="typst",
    show_default=True,
    help="What lays the pages out.",
)
@pass_context
def preview_command(context: Context, document: str, out: Path, page: int, engine: str) -> None:
    """Draw a page of a draft as it would look.

    The picture is plaintext outside the vault: put it in memory (/dev/shm), and shred it.
    """
    from securedoc.documents.finalising import Engine
    from securedoc.issuing.previewing import preview
    from securedoc.office import newfile

    with context.app.open(read_only=True) as office:
        drawn = preview(office, office.ledger.find(document), page=page, engine=Engine(engine))
    newfile.write_new(out, drawn)
    context.show(
        {"file": out, "page": page}, message("page {page} is drawn in {name}", page=page, name=out.name)
    )
    context.note(message("{name} is plaintext outside the vault: securedoc shred FILE", name=out.name))


@command("discard", example="securedoc --as an draft discard D-2026-000001 --why 'Soạn nhầm'")
@click.argument("document", metavar="ID")
@click.option("--why", required=True, metavar="TEXT", help="Reason, kept in the ledger.")
@pass_context
def discard_command(context: Context, document: str, why: str) -> None:
    """Give a draft up; it stays in the history and takes no number."""
    from securedoc.issuing.drafting import discard

    with context.app.open() as office:
        found = office.ledger.find(document)
        discard(office, found, why)
    context.show({"id": found}, message("draft {document} is given up", document=found))


def _tell(context: Context, drafted: "Drafted") -> None:
    context.show(
        {"id": drafted.document, "version": drafted.version},
        message("draft {document} is in the vault", document=drafted.document),
    )


def _summary(row: "DocumentRow") -> dict[str, str | int | None]:
    return {
        "id": row.id,
        "state": row.state.value,
        "type": row.type_key,
        "level": row.level,
        "subject": row.subject,
        "drafter": row.drafter,
        "version": row.version,
        "entry": row.created,
    }


def _sealed_card(office: "Office", row: "DocumentRow") -> "Card | None":
    may_open = office.session.holds(RoleKey.DOCUMENTS) or row.drafter == office.session.officer
    return office.card_of(row.id) if may_open and row.drafter is not None else None
