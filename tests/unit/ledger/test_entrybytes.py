"""Entries as exact bytes: read as written, and nothing else read."""

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act, Confirmation, Entry
from securedoc.core.people import OfficerId
from securedoc.formats import canonical
from securedoc.ledger import entrybytes
from securedoc.ledger.entrybytes import EntryError
from tests.support import ledger as support

WHOLE = Entry(
    7,
    datetime(2026, 11, 22, 9, 0, 0, 5, tzinfo=timezone(timedelta(hours=7))),
    OfficerId("lan"),
    Act.DRAFT_SAVED,
    DocumentId("D-2026-000001"),
    {"subject": "Đê điều", "objects": [], "nothing": None, "yes": True},
    Confirmation(OfficerId("hung"), bytes(64)),
)


def value() -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(entrybytes.encode(WHOLE))
    return decoded


def test_an_entry_is_the_canonical_json_of_the_formats_document() -> None:
    assert (
        entrybytes.encode(WHOLE)
        == (
            '{"about":"D-2026-000001","act":"draft.saved","at":"2026-11-22T02:00:00.000005Z","facts":{"nothing":null,'
            '"objects":[],"subject":"Đê điều","yes":true},"first":0,"second":{"officer":"hung","signature":"'
            + base64.b64encode(bytes(64)).decode()
            + '"},"seq":7,"v":1,"who":"lan"}'
        ).encode()
    )


def test_an_entry_is_read_as_it_was_written() -> None:
    read = entrybytes.decode(entrybytes.encode(WHOLE))

    assert read == WHOLE
    assert read.at.tzinfo == UTC


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1, 1, 2)), st.integers(0, 2**50))  # noqa: DTZ001
def test_times_in_text_order_are_in_time_order(at: datetime, sequence: int) -> None:
    entry = Entry(sequence, at, OfficerId("lan"), Act.AUDIT_RUN, None, {})

    assert entrybytes.decode(entrybytes.encode(entry)) == entry
    assert (entrybytes.spell_time(at) < entrybytes.spell_time(support.START)) == (at < support.START)


@pytest.mark.parametrize(
    "changed",
    [
        {"v": 2},
        {"v": True},
        {"seq": -1},
        {"seq": "7"},
        {"seq": True},
        {"at": "2026-11-22T02:00:00Z"},
        {"at": "2026-11-22T02:00:00.000005+00:00"},
        {"at": "2026-13-22T02:00:00.000005Z"},
        {"at": 5},
        {"who": "Lan"},
        {"who": None},
        {"act": "draft.eaten"},
        {"about": "D-1"},
        {"about": 5},
        {"facts": []},
        {"second": {}},
        {"second": {"officer": "hung", "signature": "!"}},
        {"second": {"officer": "hung", "signature": "AAAA"}},
        {"second": {"officer": "Hung", "signature": base64.b64encode(bytes(64)).decode()}},
        {"second": "hung"},
        {"more": 1},
    ],
    ids=str,
)
def test_a_field_that_is_not_an_entrys_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(EntryError):
        entrybytes.decode(canonical.encode(value() | changed))


def test_a_field_left_out_is_refused() -> None:
    for name in value():
        with pytest.raises(EntryError):
            entrybytes.decode(canonical.encode({k: v for k, v in value().items() if k != name}))


@given(st.integers(0, 8 * len(entrybytes.encode(WHOLE)) - 1))
def test_no_bit_of_an_entry_can_change_and_leave_it_the_same(bit: int) -> None:
    changed = bytearray(entrybytes.encode(WHOLE))
    changed[bit // 8] ^= 1 << bit % 8

    try:
        read = entrybytes.decode(bytes(changed))
    except EntryError:
        return
    assert read != WHOLE
    assert entrybytes.encode(read) == changed


@pytest.mark.parametrize("facts", [{"x": 1.5}, {"x": "a" * entrybytes.MAX_ENTRY_BYTES}, {"x": "\ud800"}])
def test_facts_that_cannot_be_spelled_are_refused(facts: Any) -> None:
    with pytest.raises(EntryError):
        entrybytes.encode(Entry(0, support.START, OfficerId("lan"), Act.AUDIT_RUN, None, facts))


def test_a_confirmation_says_what_and_where_but_not_when() -> None:
    message = entrybytes.confirmation_message("v", Act.OFFICER_ENROLLED, None, {"b": 1, "a": "Đ"})

    assert (
        message
        == (
            'securedoc/confirmation/v1\n{"about":null,"act":"officer.enrolled","facts":{"a":"Đ","b":1},"vault":"v"}'
        ).encode()
    )
