"""A correctly signed medium whose attributes a test changes; no vault and no ledger behind it."""

import base64
import hashlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from securedoc.backup import compose, layout, protect
from securedoc.backup.card import BagCard, Tree
from securedoc.backup.compose import Contents, Target
from securedoc.backup.defects import Defect
from securedoc.backup.examine import Depth, Look
from securedoc.backup.guarding import look_at_guards
from securedoc.backup.identity import Identity, VolumeFacts
from securedoc.backup.index import Placed
from securedoc.backup.layout import BagKind, BagName
from securedoc.backup.outside import manifest_path
from securedoc.backup.packing import Source
from securedoc.backup.registration import write_registration
from securedoc.backup.survey import survey
from securedoc.backup.verify import Report, verify
from securedoc.backup.writing import Sign
from securedoc.core.digests import Digest
from securedoc.core.people import OfficerId
from securedoc.core.protocols import NoProgress
from securedoc.crypto import certificates, cms
from securedoc.crypto.certificates import Certified, Subject, Validity
from securedoc.formats.checkpoint import Checkpoint
from securedoc.formats.note import Note, Signature
from securedoc.signing.trust import TrustStore

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
VAULT = "0123456789abcdef0123456789abcdef"
MEDIUM = "M-000000000001"
OPERATOR = OfficerId("bao")
OFFICE = "UBND xã Mẫu"
_NOTE_KEY = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"obviously fake").digest())
_NOTE_PUBLIC = _NOTE_KEY.public_key().public_bytes_raw()
BAGIT = [sys.executable, "-m", "bagit"]


@cache
def _authority(name: str) -> Certified:
    return certificates.make_authority(Subject(name, OFFICE), Validity.years(NOW, 30))


@cache
def _operator(name: str, authority_name: str) -> Certified:
    return certificates.issue(
        authority(authority_name), Subject(name, OFFICE, identifier=OPERATOR), Validity.years(NOW, 5)
    )


def authority(name: str = "Chứng thư MẪU") -> Certified:
    return _authority(name)


def operator(name: str = "Lê Văn Bảo", authority_name: str = "Chứng thư MẪU") -> Certified:
    return _operator(name, authority_name)


def sign_as(signer: Certified) -> Sign:
    return lambda data: cms.sign(data, signer.certificate, signer.private_key)


def sealed(*bodies: bytes, into: Path) -> list[Source]:
    """Put objects where a vault would have them."""
    sources = []
    for body in bodies:
        digest = Digest.of(body)
        path = into / digest.hex
        path.write_bytes(body)
        sources.append(Source(digest, len(body), path))
    return sorted(sources, key=lambda one: one.digest)


def body(number: int, size: int = 5000) -> bytes:
    """Return bytes that look sealed, and are the same every time."""
    return hashlib.shake_128(number.to_bytes(8, "big")).digest(size)


@dataclass
class Stick:
    """A medium being written, one snapshot after another."""

    root: Path
    vault_id: str = VAULT
    medium: str = MEDIUM
    at: datetime = NOW
    signer: Certified = field(default_factory=operator)
    previous: Digest | None = None
    placed: list[Placed] = field(default_factory=list)
    outside: dict[str, Digest] = field(default_factory=dict)
    manifests: list[Digest] = field(default_factory=list)

    @property
    def directory(self) -> Path:
        """The directory that all bags lie in."""
        return self.root / layout.set_name(self.vault_id)

    @property
    def target(self) -> Target:
        """Where its bags are written."""
        return Target(self.directory, OFFICE, sign_as(self.signer), read_back=True, progress=NoProgress())

    def register(self) -> "Stick":
        """Write the identity."""
        self.root.mkdir(exist_ok=True)
        write_registration(self.root, self.identity(), authority().certificate, sign_as(self.signer))
        self.outside = {name: Digest.of((self.directory / name).read_bytes()) for name in layout.FIXED_FILES}
        return self

    def identity(self) -> Identity:
        """Return who this medium is."""
        return Identity(
            medium=self.medium,
            vault=self.vault_id,
            office=OFFICE,
            label="USB 1",
            keeper="Lê Văn Bảo",
            registered_at=self.at,
            registered_by=OPERATOR,
            volume=VolumeFacts("directory", "test", ""),
            files={},
        )

    def card(self, kind: BagKind, number: int, tree: Tree | None = None) -> BagCard:
        """Return what a bag of it says of itself."""
        previous = self.previous if kind is BagKind.SNAPSHOT else None
        return BagCard(
            BagName(kind, number), self.vault_id, self.medium, self.at, OPERATOR, previous=previous, tree=tree
        )

    def objects(self, number: int, sources: Sequence[Source]) -> "Stick":
        """Write an objects bag."""
        written, placed = compose.write_objects(self.target, self.card(BagKind.OBJECTS, number), sources)
        written.bag.publish()
        self.placed += placed
        self.outside[manifest_path(BagName(BagKind.OBJECTS, number))] = written.manifest
        return self

    def snapshot(self, number: int, *, size: int | None = None) -> "Stick":
        """Write a snapshot of everything so far."""
        ledger = self.root.parent / "ledger.db"
        ledger.write_bytes(body(1000 + number, 20000))
        tree = Tree(size or number * 10, hashlib.sha256(bytes([number])).digest())
        contents = Contents(
            ledger,
            {
                "vault.json": b"{}",
                "checkpoint.txt": checkpoint_note(self.vault_id, tree),
                "keyring/officers/bao.json": b'{"public":{"ed25519":"%s"}}' % base64.b64encode(_NOTE_PUBLIC),
                "policy/vn-2026.toml": b"x = 1\n",
            },
            tuple(self.placed),
            dict(self.outside),
        )
        written = compose.write_snapshot(self.target, self.card(BagKind.SNAPSHOT, number, tree), contents)
        written.bag.publish()
        self.previous = written.manifest
        self.manifests.append(written.manifest)
        return self

    def protect(self, percent: int = 10) -> "Stick":
        """Make recovery data for every bag that has none."""
        seen = survey(self.directory, look(Depth.NAMES))
        guards = look_at_guards(seen, look(Depth.NAMES))
        fixed = {name: (self.directory / name).stat().st_size for name in layout.FIXED_FILES}
        with protect.workshop(self.root.parent / "workshop", percent) as shop:
            number = protect.next_number(seen.listed.bags)
            for place, bag in enumerate(protect.unprotected(seen, guards), start=number):
                protect.protect(self.target, shop, bag, fixed, self.card(BagKind.PARITY, place))
        return self


def checkpoint_note(vault: str, tree: Tree) -> bytes:
    """Return a ledger's checkpoint as the operator signs it."""
    text = Checkpoint(f"securedoc/{vault}", tree.size, tree.root).text()
    name = f"securedoc/{vault}/{OPERATOR}"
    return Note(text, (Signature(name, b"test", _NOTE_KEY.sign(text.encode())),)).as_bytes()


def two_snapshots(root: Path) -> Stick:
    """Return a medium with two objects bags and two snapshots."""
    vault = root / "vault"
    vault.mkdir()
    stick = Stick(root / "stick").register()
    stick.objects(1, sealed(body(1), body(2, 70000), b"", into=vault)).snapshot(1)
    return stick.objects(2, sealed(body(3, 512), into=vault)).snapshot(2)


def look(depth: Depth = Depth.FULL, authority_name: str = "Chứng thư MẪU") -> Look:
    trust = TrustStore.of(roots=[authority(authority_name).certificate])
    return Look(trust, NOW, depth)


def report(root: Path, depth: Depth = Depth.FULL, *, snapshot: int | None = None) -> Report:
    return verify(root, look(depth), snapshot=snapshot)


def kinds(defects: Sequence[Defect]) -> set[tuple[str, str]]:
    return {(defect.kind.value, defect.path) for defect in defects}


def files_of(directory: Path) -> Iterator[Path]:
    return (path for path in sorted(directory.rglob("*")) if path.is_file())
