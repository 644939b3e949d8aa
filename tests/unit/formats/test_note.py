"""Signed notes and checkpoints against the vectors and the words of C2SP."""

import base64
import struct
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from securedoc.formats import checkpoint, note
from securedoc.formats.checkpoint import Checkpoint, CheckpointError
from securedoc.formats.note import Algorithm, Note, NoteError, Signature, VerifierKey
from tests.vectors import generate_notes

VECTORS = Path(generate_notes.__file__).parent


def vectors(kind: str) -> list[Path]:
    return sorted((VECTORS / kind).rglob("*.txt"))


def read(path: Path) -> tuple[str, VerifierKey, bytes]:
    head, _, data = path.read_bytes().partition(b"\n\n")
    fields = dict(line.split(": ", 1) for line in head.decode().split("\n"))
    return fields["expect"], note.parse_vkey(fields["vkey"]), data


def judge(kind: str, key: VerifierKey, data: bytes) -> str:
    """Do what a verifier does; say how it came out."""
    try:
        opened = note.parse(data)
        if kind == "checkpoint":
            checkpoint.parse(opened.text)
    except ValueError:
        return "malformed"
    public = Ed25519PublicKey.from_public_bytes(key.public)
    try:
        for value in opened.signed_by(key.name, key.key_id):
            public.verify(value, opened.text.encode())
            return "valid"
    except InvalidSignature:
        pass
    return "untrusted"


@pytest.mark.parametrize("kind", ["note", "checkpoint"])
def test_there_are_vectors_of_every_verdict(kind: str) -> None:
    assert {path.parent.name for path in vectors(kind)} == {"valid", "invalid", "tampered"}


@pytest.mark.parametrize(
    "path", vectors("note") + vectors("checkpoint"), ids=lambda p: f"{p.parts[-3]}-{p.stem}"
)
def test_a_vector_comes_out_as_its_header_says(path: Path) -> None:
    expected, key, data = read(path)

    assert judge(path.parts[-3], key, data) == expected
    if expected != "malformed":
        assert note.parse(data).as_bytes() == data


def test_the_generator_writes_the_vectors_byte_for_byte(tmp_path: Path) -> None:
    generate_notes.write(tmp_path)

    written = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*.txt")}
    stored = {p.relative_to(VECTORS): p.read_bytes() for p in vectors("note") + vectors("checkpoint")}
    assert written == stored


def test_a_vkey_is_read_and_written_as_c2sp_does() -> None:
    key = note.parse_vkey(generate_notes.C2SP)

    assert (key.name, key.algorithm, key.key_id.hex()) == ("example.com/foo", Algorithm.ED25519, "530d903a")
    assert key.as_text() == generate_notes.C2SP


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com/foo",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3Q==",
        "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+????",
    ],
)
def test_a_vkey_that_does_not_fit_its_id_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        note.parse_vkey(text)


def test_one_key_has_another_id_for_each_use() -> None:
    key = bytes(32)

    ids = {note.key_id("example/a", kind, key) for kind in (Algorithm.ED25519, Algorithm.COSIGNATURE_ED25519)}
    ids.add(note.key_id("example/b", Algorithm.ED25519, key))
    ids.add(note.key_id("example/a", Algorithm.COSIGNATURE_MLDSA44, bytes(1312)))

    assert len(ids) == 4


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\nb", "a\u200bb", "x" * 256])
def test_a_key_name_that_could_mislead_is_refused(name: str) -> None:
    with pytest.raises(NoteError):
        note.key_id(name, Algorithm.ED25519, bytes(32))
    with pytest.raises(NoteError):
        Note("text\n", (Signature(name, bytes(4), bytes(64)),)).as_bytes()


def test_a_public_key_of_another_length_has_no_id() -> None:
    with pytest.raises(NoteError, match="length"):
        note.key_id("example/a", Algorithm.COSIGNATURE_MLDSA44, bytes(32))


def test_a_note_beyond_the_limit_is_not_read() -> None:
    with pytest.raises(NoteError, match="limit"):
        note.parse(b"a" * (note.MAX_NOTE_BYTES + 1))


@pytest.mark.parametrize("text", ["", "no newline", "a\rb\n"])
def test_a_text_that_cannot_be_signed_is_not_written(text: str) -> None:
    with pytest.raises(NoteError):
        Note(text, (Signature("example/a", bytes(4), bytes(64)),)).as_bytes()


def test_a_note_that_nobody_signed_is_not_written() -> None:
    with pytest.raises(NoteError):
        Note("text\n", ()).as_bytes()


def test_the_cosigned_message_is_the_structure_of_the_specification() -> None:
    root = bytes(range(32))

    message = note.cosigned_message("w/1", 1679315147, "log", 20852163, root)

    rest = message.removeprefix(b"subtree/v1\n\0\x03w/1")
    assert len(b"subtree/v1\n\0") == 12
    assert struct.unpack(">Q4sQQ32s", rest) == (1679315147, b"\x03log", 0, 20852163, root)


@pytest.mark.parametrize(
    "wrong", [{"timestamp": -1}, {"timestamp": 2**63}, {"size": -1}, {"root": b""}, {"origin": ""}]
)
def test_a_cosigned_message_out_of_range_is_refused(wrong: dict[str, object]) -> None:
    fields: dict[str, object] = {"name": "w/1", "timestamp": 0, "origin": "log", "size": 1, "root": bytes(32)}

    with pytest.raises(NoteError):
        note.cosigned_message(**(fields | wrong))  # type: ignore[arg-type]


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_is_read_as_it_was_written(size: int, root: bytes) -> None:
    stated = Checkpoint("securedoc/00", size, root)

    assert checkpoint.parse(stated.text()) == stated
    assert stated.text().split("\n")[2] == base64.b64encode(root).decode()


def test_a_checkpoint_is_opened_together_with_its_note() -> None:
    data = generate_notes.signed(generate_notes.CHECKPOINT.text())

    stated, opened = checkpoint.open_note(data)

    assert stated == generate_notes.CHECKPOINT
    assert len(opened.signatures) == 1
    with pytest.raises(CheckpointError, match="signed note"):
        checkpoint.open_note(b"none")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_note_or_a_note_error(data: bytes) -> None:
    try:
        opened = note.parse(data)
    except NoteError:
        return
    assert opened.as_bytes() == data
