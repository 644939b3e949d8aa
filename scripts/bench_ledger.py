"""Measures the ledger of a busy district as it grows: append, search, a book, verifying, opening, memory."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import sqlcipher3

from scripts.bench_office import PASSPHRASE, BenchOffice, opened
from scripts.benchlines import MS, REPOSITORY, Line, aimed, held, seconds
from scripts.offices import District, district_clock
from securedoc.core.documents import DocumentState, Level
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.ledger.search import SearchQuery

SIZES: Final = (1_000, 10_000, 100_000)
MILLION: Final = 1_000_000
APPENDS: Final = 300
SEARCHES: Final = 200

APPEND_RATIO: Final = 1.5
SEARCH_MS: Final = 50
BOOK_S: Final = 1.0
VERIFY_S: Final = 60
VERIFY_MB: Final = 200
OPEN_MS: Final = 50


def measure(where: Path) -> Iterator[Line]:
    """Show the curve to 100,000 entries; `SECUREDOC_BENCH_ENTRIES=1000000` goes on to a million."""
    most = int(os.environ.get("SECUREDOC_BENCH_ENTRIES", SIZES[-1]))
    sizes = sorted({size for size in (*SIZES, MILLION) if size < most} | {most})
    clock = district_clock()
    first_open = 0.0
    with opened(where, clock) as office:
        district = District(office, clock)
        for size in sizes:
            with _hasty(office):
                took = seconds(lambda size=size: district.grow(size))  # type: ignore[misc]
            ledger = office.records.ledger
            megabytes = sum(file.stat().st_size for file in office.vault.glob("ledger.db*")) / 1e6
            yield Line(f"-- {ledger.size} entries", f"{megabytes:.0f} MB, made in {took:.0f} s")
            yield _appending(office, where / f"plain-{size}.db")
            yield _searching(office, district)
            yield _showing(office, where)
            yield from _verifying(office, where)
            took = _opening(office, where)
            first_open = first_open or took
            more = (took - first_open) * MS
            yield held(
                "open the vault and count, more than the smallest",
                f"{took * MS:.0f} ms, {more:+.0f} ms",
                f"≤ {OPEN_MS} ms more",
                holds=more <= OPEN_MS,
            )


@contextmanager
def _hasty(office: BenchOffice) -> Iterator[None]:
    """Make registers without waiting for the disk: only the making is hurried, nothing that is measured."""
    stores = [one.ledger._store for one in (office.records, office.signer, office.drafter)]  # noqa: SLF001 - to hurry
    for store in stores:
        store.run("PRAGMA synchronous = OFF")
    try:
        yield
    finally:
        for store in stores:
            store.run("PRAGMA synchronous = FULL")


def _appending(office: BenchOffice, plain_path: Path) -> Line:
    """Compare a signed, durable entry with a plain durable insert of as many bytes; they take turns."""
    facts: JsonObject = {"fit": False, "failed": 1, "unknown": 0, "digest": "sha256:" + "0" * 64}
    ledger = office.records.ledger

    def append() -> None:
        with office.records.write() as writing:
            writing.append(Act.HOST_CHECKED, None, facts)

    append()
    octets = len(ledger.entry_bytes(ledger.size - 1)) + len(ledger.head_note() or b"") + 64
    plain = sqlcipher3.connect(str(plain_path), isolation_level=None)
    plain.execute(f"PRAGMA key = \"x'{'0' * 64}'\"")
    plain.execute("PRAGMA journal_mode = WAL")
    plain.execute("PRAGMA synchronous = FULL")
    plain.execute("CREATE TABLE entries (seq INTEGER PRIMARY KEY, data BLOB)")

    def insert() -> None:
        plain.execute("INSERT INTO entries (data) VALUES (?)", (bytes(octets),))

    pairs = [(seconds(append), seconds(insert)) for _ in range(APPENDS)]
    plain.close()
    ours, theirs = (statistics.median(times) * MS for times in zip(*pairs, strict=True))
    return aimed(
        "append an entry / durable insert of its bytes",
        f"{ours:.2f} ms / {theirs:.2f} ms = {ours / theirs:.2f}",
        f"≤ {APPEND_RATIO}",
        holds=ours / theirs <= APPEND_RATIO,
    )


def _searching(office: BenchOffice, district: District) -> Line:
    """Ask what officers ask: words with and without diacritics, prefixes, numbers, levels, periods."""
    today = office.records.today()
    times = []
    for number in range(SEARCHES):
        words = district.subject().split()[1:]
        query = (
            SearchQuery(text=" ".join(words[:2])),
            SearchQuery(text="ke hoach kiem tra", level=Level("toi-mat")),
            SearchQuery(text=words[0][:2], from_date=today.replace(day=1), to_date=today),
            SearchQuery(text=f"{number + 1:02d}/BC"),
            SearchQuery(text="tai lieu", state=DocumentState.REGISTERED, book="di"),
        )[number % 5]
        times.append(seconds(lambda query=query: office.records.ledger.search(query)))  # type: ignore[misc]
    slow = sorted(times)[int(len(times) * 0.95) - 1] * MS
    value = f"{slow:.1f} ms, median {statistics.median(times) * MS:.1f} ms"
    return held("search, p95", value, f"≤ {SEARCH_MS} ms", holds=slow <= SEARCH_MS)


def _showing(office: BenchOffice, where: Path) -> Line:
    year = office.records.today().year - 1
    if not any(row for row in office.records.ledger.book("den", year)):
        year = min(found for _book, found, _count in office.records.ledger.books())
    took, _mb, out = _process(office, where, "book", "show", "den", "--year", str(year))
    shown = len(json.loads(out)["rows"])
    return aimed(
        "book show of one year, whole process",
        f"{took:.2f} s, {shown} rows",
        f"≤ {BOOK_S} s",
        holds=took <= BOOK_S,
    )


def _verifying(office: BenchOffice, where: Path) -> Iterator[Line]:
    took, megabytes, out = _process(office, where, "ledger", "verify")
    entries = json.loads(out)["entries"]
    value = f"{took:.1f} s, {entries / took:.0f} entries/s"
    if entries < SIZES[-1]:  # most of it is the start of the process
        yield Line("ledger verify, whole process", value)
    else:
        bar = VERIFY_S * entries / MILLION
        yield aimed(
            "ledger verify, whole process", value, f"≤ {bar:.1f} s (60 s a million)", holds=took <= bar
        )
    value = f"{megabytes:.0f} MB"
    yield held("ledger verify, memory", value, f"≤ {VERIFY_MB} MB", holds=megabytes <= VERIFY_MB)


def _opening(office: BenchOffice, where: Path) -> float:
    return min(_process(office, where, "ledger", "checkpoint")[0] for _ in range(5))


def _process(office: BenchOffice, where: Path, *words: str) -> tuple[float, float, bytes]:
    """Run the command as a process of its own; return seconds, megabytes at its peak, and what it said."""
    secret = where / "an.txt"
    secret.write_bytes(PASSPHRASE)
    secret.chmod(0o600)
    argv = [
        sys.executable,
        "-m",
        "securedoc",
        "--vault",
        str(office.vault),
        "--as",
        "an",
        "--json",
        "--quiet",
    ]
    argv += ["--now", office.records.now().isoformat(), "--passphrase-file", str(secret), *words]
    out = where / "out.json"
    began = time.perf_counter()
    with out.open("wb") as stream:
        child = subprocess.Popen(argv, cwd=REPOSITORY, stdout=stream)
        _pid, status, usage = os.wait4(child.pid, 0)
    took = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError("it failed: " + " ".join(words))
    return took, usage.ru_maxrss / 1024, out.read_bytes()
