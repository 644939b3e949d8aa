"""A request to a witness has one spelling, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securedoc.formats import witnessrequest
from securedoc.formats.witnessrequest import RequestError, WitnessRequest

NOTE = b"securedoc/example\n5\n" + b"A" * 43 + b"=\n\n\xe2\x80\x94 name AAAA\n"
HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple)


@given(st.integers(0, 10**18), HASHES)
def test_a_request_is_read_as_it_was_written(old: int, proof: tuple[bytes, ...]) -> None:
    request = WitnessRequest(old, proof, NOTE)

    assert witnessrequest.parse(request.as_bytes()) == request


def test_the_form_is_the_one_of_c2sp() -> None:
    request = WitnessRequest(3, (bytes(32),), NOTE)

    assert request.as_bytes() == b"old 3\n" + b"A" * 43 + b"=\n\n" + NOTE


@pytest.mark.parametrize(
    "untrusted",
    [
        b"",
        b"old 3\n",
        b"old 03\n\n" + NOTE,
        b"old -1\n\n" + NOTE,
        b"new 3\n\n" + NOTE,
        b"old 3\nAAAA\n\n" + NOTE,
        b"old 3\n" + b"A" * 42 + b"B=\n\n" + NOTE,
        b"old 3\n" + b"!" * 44 + b"\n\n" + NOTE,
        b"old 3\n" + (b"A" * 43 + b"=\n") * 64 + b"\n" + NOTE,
        b"old \xff\n\n" + NOTE,
        bytes(witnessrequest.MAX_REQUEST_BYTES + 1),
    ],
)
def test_whatever_else_is_refused(untrusted: bytes) -> None:
    with pytest.raises(RequestError):
        witnessrequest.parse(untrusted)


@given(st.binary(max_size=300))
def test_no_bytes_end_in_another_error(untrusted: bytes) -> None:
    try:
        witnessrequest.parse(untrusted)
    except RequestError:
        return
