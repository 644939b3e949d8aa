"""Sealed objects are written whole, found by their digest, and open only as what they are."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, Kind
from securedoc.core.secret import Secret
from securedoc.errors import DocumentFailed, DocumentMissing, DocumentRefused, DocumentUntrusted
from securedoc.system import files
from securedoc.vault import store as store_module
from securedoc.vault.context import object_context
from securedoc.vault.store import ObjectStore
from tests.faults.crash import power_cuts

KEY = Secret(bytes(range(32)))
VAULT = "0" * 32
FIRST = object_context(VAULT, DocumentId("D-2026-000001"), 1, Kind.DRAFT)
SECOND = object_context(VAULT, DocumentId("D-2026-000002"), 1, Kind.DRAFT)
BODY = "Báo cáo MẪU".encode() * 2000


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path / "objects")


def files_below(store: ObjectStore) -> list[Path]:
    return [path for path in store._root.rglob("*") if path.is_file()]


def test_what_is_put_opens_again(store: ObjectStore) -> None:
    digest, size = store.put([BODY[:1000], b"", BODY[1000:]], KEY, FIRST)

    assert store.open_object(digest, KEY, FIRST) == BODY
    assert size == store.size(digest) == store.check(digest)


def test_an_object_is_named_by_the_digest_of_its_ciphertext_and_private(store: ObjectStore) -> None:
    digest, _ = store.put([BODY], KEY, FIRST)

    path = store.path(digest)
    assert Digest.of(path.read_bytes()) == digest
    assert path.parent.name + path.name[2:] == digest.hex
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert files_below(store) == [path]


def test_no_plaintext_is_on_disk(store: ObjectStore) -> None:
    digest, _ = store.put([BODY], KEY, FIRST)

    assert "Báo".encode() not in store.path(digest).read_bytes()


def test_the_context_names_vault_document_version_and_kind() -> None:
    assert object_context("ab", DocumentId("D-2026-000001"), 3, Kind.SIGNED) == (
        b'{"document":"D-2026-000001","format":"securedoc/object/1","kind":"signed","vault":"ab","version":3}'
    )


def test_all_objects_are_listed_in_order_and_strangers_are_not(store: ObjectStore) -> None:
    put = sorted(store.put([bytes([n])], KEY, FIRST)[0] for n in range(20))
    (store._root / "notes").mkdir()
    (store._root / "ab" / "README").parent.mkdir(exist_ok=True)
    (store._root / "ab" / "README").write_text("not an object")
    (store._root / "ab" / ("cd" * 32)).write_text("in the wrong place")

    assert list(store.digests()) == put


def test_an_empty_store_has_no_objects(store: ObjectStore) -> None:
    assert list(store.digests()) == []


def test_a_missing_object_is_named(store: ObjectStore) -> None:
    absent = Digest.of(b"nothing")

    for look in (
        lambda: store.open_object(absent, KEY, FIRST),
        lambda: store.check(absent),
        lambda: store.size(absent),
    ):
        with pytest.raises(DocumentMissing, match=absent.hex):
            look()


def test_an_object_larger_than_the_limit_is_not_read(store: ObjectStore) -> None:
    digest, size = store.put([BODY], KEY, FIRST)

    with pytest.raises(DocumentRefused):
        store.open_object(digest, KEY, FIRST, limit=size - 1)


def test_a_document_too_large_is_refused_and_leaves_nothing(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "MAX_OBJECT_BYTES", 10_000)

    with pytest.raises(DocumentRefused, match="10000"):
        store.put([BODY], KEY, FIRST)

    assert files_below(store) == []


def test_a_full_disk_is_named_and_leaves_nothing(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)

    with pytest.raises(DocumentFailed, match="No space left"):
        store.put([BODY], KEY, FIRST)

    assert files_below(store) == []


def test_a_failing_disk_is_not_taken_for_a_forged_object(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest, _ = store.put([BODY], KEY, FIRST)

    def broken(*_: object) -> object:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "open", broken)

    with pytest.raises(DocumentFailed, match="Input/output error"):
        store.open_object(digest, KEY, FIRST)


def replaced_by_a_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def replaced_by_a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replaced_by_a_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("replace", [replaced_by_a_link, replaced_by_a_directory, replaced_by_a_fifo])
def test_what_is_not_a_regular_file_is_refused(store: ObjectStore, replace: Callable[[Path], None]) -> None:
    digest, _ = store.put([BODY], KEY, FIRST)

    replace(store.path(digest))

    with pytest.raises(DocumentUntrusted):
        store.open_object(digest, KEY, FIRST)
    with pytest.raises(DocumentUntrusted):
        store.check(digest)


def test_an_interrupted_write_leaves_no_object(store: ObjectStore) -> None:
    def interrupted() -> Iterator[bytes]:
        yield BODY
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.put(interrupted(), KEY, FIRST)

    assert list(store.digests()) == []
    assert files_below(store) == []


def test_a_power_cut_at_any_step_leaves_a_whole_object_or_none(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = 0

    for _ in power_cuts(monkeypatch, lambda: store.put([BODY], KEY, FIRST)):
        steps += 1
        assert all(store.open_object(digest, KEY, FIRST) == BODY for digest in store.digests())

    assert steps >= 2
    half_written = set(files.leftovers(store._root))
    whole = {store.path(digest) for digest in store.digests()}
    assert set(files_below(store)) == half_written | whole


@given(data=st.data())
def test_any_flipped_bit_of_a_stored_object_is_refused(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = ObjectStore(tmp_path_factory.mktemp("objects"))
    digest, size = store.put([b"MAU"], KEY, FIRST)
    bit = data.draw(st.integers(0, 8 * size - 1))
    altered = bytearray(store.path(digest).read_bytes())

    altered[bit // 8] ^= 1 << bit % 8
    store.path(digest).write_bytes(altered)

    with pytest.raises(DocumentUntrusted, match=digest.hex):
        store.open_object(digest, KEY, FIRST)
    with pytest.raises(DocumentUntrusted):
        store.check(digest)
