"""Measures backups beside restic, borg and tar | age: same vault, same device, same run, in turn."""

import secrets
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Final

from scripts import bench_corpus, bench_device, bench_parity
from scripts.bench_device import READ_BPS, WRITE_BPS
from scripts.bench_office import PASSPHRASE, BenchOffice, found
from scripts.bench_peers import PEERS, RESTIC, Peer, Ran, install_missing, ran
from scripts.benchlines import Line, aimed, held
from securedoc.backup import layout, protect
from securedoc.backup.examine import Look
from securedoc.backup.layout import BagKind, BagName
from securedoc.backup.parity import large_group
from securedoc.backup.repair import repair
from securedoc.errors import BackupUntrusted
from securedoc.system import par2, process

DOCUMENTS: Final = 10_000
"""Each is two objects, a card and a body: the 20,000 objects and 2.1 GB of LIBRARIES.md B4."""
BODY_BYTES: Final = 208_000
SMALL_BODY_BYTES: Final = 4_000
CURVE: Final = (1_000, 10_000)
LONG_CURVE: Final = (*CURVE, 100_000)
ROUNDS: Final = 2
"""Of each of the shorter measurements; the best counts, since what disturbs only ever adds."""

FIRST_RATIO: Final = 1.05
VERIFY_RATIO: Final = 1.03
USER_S: Final = 4.0
RESTIC_FIRST_RATIO: Final = 0.5
INCREMENTAL_RATIO: Final = 0.6
RESTORE_RATIO: Final = 0.9
MEMORY_MB: Final = 100
GROWTH_RATIO: Final = 1.2


class Ours:
    """Our own program, run as its user runs it, on a vault of many documents."""

    def __init__(self, where: Path, documents: int, body_bytes: int) -> None:
        where.mkdir()
        self._where = where
        self._password = where / "passphrase"
        self._password.write_bytes(PASSPHRASE)
        self._body_bytes = body_bytes
        self._stack = ExitStack()
        self._office: BenchOffice = found(where, self._stack)
        self.vault = self._office.vault
        self.add(documents)

    def close(self) -> None:
        """Close the vault."""
        self._stack.close()

    def add(self, documents: int) -> None:
        """Draft more documents."""
        bench_corpus.fill(self._office, documents, self._body_bytes)

    def register(self, stick: Path) -> None:
        """Make a directory or a mount a medium of the vault."""
        self._run("giang", "media", "register", str(stick), "--label", secrets.token_hex(3), "--keeper", "G")

    def backup(self, stick: Path, parity: int = 0) -> Ran:
        """Back up, with read-back."""
        return self._run("giang", "backup", "run", "--to", str(stick), "--parity", str(parity), sync=stick)

    def verify(self, stick: Path) -> Ran:
        """Verify without any key."""
        trust = self.vault / "keyring/certificates/authority.der"
        return self._run("giang", "backup", "verify", str(stick), "--trust", str(trust))

    def restore(self, stick: Path, into: Path) -> Ran:
        """Restore, and open every document to prove it."""
        words = ("backup", "restore", str(stick), "--into", str(into))
        second = ("--second", "binh", "--second-passphrase-file", str(self._password))
        return self._run("an", *words, *second, sync=into.parent)

    def _run(self, officer: str, *words: str, sync: Path | None = None) -> Ran:
        program = str(Path(sys.executable).with_name("securedoc"))
        argv = [program, "--quiet", "--vault", str(self.vault), "--as", officer]
        argv += ["--passphrase-file", str(self._password), *words]
        return ran(argv, env=dict(process.CLEAN_ENVIRONMENT), cwd=self._where, sync=sync)


def octets_of(directory: Path) -> int:
    """Return the bytes of all files below a directory."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def spoken(took: Ran, limit_s: float) -> str:
    """Say what a step took beside what its bytes take at the stick's speed."""
    return f"{took.seconds:.1f} s / {limit_s:.1f} s = {took.seconds / limit_s:.3f}"


def slow_stick(ours: Ours, where: Path) -> Iterator[Line]:
    """Write and verify on a stick of exactly known speed."""
    why = bench_device.lacking()
    if why is not None:
        yield Line("throttled stick", f"not measured: {why}")
        return
    room = octets_of(ours.vault)
    with bench_device.throttled(where, room) as stick:
        ours.register(stick)
        first = ours.backup(stick)
        octets = octets_of(stick)
        limit_s = octets / WRITE_BPS
        yield aimed(
            f"stick: first backup, {octets / 1e9:.2f} GB, read back",
            spoken(first, limit_s),
            f"≤ {FIRST_RATIO}",
            holds=first.seconds / limit_s <= FIRST_RATIO,
        )
        bench_device.forget(stick)
        checked, limit_s = ours.verify(stick), octets / READ_BPS
        yield aimed(
            "stick: verify everything, no key",
            spoken(checked, limit_s),
            f"≤ {VERIFY_RATIO}",
            holds=checked.seconds / limit_s <= VERIFY_RATIO,
        )
        yield aimed(
            "user CPU of the first backup",
            f"{first.user_s:.1f} s (verify {checked.user_s:.1f} s)",
            f"≤ {USER_S:.0f} s",
            holds=first.user_s <= USER_S,
        )
    for peer in PEERS:
        if peer.missing is not None:
            yield Line(f"stick: {peer.name}", f"{peer.missing} is not installed")
            continue
        with bench_device.throttled(where, room) as stick:
            yield from _peer_on_stick(peer, ours.vault, stick)


def _peer_on_stick(peer: Peer, vault: Path, stick: Path) -> Iterator[Line]:
    repository = stick / "repository"
    peer.run(peer.init, vault, repository)
    first = peer.run(peer.backup, vault, repository)
    octets = octets_of(stick)
    bench_device.forget(stick)
    checked = peer.run(peer.check, vault, repository)
    value = f"{spoken(first, octets / WRITE_BPS)}, check {spoken(checked, octets / READ_BPS)}"
    yield Line(f"    {peer.name}, the same, check afterwards", value, f"user {first.user_s:.1f} s")


def fast_disk(ours: Ours, where: Path, documents: int) -> Iterator[Line]:
    """Take turns with restic on the machine's own disk."""
    if RESTIC.missing is not None:
        yield Line("fast disk, beside restic", "not measured: restic is not installed (apt: restic)")
        return
    firsts: list[tuple[Ran, Ran]] = []
    stick, repository = where / "ours", where / "restic" / "repository"
    for number in range(ROUNDS):
        stick.mkdir()
        repository.parent.mkdir()
        ours.register(stick)
        mine = ours.backup(stick)
        RESTIC.run(RESTIC.init, ours.vault, repository)
        theirs = RESTIC.run(RESTIC.backup, ours.vault, repository)
        theirs += RESTIC.run(RESTIC.check, ours.vault, repository)
        firsts.append((mine, theirs))
        if number + 1 < ROUNDS:
            shutil.rmtree(stick)
            shutil.rmtree(repository.parent)
    what = "first backup and read-back / restic and check"
    yield ratio(what, firsts, RESTIC_FIRST_RATIO)
    later: list[tuple[Ran, Ran]] = []
    for _ in range(ROUNDS):
        ours.add(documents // 100)
        later.append((ours.backup(stick), RESTIC.run(RESTIC.backup, ours.vault, repository)))
    yield ratio("incremental, 1 % new / restic", later, INCREMENTAL_RATIO)
    back: list[tuple[Ran, Ran]] = []
    for number in range(ROUNDS):
        mine_into, their_into = where / f"vault-{number}", where / f"back-{number}"
        their_into.mkdir()
        mine = ours.restore(stick, mine_into)
        back.append((mine, RESTIC.run(RESTIC.restore, ours.vault, repository, their_into)))
        shutil.rmtree(mine_into)
        shutil.rmtree(their_into)
    yield ratio("restore, every document opened / restic", back, RESTORE_RATIO)
    shutil.rmtree(stick)
    shutil.rmtree(repository.parent)


def ratio(what: str, pairs: Sequence[tuple[Ran, Ran]], bar: float) -> Line:
    """Compare the best of ours with the best of theirs."""
    ours, theirs = (min(took.seconds for took in side) for side in zip(*pairs, strict=True))
    users = [min(took.user_s for took in side) for side in zip(*pairs, strict=True)]
    value = f"{ours:.1f} s / {theirs:.1f} s = {ours / theirs:.2f} (user {users[0]:.1f} / {users[1]:.1f} s)"
    return aimed(what, value, f"≤ {bar}", holds=ours / theirs <= bar)


def growth(where: Path, sizes: Sequence[int]) -> Iterator[Line]:
    """Back vaults of ever more documents up, and see whether each more costs the same."""
    costs: list[tuple[int, float, float]] = []
    for documents in sizes:
        ours = Ours(where / f"curve-{documents}", documents, SMALL_BODY_BYTES)
        stick = where / "curve-stick"
        stick.mkdir()
        ours.register(stick)
        first, again, checked = ours.backup(stick), ours.backup(stick), ours.verify(stick)
        peak = max(took.peak_mb for took in (first, again, checked))
        costs.append((documents, first.user_s, peak))
        ours.close()
        shutil.rmtree(stick)
        shutil.rmtree(ours.vault)
        yield aimed(
            f"{documents} documents: memory, run, again, verify",
            f"{first.peak_mb:.0f}, {again.peak_mb:.0f}, {checked.peak_mb:.0f} MB; "
            f"user {first.user_s:.1f}, {again.user_s:.1f}, {checked.user_s:.1f} s",
            f"≤ {MEMORY_MB} MB",
            holds=peak <= MEMORY_MB,
        )
    # What a document more costs, so that what every run costs is not counted.
    slopes = [(later[1] - earlier[1]) / (later[0] - earlier[0]) for earlier, later in pairwise(costs)]
    if len(slopes) > 1:
        value = ", ".join(f"{slope * 1e6:.0f} µs" for slope in slopes)
        grown = slopes[-1] / slopes[0]
        what = f"user CPU a document more, up to {sizes[-1]}"
        yield aimed(what, f"{value}: {grown:.2f}", f"≤ {GROWTH_RATIO}", holds=grown <= GROWTH_RATIO)


def damage(where: Path) -> Iterator[Line]:
    """Lose bits, then as many blocks as there is recovery data for, then one more."""
    if par2.program() is None:
        yield Line("damage", "not measured: par2 is not installed")
        return
    sources = bench_parity.objects(where / "objects", bench_parity.FILES, bench_parity.FILE_BYTES)
    yield from bench_parity.ours(where, sources)
    yield from bench_parity.peers(where, sources)
    with protect.workshop(where / "workshop", bench_parity.PERCENT) as shop:
        stick = bench_parity.BenchStick(where / "edge", sources)
        stick.write(shop)
    bag, path = BagName(BagKind.OBJECTS, 1), layout.pack_path(1)
    pack = stick.directory / str(bag) / path
    whole = pack.read_bytes()
    group = large_group(bag, path, len(whole), bench_parity.PERCENT)
    for lost in (group.recovery, group.recovery + 1):
        with pack.open("r+b") as file:
            for number in range(lost):
                file.seek(number * 7 % group.blocks * group.block_bytes)
                file.write(b"\xff" * 64)
        damaged = pack.read_bytes()
        try:
            repair(stick.directory, Look(stick.trust, bench_parity.NOW)).require()
            said, right = "repaired", pack.read_bytes() == whole and lost <= group.recovery
        except BackupUntrusted as error:
            said, right = str(error), pack.read_bytes() == damaged and lost > group.recovery
        yield held(f"damage: {lost} of {group.blocks} blocks", said[:90], "exact", holds=right)
        pack.write_bytes(whole)


def measure(where: Path, documents: int = DOCUMENTS, *, long: bool = False) -> Iterator[Line]:
    """Measure everything; the curve up to 100,000 documents takes minutes more."""
    install_missing()
    big = where / "big"
    big.mkdir()
    ours = Ours(big / "office", documents, BODY_BYTES)
    try:
        yield Line("vault", f"{2 * documents} objects, {octets_of(ours.vault) / 1e9:.2f} GB with its ledger")
        yield from slow_stick(ours, big)
        yield from fast_disk(ours, big, documents)
    finally:
        ours.close()
    shutil.rmtree(big)
    for name in ("damage", "growth"):
        (where / name).mkdir()
    yield from damage(where / "damage")
    yield from growth(where / "growth", LONG_CURVE if long else CURVE)
