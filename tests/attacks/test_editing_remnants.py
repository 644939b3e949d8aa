"""Who has the disk after an editing session: its raw blocks hold nothing of what was edited."""

import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from securedoc.documents import textbody
from tests.support.office import World, ceremony
from tests.support.system import call, loop_device, needs_root

WINDOW, PIECES = 48, 60


@dataclass(frozen=True)
class WorldOnADisk(World):
    """An office whose vault alone is on the disk that is searched."""

    disk: Path

    @property
    def vault(self) -> Path:
        """Where the vault is."""
        return self.disk / "vault"


def windows(data: bytes) -> list[bytes]:
    """Return pieces of a compressed document that could not be in the image by chance."""
    chance = random.Random(7)  # noqa: S311 - which pieces does not matter
    return [data[at : at + WINDOW] for at in chance.sample(range(len(data) - WINDOW), PIECES)]


@pytest.mark.loop_device
@needs_root
def test_a_stolen_disk_holds_no_block_of_a_draft_that_was_edited_on_the_machine(tmp_path: Path) -> None:
    words = random.Random(8)  # noqa: S311 - text that does not compress away
    text = " ".join(f"{words.getrandbits(64):x}" for _ in range(3000))
    saved = textbody.docx_from_text(text.encode())
    (tmp_path / "saved.docx").write_bytes(saved)
    disk = tmp_path / "disk"
    disk.mkdir()

    with loop_device(disk, "ext4", size_bytes=64 << 20) as mount:
        world = WorldOnADisk(tmp_path, mount)
        ceremony(world).expect()
        draft = world.draft()
        done = world.ok("dung", "draft", "edit", draft, "--editor", f"/bin/cp {tmp_path}/saved.docx")
        sealed = max(
            (world.vault / "objects").rglob("*"), key=lambda path: path.is_file() and path.stat().st_size
        )
        ciphertext = sealed.read_bytes()
        call("sync")
    image = (disk / "medium.img").read_bytes()

    assert done["saves"] == 1
    assert (
        sum(piece in image for piece in windows(ciphertext)) == PIECES
    )  # the search does find what is there
    assert not any(piece in image for piece in windows(saved))
