import io
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securedoc.backup import card, identity, index, outside
from securedoc.backup.card import BagCard, Tree
from securedoc.backup.index import Index, IndexMalformed, Placed, Sizes
from securedoc.backup.layout import BagKind, BagName, bags_among
from securedoc.core.digests import Digest
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import OfficerId
from securedoc.formats import canonical
from tests.support.media import Stick

ONE = Placed(Digest(bytes(32)), 0, 1, 1)
TWO = Placed(Digest(b"\xff" * 32), 2**40, 9999, 17)


def test_an_index_is_ordered_and_reads_back() -> None:
    data = index.format_index([TWO, ONE])

    assert index.parse_index(data) == (ONE, TWO)
    assert index.parse_index(index.format_index([])) == ()
    assert str(ONE.bag_name) == "objects-0001"
    assert TWO.path == "data/pack-0017.tar"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"digest\tsize\tbag\tpack",
        index.format_index([ONE])[:-1],
        index.format_index([ONE]) + b"\n",
        index.format_index([ONE]).replace(b"\t0\t", b"\t00\t"),
        index.format_index([ONE]).replace(b"objects-0001", b"snapshot-0001"),
        index.format_index([ONE]).replace(b"pack-0001.tar", b"../evil"),
        index.format_index([ONE]) + index.format_index([ONE]).split(b"\n")[1] + b"\n",
        "digest\tsize\tbag\tpackă\n".encode(),
    ],
)
def test_an_index_that_is_not_of_its_form_is_refused(data: bytes) -> None:
    with pytest.raises(IndexMalformed):
        index.parse_index(data)


def test_an_index_out_of_order_is_refused() -> None:
    head, one, two, _ = index.format_index([ONE, TWO]).split(b"\n")

    with pytest.raises(IndexMalformed, match="order"):
        index.parse_index(b"\n".join([head, two, one, b""]))


def numbered(number: int, bag: int = 1) -> Placed:
    return Placed(Digest.of(number.to_bytes(4)), number, bag, 1)


@given(st.lists(st.integers(0, 500)), st.integers(0, 3))
def test_an_index_holds_each_object_once_by_digest_whatever_the_order(numbers: list[int], twice: int) -> None:
    made = Index.of([*map(numbered, numbers), *map(numbered, numbers[:twice])])

    assert list(made) == sorted({numbered(number) for number in numbers})
    assert len(made) == len(set(numbers))
    assert index.parse_index(index.format_index(made)) == made
    assert Sizes.of((one.digest, one.size_bytes) for one in made) == tuple(
        (one.digest, one.size_bytes) for one in made
    )


def test_of_two_places_of_an_object_the_first_index_counts() -> None:
    one, other = Index.of([numbered(1), numbered(2)]), Index.of([numbered(2, bag=2), numbered(3, bag=2)])

    merged = Index.merged(one, other)

    assert set(merged) == {numbered(1), numbered(2), numbered(3, bag=2)}
    assert {str(bag) for bag in merged.bags()} == {"objects-0001", "objects-0002"}
    assert {str(bag): len(part) for bag, part in merged.by_bag().items()} == {
        "objects-0001": 2,
        "objects-0002": 1,
    }
    assert set(merged.without(one)) == {numbered(3, bag=2)}
    assert Index.merged() == Index()


def test_an_index_is_a_sequence() -> None:
    made = Index.of(map(numbered, range(5)))

    assert made[0] == next(iter(made))
    assert made[-1] == made[4]
    assert made[1:3] == (made[1], made[2])
    assert made != Index()
    with pytest.raises(IndexError):
        made[5]


def test_a_large_index_takes_fifty_bytes_an_object_and_is_read_line_by_line() -> None:
    made = Index.of(map(numbered, range(20_000)))
    data = io.BytesIO(index.format_index(made))
    tracemalloc.start()

    read = index.read_index(data.readline)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert read == made
    assert held < 20_000 * 50
    assert peak < 20_000 * 100


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory() -> None:
    asked = []

    def readline(limit: int) -> bytes:
        asked.append(limit)
        return b"digest\tsize\tbag\tpack\n" if len(asked) == 1 else b"0" * limit

    with pytest.raises(IndexMalformed):
        index.read_index(readline)
    assert asked == [index.MAX_LINE_BYTES] * 2


def test_the_list_of_what_a_snapshot_needs_reads_back() -> None:
    digests = {"medium.json": ONE.digest, "objects-0001/manifest-sha256.txt": TWO.digest}

    data = outside.format_outside(digests)

    assert outside.parse_outside(data) == digests
    assert data.splitlines()[1].endswith(b"  ../../objects-0001/manifest-sha256.txt")


@pytest.mark.parametrize(
    "path",
    [
        "../../../etc/passwd",
        "../../objects-0001/data/pack-0001.tar",
        "../../snapshot-0001/manifest-sha256.txt",
        "../../objects-0000/manifest-sha256.txt",
        "medium.json",
    ],
)
def test_a_list_that_names_something_else_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="not a line"):
        outside.parse_outside(f"{'0' * 64}  {path}\n".encode())


def test_a_list_that_is_cut_off_or_names_a_file_twice_is_refused() -> None:
    line = outside.format_outside({"medium.json": ONE.digest})

    for data in (b"", line[:-1], line + line):
        with pytest.raises(ValueError, match=r"cut off|not a line"):
            outside.parse_outside(data)


def test_only_bags_are_taken_for_bags() -> None:
    names = ["snapshot-0002", "objects-0010", "objects-0000", ".partial-snapshot-0003", "snapshot-3", "x"]

    assert [str(bag) for bag in bags_among(names)] == ["objects-0010", "snapshot-0002"]


def test_a_bag_card_reads_back() -> None:
    at = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
    objects = BagCard(BagName(BagKind.OBJECTS, 3), "v", "m", at, OfficerId("bao"))
    snapshot = BagCard(
        BagName(BagKind.SNAPSHOT, 3), "v", "m", at, OfficerId("bao"), ONE.digest, Tree(5, bytes(32))
    )

    assert card.parse(objects.as_bytes()) == objects
    assert card.parse(snapshot.as_bytes()) == snapshot


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"number": "1"},
        {"number": 0},
        {"kind": "other"},
        {"at": "2026-11-22T02:00:00"},
        {"by": "../x"},
        {"previous": "sha256:00"},
        {"ledger": None},
        {"ledger": {"size": 0, "root": "00" * 32}},
        {"ledger": {"size": 1, "root": "00"}},
    ],
)
def test_a_bag_card_that_is_not_of_its_form_is_refused(change: JsonObject) -> None:
    at = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
    good = BagCard(
        BagName(BagKind.SNAPSHOT, 3), "v", "m", at, OfficerId("bao"), ONE.digest, Tree(5, bytes(32))
    )
    value = {**canonical.decode_object(good.as_bytes()), **change}

    with pytest.raises(ValueError):  # noqa: PT011 - each field has its own words
        card.parse(canonical.encode(value))


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"medium": "M-1"},
        {"vault": "x"},
        {"label": 5},
        {"files": {}},
        {"files": {"VERIFY.txt": "x"}},
        {"registered_at": "yesterday"},
    ],
)
def test_an_identity_that_is_not_of_its_form_is_refused(change: JsonObject) -> None:
    good = Stick(Path()).identity()
    value = {**good.as_json(), "files": {"VERIFY.txt": str(ONE.digest)}}
    assert identity.parse(canonical.encode(value)).files == {"VERIFY.txt": ONE.digest}

    with pytest.raises(ValueError):  # noqa: PT011 - each field has its own words
        identity.parse(canonical.encode({**value, **change}))
