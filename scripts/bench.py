"""Measures what must hold, area by area, and prints each number beside its bar."""

import argparse
import importlib
import sys
import tempfile
from pathlib import Path
from typing import Final

AREAS: Final = {
    "main": "scripts.bench_main",
    "documents": "scripts.bench_documents",
    "editing": "scripts.bench_editing",
    "shred": "scripts.bench_shred",
    "traces": "scripts.bench_traces",
    "parity": "scripts.bench_parity",
    "ledger": "scripts.bench_ledger",
    "backup": "scripts.bench_backup",
}
"""Each is a module whose `measure(directory)` yields lines."""


def main() -> int:
    """Print each number as it is measured; end with 1 when one does not hold."""
    parser = argparse.ArgumentParser(description="Measure the numbers that must hold.")
    parser.add_argument("area", nargs="*", help=f"what to measure: {', '.join(AREAS)}; everything by default")
    parser.add_argument(
        "--documents", type=int, default=10_000, help="how many documents area backup writes: 2 objects each"
    )
    parser.add_argument("--long", action="store_true", help="area backup: the curve up to 100,000 documents")
    said = parser.parse_args()
    options = {"backup": {"documents": said.documents, "long": said.long}}
    unknown = sorted(set(said.area) - set(AREAS))
    if unknown:
        parser.error(f"there is no area {unknown[0]}; areas are {', '.join(AREAS)}")
    failed = 0
    for area in said.area or AREAS:
        with tempfile.TemporaryDirectory(prefix="securedoc-bench-") as where:
            measure = importlib.import_module(AREAS[area]).measure
            for line in measure(Path(where), **options.get(area, {})):
                failed += line.verdict == "FAIL"
                print(f"{line.verdict}  {line.what:42}  {line.value:42}  {line.hold}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
