"""Makes a training office in process and opens it for several officers at once."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.app import App, SystemClock
from securedoc.core.documents import DocumentId, Level
from securedoc.core.people import OfficerId, Role
from securedoc.core.protocols import Clock, NoProgress
from securedoc.core.secret import Secret
from securedoc.crypto.passphrase import KdfCost
from securedoc.issuing import drafting
from securedoc.keyring.ceremony import Person
from securedoc.office.founding import Founding
from securedoc.office.founding import found as found_vault
from securedoc.office.office import Office
from securedoc.office.place import Place

PASSPHRASE: Final = b"correct horse"
QUICK: Final = KdfCost(memory_kib=64, iterations=1, lanes=1)
PEOPLE: Final = (
    ("an", Role.RECORDS, "Trần Thị An", ""),
    ("binh", Role.SIGNER, "Lê Văn Bình", "CHỦ TỊCH"),
    ("chi", Role.SECURITY, "Phạm Thị Chi", ""),
    ("dung", Role.DRAFTER, "Vũ Văn Dũng", ""),
    ("giang", Role.OPERATOR, "Đỗ Thị Giang", ""),
)


@dataclass(frozen=True, slots=True)
class BenchOffice:
    """One vault, opened by those who work on it."""

    vault: Path
    records: Office
    signer: Office
    drafter: Office
    operator: Office


class SamePassphrase:
    """A Prompter for made-up officers who share one obviously fake passphrase."""

    def passphrase(self, who: str, *, confirm: bool = False) -> Secret:
        """Return it."""
        del who, confirm
        return Secret(PASSPHRASE)


def found(where: Path, stack: ExitStack, clock: Clock | None = None) -> BenchOffice:
    """Make the vault, and keep it open until `stack` closes."""
    vault = where / "vault"
    time = clock or SystemClock()
    found_vault(
        Place(vault),
        Founding(
            office="UBND xã Mẫu",
            place="Mẫu",
            symbol="UBND",
            superior="",
            unit="VP",
            pack="vn-2026",
            people=tuple(
                Person(OfficerId(officer), role, name, title, Secret(PASSPHRASE))
                for officer, role, name, title in PEOPLE
            ),
            threshold=2,
            shares=3,
            training=True,
            cost=QUICK,
        ),
        hand_out=lambda _shares: None,
        clock=time,
        randomness=secrets.token_bytes,
    )

    def opened(officer: str) -> Office:
        app = App(
            vault=vault,
            officer=officer,
            clock=time,
            prompter=SamePassphrase(),
            progress=NoProgress(),
            randomness=secrets.token_bytes,
        )
        return stack.enter_context(app.open())

    return BenchOffice(vault, opened("an"), opened("binh"), opened("dung"), opened("giang"))


@contextmanager
def opened(where: Path, clock: Clock | None = None) -> Iterator[BenchOffice]:
    """Make a training office and open it for four of its officers."""
    with ExitStack() as stack:
        yield found(where, stack, clock)


def draft(office: BenchOffice, body: bytes) -> DocumentId:
    """Put a draft into the vault."""
    request = drafting.DraftRequest(
        type_key="bao-cao",
        level=Level("mat"),
        subject="Kết quả công tác tháng (MẪU)",
        list_basis="",
        recipients=("UBND tỉnh Mẫu",),
        copies=None,
        copying_permitted=False,
        unit="VP",
        body=body,
        source="new",
    )
    return drafting.draft(office.drafter, request).document
