"""Packets as the specification has them; damage is passed over, what could not be ours is refused."""

import pytest

from securedoc.formats import par2
from securedoc.formats.par2 import Blocks, Named, Par2Malformed
from tests.support import par2forge


def packet(kind: bytes, body: bytes) -> bytes:
    """Return an intact packet; forging one is making one."""
    empty = par2forge.MAGIC + (64).to_bytes(8, "little") + bytes(16) + bytes(16) + kind
    return par2forge.forged(empty, lambda _kind, _body: body)


def described(name: bytes, size: int = 5) -> bytes:
    return packet(par2forge.FILE, bytes(48) + size.to_bytes(8, "little") + name + bytes(-len(name) % 4))


MAIN = packet(par2forge.MAIN, (512).to_bytes(8, "little") + (2).to_bytes(4, "little"))


def test_names_and_blocks_are_read_wherever_they_stand() -> None:
    data = b"noise" + described(b"a/b") + b"PAR2\0PKT cut" + MAIN + described(b"c", 7)

    assert list(par2.packets(data)) == [Named("a/b", 5), Named("c", 7), Blocks(512, 2)]


@pytest.mark.parametrize("at", range(0, len(described(b"a/b")), 3))
def test_a_packet_with_one_wrong_bit_is_none(at: int) -> None:
    data = bytearray(described(b"a/b"))
    data[at] ^= 1

    assert list(par2.packets(bytes(data))) == []


@pytest.mark.parametrize("length", range(0, len(described(b"a/b")), 7))
def test_a_packet_that_is_cut_off_is_none(length: int) -> None:
    assert list(par2.packets(described(b"a/b")[:length])) == []


@pytest.mark.parametrize(
    "data",
    [
        described(b"x" * 5000),
        packet(par2forge.FILE, bytes(2 << 20)),
        packet(b"PAR 2.0\0UniFileN", b"name"),
        (b"PAR 2.0\0FileDesc") * 100_001,
        (par2forge.MAGIC + (1 << 21).to_bytes(8, "little") + bytes(32) + par2forge.FILE) * 65,
    ],
    ids=["long name", "large packet", "second name", "packets without end", "large packets without end"],
)
def test_what_no_set_of_ours_has_is_refused(data: bytes) -> None:
    with pytest.raises(Par2Malformed):
        list(par2.packets(data))


def test_a_name_that_is_not_utf8_is_a_name_all_the_same() -> None:
    assert list(par2.packets(described(b"\xff"))) == [Named("\\xff", 5)]
