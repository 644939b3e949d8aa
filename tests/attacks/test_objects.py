"""Whoever can write to the objects directory cannot make the vault open something else."""

from pathlib import Path

import pytest

from securedoc.core.documents import DocumentId, Kind
from securedoc.core.secret import Secret
from securedoc.crypto import objects
from securedoc.errors import DocumentUntrusted
from securedoc.vault.context import object_context
from securedoc.vault.store import ObjectStore

KEY = Secret(bytes(range(32)))
VAULT = "0" * 32


def place(number: int, version: int = 1, kind: Kind = Kind.DRAFT) -> bytes:
    return object_context(VAULT, DocumentId(f"D-2026-{number:06d}"), version, kind)


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path)


def test_two_objects_exchanged_are_refused(store: ObjectStore) -> None:
    one, _ = store.put([b"one"], KEY, place(1))
    two, _ = store.put([b"two"], KEY, place(2))
    first, second = store.path(one).read_bytes(), store.path(two).read_bytes()

    store.path(one).write_bytes(second)
    store.path(two).write_bytes(first)

    for digest, context in ((one, place(1)), (two, place(2))):
        with pytest.raises(DocumentUntrusted):
            store.open_object(digest, KEY, context)


@pytest.mark.parametrize(
    "claimed",
    [place(2), place(1, version=2), place(1, kind=Kind.SIGNED)],
    ids=["document", "version", "kind"],
)
def test_an_object_offered_as_another_is_refused_even_under_the_same_key(
    store: ObjectStore, claimed: bytes
) -> None:
    digest, _ = store.put([b"one"], KEY, place(1))

    with pytest.raises(DocumentUntrusted):
        store.open_object(digest, KEY, claimed)


def test_an_older_version_put_back_under_the_newer_name_is_refused(store: ObjectStore) -> None:
    old, _ = store.put([b"old"], KEY, place(1, version=1))
    new, _ = store.put([b"new"], KEY, place(1, version=2))

    store.path(new).write_bytes(store.path(old).read_bytes())

    with pytest.raises(DocumentUntrusted):
        store.open_object(new, KEY, place(1, version=2))


def test_a_validly_sealed_replacement_of_the_same_place_is_refused_by_its_digest(store: ObjectStore) -> None:
    # An officer who holds the document key seals other words for the same place, and puts them there.
    recorded, _ = store.put([b"what was signed"], KEY, place(1))

    store.path(recorded).write_bytes(b"".join(objects.encrypt(KEY, place(1), [b"other words"])))

    with pytest.raises(DocumentUntrusted, match="exchanged"):
        store.open_object(recorded, KEY, place(1))


@pytest.mark.parametrize("left", [0, 1, 55, 56, 72, 16_455, 16_456, 32_000])
def test_a_truncated_object_is_refused(store: ObjectStore, left: int) -> None:
    digest, size = store.put([bytes(40_000)], KEY, place(1))
    assert left < size

    path = store.path(digest)
    path.write_bytes(path.read_bytes()[:left])

    with pytest.raises(DocumentUntrusted):
        store.open_object(digest, KEY, place(1))


def test_an_object_of_another_vault_is_refused(store: ObjectStore) -> None:
    foreign = object_context("f" * 32, DocumentId("D-2026-000001"), 1, Kind.DRAFT)
    digest, _ = store.put([b"one"], KEY, foreign)

    with pytest.raises(DocumentUntrusted):
        store.open_object(digest, KEY, place(1))
