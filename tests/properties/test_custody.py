"""Whatever is done to copies in whatever order, the tables answer for every moment what a plain list does."""

from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from securedoc.core.entries import Act
from securedoc.errors import LedgerRefused
from tests.support.ledger import PIN, found, receive

COPIES = ("1", "2", "s1")
STEPS = st.lists(
    st.tuples(st.sampled_from(["lend", "hand", "carry", "return", "recall"]), st.sampled_from(COPIES)),
    min_size=1,
    max_size=14,
)
ACTS = {"lend": Act.CUSTODY_LENT, "hand": Act.CUSTODY_HANDED, "carry": Act.CUSTODY_CARRIED}


@given(STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_holders_of_every_moment_are_those_of_a_plain_list(steps: list[tuple[str, str]]) -> None:
    with TemporaryDirectory() as directory:
        _walk(Path(directory), steps)


def _walk(root: Path, steps: list[tuple[str, str]]) -> None:
    world = found(root)
    document = receive(world)
    out: dict[str, int] = {}
    rows = 0
    past: list[tuple[datetime, set[str]]] = [(world.clock.at, set())]
    for step, copy in steps:
        world.clock.at += timedelta(hours=7)
        refused, entry = False, 0
        try:
            if step == "recall":
                world.append(Act.DOCUMENT_RECALLED, document, until="2027-01-01", why="", out=[])
            elif step == "return":
                world.append(Act.CUSTODY_RETURNED, document, move=out.get(copy, 0), copy=copy)
            else:
                place = {"book": "muon", "year": 2026, "row": rows + 1, "until": "2027-01-01"}
                entry = world.append(
                    ACTS[step], document, **place, copy=copy, holder=f"{step} {copy}"
                ).sequence
        except LedgerRefused:
            refused = True
        assert refused is ((step in ACTS and copy in out) or (step == "return" and copy not in out))
        if not refused and step in ACTS:
            out[copy], rows = entry, rows + 1
        elif not refused and step == "return":
            del out[copy]
        past.append((world.clock.at, set(out)))

    for moment, held in past:
        assert {move.copy for move in world.ledger.moves(document, at=moment)} == held
    assert {move.copy for move in world.ledger.moves(out_only=True)} == set(out)
    world.ledger.verify(PIN)
    world.ledger.close()
