"""Measures what an officer waits for around an editor: opening and closing a session, sealing a save."""

import io
import os
import statistics
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from scripts import samples
from scripts.bench_office import BenchOffice, draft, opened
from scripts.benchlines import MS, Line, held
from securedoc.core.digests import Digest
from securedoc.documents.skeleton import write_docx
from securedoc.editing.saves import Saves
from securedoc.editing.session import edit
from securedoc.editing.stage import Surroundings

ROUNDS: Final = 7
SAVE_BYTES: Final = 5_000_000
SESSION_MS: Final = 300
SAVE_MS: Final = 100


def measure(where: Path) -> Iterator[Line]:
    """Measure a session and a save."""
    with opened(where) as office:
        yield _session(office, where)
        yield _save(office, where)


def _session(office: BenchOffice, where: Path) -> Line:
    """Time a whole session, sandbox and all, whose editor ends at once."""
    body = write_docx(samples.cong_van())
    home = where / "home"
    home.mkdir(exist_ok=True)
    outside = Surroundings(environment={}, terminal=False, home=home, note=lambda _: None)
    times = []
    for _ in range(ROUNDS):
        document = draft(office, body)
        began = time.perf_counter()
        edit(office.drafter, document, "/bin/true", outside)
        times.append(time.perf_counter() - began)
    took = statistics.median(times[1:]) * MS
    what = "edit, open and close, editor /bin/true"
    return held(what, f"{took:.0f} ms", f"≤ {SESSION_MS} ms", holds=took <= SESSION_MS)


def _save(office: BenchOffice, where: Path) -> Line:
    """Time the sealing of a save, from the look that finds it to the entry that is on disk."""
    body = write_docx(samples.cong_van())
    document = draft(office, body)
    folder = where / "work"
    folder.mkdir()
    path = folder / f"{document}.docx"
    saves = Saves(office.drafter, path, document, source="edit", sealed=[Digest.of(body)])
    times = []
    for _ in range(ROUNDS):
        path.write_bytes(_large(body))
        began = time.perf_counter()
        saves.collect()
        times.append(time.perf_counter() - began)
    if saves.count != ROUNDS:
        raise RuntimeError("not every save was sealed")
    took = statistics.median(times[1:]) * MS
    what = f"seal a save of {SAVE_BYTES / 1e6:.0f} MB"
    return held(what, f"{took:.0f} ms", f"≤ {SAVE_MS} ms", holds=took <= SAVE_MS)


def _large(docx: bytes) -> bytes:
    """Return the document with a picture in it that does not pack."""
    made = io.BytesIO(docx)
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr("word/media/image1.png", os.urandom(SAVE_BYTES))
    return made.getvalue()
