"""Canonical JSON: one value, one spelling; every other spelling refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securedoc.core.jsonvalue import JsonValue
from securedoc.formats import canonical
from securedoc.formats.canonical import MAX_INTEGER, CanonicalError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def slow(value: Any) -> str:
    """RFC 8785 section 3.2, written again from the text."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: list(name.encode("utf-16-be")[0::1]))
        return "{" + ",".join(slow(n) + ":" + slow(value[n]) for n in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(slow, value)) + "]"
    if isinstance(value, str):
        short = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
        return '"' + "".join(short.get(ord(c), f"\\u{ord(c):04x}" if c < " " else c) for c in value) + '"'
    return {None: "null", True: "true", False: "false"}[value] if not is_int(value) else str(value)


def is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@given(VALUES)
def test_what_is_written_is_read_back_and_is_what_the_rfc_says(value: Any) -> None:
    spelled = canonical.encode(value)

    assert spelled == slow(value).encode()
    assert canonical.decode(spelled) == value


def test_keys_are_ordered_as_the_rfc_orders_them() -> None:
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}

    order = [pair[1] for pair in json.loads(canonical.encode(value), object_pairs_hook=list)]

    assert order == [2, 4, 6, 7, 1, 5, 3]


def test_text_is_not_normalised() -> None:
    assert canonical.decode(canonical.encode(["e\u0302", "\u00ea"])) == ["e\u0302", "\u00ea"]


@pytest.mark.parametrize(
    "spelled",
    [
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b'{"a":1}\n',
        b' {"a":1}',
        b'"\\u0041"',
        b'"\\u001F"',
        b'"\\/"',
        b"1.0",
        b"1e3",
        b"-0",
        b"01",
        b"NaN",
        b"Infinity",
        b"9007199254740992",
        b"-9007199254740992",
        b"1" * 5000,
        b'"\\ud800"',
        b"'a'",
        b'"\xff"',
        b"\xef\xbb\xbf1",
        b"",
        b"{",
        b"[1,]",
        b"[" * 5000 + b"]" * 5000,
        b"[" * 70 + b"]" * 70,
    ],
)
def test_every_other_spelling_is_refused(spelled: bytes) -> None:
    with pytest.raises(CanonicalError):
        canonical.decode(spelled)


def test_what_is_longer_than_the_limit_is_not_looked_at() -> None:
    assert canonical.decode(b'"abc"', limit=5) == "abc"
    with pytest.raises(CanonicalError, match="longer"):
        canonical.decode(b'"abcd"', limit=5)


def deep() -> list[Any]:
    value: list[Any] = []
    for _ in range(canonical.MAX_DEPTH):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value", [1.0, [float("nan")], {"a": 2**53}, -(2**53), {1: "a"}, "\ud800", b"bytes", deep()], ids=repr
)
def test_what_has_no_canonical_spelling_is_refused(value: JsonValue) -> None:
    with pytest.raises(CanonicalError):
        canonical.encode(value)


def test_brackets_inside_text_are_not_nesting() -> None:
    value: list[Any] = ['[{"' * 100, {"]": "\\"}, *[{} for _ in range(100)]]

    assert canonical.decode(canonical.encode(value)) == value


def test_what_is_as_deep_as_allowed_is_read() -> None:
    value = deep()[0]
    value.append("within")

    assert canonical.decode(canonical.encode(value)) == value


def test_an_object_is_asked_for_by_name() -> None:
    assert canonical.decode_object(b'{"a":1}') == {"a": 1}
    with pytest.raises(CanonicalError, match="not a JSON object"):
        canonical.decode_object(b"[]")
