"""Proves what a parity bag says of itself, from either copy of each of its small files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from typing import Final

from securedoc.backup import card, layout, parity
from securedoc.backup.card import BagCard
from securedoc.backup.examine import MAX_SIGNATURE_BYTES, Look
from securedoc.backup.layout import BagName
from securedoc.backup.parity import Parity
from securedoc.core.digests import Digest
from securedoc.errors import SignatureError
from securedoc.formats import bagit
from securedoc.formats.bagit import BagMalformed
from securedoc.signing import cms
from securedoc.system import files

COPIES: Final = 2
MAX_RUNS: Final = 7
"""Places in which two copies may differ: 128 mixtures of them."""
MAX_TRIES: Final = 256
"""Signatures to be verified, so that no stick keeps us for hours: copies that differ in four places each."""
MAX_BLENDED_BYTES: Final = 1 << 20
"""Of a file whose copies are mixed; a larger one is tried as it is."""


@dataclass(frozen=True, slots=True)
class ProvenGuard:
    """A parity bag whose manifest is signed by somebody we trust; its volumes may be damaged all the same."""

    name: BagName
    parity: Parity
    card: BagCard
    payload: Mapping[str, Digest]
    """Everything in its manifest."""
    small: Mapping[str, bytes]
    """Its card, `parity.json`, manifest and signature, as they were signed."""


def prove(directory: Path, name: BagName, look: Look) -> ProvenGuard | None:
    """Return what a parity bag protects; None where neither copy of something proves it."""
    bag = directory / str(name)
    limits = {
        layout.CARD: card.MAX_CARD_BYTES,
        layout.PARITY: parity.MAX_PARITY_BYTES,
        bagit.MANIFEST: bagit.MAX_TAG_FILE_BYTES,
        layout.SIGNATURE: MAX_SIGNATURE_BYTES,
    }
    copies = {path: blends(list(_copies(bag, path, limit))) for path, limit in limits.items()}
    tries = product(copies[bagit.MANIFEST], copies[layout.SIGNATURE])
    for manifest, signature in islice(tries, MAX_TRIES):
        found = _proven(name, manifest, signature, copies, look)
        if found is not None:
            return found
    return None


def blends(copies: Sequence[bytes]) -> list[bytes]:
    """Return copies of one file, and where there are two that differ, every mixture of them.

    Both may have lost a bit, each another one: then some mixture is the file as it was. What proves
    it is a digest or a signature, so that a wrong one is no danger.
    """
    if len(copies) != COPIES or len(copies[0]) != len(copies[1]) or len(copies[0]) > MAX_BLENDED_BYTES:
        return list(copies)
    one, other = copies
    runs = list(islice(_differing(one, other), MAX_RUNS + 1))
    if not 1 < len(runs) <= MAX_RUNS:
        return list(copies)
    mixed = []
    for choice in product((False, True), repeat=len(runs)):
        blend = bytearray(one)
        for (begin, end), taken in zip(runs, choice, strict=True):
            if taken:
                blend[begin:end] = other[begin:end]
        mixed.append(bytes(blend))
    return mixed


def _differing(one: bytes, other: bytes) -> Iterator[tuple[int, int]]:
    """Yield where two files differ: begin and end of each run."""
    differing = [at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    begin = 0
    for place, at in enumerate(differing):
        if place + 1 == len(differing) or differing[place + 1] != at + 1:
            yield differing[begin], at + 1
            begin = place + 1


def _copies(bag: Path, path: str, limit: int) -> Iterator[bytes]:
    for place in (path, layout.COPIES[path]):
        try:
            yield files.read_bounded(bag / place, limit)
        except OSError:  # the other one may do
            continue


def _proven(
    name: BagName, manifest: bytes, signature: bytes, copies: Mapping[str, list[bytes]], look: Look
) -> ProvenGuard | None:
    try:
        payload = {line.path: line.digest for line in bagit.parse_manifest(manifest)}
        named = {path: _named(payload, path, copies[path]) for path in (layout.CARD, layout.PARITY)}
        said, stated = card.parse(named[layout.CARD]), parity.parse(named[layout.PARITY])
        signer = cms.verify_detached(manifest, signature, look.trust, said.at)
    except (BagMalformed, ValueError, LookupError, SignatureError):
        return None
    if said.bag != name or signer.identifier != said.by:
        return None
    return ProvenGuard(
        name, stated, said, payload, {**named, bagit.MANIFEST: manifest, layout.SIGNATURE: signature}
    )


def _named(payload: Mapping[str, Digest], path: str, copies: list[bytes]) -> bytes:
    return next(data for data in [*copies, None] if data is None or Digest.of(data) == payload[path]) or b""
