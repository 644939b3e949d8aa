"""A keyring as the ceremony leaves it, with a cheap passphrase cost."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from securedoc.core.digests import Digest
from securedoc.core.people import OfficerId, Role
from securedoc.core.secret import Secret
from securedoc.crypto.passphrase import KdfCost
from securedoc.keyring import ceremony, unlocking
from securedoc.keyring.ceremony import Person, Plan, Prepared
from securedoc.keyring.session import Session

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
CHEAP = KdfCost(memory_kib=32, iterations=1, lanes=4)
OFFICE = "Ủy ban nhân dân xã Ví Dụ"
VAULT = "0123456789abcdef" * 2
GENESIS = Digest.of(b"the first entry of an example")


def passphrase_of(officer: str) -> Secret:
    """Return the obviously fake passphrase of an officer."""
    return Secret(f"correct horse of {officer}".encode())


def person(officer: str, role: Role, name: str = "Nguyễn Văn Ánh", title: str = "") -> Person:
    """Make somebody who is to become an officer."""
    return Person(OfficerId(officer), role, name, title, passphrase_of(officer))


SIX = (
    person("an-ninh", Role.SECURITY, "Trần Thị Bình"),
    person("van-thu", Role.RECORDS, "Lê Thị Cúc"),
    person("soan", Role.DRAFTER, "Phạm Văn Dũng"),
    person("chu-tich", Role.SIGNER, "Nguyễn Văn Ánh", "CHỦ TỊCH"),
    person("sao-luu", Role.OPERATOR, "Võ Thị Em"),
    person("kiem-tra", Role.AUDITOR, "Đặng Văn Giang"),
)
OFFICER_OF = {one.role: one.id for one in SIX}


@dataclass(frozen=True, slots=True)
class Keyring:
    """A keyring on disk, and the sheets of paper that go with it."""

    path: Path
    prepared: Prepared
    shares: tuple[Secret, ...] = field(repr=False)

    def unlock(self, officer: str) -> Session:
        """Unlock one officer."""
        return unlocking.unlock(self.path, OfficerId(officer), passphrase_of(officer))

    def unlock_role(self, role: Role) -> Session:
        """Unlock the officer of a role."""
        return self.unlock(OFFICER_OF[role])


def make_keyring(
    path: Path,
    *,
    people: tuple[Person, ...] = SIX,
    vault: str = VAULT,
    quorum: tuple[int, int] = (2, 3),
) -> Keyring:
    """Hold a ceremony and write its keyring."""
    plan = Plan(vault, OFFICE, people, *quorum, CHEAP)
    prepared = ceremony.prepare(plan, now=NOW)
    ceremony.write(prepared.seal(GENESIS), path)
    return Keyring(path, prepared, prepared.shares)
