from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securedoc.backup import plan, trees
from securedoc.backup.index import Placed
from securedoc.backup.schedule import due
from securedoc.core.digests import Digest
from securedoc.errors import BackupFailed, BackupRefused
from securedoc.office.place import Place


def sealed(number: int, size: int = 10) -> tuple[Digest, int]:
    return Digest.of(bytes([number])), size


def placed(number: int, size: int = 10, bag: int = 1) -> Placed:
    return Placed(Digest.of(bytes([number])), size, bag, 1)


def test_only_what_the_medium_lacks_is_written_and_only_what_is_needed_is_kept() -> None:
    made = plan.plan([sealed(1), sealed(2), sealed(3)], [placed(1), placed(9, bag=2)])

    assert made.kept == (placed(1),)
    assert {digest for digest, _ in made.new} == {Digest.of(bytes([2])), Digest.of(bytes([3]))}
    assert made.objects == 3
    assert {bag.number for bag in made.bags} == {1}


def test_an_object_that_two_versions_share_is_written_once() -> None:
    assert len(plan.plan([sealed(1), sealed(1)], []).new) == 1


def test_an_object_of_another_size_than_the_ledger_says_is_written_again() -> None:
    made = plan.plan([sealed(1, 10)], [placed(1, 11)])

    assert made.kept == ()
    assert made.new == ((Digest.of(bytes([1])), 10),)


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)))
def test_every_needed_object_is_kept_or_written_and_none_both(needed: set[int], there: set[int]) -> None:
    made = plan.plan(map(sealed, needed), list(map(placed, there)))

    kept = {one.digest for one in made.kept}
    new = {digest for digest, _ in made.new}
    assert kept | new == {digest for digest, _ in map(sealed, needed)}
    assert not kept & new
    assert list(made.new) == sorted(made.new)


def test_a_medium_without_room_is_refused_with_both_numbers() -> None:
    plan.require_room(0, plan.SPARE_BYTES, "USB 1")
    with pytest.raises(BackupRefused) as refused:
        plan.require_room(1, plan.SPARE_BYTES, "USB 1")

    assert str(plan.SPARE_BYTES) in str(refused.value)
    assert str(plan.SPARE_BYTES + 1) in str(refused.value)


@pytest.mark.parametrize(
    ("days", "overdue"), [(0, False), (90, False), (91, True)], ids=["today", "to the day", "a day late"]
)
def test_a_backup_is_overdue_after_the_interval_and_not_before(days: int, *, overdue: bool) -> None:
    last = datetime(2026, 1, 1, tzinfo=UTC)

    found = due(last, 90, last + timedelta(days=days))

    assert found.overdue is overdue
    assert found.due_at == last + timedelta(days=90)


def test_what_a_snapshot_repeats_of_the_vault_leads_back_to_the_same_paths(root: Path) -> None:
    place = Place(root)
    paths = ["keyring/officers/con.json", "policy/vn-2026.toml", "trust/Văn phòng.pem"]
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(path.encode())
    place.vault_file.write_bytes(b"card")
    (root / "keyring/officers/.~0011.new").write_bytes(b"never published")

    found = trees.small_files(place)

    assert found.pop("vault.json") == b"card"
    assert {str(trees.decoded(name)): data.decode() for name, data in found.items()} == {p: p for p in paths}
    assert "keyring/officers/=63on.json" in found


@pytest.mark.parametrize(
    "path", ["ledger.db", "keyring/=2e=2e/x", "keyring/a=2fb", "keyring/CON", "keyring//a"]
)
def test_a_path_that_no_vault_has_is_not_restored(path: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - names and paths say it in their own words
        trees.decoded(path)


def test_a_link_in_the_keyring_is_not_followed(root: Path) -> None:
    (root / "keyring").mkdir()
    (root / "vault.json").write_bytes(b"card")
    (root / "keyring/x").symlink_to("/etc/hostname")

    with pytest.raises(BackupFailed):
        trees.small_files(Place(root))
