"""A training office with a few drafts, opened without the command line, and media beside it."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from securedoc.app import SystemClock
from securedoc.backup import media, run
from securedoc.backup.run import Done
from securedoc.core.documents import Level
from securedoc.core.people import OfficerId
from securedoc.core.protocols import NoProgress
from securedoc.core.secret import Secret
from securedoc.issuing.drafting import DraftRequest, draft
from securedoc.office.office import Office
from securedoc.office.opening import open_office
from securedoc.office.place import Place
from tests.support.office import BODY, World, found_world


@dataclass(frozen=True)
class BackupWorld:
    """A vault and the directories that stand for sticks."""

    world: World

    @property
    def place(self) -> Place:
        """The vault."""
        return Place(self.world.vault)

    @contextmanager
    def opened(self, officer: str = "em") -> Iterator[Office]:
        """Open the vault as one officer."""
        with (
            Secret(f"correct horse of {officer}".encode()) as passphrase,
            open_office(
                self.place,
                OfficerId(officer),
                passphrase,
                clock=SystemClock(),
                progress=NoProgress(),
                randomness=secrets.token_bytes,
            ) as office,
        ):
            yield office

    def stick(self, name: str = "usb", label: str = "USB 1") -> Path:
        """Make a directory that stands for a stick, and register it."""
        path = self.world.root / name
        path.mkdir(exist_ok=True)
        with self.opened() as office:
            media.register(office, path, label=label, keeper="Đỗ Thị Em")
        return path

    def backup(self, stick: Path, *, read_back: bool = True) -> Done:
        """Back up as the operator."""
        with self.opened() as office:
            return run.run(office, stick, read_back=read_back)

    def draft(self, count: int = 1) -> None:
        """Put drafts into the vault."""
        with self.opened("dung") as office:
            for _ in range(count):
                draft(office, REQUEST)


REQUEST = DraftRequest(
    type_key="bao-cao",
    level=Level("mat"),
    subject="Kết quả công tác quý IV (MẪU)",
    list_basis="",
    recipients=("UBND tỉnh Mẫu",),
    copies=None,
    copying_permitted=True,
    unit="",
    body=BODY,
    source="new",
)


def make_world(root: Path, *, drafts: int = 2) -> BackupWorld:
    """Hold a ceremony and make two drafts: four sealed objects."""
    made = BackupWorld(found_world(root))
    made.draft(drafts)
    return made


def copy_of(made: BackupWorld, root: Path) -> BackupWorld:
    """Return a copy of a world, so that a ceremony serves many tests."""
    shutil.copytree(made.world.root, root, dirs_exist_ok=True, copy_function=shutil.copy2)
    return BackupWorld(World(root))
