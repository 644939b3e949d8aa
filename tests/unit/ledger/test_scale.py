"""A large ledger: what one more entry, a check and a search cost when there are a hundred thousand."""

import itertools
import statistics
import threading
import time
from pathlib import Path

import pytest

from securedoc.core.documents import DocumentState, Level
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonValue
from securedoc.ledger.search import SearchQuery
from tests.support import ledger as support
from tests.support.ledger import PIN, RECORDS, World

DOCUMENTS = 20_000
WORDS = ("báo", "cáo", "đê", "điều", "phòng", "lụt", "bão", "an", "ninh", "quân", "sự", "kế", "hoạch")


def fill(world: World, documents: int) -> None:
    """Issue many documents, five entries each, without waiting for the disk."""
    store = world.ledger._store
    store.run("PRAGMA synchronous = OFF")
    subjects = map(" ".join, itertools.permutations(WORDS, 6))
    for _ in range(documents // 500):
        with world.writing() as writing:
            for subject in itertools.islice(subjects, 500):
                document = writing.next_document(2026)
                objects: list[JsonValue] = [
                    support.object_facts(1, kind, document) for kind in ("card", "draft")
                ]
                facts = support.draft_facts(subject=subject, objects=objects)
                writing.append(Act.DRAFT_CREATED, document, facts)
                writing.put_document_key(document, b"wrapped", {})
                number = writing.next_number("di", 2026)
                place: dict[str, JsonValue] = {"book": "di", "year": 2026, "number": number}
                day = f"2026-{1 + number % 12:02d}-15"
                writing.append(Act.NUMBER_RESERVED, document, {**place, "text": f"{number}/BC", "date": day})
                signed = {"signer": support.SIGNER, "signer_name": "Hùng"}
                for version, kind, act in (
                    (2, "final", Act.DOCUMENT_FINALISED),
                    (3, "signed", Act.DOCUMENT_SIGNED),
                ):
                    made = support.object_facts(version, kind, document)
                    writing.append(act, document, {"objects": [made], "digest": made["digest"], **signed})
                row = writing.next_row("di", 2026)
                writing.append(Act.DOCUMENT_REGISTERED, document, {**place, "row": row, **signed})
    store.run("PRAGMA synchronous = FULL")


def appending(world: World, count: int = 100) -> float:
    """Return the processor seconds of one durable entry, the median of many."""
    spent = []
    for _ in range(count):
        began = time.thread_time()
        world.append(Act.HOST_CHECKED, None, fit=True, failed=0, unknown=0)
        spent.append(time.thread_time() - began)
    return statistics.median(spent)


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 / 2**20


@pytest.mark.slow
def test_a_hundred_thousand_entries_cost_what_few_do(root: Path) -> None:
    world = support.found(root)
    at_first = appending(world)
    fill(world, DOCUMENTS)

    # One more entry costs no more.
    assert appending(world) < 1.5 * at_first

    # A search is answered at once, whatever the words.
    queries = [
        SearchQuery("báo cáo"),
        SearchQuery("b"),
        SearchQuery("quan su ke hoach"),
        SearchQuery("77/BC"),
        SearchQuery("bao", level=Level("toi-mat")),
        SearchQuery("bao", state=DocumentState.DRAFT),
        SearchQuery(level=Level("mat")),
        SearchQuery("khongco"),
    ]
    spent = []
    for query in queries * 3:
        began = time.thread_time()
        world.ledger.search(query)
        spent.append(time.thread_time() - began)
    assert max(spent) < 0.05

    # The whole check streams: steady memory, and processor time for each entry that stays small.
    # What tests before this one left in the process is not the check's: its own share is looked at.
    before = peak = resident_mib()
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.05):
            peak = max(peak, resident_mib())

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.process_time()
    try:
        report = world.ledger.verify(PIN)
    finally:
        done.set()
        watcher.join()
    each = (time.process_time() - began) / report.entries
    assert report.entries == 5 * DOCUMENTS + 201
    assert each < 400e-6
    assert peak - before < 100
    assert RECORDS in {entry.who for entry in world.ledger.entries(since=report.entries - 1)}
