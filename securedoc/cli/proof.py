"""Checks a proof of one entry by itself: no vault, no key but public ones."""

from pathlib import Path
from typing import TYPE_CHECKING

from securedoc.cli.context import Context
from securedoc.core.digests import Digest
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from securedoc.core.entries import Entry
    from securedoc.formats.checkpoint import Checkpoint
    from securedoc.formats.note import Note
    from securedoc.ledger.anchors import Anchor


def show(context: Context, file: Path, anchors: "list[Anchor]", untrusted_signers: tuple[str, ...]) -> None:
    """Show the entry that a proof proves, and what the proof rests on.

    Raises:
        LedgerMissing, LedgerMalformed: it cannot be read, or is no proof.
        LedgerUntrusted: it does not hold, or another root or signer was given.
        LedgerIncomplete: it leads to a checkpoint, but nothing given says whose that is.
    """
    from securedoc.errors import LedgerIncomplete

    entry, stated, opened = _proven(file)
    anchored = _anchored(stated, anchors)
    signers = _signers(opened, untrusted_signers)
    rests: list[Message] = [message("{officer} signed the checkpoint", officer=name) for name in signers]
    if anchored:
        rests.append(message("the checkpoint is the one that was kept outside"))
    context.show(
        {
            "entry": entry.sequence,
            "at": entry.at,
            "who": entry.who,
            "act": entry.act,
            "about": entry.about,
            "facts": entry.facts,
            "origin": stated.origin,
            "size": stated.size,
            "root": Digest(stated.root),
            "signed_by": signers,
            "anchored": anchored,
        },
        message(
            "entry {entry} stands among the first {n} of {origin}",
            entry=entry.sequence,
            n=stated.size,
            origin=stated.origin,
        ),
        message("{at}: {officer}, {act}", at=entry.at.isoformat(), officer=entry.who, act=entry.act),
        *rests,
    )
    if not rests:
        raise LedgerIncomplete(
            "the proof leads to a checkpoint, but whose it is could not be checked",
            hint="give the officer's key with --signer, or a checkpoint that you kept with --anchor",
        )


def _proven(file: Path) -> "tuple[Entry, Checkpoint, Note]":
    from securedoc.errors import LedgerMalformed, LedgerMissing, LedgerUntrusted
    from securedoc.formats import checkpoint, proof
    from securedoc.ledger import entrybytes
    from securedoc.system import files

    try:
        data = files.read_bounded(file, proof.MAX_PROOF_BYTES)
    except OSError as error:
        raise LedgerMissing(
            "{name} cannot be read: {reason}", name=file.name, reason=error.strerror or ""
        ) from error
    try:
        read = proof.parse(data)
        body = read.extra or b""
        entry = entrybytes.decode(body)
        _, opened = checkpoint.open_note(read.signed_checkpoint)
    except ValueError as error:
        raise LedgerMalformed(
            "{name} is not the proof of an entry",
            name=file.name,
            hint="give the file that `securedoc ledger prove` wrote",
        ) from error
    try:
        stated = read.verify(body)
    except proof.ProofError as error:
        raise LedgerUntrusted(
            "the proof in {name} does not hold: the entry, its place or the checkpoint was altered",
            name=file.name,
        ) from error
    if entry.sequence != read.index:
        raise LedgerUntrusted(
            "entry {n} stands where entry {place} belongs", n=entry.sequence, place=read.index
        )
    return entry, stated, opened


def _anchored(stated: "Checkpoint", anchors: "list[Anchor]") -> bool:
    from securedoc.errors import LedgerIncomplete, LedgerUntrusted

    for anchor in anchors:
        if anchor.size != stated.size:
            raise LedgerIncomplete(
                "the proof is of {size} entries, the checkpoint kept outside of {kept}",
                size=stated.size,
                kept=anchor.size,
                hint="ask for a proof at that size: securedoc ledger prove N --at FILE --out FILE",
            )
        if anchor.root != stated.root or anchor.origin not in {None, stated.origin}:
            raise LedgerUntrusted(
                "the first {n} entries are not the ones that were anchored",
                n=stated.size,
                hint="history was rewritten: stop using this ledger and compare it with the backups",
            )
    return bool(anchors)


def _signers(opened: "Note", untrusted_signers: tuple[str, ...]) -> list[str]:
    from securedoc.core.people import OfficerId
    from securedoc.errors import LedgerMalformed, LedgerUntrusted
    from securedoc.formats import note
    from securedoc.ledger import signing

    found = []
    for text in untrusted_signers:
        try:
            key = note.parse_vkey(text.strip())
        except note.NoteError as error:
            raise LedgerMalformed(
                "this is not the key of an officer: {key}",
                key=text[:80],
                hint="`securedoc ledger prove` prints it when it writes the proof",
            ) from error
        signatures = opened.signed_by(key.name, key.key_id)
        if not signatures:
            raise LedgerUntrusted("{officer} did not sign this checkpoint", officer=key.name)
        for signature in signatures:
            signing.require_key(OfficerId(key.name), key.public, signature, opened.text.encode("utf-8"))
        found.append(key.name)
    return found
