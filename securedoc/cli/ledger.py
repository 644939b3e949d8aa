"""The `ledger` commands: history, proofs, the signed head."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Showable, Table
from securedoc.cli.types import PATH
from securedoc.core.digests import Digest
from securedoc.core.text import message

if TYPE_CHECKING:
    from securedoc.core.entries import Entry
    from securedoc.ledger.anchors import Anchor


@command(
    "entries",
    example=(
        "securedoc --as phuc ledger entries --since 100",
        "securedoc --as phuc --json ledger entries --document D-2026-000001",
    ),
)
@click.option(
    "--since", type=click.IntRange(min=0), default=0, show_default=True, help="First entry to list."
)
@click.option("--document", metavar="ID", help="Only the entries about this document.")
@click.option("--limit", type=click.IntRange(1, 1_000_000), metavar="N", help="Entries listed at most.")
@pass_context
def entries_command(context: Context, since: int, document: str | None, limit: int | None) -> None:
    """List the entries: who did what to which document, and when."""
    with context.app.open(read_only=True) as office:
        about = None if document is None else office.ledger.find(document)
        entries = tuple(office.ledger.entries(since, about, limit))
        size = office.ledger.size
    context.show(
        {"size": size, "entries": [_entry(entry) for entry in entries]},
        Table(
            (
                message("entry"),
                message("time"),
                message("officer"),
                message("act"),
                message("document"),
                message("confirmed by"),
            ),
            [
                (
                    entry.sequence,
                    entry.at,
                    entry.who,
                    entry.act,
                    entry.about,
                    entry.second.officer if entry.second else None,
                )
                for entry in entries
            ],
        ),
        message("{shown} of {size} entries", shown=len(entries), size=size),
    )


@command(
    "verify",
    example=(
        "securedoc --as phuc ledger verify",
        "securedoc --as phuc ledger verify --anchor /media/usb/checkpoint.txt",
    ),
)
@click.option(
    "--anchor",
    "anchors",
    multiple=True,
    metavar="FILE|TEXT",
    help="A checkpoint that was kept outside: a file, or its words typed in. May be given again.",
)
@pass_context
def verify_command(context: Context, anchors: tuple[str, ...]) -> None:
    """Prove that nothing was changed, removed or put back.

    Every entry, signature and table is computed anew. A ledger put back whole, with everything
    beside it, is only found by a checkpoint that was kept outside: give it with --anchor.
    """
    kept = [_anchor(anchor) for anchor in anchors]
    with context.app.open_untrusted() as (session, ledger):
        report = ledger.check(session.genesis_pin, known=kept, progress=context.progress)
    context.show(
        {
            "holds": not report.defects,
            "entries": report.entries,
            "transactions": report.transactions,
            "officers": report.officers,
            "root": Digest(report.root),
            "anchors": report.anchors,
            "tables": dict(report.tables),
            "unchecked": list(report.unchecked),
            "defects": [
                {"code": defect.exit_code, "message": defect.message(context.translate)}
                for defect in report.defects
            ],
        },
        message(
            "{entries} entries in {transactions} transactions, {anchors} checkpoints from outside",
            entries=report.entries,
            transactions=report.transactions,
            anchors=report.anchors,
        ),
        *(defect.message(context.translate) for defect in report.defects),
        *(message("could not be checked: {what}", what=what) for what in report.unchecked),
        message("the ledger does not hold") if report.defects else message("the ledger holds"),
    )
    report.require()


@command(
    "checkpoint",
    example=(
        "securedoc --as phuc ledger checkpoint",
        "securedoc --as phuc ledger checkpoint --out /media/usb/checkpoint.txt",
    ),
)
@click.option("--out", type=PATH, metavar="FILE", help="Write the note here as well; never over a file.")
@pass_context
def checkpoint_command(context: Context, out: Path | None) -> None:
    """Print the signed head, to keep outside.

    Whoever keeps it can prove later that everything before it was only added to. A second line
    carries the post-quantum signature of the officer who asks.
    """
    from securedoc.formats.note import Note, Signature, parse
    from securedoc.keyring import words

    with context.app.open(read_only=True) as office:
        head = office.ledger.head()
        cosigner = office.session.cosigner()
        signed = parse(head.note)
        own = Signature(cosigner.name, cosigner.key_id, cosigner.sign(head.checkpoint, office.now()))
        note = Note(signed.text, (*signed.signatures, own)).as_bytes()
    if out is not None:
        _write_new(out, note)
    text = note.decode("utf-8")
    spelt = words.spell(Digest(head.checkpoint.root))
    context.show(
        {
            "origin": head.checkpoint.origin,
            "size": head.checkpoint.size,
            "root": Digest(head.checkpoint.root),
            "signer": head.signer,
            "note": text,
            "words": spelt,
        },
        text.rstrip("\n"),
    )
    # Beside the note, which is often sent into a file, not in it.
    context.note(
        message("the root at {size} entries, to read aloud: {words}", size=head.checkpoint.size, words=spelt)
    )


@command("prove", example="securedoc --as phuc ledger prove 12 --out entry-12.tlog-proof")
@click.argument("entry", type=click.IntRange(min=0))
@click.option(
    "--out", type=PATH, required=True, metavar="FILE", help="Write the proof here; never over a file."
)
@pass_context
def prove_command(context: Context, entry: int, out: Path) -> None:
    """Write a small file that proves one entry without the rest of the ledger."""
    with context.app.open(read_only=True) as office:
        proof = office.ledger.prove(entry)
    _write_new(out, proof)
    context.show(
        {"entry": entry, "file": out, "digest": Digest.of(proof)},
        message("the proof of entry {entry} is in {name}", entry=entry, name=out.name),
    )


def _write_new(out: Path, data: bytes) -> None:
    from securedoc.errors import LedgerRefused
    from securedoc.system import files

    try:
        files.write_new(out, data)
    except FileExistsError:
        raise LedgerRefused(
            "there is a file {name} already", name=out.name, hint="name a new file with --out"
        ) from None


def _anchor(untrusted: str) -> "Anchor":
    from securedoc.ledger import anchors

    path = Path(untrusted)
    looks_like_text = "\n" in untrusted or " " in untrusted.strip()
    return anchors.parse(untrusted) if looks_like_text and not path.is_file() else anchors.load(path)


def _entry(entry: "Entry") -> dict[str, Showable]:
    return {
        "entry": entry.sequence,
        "at": entry.at,
        "who": entry.who,
        "act": entry.act,
        "about": entry.about,
        "facts": entry.facts,
        "second": None if entry.second is None else entry.second.officer,
    }
