"""Whatever single thing is changed in a pack, it is refused with its path or is of the same form."""

import copy
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securedoc.errors import PolicyMalformed
from securedoc.policy import packs, references, strict
from securedoc.policy.model import Rules

TEXT = (Path(__file__).resolve().parents[2] / "policies" / "vn-2026.toml").read_text("utf-8")
TABLE = tomllib.loads(TEXT)
OPTIONAL = {"note", "effective_until", "years", "width_mm", "height_mm"}
Steps = tuple[str | int, ...]


def leaves(value: object, steps: Steps = ()) -> Iterator[Steps]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in strict.SOURCE_KEYS:
                yield from leaves(item, (*steps, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*steps, index))
    else:
        yield steps


LEAVES = list(leaves(TABLE))
KEYED = [steps for steps in LEAVES if isinstance(steps[-1], str)]


def holder(table: Any, steps: Steps) -> Any:
    for step in steps[:-1]:
        table = table[step]
    return table


def dotted(steps: Steps) -> str:
    path = ""
    for step in steps:
        path += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if path else step
    return path


def read(table: dict[str, Any]) -> Rules:
    rules, sources = strict.build(Rules, table, name="p")
    references.check(rules, sources, name="p")
    return rules


@given(st.sampled_from(KEYED))
def test_a_key_that_is_taken_out_is_refused_unless_it_may_be_absent(steps: Steps) -> None:
    table = copy.deepcopy(TABLE)
    del holder(table, steps)[steps[-1]]

    if steps[-1] in OPTIONAL or steps[0] == "references":
        return
    with pytest.raises(PolicyMalformed):
        read(table)


@given(st.sampled_from(KEYED), st.sampled_from(["x", "zz-new", "name2"]))
def test_a_key_that_nobody_reads_is_refused_with_its_path(steps: Steps, name: str) -> None:
    table = copy.deepcopy(TABLE)
    target = holder(table, steps)
    target[name] = target[steps[-1]]

    if steps[0] == "references":
        return  # any S-number may be listed
    with pytest.raises(PolicyMalformed) as caught:
        read(table)

    assert dotted((*steps[:-1], name)) in str(caught.value)


@given(st.sampled_from(LEAVES), st.sampled_from([[], {}, [[1]], {"a": {"b": 1}}]))
def test_a_value_of_another_form_is_refused_with_its_path(steps: Steps, value: object) -> None:
    table = copy.deepcopy(TABLE)
    holder(table, steps)[steps[-1]] = value

    with pytest.raises(PolicyMalformed) as caught:
        read(table)

    assert str(caught.value).startswith("p: ")
    assert str(steps[0]) in str(caught.value)


@given(st.sampled_from(LEAVES), st.sampled_from(["\u202e", "\x1b", "\u200b", "e\u0302"]))
def test_no_text_that_deceives_the_eye_gets_in(steps: Steps, hidden: str) -> None:
    table = copy.deepcopy(TABLE)
    before = holder(table, steps)[steps[-1]]
    if not isinstance(before, str):
        return
    holder(table, steps)[steps[-1]] = before + hidden

    with pytest.raises(PolicyMalformed):
        read(table)


@given(st.binary(max_size=300))
def test_bytes_that_are_no_pack_are_malformed_and_nothing_else(data: bytes) -> None:
    with pytest.raises(PolicyMalformed):
        packs.parse(data, name="p")


@settings(max_examples=50, deadline=None)
@given(st.integers(0, len(TEXT.encode()) - 1), st.integers(0, 7))
def test_a_pack_with_one_flipped_bit_is_read_or_malformed_and_never_a_crash(at: int, bit: int) -> None:
    data = bytearray(TEXT.encode())
    data[at] ^= 1 << bit
    try:
        policy = packs.parse(bytes(data), name="p")
    except PolicyMalformed:
        return

    assert policy.digest != packs.pack("vn-2026").digest
