"""An insider with the ledger key: edits the database itself, recomputes hashes, signs with any key."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from securedoc.core.entries import Entry
from securedoc.core.people import OfficerId, Role
from securedoc.core.secret import Secret
from securedoc.errors import LedgerError
from securedoc.formats import merkle
from securedoc.formats.checkpoint import Checkpoint
from securedoc.ledger import anchors, entrybytes, signing
from securedoc.ledger.ledger import Ledger
from tests.support import ledger as support
from tests.support.ledger import KEY, ORIGIN, PIN, Signer, World, with_rules, without_rules


def office_with_history(directory: Path) -> Path:
    """Make an office with some history, by several officers; closed."""
    world = support.found(directory)
    for _ in range(3):
        support.issue(world, support.draft(world))
    support.receive(world)
    support.enrol(world, OfficerId("mai"), Role.AUDITOR)
    world.ledger.close()
    return directory


def copy_of(office: Path, root: Path) -> World:
    """Copy an office for one attack, and open it an hour later."""
    shutil.copytree(office, root, dirs_exist_ok=True)
    head = root / "anchors" / "head.txt"
    world = World(root / "ledger.db", support.opened(root / "ledger.db", head), head)
    world.clock.at += timedelta(hours=1)
    return world


def found(world: World, *known: anchors.Anchor) -> LedgerError:
    """Open the ledger as the auditor does; return what the whole check finds."""
    world.ledger.close()
    with (
        pytest.raises(LedgerError) as caught,
        Ledger.open(world.path, Secret(KEY), ORIGIN, head=world.head) as ledger,
    ):
        ledger.verify(PIN, known=known)
    return caught.value


def unanchored(world: World, *known: anchors.Anchor) -> LedgerError:
    """Find it without the checkpoint that this machine remembers: the attacker removed that too."""
    world.head.unlink(missing_ok=True)
    return found(world, *known)


def entries(connection: Any) -> list[Entry]:
    """Read the history as it stands."""
    rows = connection.execute("SELECT body FROM entries ORDER BY seq").fetchall()
    return [entrybytes.decode(body) for (body,) in rows]


def rewrite(connection: Any, history: list[Entry], sign: Callable[[Entry], OfficerId | None]) -> None:
    """Replace the whole history by another one, with a right tree and new checkpoints.

    `sign` says whose key signs after an entry (None: the transaction goes on): the attacker's own,
    or, for what was signed before and is unchanged, the original's.
    """
    rules = without_rules(connection)
    kept = dict(connection.execute("SELECT size, note FROM checkpoints").fetchall())
    roots: dict[int, bytes] = {}
    for table in ("entries", "nodes", "checkpoints"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608
    frontier = merkle.Frontier()
    for entry in history:
        body = entrybytes.encode(entry)
        leaf = merkle.leaf_hash(body)
        row = (entry.sequence, body, leaf, entry.act.value, entry.about)
        connection.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", row)
        for node in frontier.append(leaf):
            connection.execute("INSERT INTO nodes VALUES (?, ?, ?)", node)
        roots[frontier.size] = frontier.root()
        who = sign(entry)
        if who is None:
            continue
        stated = Checkpoint(ORIGIN, frontier.size, frontier.root())
        original = kept.get(frontier.size)
        same = original is not None and signing.read(original, ORIGIN)[0] == stated
        note = original if same else signing.sign(stated, Signer(who))
        connection.execute("INSERT INTO checkpoints VALUES (?, ?, ?)", (frontier.size, who, note))
    with_rules(connection, rules)


def as_before(connection: Any) -> Callable[[Entry], OfficerId | None]:
    """Sign where the original history did, as whom it says."""
    sizes = {size for (size,) in connection.execute("SELECT size FROM checkpoints").fetchall()}
    return lambda entry: entry.who if entry.sequence + 1 in sizes else None
