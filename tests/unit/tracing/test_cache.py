from pathlib import Path

import pytest

from securedoc.core.secret import Secret
from securedoc.errors import DocumentUntrusted
from securedoc.tracing import cache
from securedoc.tracing.fingerprints import Printer
from tests.support.tracing import TEXT, UNRELATED, record

KEY, OTHER = Secret(b"k" * 32), Secret(b"o" * 32)
VAULT = "0" * 32


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "fingerprints"
    printer = Printer(KEY)
    cache.keep(path, KEY, VAULT, [record(printer, TEXT, b"1" * 32), record(printer, UNRELATED, b"2" * 32)])
    return path


def test_what_was_kept_is_read_again(kept: Path) -> None:
    found = cache.load(kept, KEY, VAULT)

    assert [one.size_bytes for one in found.values()] == [len(TEXT.encode()), len(UNRELATED.encode())]
    assert all(len(one.samples) > 3 for one in found.values())


def test_nobody_else_may_read_the_file(kept: Path) -> None:
    assert kept.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("key", "vault"), [(OTHER, VAULT), (KEY, "1" * 32)])
def test_another_key_or_vault_opens_nothing(kept: Path, key: Secret, vault: str) -> None:
    with pytest.raises(DocumentUntrusted):
        cache.load(kept, key, vault)


@pytest.mark.parametrize("at", [0, 30, 60, 200, -1])
def test_a_changed_byte_is_refused(kept: Path, at: int) -> None:
    data = bytearray(kept.read_bytes())
    data[at] ^= 1
    kept.write_bytes(data)

    with pytest.raises(DocumentUntrusted):
        cache.load(kept, KEY, VAULT)


@pytest.mark.parametrize("length", [0, 10, 100])
def test_a_file_cut_short_is_refused(kept: Path, length: int) -> None:
    kept.write_bytes(kept.read_bytes()[:length])

    with pytest.raises(DocumentUntrusted):
        cache.load(kept, KEY, VAULT)


def test_a_link_in_its_place_is_refused(kept: Path) -> None:
    kept.rename(kept.with_name("moved"))
    kept.symlink_to("moved")

    with pytest.raises(OSError, match="symbolic link"):
        cache.load(kept, KEY, VAULT)


def test_nothing_kept_is_told_apart_from_something_damaged(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        cache.load(tmp_path / "none", KEY, VAULT)
