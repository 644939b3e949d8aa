"""Write the vectors of signed notes and checkpoints; run again, the same bytes come out.

Each file: `expect:`, `comment:`, `vkey:` headers, an empty line, and the exact bytes. What is expected:
`valid`, `malformed` (the parser refuses), `untrusted` (it parses; no signature of the vkey holds).
The signing key is made from a fixed, public seed.
"""

import base64
import sys
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from securedoc.formats.checkpoint import Checkpoint
from securedoc.formats.note import Algorithm, Note, Signature, VerifierKey

HERE = Path(__file__).parent
KEY = Ed25519PrivateKey.from_private_bytes(b"an example seed, known to anyone")
EXAMPLE = VerifierKey("example/officer", Algorithm.ED25519, KEY.public_key().public_bytes_raw())
C2SP = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = (
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1"
    "ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()
CHECKPOINT = Checkpoint("securedoc/00000000000000000000000000000000", 17, bytes(range(32)))

Vector = tuple[str, str, str, str, bytes]
"""Path without suffix, expectation, comment, vkey, bytes."""


def signed(text: str, *more: Signature) -> bytes:
    """Sign `text` with the example key."""
    mine = Signature(EXAMPLE.name, EXAMPLE.key_id, KEY.sign(text.encode()))
    return Note(text, (mine, *more)).as_bytes()


def notes() -> Iterator[Vector]:
    """Yield the vectors of signed notes."""
    vkey = EXAMPLE.as_text()
    good = signed("One line.\n")
    stranger = Signature("example/stranger", b"\0\0\0\0", bytes(64))
    yield "note/valid/c2sp-example", "valid", "the example of C2SP signed-note", C2SP, C2SP_NOTE
    yield "note/valid/empty-lines", "valid", "only the last empty line parts", vkey, signed("a\n\n\nb\n\n\n")
    yield "note/valid/stranger", "valid", "unknown keys are ignored", vkey, signed("One line.\n", stranger)
    yield "note/valid/vietnamese", "valid", "UTF-8 text", vkey, signed("Báo cáo số 05 được ký.\n")
    yield "note/valid/sixteen", "valid", "sixteen signatures", vkey, signed("One line.\n", *[stranger] * 15)

    malformed = {
        "empty": ("no bytes", b""),
        "no-signature": ("nobody signed", b"One line.\n\n"),
        "no-blank-line": ("nothing parts text and signatures", good.replace(b"\n\n", b"\n")),
        "no-final-newline": ("cut off at the end", good[:-1]),
        "carriage-return": ("a control character", good.replace(b"One", b"One\r")),
        "nul": ("a control character", good.replace(b"One", b"O\0e")),
        "not-utf8": ("bytes that are not UTF-8", good.replace(b"One", b"\xffne")),
        "hyphen": ("a hyphen instead of the em dash", good.replace("—".encode(), b"-")),
        "text-after": ("text behind the signatures", good + b"more\n"),
        "name-with-plus": ("a plus sign in a key name", good.replace(b"example/", b"example+")),
        "name-missing": ("no key name", good.replace(b"example/officer ", b" ")),
        "bad-base64": ("not base64", good.replace(b"=\n", b"!\n")),
        "loose-base64": ("trailing bits set", loose(good)),
        "short-signature": (
            "a key id without a signature",
            "One line.\n\n— example/officer AAAAAA==\n".encode(),
        ),
        "too-many": ("more signatures than the limit", good + good.split(b"\n\n")[1] * 32),
    }
    for name, (comment, data) in malformed.items():
        yield f"note/invalid/{name}", "malformed", comment, vkey, data

    other = Ed25519PrivateKey.from_private_bytes(b"another example seed, also known")
    forged = Note("One line.\n", (Signature(EXAMPLE.name, EXAMPLE.key_id, other.sign(b"One line.\n")),))
    tampered = {
        "text": ("one letter changed", good.replace(b"One", b"Ono")),
        "line-added": ("a line added before the signatures", good.replace(b"\n\n", b"\nTwo.\n\n")),
        "signature-bit": ("one bit of the signature changed", flip_signature(good)),
        "other-key": ("signed by another key under this name and id", forged.as_bytes()),
        "other-name": ("the same key under another name", good.replace(b"officer", b"officio")),
    }
    for name, (comment, data) in tampered.items():
        yield f"note/tampered/{name}", "untrusted", comment, vkey, data


def checkpoints() -> Iterator[Vector]:
    """Yield the vectors of checkpoints."""
    vkey = EXAMPLE.as_text()
    text = CHECKPOINT.text()
    empty = Checkpoint(CHECKPOINT.origin, 0, CHECKPOINT.root)
    yield "checkpoint/valid/plain", "valid", "three lines", vkey, signed(text)
    yield "checkpoint/valid/empty-log", "valid", "size 0", vkey, signed(empty.text())
    root = base64.b64encode(CHECKPOINT.root).decode()
    malformed = {
        "extension": ("an extension line nobody vouches for", text + "more\n"),
        "two-lines": ("no root", "\n".join(text.split("\n")[:2]) + "\n"),
        "no-origin": ("an empty origin", text[text.index("\n") :]),
        "leading-zero": ("a size with a leading zero", text.replace("\n17\n", "\n017\n")),
        "negative": ("a negative size", text.replace("\n17\n", "\n-1\n")),
        "huge": ("a size beyond 64 bits", text.replace("\n17\n", "\n" + "9" * 20 + "\n")),
        "arabic-digits": ("digits that are not ASCII", text.replace("\n17\n", "\n١٧\n")),
        "short-root": ("a root of 31 bytes", text.replace(root, base64.b64encode(bytes(31)).decode())),
        "loose-root": ("a root with trailing bits set", text.replace(root, root[:-2] + "9=")),
        "space": ("a space behind the size", text.replace("\n17\n", "\n17 \n")),
    }
    for name, (comment, body) in malformed.items():
        yield f"checkpoint/invalid/{name}", "malformed", comment, vkey, signed(body)
    good = signed(text)
    tampered = {
        "size": ("another size", good.replace(b"\n17\n", b"\n18\n")),
        "root": ("another root", good.replace(root.encode(), base64.b64encode(bytes(32)))),
        "origin": ("another log's name", good.replace(b"000\n17", b"001\n17")),
    }
    for name, (comment, data) in tampered.items():
        yield f"checkpoint/tampered/{name}", "untrusted", comment, vkey, data


def loose(note: bytes) -> bytes:
    """Set bits that base64 says nothing with: the same signature, spelled another way."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    end = note.rindex(b"=\n")
    while note[end - 1 : end] == b"=":
        end -= 1
    last = alphabet.index(note[end - 1 : end])
    return note[: end - 1] + alphabet[last + 1 : last + 2] + note[end:]


def flip_signature(note: bytes) -> bytes:
    """Change one bit in the middle of the signature."""
    at = len(note) - 20
    return note[:at] + (b"A" if note[at : at + 1] != b"A" else b"B") + note[at + 1 :]


def write(into: Path) -> None:
    """Write every vector below `into`."""
    for name, expect, comment, vkey, data in [*notes(), *checkpoints()]:
        path = into / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        head = f"expect: {expect}\ncomment: {comment}\nvkey: {vkey}\n\n"
        path.write_bytes(head.encode() + data)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
