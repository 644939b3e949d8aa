"""Tells whether a snapshot belongs to this vault's history, is ahead of it, or is another vault's."""

from pathlib import Path
from typing import Final

from securedoc.backup import drillspace, layout
from securedoc.backup.card import Tree
from securedoc.backup.defects import Defect, DefectKind
from securedoc.core.people import RoleKey
from securedoc.core.text import message
from securedoc.errors import LedgerError, LedgerStale, LedgerUntrusted, ScratchError
from securedoc.formats import merkle
from securedoc.ledger.ledger import Ledger
from securedoc.office.office import Office
from securedoc.system import copying, files

_MARGIN_BYTES: Final = 16 << 20


def require_one_history(office: Office, snapshot: Path, tree: Tree, label: str) -> None:
    """Accept a snapshot of an earlier state of this vault.

    Raises:
        LedgerStale: it is of a later state: this ledger was rolled back.
        LedgerUntrusted: another vault wrote it, that went on from the same history; or ours was rewritten.
    """
    try:
        require_continued(office.ledger, tree, label)
    except LedgerUntrusted as error:
        raise _forked(tree, label, snapshot.name) from error
    except LedgerStale as error:
        # By size alone a longer history may be ours, or another's: its own ledger tells.
        if _is_ours(office, snapshot, tree) is False:
            raise _forked(tree, label, snapshot.name) from error
        raise


def require_continued(ledger: Ledger, tree: Tree, label: str) -> None:
    """Accept a ledger that has only grown since a medium saw it.

    Raises:
        LedgerStale: it is behind.
        LedgerUntrusted: it is another one.
    """
    while True:
        head = ledger.head().checkpoint
        if tree.size > head.size:
            raise LedgerStale(
                "the ledger has {size} entries, but {label} has seen {seen}",
                size=head.size,
                label=label,
                seen=tree.size,
                hint="this ledger was rolled back; restore the newest snapshot of that medium instead",
            )
        proof = ledger.consistency_proof(tree.size)
        if ledger.head().checkpoint.size == head.size:  # else somebody wrote an entry in between
            break
    try:
        merkle.verify_consistency(tree.size, tree.root, head.size, head.root, proof)
    except merkle.MerkleError as error:
        raise LedgerUntrusted(
            "the ledger is not the one that {label} has seen at {seen} entries",
            label=label,
            seen=tree.size,
            hint="two vaults live on from one backup, or history was rewritten: write nothing more in "
            "either, decide with the auditor which one goes on, and compare: "
            "securedoc ledger verify --anchor FILE",
        ) from error


def defect(office: Office, snapshot: Path, tree: Tree, label: str) -> Defect | None:
    """Return what is wrong with the history of a snapshot on a medium; None where it is ours."""
    try:
        require_one_history(office, snapshot, tree, label)
    except LedgerUntrusted:
        return Defect(
            DefectKind.FORKED,
            snapshot.name,
            message("a ledger that this vault's continues"),
            message("another vault that went on from the same history, or ours was rewritten"),
        )
    except LedgerStale:
        size = office.ledger.head().checkpoint.size
        return Defect(
            DefectKind.AHEAD,
            snapshot.name,
            message("at most {size} entries, as many as this vault's ledger has", size=size),
            message("{size} entries", size=tree.size),
        )
    return None


def _is_ours(office: Office, snapshot: Path, tree: Tree) -> bool | None:
    """Tell whether the longer ledger on a medium begins with ours; None where that cannot be found out."""
    source = snapshot / layout.LEDGER
    try:
        with drillspace.in_memory(source.stat().st_size + _MARGIN_BYTES) as place:
            files.make_dirs(place.root)
            copying.copy_stream(source, place.ledger)
            key = office.session.role_key(RoleKey.LEDGER)
            with Ledger.open(place.ledger, key, office.card.origin, read_only=True) as other:
                return _continues(office, other, tree)
    except (OSError, LedgerError, ScratchError):
        return None


def _continues(office: Office, other: Ledger, tree: Tree) -> bool:
    head, theirs = office.ledger.head().checkpoint, other.head().checkpoint
    if (theirs.size, theirs.root) != (tree.size, tree.root):
        return False  # not even the ledger that the signed card speaks of
    try:
        merkle.verify_consistency(
            head.size, head.root, theirs.size, theirs.root, other.consistency_proof(head.size)
        )
    except merkle.MerkleError:
        return False
    return True


def _forked(tree: Tree, label: str, snapshot: str) -> LedgerUntrusted:
    return LedgerUntrusted(
        "{label} carries {snapshot} of another vault that went on from the same history ({size} entries)",
        label=label,
        snapshot=snapshot,
        size=tree.size,
        hint="two vaults live on from one backup, or history was rewritten: write nothing more in "
        "either, decide with the auditor which one goes on, and compare: "
        "securedoc ledger verify --anchor FILE",
    )
