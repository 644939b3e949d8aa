"""Anchors: checkpoints kept outside the ledger, which history since must continue."""

import base64
import binascii
import contextlib
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.errors import LedgerError, LedgerMalformed, LedgerMissing, LedgerStale, LedgerUntrusted
from securedoc.formats import checkpoint
from securedoc.formats.note import MAX_NOTE_BYTES
from securedoc.ledger import tree
from securedoc.ledger.rows import Head
from securedoc.ledger.store import Store
from securedoc.system import files

_PAUSE_S: Final = 0.01
_SHORT: Final = re.compile(r"\s*(0|[1-9][0-9]{0,18})\s+(\S{43}=)\s*")


@dataclass(frozen=True, slots=True)
class Anchor:
    """What someone outside knows: the root of the ledger at a size."""

    size: int
    root: bytes
    origin: str | None
    """None where only size and root were written down."""


def parse(untrusted: str | bytes) -> Anchor:
    """Read an anchor: a signed checkpoint, its three lines, or `SIZE ROOT`.

    An anchor is believed because of where it was kept, so its signature adds nothing here.

    Raises:
        LedgerMalformed: it is none of them.
    """
    data = untrusted.encode("utf-8", "replace") if isinstance(untrusted, str) else untrusted
    text = data[: MAX_NOTE_BYTES + 1].decode("utf-8", "replace")
    if short := _SHORT.fullmatch(text):
        with contextlib.suppress(binascii.Error):
            return Anchor(int(short[1]), base64.b64decode(short[2], validate=True), None)
    with contextlib.suppress(checkpoint.CheckpointError):
        stated, _ = checkpoint.open_note(data)
        return Anchor(stated.size, stated.root, stated.origin)
    with contextlib.suppress(checkpoint.CheckpointError):
        stated = checkpoint.parse(text.rstrip() + "\n")
        return Anchor(stated.size, stated.root, stated.origin)
    raise LedgerMalformed(
        "this is not an anchor", hint="give a checkpoint file, its text, or its size and root"
    )


def load(path: Path) -> Anchor:
    """Read an anchor from a file.

    Raises:
        LedgerMissing: it cannot be read.
        LedgerMalformed: it is not an anchor.
    """
    try:
        return parse(files.read_bounded(path, MAX_NOTE_BYTES))
    except OSError as error:
        raise LedgerMissing("the anchor cannot be read: {reason}", reason=error.strerror or "") from error


def read_head(path: Path | None) -> Anchor | None:
    """Read the newest checkpoint that this machine remembers outside the ledger.

    It is a hint, written in place and without syncing: after a power loss it may be old, empty or
    torn, and then nothing is known. Whoever can write here could also remove it: an anchor that is
    kept elsewhere is the stronger one.
    """
    data = None if path is None else _read(path)
    if data is None:
        return None
    with contextlib.suppress(LedgerMalformed):
        return parse(data)
    return None


def write_head(path: Path | None, note: bytes) -> None:
    """Remember the newest checkpoint; a failure here must not fail what is committed already."""
    if path is not None:
        with contextlib.suppress(OSError):
            files.write_hint(path, note)


def require_head(store: Store, head: Head, path: Path | None) -> None:
    """Prove that the ledger whose last checkpoint is `head` is not behind what is remembered of it.

    Raises:
        LedgerStale: it is: its end was cut off, or an old copy was put back.
        LedgerUntrusted: it is another history.
    """
    before: bytes | None = None
    while path is not None:
        data = _read(path)
        if data is None or data == head.note:
            return
        try:
            require(store, head.checkpoint.origin, head.checkpoint.size, parse(data))
        except LedgerMalformed:
            return
        except LedgerError:
            # Another process may have been writing it at this moment: look once more.
            if data == before:
                raise
            before = data
            time.sleep(_PAUSE_S)
        else:
            return


def _read(path: Path) -> bytes | None:
    try:
        return files.read_bounded(path, MAX_NOTE_BYTES)
    except OSError:
        return None


def require(store: Store, origin: str, size: int, anchor: Anchor) -> None:
    """Prove that the ledger of `size` entries continues the history that an anchor saw.

    Raises:
        LedgerStale: the ledger is shorter: its end was cut off, or an old copy was put back.
        LedgerUntrusted: it has another root at that size: history was rewritten.
    """
    if anchor.origin is not None and anchor.origin != origin:
        raise LedgerUntrusted(
            "an anchor belongs to another vault's ledger", hint="check which vault it was taken from"
        )
    if size < anchor.size:
        raise LedgerStale(
            "the ledger has {size} entries, but there were {known} before",
            size=size,
            known=anchor.size,
            hint="an older copy was put back, or the end was cut off: find the newer one",
        )
    if tree.root_at(store, anchor.size) != anchor.root:
        raise LedgerUntrusted(
            "the first {n} entries are not the ones that were anchored",
            n=anchor.size,
            hint="history was rewritten: stop using this ledger and compare it with the backups",
        )
