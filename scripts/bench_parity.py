"""Measures recovery data: its cost beside par2 alone, and what damage takes beside restic and borg."""

import os
import random
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from scripts.benchlines import Line, held, seconds
from securedoc.backup import compose, layout, protect
from securedoc.backup.card import BagCard, Tree
from securedoc.backup.compose import Contents, Target
from securedoc.backup.examine import Depth, Look
from securedoc.backup.guarding import look_at_guards
from securedoc.backup.identity import Identity, VolumeFacts
from securedoc.backup.layout import BagKind, BagName
from securedoc.backup.outside import manifest_path
from securedoc.backup.packing import Source
from securedoc.backup.parity import large_group
from securedoc.backup.registration import write_registration
from securedoc.backup.repair import repair
from securedoc.backup.survey import survey
from securedoc.core.digests import Digest
from securedoc.core.people import OfficerId
from securedoc.core.protocols import NoProgress
from securedoc.crypto import certificates, cms
from securedoc.crypto.certificates import Subject, Validity
from securedoc.signing.trust import TrustStore
from securedoc.system import par2, process

GIB: Final = 1 << 30
MIB: Final = 1 << 20
PERCENT: Final = 10
RATIO: Final = 1.1
MEMORY_MB: Final = 250
FILES: Final = 1000
FILE_BYTES: Final = 104_520
FLIPS: Final = 20
SEEDS: Final = (1, 2, 3)
NOW: Final = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


class BenchStick:
    """A medium without a vault behind it: an objects bag and a snapshot."""

    def __init__(self, root: Path, sources: Sequence[Source]) -> None:
        root.mkdir()
        office, operator = "UBND xã Mẫu", OfficerId("bao")
        authority = certificates.make_authority(Subject("Chứng thư MẪU", office), Validity.years(NOW, 30))
        signer = certificates.issue(
            authority, Subject("Lê Văn Bảo", office, identifier=operator), Validity.years(NOW, 5)
        )
        self.trust = TrustStore.of(roots=[authority.certificate])
        self.sources = sources
        self.root = root
        self._vault, self._medium = "0" * 32, "M-000000000001"
        self._operator = operator
        self._office = office
        self._sign = lambda data: cms.sign(data, signer.certificate, signer.private_key)
        identity = Identity(
            medium=self._medium,
            vault=self._vault,
            office=office,
            label="USB 1",
            keeper="Lê Văn Bảo",
            registered_at=NOW,
            registered_by=operator,
            volume=VolumeFacts("directory", "bench", ""),
            files={},
        )
        write_registration(root, identity, authority.certificate, self._sign)
        self.directory = root / layout.set_name(self._vault)

    def write(self, shop: protect.Workshop | None = None) -> None:
        """Write the objects and a snapshot, and recovery data for them where there is a workshop."""
        plain = Target(self.directory, self._office, self._sign, read_back=True, progress=NoProgress())
        target = replace(plain, keep=shop.root, kept=shop.begin) if shop else plain
        objects_bag, snapshot_bag = BagName(BagKind.OBJECTS, 1), BagName(BagKind.SNAPSHOT, 1)
        written, placed = compose.write_objects(target, self._card(objects_bag), self.sources)
        written.bag.publish()
        ledger = self.root.parent / f"{self.root.name}.ledger"
        ledger.write_bytes(os.urandom(200_000))
        small = {"vault.json": b"{}", "checkpoint.txt": b"note\n"}
        outside = {name: Digest.of((self.directory / name).read_bytes()) for name in layout.FIXED_FILES}
        outside[manifest_path(objects_bag)] = written.manifest
        card = replace(self._card(snapshot_bag), tree=Tree(1, bytes(32)))
        compose.write_snapshot(target, card, Contents(ledger, small, placed, outside)).bag.publish()
        if shop is not None:
            self._protect(plain, shop)

    def _protect(self, target: Target, shop: protect.Workshop) -> None:
        look = Look(self.trust, NOW, Depth.NAMES)
        seen = survey(self.directory, look)
        fixed = {one: (self.directory / one).stat().st_size for one in layout.FIXED_FILES}
        for number, bag in enumerate(protect.unprotected(seen, look_at_guards(seen, look)), start=1):
            protect.protect(target, shop, bag, fixed, self._card(BagName(BagKind.PARITY, number)))

    def _card(self, name: BagName) -> BagCard:
        return BagCard(name, self._vault, self._medium, NOW, self._operator)


def objects(where: Path, count: int, size_bytes: int) -> list[Source]:
    """Make objects that look sealed."""
    where.mkdir()
    sources = []
    for _ in range(count):
        body = os.urandom(size_bytes)
        digest = Digest.of(body)
        (where / digest.hex).write_bytes(body)
        sources.append(Source(digest, size_bytes, where / digest.hex))
    return sorted(sources, key=lambda one: one.digest)


def cost(where: Path) -> Iterator[Line]:
    """Write a gigabyte with and without recovery data, and let par2 make it alone."""
    sources = objects(where / "vault", 200, (GIB - MIB) // 200 // 512 * 512 - 512)
    plain = BenchStick(where / "plain", sources)
    without = seconds(plain.write)
    pack = plain.directory / "objects-0001" / layout.pack_path(1)
    group = large_group(BagName(BagKind.OBJECTS, 1), layout.pack_path(1), pack.stat().st_size, PERCENT)
    (where / "alone").mkdir()
    alone = seconds(
        lambda: par2.create(
            plain.directory,
            where / "alone/0001.par2",
            group.named,
            block_bytes=group.block_bytes,
            recovery=group.recovery,
        )
    )
    shutil.rmtree(where / "alone")
    shutil.rmtree(where / "plain")
    with protect.workshop(where / "workshop", PERCENT) as shop:
        guarded = BenchStick(where / "guarded", sources)
        together = seconds(lambda: guarded.write(shop))
    more = together - without
    yield held(
        f"parity {PERCENT} % of 1 GiB, more than without",
        f"{more:.1f} s / par2 alone {alone:.1f} s = {more / alone:.2f}",
        f"≤ {RATIO}",
        holds=more / alone <= RATIO,
    )
    own, children = (
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    yield held(
        "memory with parity, program and par2",
        f"{own:.0f} + {children:.0f} MB",
        f"≤ {MEMORY_MB} MB",
        holds=own + children <= MEMORY_MB,
    )
    shutil.rmtree(where / "guarded")
    shutil.rmtree(where / "vault")


def damage(paths: Sequence[Path], seed: int) -> None:
    """Flip twenty bits anywhere, and zero one mebibyte in the largest file."""
    chance = random.Random(seed)  # noqa: S311 - places to damage, not secrets
    sizes = [path.stat().st_size for path in paths]
    for path in chance.choices(paths, weights=sizes, k=FLIPS):
        with path.open("r+b") as file:
            at = chance.randrange(path.stat().st_size)
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 1 << chance.randrange(8)]))
    largest = max(paths, key=lambda path: path.stat().st_size)
    with largest.open("r+b") as file:
        file.seek(chance.randrange(max(1, largest.stat().st_size - MIB)))
        file.write(bytes(min(MIB, largest.stat().st_size)))


def files_of(directory: Path) -> list[Path]:
    """Return every file below a directory."""
    return sorted(path for path in directory.rglob("*") if path.is_file())


def ours(where: Path, sources: Sequence[Source]) -> Iterator[Line]:
    """Damage a protected stick, repair it, and count what is lost."""
    with protect.workshop(where / "workshop", PERCENT) as shop:
        stick = BenchStick(where / "made", sources)
        stick.write(shop)
    lost, took = [], 0.0
    for seed in SEEDS:
        shutil.copytree(where / "made", where / "stick")
        damage(files_of(where / "stick"), seed)
        directory = where / "stick" / stick.directory.name
        began = time.perf_counter()
        repair(directory, Look(stick.trust, NOW)).require()
        took = time.perf_counter() - began
        lost.append(sum(not same(directory / path, stick.directory / path) for path in inner(stick)))
        shutil.rmtree(where / "stick")
    yield held(
        f"damage: {FLIPS} bits and 1 MiB of {FILES} objects, ours",
        f"{', '.join(map(str, lost))} files wrong; last repair {took:.1f} s",
        "0, 0, 0",
        holds=not any(lost),
    )


def inner(stick: BenchStick) -> list[Path]:
    """Return the files of a stick, as seen from its set."""
    return [path.relative_to(stick.directory) for path in files_of(stick.directory)]


def same(one: Path, other: Path) -> bool:
    """Tell whether two files hold the same bytes."""
    return one.exists() and one.read_bytes() == other.read_bytes()


def peers(where: Path, sources: Sequence[Source]) -> Iterator[Line]:
    """Do the same to restic and borg, where they are installed."""
    for name, measured in (("restic", restic), ("borg", borg)):
        if process.find(name) is None:
            yield Line(f"damage: {name}", "not installed: apt install restic borgbackup")
            continue
        lost = []
        for seed in SEEDS:
            place = where / f"{name}-{seed}"
            place.mkdir()
            back = measured(place, sources[0].path.parent, seed)
            lost.append(sum(not same(back / one.path.name, one.path) for one in sources))
            shutil.rmtree(place)
        yield Line(f"damage: {name}, the same", f"{', '.join(map(str, lost))} of {FILES} files lost or wrong")


def restic(place: Path, source: Path, seed: int) -> Path:
    """Back up, damage, restore with restic; return where the files are."""
    env = {**process.CLEAN_ENVIRONMENT, "RESTIC_PASSWORD": "MAU", "HOME": str(place)}
    repository, back = str(place / "repository"), place / "back"
    tool("restic", "-q", "-r", repository, "init", cwd=place, env=env)
    tool("restic", "-q", "-r", repository, "backup", ".", cwd=source, env=env)
    damage(files_of(place / "repository/data"), seed)
    tool("restic", "-q", "-r", repository, "restore", "latest", "-t", str(back), cwd=place, env=env, may=True)
    return back


def borg(place: Path, source: Path, seed: int) -> Path:
    """Back up, damage, repair and extract with borg; return where the files are."""
    env = {
        **process.CLEAN_ENVIRONMENT,
        "BORG_PASSPHRASE": "MAU",
        "BORG_CHECK_I_KNOW_WHAT_I_AM_DOING": "YES",
        "HOME": str(place),
    }
    repository, back = str(place / "repository"), place / "back"
    back.mkdir()
    tool("borg", "init", "-e", "repokey", repository, cwd=place, env=env)
    tool("borg", "create", f"{repository}::one", ".", cwd=source, env=env)
    damage(files_of(place / "repository/data"), seed)
    tool("borg", "check", "--repair", repository, cwd=place, env=env, may=True)
    tool("borg", "extract", f"{repository}::one", cwd=back, env=env, may=True)
    return back


def tool(*argv: str, cwd: Path, env: dict[str, str], may: bool = False) -> None:
    """Run another program; `may` it fail, as after damage."""
    found = process.find(argv[0])
    subprocess.run([str(found), *argv[1:]], cwd=cwd, env=env, capture_output=True, check=not may)


def measure(where: Path) -> Iterator[Line]:
    """Yield a line a number."""
    if par2.program() is None:
        yield Line("recovery data", "par2 is not installed: nothing measured")
        return
    yield from cost(where)
    sources = objects(where / "vault", FILES, FILE_BYTES)
    yield from ours(where, sources)
    yield from peers(where, sources)
