"""What a report of shredding promises, held against the raw image: both ways, on each file system."""

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from securedoc.system import ioctls
from tests.support.cli import run
from tests.support.rawsearch import Found, Secret, search
from tests.support.system import call, loop_device, mounted_device, needs_root

MIB = 1 << 20
SHREDDED = Secret("TUYET MAT MAU alpha 7f3a91", "kehoach-alpha")
UNLINKED = Secret("TUYET MAT MAU omega 2b6c04", "kehoach-omega")
MAY_REMAIN = (
    "the journal of this file system keeps copies",
    "writes new data elsewhere",
    "lies in the file system's tables",
    "nothing is known of how",
)
"""What a report says where content may be found afterwards."""

pytestmark = [pytest.mark.loop_device, needs_root]


@dataclass(frozen=True)
class Ground:
    """A file system, and whether content is found on it after shredding."""

    name: str
    filesystem: str
    size: int
    content_stays: bool = False
    options: str = ""
    make: tuple[str, ...] = ()
    may_warn: bool = False
    """The report may warn although nothing is found: nobody knows this driver's habits."""


GROUNDS = [
    Ground("ext4 ordered", "ext4", 48 * MIB, options="data=ordered"),
    Ground("ext4 journal", "ext4", 48 * MIB, content_stays=True, options="data=journal"),
    Ground("ext4 inline", "ext4", 48 * MIB, content_stays=True, make=("-O", "inline_data", "-I", "256")),
    Ground("xfs", "xfs", 320 * MIB),
    Ground("btrfs", "btrfs", 128 * MIB, content_stays=True, options="nodiscard"),
    Ground("vfat", "vfat", 48 * MIB),
    Ground("exfat by fuse", "exfat", 48 * MIB, may_warn=True),
]


def write(mount: Path, secret: Secret) -> list[Path]:
    paths = []
    for name, body in secret.files().items():
        path = mount / name
        path.write_bytes(body)
        paths.append(path)
    call("sync", "-f", str(mount))
    return paths


def shred_on(directory: Path, ground: Ground) -> tuple[dict[str, Any], Found, Found]:
    """Shred one set of files and unlink another; return the report, and what is left of each."""
    with loop_device(
        directory, ground.filesystem, size_bytes=ground.size, options=ground.options, make=ground.make
    ) as mount:
        gone, control = write(mount, SHREDDED), write(mount, UNLINKED)
        report = run("--json", "shred", *gone).expect().json
        for path in control:
            path.unlink()
        call("sync", "-f", str(mount))
    shredded, unlinked = search(directory / "medium.img", SHREDDED, UNLINKED)
    return report, shredded, unlinked


def _cannot(_: int) -> int:
    raise OSError(errno.EOPNOTSUPP, "no discard here")


def said(report: dict[str, Any]) -> str:
    return "; ".join(limit for file in report["files"] for limit in file["not_promised"])


def warns(report: dict[str, Any]) -> bool:
    return any(words in said(report) for words in MAY_REMAIN)


@pytest.mark.parametrize("ground", GROUNDS, ids=lambda ground: ground.name)
def test_the_raw_image_holds_what_the_report_says_and_nothing_else(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As on a device that cannot forget. (The kernel lets a loop device unlearn it, but not learn it again.)
    monkeypatch.setattr(ioctls, "trim", _cannot)
    report, shredded, unlinked = shred_on(tmp_path, ground)

    # The search finds every form where nothing was overwritten: otherwise finding nothing would mean nothing.
    assert min(unlinked.plain, unlinked.utf16, unlinked.base64, unlinked.deflated, unlinked.sectors) > 0
    assert (shredded.content > 0) == ground.content_stays, shredded
    assert warns(report) == (ground.content_stays or ground.may_warn), said(report)
    assert not shredded.names or "the file name may remain" in said(report)
    assert all("discarded" not in file["done"] for file in report["files"])


@pytest.mark.parametrize("ground", GROUNDS, ids=lambda ground: ground.name)
def test_what_is_called_verified_was_read_from_the_medium(ground: Ground, tmp_path: Path) -> None:
    with loop_device(
        tmp_path, ground.filesystem, size_bytes=ground.size, options=ground.options, make=ground.make
    ) as mount:
        [file] = run("--json", "shred", write(mount, SHREDDED)[0]).expect().json["files"]

    # A journal that holds the content, and a driver outside the kernel, cannot be read past their caches.
    reads_past = ground.filesystem != "exfat"
    assert file["verified"] == ("verified" in file["done"])
    assert file["verified"] or "could not be read back" in said({"files": [file]})
    assert reads_past or not file["verified"]


@pytest.mark.parametrize("ground", [GROUNDS[0], GROUNDS[4]], ids=lambda ground: ground.name)
def test_where_the_device_can_forget_it_is_told_and_it_is_said(ground: Ground, tmp_path: Path) -> None:
    report, shredded, _ = shred_on(tmp_path, ground)

    assert all(file["done"][-1] == "discarded" for file in report["files"])
    assert shredded.content == 0


def test_a_journal_that_the_superblock_asks_for_is_known(tmp_path: Path) -> None:
    with loop_device(tmp_path, "ext4", size_bytes=48 * MIB) as mount:
        device = f"/dev/{mounted_device(mount)}"
        call("tune2fs", "-o", "journal_data", device)
        call("umount", str(mount))
        call("mount", device, str(mount))  # the list of mounts does not name what the superblock says

        report = run("--json", "shred", *write(mount, SHREDDED)).expect().json

    assert all(warns({"files": [file]}) for file in report["files"])
