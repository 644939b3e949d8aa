"""The `inventory` commands: stock-taking of the safe."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.bookfile import in_its_language
from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.cli.reading import read_input
from securedoc.cli.types import PATH
from securedoc.core.text import message

if TYPE_CHECKING:
    from securedoc.core.documents import DocumentId
    from securedoc.custody.inventory import Decode
    from securedoc.office.office import Office


@command("start", example="securedoc --as an inventory start --out danh-sach.pdf")
@click.option("--list", "listed", is_flag=True, help="List every copy that should lie in the safe.")
@click.option("--out", type=PATH, metavar="FILE", help="Write that list as PDF, to walk the safe with.")
@pass_context
def start_command(context: Context, out: Path | None, *, listed: bool) -> None:
    """Begin a stock-taking of the safe."""
    from securedoc.custody import inventory
    from securedoc.office import newfile

    if out is not None:
        newfile.require_new(out)
    with context.app.open() as office:
        done, expected = inventory.start(office)
        copies = []
        if listed:
            copies = [(row.id, row.number_text, copy) for row, copy, _ in inventory.kept(office)]
        if out is not None:
            from securedoc.custody.discrepancies import walking_list

            newfile.write_new(out, walking_list(office, in_its_language(office)))
    context.show(
        {
            "inventory": done.entry,
            "expected": expected,
            "file": out,
            "copies": [{"id": one[0], "number": one[1], "copy": one[2]} for one in copies],
        },
        message("{count} copies should lie in the safe", count=expected),
        Table((message("document"), message("number"), message("copy number")), copies),
        message("tick each: securedoc inventory tick CODE …, or --file with a list of codes"),
    )


@command(
    "tick",
    example=(
        "securedoc --as an inventory tick 05/BC-UBND:2 12/CV-SM:1",
        "securedoc --as an inventory tick --file ma.txt",
    ),
)
@click.argument("codes", metavar="CODE", nargs=-1)
@click.option(
    "--file", "path", type=PATH, metavar="FILE", help="Codes one a line, as a hand scanner writes them."
)
@pass_context
def tick_command(context: Context, codes: tuple[str, ...], path: Path | None) -> None:
    """Tick copies that lie in the safe: by the code printed on them, or as NUMBER:COPY."""
    from securedoc.custody import inventory
    from securedoc.custody.discrepancies import REASONS
    from securedoc.errors import DocumentMalformed

    wanted = list(codes)
    if path is not None:
        try:
            wanted += read_input(path).decode("utf-8-sig").splitlines()
        except UnicodeDecodeError:
            raise DocumentMalformed("{name} is no list of codes in UTF-8", name=path.name) from None
    with context.app.open() as office:
        done = inventory.tick(office, wanted, _decoder(office))
    odd = [one for one in done if one.odd is not None]
    context.show(
        {
            "ticked": sum(one.odd is None and not one.again for one in done),
            "again": sum(one.again for one in done),
            "odd": [
                {"code": one.code, "id": one.document, "copy": one.copy or None, "why": one.odd}
                for one in odd
            ],
        },
        message("{count} copies are ticked", count=sum(one.odd is None for one in done)),
        Table(
            (message("code"), message("why it should not be there")),
            [(one.code, REASONS[one.odd]) for one in odd if one.odd is not None],
        ),
    )


@command("finish", example="securedoc --as an inventory finish --out kiem-ke.pdf")
@click.option(
    "--out", type=PATH, metavar="FILE", help="Write the report as PDF, and its signature beside it."
)
@click.option("--note", default="", metavar="TEXT", help="Remark for the entry.")
@pass_context
def finish_command(context: Context, out: Path | None, note: str) -> None:
    """End the stock-taking: what is missing, and what should not be there; a signed report."""
    from securedoc.core.digests import Digest
    from securedoc.custody import discrepancies, inventory
    from securedoc.custody.discrepancies import REASONS
    from securedoc.custody.inventory import Odd
    from securedoc.office import newfile

    beside = None if out is None else out.with_name(out.name + ".p7s")
    with context.app.open() as office:
        for path in (out, beside):
            if path is not None:
                newfile.require_new(path)
        found = inventory.outcome(office)
        report = None if out is None else discrepancies.draw(office, found, in_its_language(office))
        digest = None if report is None else Digest.of(report.pdf)
        entry = inventory.finish(office, found, digest, note)
        if report is not None and out is not None and beside is not None:
            newfile.write_new(out, report.pdf)
            newfile.write_new(beside, report.signature)
    context.show(
        {
            "expected": found.expected,
            "found": found.found,
            "missing": [
                {"id": one.document, "number": one.number_text, "copy": one.copy} for one in found.missing
            ],
            "odd": [{"id": one.document, "copy": one.copy, "why": one.odd} for one in found.odd],
            "discrepancies": found.digest,
            "entry": entry,
            "file": out,
            "signature": beside,
        },
        message(
            "{found} of {expected} copies were found; {missing} are missing, {odd} should not be there",
            found=found.found,
            expected=found.expected,
            missing=len(found.missing),
            odd=len(found.odd),
        ),
        Table(
            (message("missing document"), message("number"), message("copy number")),
            [(one.document, one.number_text, one.copy) for one in found.missing],
        ),
        Table(
            (message("document"), message("copy number"), message("why it should not be there")),
            [(one.document, one.copy, REASONS[Odd(one.odd)]) for one in found.odd if one.odd is not None],
        ),
    )


def _decoder(office: "Office") -> "Decode":
    """Return what reads the code of a printed copy, and believes only this vault's own."""
    from securedoc.errors import DocumentMalformed
    from securedoc.printing import copycode

    def decode(untrusted_code: str) -> "tuple[DocumentId, str] | None":
        text = copycode.typed(untrusted_code)
        try:
            code = copycode.read(text)
        except DocumentMalformed:
            return None
        return (code.document, str(code.copy)) if copycode.is_ours(office, text) else None

    return decode
