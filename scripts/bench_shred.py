"""Measures shredding against coreutils: the same files, `shred -n1 -u`, taking turns.

`shred -n1 -u` overwrites once, syncs, renames once for each letter of the name, and removes. Ours overwrites
once, syncs, reads back past the cache, renames once, removes, and tells the device to forget.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from scripts.benchlines import Line, held, seconds
from securedoc.system import kernel

ROUNDS: Final = 3
RATIO: Final = 1.2
MIB: Final = 1024 * 1024
LARGE_BYTES: Final = 256 * MIB
SMALL_BYTES: Final = 100_000
SMALL_FILES: Final = 1000
SECUREDOC: Final = str(Path(sys.executable).with_name("securedoc"))


def measure(where: Path) -> Iterator[Line]:
    """Measure a large file, and many small ones, each the best of several rounds."""
    yield from _compared("shred 256 MB", where, _large)
    yield from _compared("shred 1,000 files of 100 KB", where, _small)


def _compared(what: str, directory: Path, make: Callable[[Path], None]) -> Iterator[Line]:
    pairs = [(_ours(directory / "a", make), _coreutils(directory / "b", make)) for _ in range(ROUNDS)]
    ours, theirs = (min(times) for times in zip(*pairs, strict=True))
    value = f"{ours:.2f} s / {theirs:.2f} s = {ours / theirs:.2f}"
    yield held(f"{what} / shred -n1 -u", value, f"≤ {RATIO}", holds=ours / theirs <= RATIO)


def _ours(tree: Path, make: Callable[[Path], None]) -> float:
    make(tree)
    return seconds(lambda: _run(SECUREDOC, "--quiet", "--json", "shred", "--recursive", str(tree)))


def _coreutils(tree: Path, make: Callable[[Path], None]) -> float:
    make(tree)
    names = [str(path) for path in tree.iterdir()]
    took = seconds(lambda: _run("shred", "-n1", "-u", *names))
    tree.rmdir()
    return took


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)


def _large(tree: Path) -> None:
    tree.mkdir()
    with (tree / "document").open("wb") as stream:
        for _ in range(LARGE_BYTES // MIB):
            stream.write(os.urandom(MIB))
        stream.flush()
        os.fsync(stream.fileno())


def _small(tree: Path) -> None:
    tree.mkdir()
    for number in range(SMALL_FILES):
        with (tree / f"document-{number:04d}").open("wb") as stream:
            stream.write(os.urandom(SMALL_BYTES))
    descriptor = os.open(tree, os.O_RDONLY)
    kernel.sync_filesystem(descriptor)
    os.close(descriptor)
