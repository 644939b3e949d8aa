"""The backup programs that ours is compared with: each driven as its own manual says, in its own process."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from securedoc.system import process

_PACKAGES: Final = {"restic": "restic", "borg": "borgbackup", "age": "age", "age-keygen": "age"}
_SPAWN: Final = """
import os, sys
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
open(sys.argv[1], "w").write(f"{usage.ru_utime} {usage.ru_maxrss}")
sys.exit(os.waitstatus_to_exitcode(status) & 255)
"""
"""A small process in between: the kernel counts what a process was before `exec`, and we are large."""
PASSPHRASE: Final = "MAU"  # noqa: S105 - of a repository that lives for minutes


@dataclass(frozen=True, slots=True)
class Ran:
    """What a process took, with all that it started."""

    seconds: float
    user_s: float
    peak_mb: float
    output: str

    def __add__(self, other: "Ran") -> "Ran":
        return Ran(
            self.seconds + other.seconds,
            self.user_s + other.user_s,
            max(self.peak_mb, other.peak_mb),
            self.output + other.output,
        )


def ran(argv: Sequence[str], *, env: dict[str, str], cwd: Path, sync: Path | None = None) -> Ran:
    """Run a program that must succeed; with `sync`, until what it wrote there is on the medium."""
    began = time.perf_counter()
    with tempfile.NamedTemporaryFile() as said, tempfile.NamedTemporaryFile() as took:
        words = [sys.executable, "-S", "-c", _SPAWN, took.name, *argv]
        code = subprocess.run(
            words, env=env, cwd=cwd, stdout=said, stderr=subprocess.STDOUT, check=False
        ).returncode
        output = Path(said.name).read_text("utf-8", "replace")
        if code != 0:
            raise subprocess.CalledProcessError(code, argv, output[-500:])
        user_s, peak_kb = map(float, Path(took.name).read_text().split())
    if sync is not None:
        subprocess.run(["sync", "-f", str(sync)], check=True)
    return Ran(time.perf_counter() - began, user_s, peak_kb / 1024, output)


@dataclass(frozen=True, slots=True)
class Peer:
    """A backup program: what each step is called there; empty where it has none."""

    name: str
    needs: tuple[str, ...]
    init: tuple[str, ...]
    backup: tuple[str, ...]
    check: tuple[str, ...] = ()
    restore: tuple[str, ...] = ()
    incremental: bool = False
    env: dict[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> str | None:
        """Name of the program that is not installed."""
        return next((name for name in self.needs if process.find(name) is None), None)

    def run(self, step: Sequence[str], vault: Path, repository: Path, into: Path | None = None) -> Ran:
        """Run a step."""
        places = {"{vault}": str(vault), "{repo}": str(repository), "{into}": str(into)}
        words = [_filled(word, places) for word in step]
        env = {**process.CLEAN_ENVIRONMENT, **self.env, "HOME": str(repository.parent.parent)}
        return ran(words, env=env, cwd=into or vault, sync=repository.parent)


def install_missing() -> None:
    """Install the peers that are missing, where root may; whichever then still is missing is said to be."""
    packages = sorted({_PACKAGES[peer.missing] for peer in PEERS if peer.missing in _PACKAGES})
    installer = process.find("apt-get")
    if not packages or installer is None or os.geteuid() != 0:
        return
    env = {**process.CLEAN_ENVIRONMENT, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        subprocess.run([str(installer), *words], env=env, check=False, capture_output=True)


def _filled(word: str, places: dict[str, str]) -> str:
    for place, path in places.items():
        word = word.replace(place, path)
    return word


RESTIC: Final = Peer(
    "restic",
    ("restic",),
    init=("restic", "-q", "-r", "{repo}", "init"),
    backup=("restic", "-q", "-r", "{repo}", "backup", "."),
    check=("restic", "-q", "-r", "{repo}", "check", "--read-data"),
    restore=("restic", "-q", "-r", "{repo}", "restore", "latest", "-t", "{into}"),
    incremental=True,
    env={"RESTIC_PASSWORD": PASSPHRASE},
)
BORG: Final = Peer(
    "borg",
    ("borg",),
    init=("borg", "init", "-e", "repokey", "{repo}"),
    backup=("borg", "create", "-C", "none", "{repo}::{now:%H%M%S%f}", "."),
    check=("borg", "check", "--verify-data", "{repo}"),
    incremental=True,
    env={"BORG_PASSPHRASE": PASSPHRASE},
)
TAR_AGE: Final = Peer(
    "tar | age",
    ("tar", "age", "age-keygen"),
    init=("sh", "-c", "mkdir {repo} && age-keygen -o {repo}/key && age-keygen -y {repo}/key >{repo}/to"),
    backup=("sh", "-c", "tar c . | age -R {repo}/to -o {repo}/vault.age"),
    check=("sh", "-c", "age -d -i {repo}/key {repo}/vault.age | tar t >{repo}/list"),
)
PEERS: Final = (RESTIC, BORG, TAR_AGE)
