"""Measures the main job: from start to a verified backup, each number against one of the same run."""

import hashlib
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import sqlcipher3

from scripts import samples
from scripts.bench_office import BenchOffice, draft, opened
from scripts.benchlines import MS, Line, aimed, held, process, seconds
from securedoc.backup import media
from securedoc.backup import run as backup
from securedoc.backup.examine import Depth, Look
from securedoc.backup.verify import verify
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import OfficerId
from securedoc.core.protocols import NoProgress
from securedoc.documents.skeleton import write_docx
from securedoc.issuing import finalising, registering, signing
from securedoc.signing.trust import TrustStore

ROUNDS: Final = 15
APPENDS: Final = 200
EDGE: Final = 100
DOCUMENTS: Final = 1000

HELP_RATIO: Final = 1.5
FINALISE_MS: Final = 400
GROWTH_RATIO: Final = 1.2
APPEND_RATIO: Final = 1.5
ENTRIES_PER_S: Final = 1_000_000 / 60


def start() -> Iterator[Line]:
    """Compare `--help` with importing click; the two take turns, so that a busy machine slows both."""
    command = str(Path(sys.executable).with_name("securedoc"))
    pairs = [
        (process(command, "--help"), process(sys.executable, "-c", "import click")) for _ in range(ROUNDS)
    ]
    ours, clicks = (min(times) for times in zip(*pairs, strict=True))
    value = f"{ours * MS:.0f} ms / {clicks * MS:.0f} ms = {ours / clicks:.2f}"
    yield held("--help / import click", value, f"≤ {HELP_RATIO}", holds=ours / clicks <= HELP_RATIO)


def finalising_a_document(office: BenchOffice) -> Iterator[Line]:
    """Time the freezing of a document of three pages, in process."""
    body = write_docx(samples.long_body())
    times, pages = [], 0
    for _ in range(5):
        document = draft(office, body)
        began = time.perf_counter()
        pages = finalising.finalise(office.records, document, OfficerId("binh")).final.pages
        times.append(time.perf_counter() - began)
    took = statistics.median(times[1:]) * MS
    yield held(
        f"finalise {pages} pages, in process",
        f"{took:.0f} ms",
        f"≤ {FINALISE_MS} ms",
        holds=took <= FINALISE_MS,
    )


def appending(office: BenchOffice, where: Path) -> Iterator[Line]:
    """Compare a signed, durable entry with one plain durable insert of the same size into SQLCipher."""
    facts: JsonObject = {"fit": False, "failed": 1, "unknown": 0, "digest": "sha256:" + "0" * 64}

    def append() -> None:
        with office.records.write() as writing:
            writing.append(Act.HOST_CHECKED, None, facts)

    plain = sqlcipher3.connect(str(where / "plain.db"), isolation_level=None)
    plain.execute(f"PRAGMA key = \"x'{'0' * 64}'\"")
    plain.execute("PRAGMA journal_mode = WAL")
    plain.execute("PRAGMA synchronous = FULL")
    plain.execute("CREATE TABLE entries (seq INTEGER PRIMARY KEY, data BLOB)")

    def insert() -> None:
        plain.execute("INSERT INTO entries (data) VALUES (?)", (bytes(400),))

    pairs = [(seconds(append), seconds(insert)) for _ in range(APPENDS)]
    plain.close()
    ours, theirs = (statistics.median(times) * MS for times in zip(*pairs, strict=True))
    value = f"{ours:.2f} ms / {theirs:.2f} ms = {ours / theirs:.2f}"
    yield aimed(
        "append an entry / plain durable insert",
        value,
        f"≤ {APPEND_RATIO}",
        holds=ours / theirs <= APPEND_RATIO,
    )


def issuing(office: BenchOffice, count: int) -> Iterator[Line]:
    """Issue many documents and see whether the last cost more than the first.

    Cost is this process's own time: minutes lie between first and last, and what else the machine
    did meanwhile is not ours. The time on the wall is told beside it.
    """
    body = write_docx(samples.cong_van())
    costs, times = [], []
    for _ in range(count):
        began, spent = time.perf_counter(), time.process_time()
        issue(office, body)
        times.append(time.perf_counter() - began)
        costs.append(time.process_time() - spent)
    edge = min(EDGE, count // 2)
    first, last = (statistics.median(part) for part in (costs[:edge], costs[-edge:]))
    value = f"{first * MS:.0f} → {last * MS:.0f} ms each, {last / first:.2f}"
    hold = f"≤ {GROWTH_RATIO}"
    yield held(
        f"{count} documents issued, last / first {edge}", value, hold, holds=last / first <= GROWTH_RATIO
    )
    yield Line("    on the wall, waiting for the disk too", f"{sum(times):.0f} s in all")


def issue(office: BenchOffice, body: bytes) -> None:
    """Take one document from draft to the outgoing book."""
    document = draft(office, body)
    finalising.finalise(office.records, document, OfficerId("binh"))
    signing.sign(office.signer, document)
    registering.issue(office.records, document)


def backing_up(office: BenchOffice, where: Path) -> Iterator[Line]:
    """Back the vault up, and verify the stick without a key."""
    stick = where / "stick"
    stick.mkdir()
    media.register(office.operator, stick, label="USB 1", keeper="Đỗ Thị Giang")
    wrote = seconds(lambda: backup.run(office.operator, stick))
    again = seconds(lambda: backup.run(office.operator, stick))
    size = sum(path.stat().st_size for path in stick.rglob("*") if path.is_file())
    trust = TrustStore.load(office.vault / "keyring" / "certificates" / "authority.der")

    def check() -> None:
        verify(stick, Look(trust, office.operator.now(), Depth.FULL, NoProgress())).require()

    def read() -> None:
        for path in stick.rglob("*"):
            if path.is_file():
                hashlib.sha256(path.read_bytes())

    checked, plain = min(seconds(check) for _ in range(3)), min(seconds(read) for _ in range(3))
    yield Line("first backup, with read-back", f"{size / 1e6:.1f} MB in {wrote:.2f} s")
    yield Line("second backup, nothing new", f"{again:.2f} s")
    value = f"{size / checked / 1e6:.0f} MB/s, SHA-256 alone {size / plain / 1e6:.0f} MB/s"
    yield Line("verify a stick, no key", value)


def verifying(office: BenchOffice) -> Iterator[Line]:
    """Check the whole ledger: chain, signatures, projections."""
    ledger = office.records.ledger
    took = seconds(lambda: ledger.verify(office.records.session.genesis_pin))
    value = f"{ledger.size} entries in {took:.2f} s = {ledger.size / took:.0f}/s"
    yield aimed(
        "verify the ledger", value, f"≥ {ENTRIES_PER_S:.0f}/s", holds=ledger.size / took >= ENTRIES_PER_S
    )


def measure(where: Path) -> Iterator[Line]:
    """Measure everything, the cheap things first."""
    yield from start()
    with opened(where) as office:
        yield from finalising_a_document(office)
        yield from appending(office, where)
        yield from issuing(office, DOCUMENTS)
        yield from verifying(office)
        yield from backing_up(office, where)
