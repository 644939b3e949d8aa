"""What the running program is: its version, the digest of its files, and what it depends on."""

import hashlib
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

import securedoc
from securedoc.core.digests import Digest
from securedoc.system import files

NAME: Final = "securedoc"
DIGEST_COMMAND: Final = (
    "find . -type f -not -path '*/__pycache__/*' -print0",
    "  | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum",
)
"""What gives the same digest in the directory of the installed package."""
MAX_FILE_BYTES: Final = 64 << 20

_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?")
_EXTRA: Final = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")


@dataclass(frozen=True, slots=True)
class Program:
    """What stands on the emergency kit of the program that wrote the sticks."""

    version: str
    python: str
    digest: Digest
    """Of what `DIGEST_COMMAND` digests."""
    dependencies: tuple[str, ...]
    """`name==version`, in order; without them the program does not run."""

    @property
    def dependencies_digest(self) -> Digest:
        """Of these lines, each with an end of line."""
        return Digest.of("".join(f"{line}\n" for line in self.dependencies).encode())


def running() -> Program:
    """Look at the program that is running.

    Raises:
        OSError: one of its own files cannot be read.
    """
    return Program(
        version=securedoc.__version__,
        python=platform.python_version(),
        digest=digest_of(Path(securedoc.__file__).parent),
        dependencies=tuple(sorted(_dependencies(NAME, frozenset(), set()))),
    )


def digest_of(directory: Path) -> Digest:
    """Digest every file of an installed package but what Python compiled for itself."""
    found = [
        path.relative_to(directory)
        for path in directory.rglob("*")
        if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts
    ]
    whole = hashlib.sha256()
    for path in sorted(found, key=lambda path: f"./{path}".encode()):
        data = files.read_bounded(directory / path, MAX_FILE_BYTES)
        whole.update(f"{Digest.of(data).hex}  ./{path}\n".encode())
    return Digest(whole.digest())


def _dependencies(name: str, extras: frozenset[str], seen: set[tuple[str, frozenset[str]]]) -> Iterator[str]:
    if (name, extras) in seen:
        return
    seen.add((name, extras))
    try:
        requires = metadata.requires(name) or []
    except metadata.PackageNotFoundError:  # for another system or Python
        return
    for line in requires:
        words, _, marker = line.partition(";")
        wanted = _EXTRA.search(marker)
        match = _REQUIREMENT.match(words.strip())
        if match is None or (wanted is not None and wanted[1] not in extras):
            continue
        other = re.sub(r"[-_.]+", "-", match[1]).lower()
        try:
            found = f"{other}=={metadata.version(other)}"
        except metadata.PackageNotFoundError:
            continue
        if not any(known == other for known, _ in seen):
            yield found
        more = frozenset(part.strip() for part in (match[2] or "").split(",") if part.strip())
        yield from _dependencies(other, more, seen)
