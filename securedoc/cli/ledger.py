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
        "securedoc ledger verify --proof entry-12.tlog-proof --anchor checkpoint.txt",
    ),
)
@click.option(
    "--anchor",
    "anchors",
    multiple=True,
    metavar="FILE|TEXT",
    help="A checkpoint that was kept outside: a file, or its words typed in. May be given again.",
)
@click.option(
    "--proof", type=PATH, metavar="FILE", help="Check this proof of one entry instead, without the vault."
)
@click.option(
    "--signer",
    "signers",
    multiple=True,
    metavar="KEY",
    help="With --proof: the key of an officer who must have signed it. May be given again.",
)
@pass_context
def verify_command(
    context: Context, anchors: tuple[str, ...], proof: Path | None, signers: tuple[str, ...]
) -> None:
    """Prove that nothing was changed, removed or put back.

    Every entry, signature and table is computed anew. A ledger put back whole, with everything
    beside it, is only found by a checkpoint that was kept outside: give it with --anchor.

    With --proof, one entry is proven by its file alone: it rests on a checkpoint that you kept, or on
    the signature of an officer whose key you have from elsewhere.
    """
    kept = [_anchor(anchor) for anchor in anchors]
    if proof is not None:
        from securedoc.cli import proof as proofs

        proofs.show(context, proof, kept, signers)
        return
    if signers:
        raise click.UsageError("--signer belongs to --proof")
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
        "securedoc --as an ledger checkpoint --slip slip.pdf",
        "securedoc --as an ledger checkpoint --request /media/usb/request.txt",
    ),
)
@click.option("--out", type=PATH, metavar="FILE", help="Write the note here as well; never over a file.")
@click.option(
    "--slip", type=PATH, metavar="FILE.pdf", help="Draw a slip with a QR code for the paper register."
)
@click.option("--request", type=PATH, metavar="FILE", help="Write a request to a witness on another machine.")
@click.option(
    "--since",
    type=click.IntRange(min=0),
    metavar="N",
    help="With --request: how many entries the witness saw last; else as the ledger knows it.",
)
@pass_context
def checkpoint_command(
    context: Context, out: Path | None, slip: Path | None, request: Path | None, since: int | None
) -> None:
    """Print the signed head, to keep outside.

    Whoever keeps it can prove later that everything before it was only added to. A second line
    carries the post-quantum signature of the officer who asks.
    """
    from securedoc.formats.note import Note, Signature, parse
    from securedoc.keyring import words
    from securedoc.witnessing import keeping, slips

    if since is not None and request is None:
        raise click.UsageError("--since belongs to --request")
    with context.app.open(read_only=True) as office:
        asked = None if request is None else keeping.ask(office, since).as_bytes()
        drawn = None if slip is None else slips.slip(office, context.translate).pdf()
        head = office.ledger.head()
        cosigner = office.session.cosigner()
        signed = parse(head.note)
        own = Signature(cosigner.name, cosigner.key_id, cosigner.sign(head.checkpoint, office.now()))
        note = Note(signed.text, (*signed.signatures, own)).as_bytes()
    for path, data in ((out, note), (slip, drawn), (request, asked)):
        if path is not None and data is not None:
            write_new(path, data)
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
@click.option(
    "--at",
    "anchor",
    metavar="FILE|TEXT",
    help="Prove it under this checkpoint, which somebody keeps, not under the head.",
)
@pass_context
def prove_command(context: Context, entry: int, out: Path, anchor: str | None) -> None:
    """Write a small file that proves one entry without the rest of the ledger.

    Whoever has it checks it with `ledger verify --proof FILE`, and needs no vault: only a checkpoint
    of their own, or the key printed here.
    """
    from securedoc.formats.note import Algorithm, VerifierKey
    from securedoc.ledger import signing

    kept = None if anchor is None else _anchor(anchor)
    with context.app.open(read_only=True) as office:
        head = office.ledger.head() if kept is None else office.ledger.checkpoint_at(kept.size)
        proof = office.ledger.prove(entry, head)
        signer = office.ledger.trusted_officer(head.signer)
    key = VerifierKey(
        signing.key_name(head.checkpoint.origin, signer.id), Algorithm.ED25519, signer.keys.ed25519
    ).as_text()
    write_new(out, proof)
    context.show(
        {
            "entry": entry,
            "file": out,
            "digest": Digest.of(proof),
            "size": head.checkpoint.size,
            "signer": head.signer,
            "signer_key": key,
        },
        message("the proof of entry {entry} is in {name}", entry=entry, name=out.name),
        message("the checkpoint in it is signed by {officer}, whose key is:", officer=head.signer),
        key,
    )


def write_new(out: Path, data: bytes) -> None:
    """Write a new file for whoever keeps it outside.

    Raises:
        LedgerRefused: there is one of that name already.
    """
    from securedoc.errors import LedgerFailed, LedgerRefused
    from securedoc.office import newfile

    newfile.write_new(out, data, refused=LedgerRefused, failed=LedgerFailed)


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
