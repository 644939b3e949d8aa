"""Another stick in the place of the registered one: a copy, a clone, one too many, one of somebody else."""

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from securedoc.audit import sticks
from securedoc.backup import media
from securedoc.core.entries import Act
from securedoc.core.findings import State
from securedoc.errors import BackupError, BackupRefused, BackupUntrusted
from securedoc.system import plugging
from securedoc.system.plugging import Plugging
from tests.support.backup import BackupWorld, copy_of, make_world
from tests.support.loopstick import loop_stick
from tests.support.media import files_of
from tests.support.replug import Stick, stick
from tests.support.system import needs_root


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> BackupWorld:
    return make_world(tmp_path_factory.mktemp("made"))


@pytest.fixture
def world(made: BackupWorld, tmp_path: Path) -> BackupWorld:
    (tmp_path / "root").mkdir(mode=0o700)
    return copy_of(made, tmp_path / "root")


@pytest.fixture
def plug(tmp_path: Path) -> Iterator[Any]:
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(stick(tmp_path / name))


def registered(world: BackupWorld, usb: Stick, label: str = "USB 1") -> Stick:
    with world.opened() as office:
        media.register(office, usb.plug(), label=label, keeper="Đỗ Thị Em")
    return usb


def refused(world: BackupWorld, *words: str | Path, code: int = 72) -> str:
    said = world.world.run("em", "backup", "run", *words).expect(code).err
    return str(json.loads(said.splitlines()[-1])["message"])


@pytest.mark.loop_device
@needs_root
def test_an_identity_that_was_copied_to_another_stick_is_refused_by_name(
    world: BackupWorld, plug: Any
) -> None:
    one, other = registered(world, plug("one")), plug("other")
    world.backup(one.mount)
    [held] = one.mount.glob("securedoc-*")
    shutil.copytree(held, other.plug() / held.name)
    one.pull()
    before = sorted(files_of(other.mount))

    said = refused(world)

    assert said == "this is not USB 1: the identity of that medium was copied here"
    assert sorted(files_of(other.mount)) == before


@pytest.mark.loop_device
@needs_root
def test_two_sticks_at_once_are_refused_until_one_is_named(world: BackupWorld, plug: Any) -> None:
    one = registered(world, plug("one"))
    registered(world, plug("other"), "USB 2")

    said = refused(world)

    assert said == "2 media of this vault are plugged in"
    assert world.world.ok("em", "backup", "run", "--to", one.mount)["label"] == "USB 1"


@pytest.mark.loop_device
@needs_root
def test_a_clone_bit_for_bit_is_stale_as_soon_as_the_stick_itself_was_used(
    world: BackupWorld, plug: Any
) -> None:
    one, clone = registered(world, plug("one")), plug("clone")
    world.backup(one.mount)
    one.pull()
    shutil.copyfile(one.image, clone.image)
    one.plug()
    world.backup(one.mount)
    one.pull()
    clone.plug()

    said = refused(world, code=75)

    assert said.startswith("snapshot-0002 is not what it is offered as")
    assert said.endswith("found not on the medium")


@pytest.mark.loop_device
@needs_root
def test_a_clone_on_a_device_with_another_serial_number_is_refused(
    world: BackupWorld, tmp_path: Path
) -> None:
    with loop_stick(tmp_path / "loop") as usb, world.opened() as office:
        media.register(office, usb.mount, label="USB 1", keeper="Đỗ Thị Em", root=usb.root)
        media.proven(office, usb.mount, root=usb.root)
        usb.say_serial("another")

        with pytest.raises(BackupRefused, match="not the device that USB 1 was registered on"):
            media.proven(office, usb.mount, root=usb.root)


@pytest.mark.loop_device
@needs_root
def test_a_stick_of_another_vault_is_never_written_to(world: BackupWorld, plug: Any, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir(mode=0o700)
    theirs = make_world(tmp_path / "other")
    usb = registered(theirs, plug("one"))
    before = sorted(files_of(usb.mount))

    with world.opened() as office, pytest.raises(BackupError):
        media.choose(office, usb.mount)

    assert sorted(files_of(usb.mount)) == before


def test_a_confirmation_that_somebody_wrote_without_plugging_in_again_is_found(world: BackupWorld) -> None:
    world.backup(world.stick())
    with world.opened() as office:
        [row] = office.ledger.snapshots()
        written = office.ledger.entry(row.entry).facts
        with office.write() as writing:
            writing.append(
                Act.BACKUP_CONFIRMED,
                None,
                {
                    "medium": row.medium,
                    "snapshot": 1,
                    "manifest": str(row.manifest),
                    "plugged": written["plugged"],
                },
            )

        found = [one.error for one in sticks.sticks(office)]

    assert [type(error) for error in found if error is not None] == [BackupUntrusted]


def test_the_audit_passes_a_stick_that_was_confirmed_and_names_one_that_was_not(
    world: BackupWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    usb = world.stick()
    world.backup(usb)
    monkeypatch.setattr(plugging, "of", lambda path, root=Path("/"): Plugging("another start", 1))  # noqa: ARG005
    world.world.ok("phuc", "backup", "verify", usb)
    with world.opened() as office:
        outcomes = {one.finding.check: one.finding.state for one in sticks.sticks(office)}

    assert outcomes == {"backup.seen": State.PASS, "backup.confirmed": State.PASS}
