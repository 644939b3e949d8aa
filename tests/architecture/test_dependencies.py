"""Every package that may be installed is explained, pinned and hashed."""

import re
from pathlib import Path

import pytest

from tests.support.tree import REPOSITORY

LOCKS = tuple(sorted((REPOSITORY / "scripts" / "lock").glob("*.txt")))
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==\S+", re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_locked_package_is_explained(lock: Path) -> None:
    explained = (REPOSITORY / "docs" / "dependencies.md").read_text("utf-8")

    names = PINNED.findall(lock.read_text("utf-8"))

    assert names
    for name in names:
        assert re.search(rf"\b{re.escape(name)}\b", explained), f"{name} is not in docs/dependencies.md"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_locked_package_has_its_hashes(lock: Path) -> None:
    text = lock.read_text("utf-8")

    for part in re.split(r"\n(?=[A-Za-z0-9])", text):
        if PINNED.match(part):
            assert "--hash=sha256:" in part, part.splitlines()[0]


def _pins(lock: str) -> dict[str, str]:
    text = (REPOSITORY / "scripts" / "lock" / lock).read_text("utf-8")
    return {line.partition("==")[0]: line for line in text.splitlines() if PINNED.match(line)}


def test_what_runs_is_what_is_tested() -> None:
    tested = _pins("test.txt")

    for lock in ("runtime.txt", "build.txt"):
        for package, pin in _pins(lock).items():
            assert tested[package] == pin
