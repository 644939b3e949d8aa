"""Anchors and the remembered head: what is known of the ledger outside it."""

from pathlib import Path

import pytest

from securedoc.core.digests import Digest
from securedoc.errors import LedgerError, LedgerMalformed
from securedoc.ledger import anchors
from securedoc.system import files
from tests.support import ledger as support
from tests.support.ledger import PIN, World


@pytest.fixture
def world(root: Path) -> World:
    world = support.found(root)
    support.draft(world)
    return world


@pytest.mark.parametrize("remembered", [b"", b"\0" * 200, b"torn", None])
def test_a_remembered_head_that_is_lost_or_torn_is_no_error(world: World, remembered: bytes | None) -> None:
    world.head.unlink()
    if remembered is not None:
        world.head.write_bytes(remembered)
    world.reopen()

    support.draft(world)

    assert world.head.read_bytes() == world.ledger.head().note
    world.ledger.verify(PIN)


def test_a_ledger_opened_while_others_commit_is_not_taken_for_an_old_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = files.read_bounded
    commits = iter(range(3))

    def after_a_commit(path: Path, limit: int) -> bytes:
        # Between our view of the ledger and our look at the file.
        monkeypatch.setattr(files, "read_bounded", read)
        support.draft(world)
        if next(commits, None) is not None:
            monkeypatch.setattr(files, "read_bounded", after_a_commit)
        return read(path, limit)

    monkeypatch.setattr(files, "read_bounded", after_a_commit)

    with support.opened(world.path, world.head) as late:
        assert late.size == world.ledger.size


def test_an_older_remembered_head_is_no_error(world: World) -> None:
    older = world.head.read_bytes()
    support.draft(world)
    world.head.write_bytes(older)
    world.reopen()

    support.draft(world)

    world.ledger.verify(PIN)


def test_anchors_are_read_in_each_form_people_keep(world: World, tmp_path: Path) -> None:
    head = world.ledger.head()
    text = head.checkpoint.text()
    short = " ".join(text.split("\n")[1:3])
    (tmp_path / "anchor.txt").write_bytes(head.note)

    for known in (
        anchors.parse(text),
        anchors.parse(text.rstrip()),
        anchors.parse(short),
        anchors.parse(head.note),
    ):
        assert (known.size, known.root) == (head.checkpoint.size, head.checkpoint.root)
        world.ledger.verify(PIN, known=[known])
    assert anchors.load(tmp_path / "anchor.txt") == anchors.parse(head.note)
    for nothing in ("", "x", "12", f"12 {'?' * 43}=", b"\xff\xfe", b"a" * 300_000):
        with pytest.raises(LedgerMalformed):
            anchors.parse(nothing)
    with pytest.raises(LedgerError) as caught:
        anchors.load(tmp_path / "none.txt")
    assert caught.value.exit_code == 51


def test_the_pin_is_the_digest_of_the_genesis(world: World) -> None:
    assert Digest.of(world.ledger.entry_bytes(0)) == PIN
