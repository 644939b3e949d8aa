"""Whole-medium sanitising: what it does to the one stick it may touch, and every disk that it must refuse."""

import errno
import io
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from securedoc.audit import backups as audited
from securedoc.backup import media, retiring, sanitising, target
from securedoc.backup.sanitising import Sanitised, Terms
from securedoc.cli.language import translator
from securedoc.core.digests import Digest
from securedoc.core.entries import Act
from securedoc.core.findings import State
from securedoc.core.media import MediumState
from securedoc.core.people import OfficerId
from securedoc.core.secret import Secret
from securedoc.core.text import Message
from securedoc.errors import (
    BackupBusy,
    BackupFailed,
    BackupIncomplete,
    BackupMissing,
    BackupRefused,
    LedgerUntrusted,
    PolicyRefused,
    SecuredocError,
)
from securedoc.keyring import unlocking
from securedoc.keyring.session import Session
from securedoc.office.office import Office
from securedoc.system import disks, ioctls
from tests.support.backup import BackupWorld, copy_of, make_world
from tests.support.loopstick import BLOCK, MIB, SIZE, LoopStick, loop_stick
from tests.support.system import call, needs_root

pytestmark = [pytest.mark.loop_device, needs_root]
VIETNAMESE = translator("vi")
FEW = 16


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> BackupWorld:
    return make_world(tmp_path_factory.mktemp("sanitising"))


@pytest.fixture
def world(made: BackupWorld, tmp_path: Path) -> BackupWorld:
    return copy_of(made, tmp_path / "office")


@pytest.fixture
def stick(world: BackupWorld, tmp_path: Path) -> Iterator[LoopStick]:
    """Plug in a registered stick with a backup on it, still in use."""
    with loop_stick(tmp_path / "plugged") as plugged:
        with world.opened() as office:
            media.register(office, plugged.mount, label="USB 1", keeper="Đỗ Thị Em", root=plugged.root)
        yield plugged


def say(words: Message) -> str:
    return words.said(VIETNAMESE)


@contextmanager
def unlocked(world: BackupWorld, officer: str) -> Iterator[Session]:
    with (
        Secret(f"correct horse of {officer}".encode()) as passphrase,
        unlocking.unlock(world.place.keyring, OfficerId(officer), passphrase) as session,
    ):
        yield session


def retire(world: BackupWorld) -> None:
    with world.opened() as office:
        retiring.retire(office, "USB 1", "Hỏng đầu cắm (MẪU)")


def sanitise(
    world: BackupWorld, stick: LoopStick, path: Path | None = None, *, second: str | None = "chi"
) -> Sanitised:
    with world.opened() as office:
        found = target.find(office, path or stick.mount, root=stick.root)
        out = world.world.root / "chung-nhan.pdf"
        if second is None:
            return sanitising.sanitise(office, found, Terms(out, None, say))
        with unlocked(world, second) as session:
            return sanitising.sanitise(office, found, Terms(out, session, say))


def acts(office: Office) -> list[Act]:
    return [entry.act for entry in office.ledger.entries()]


def failures(office: Office) -> set[str]:
    """Return the checks of the audit that fail."""
    found = (one.finding for one in audited.backups(office, ()))
    return {finding.check for finding in found if finding.state is State.FAIL}


def refused(world: BackupWorld, stick: LoopStick, path: Path | None = None) -> SecuredocError:
    """Return the refusal, and hold that nothing was entered, unmounted or overwritten."""
    before = stick.blocks()
    with pytest.raises(SecuredocError) as caught:
        sanitise(world, stick, path)
    with world.opened() as office:
        assert Act.MEDIUM_SANITISING not in acts(office)
    assert stick.mounted()
    # A mounted file system counts its own writes in a few blocks.
    assert sum(a != b for a, b in zip(stick.blocks(), before, strict=True)) < FEW
    return caught.value


def _cannot(*_: object) -> None:
    raise OSError(errno.EOPNOTSUPP, "no discard here")


def test_a_retired_stick_is_overwritten_read_back_and_certified(
    world: BackupWorld, stick: LoopStick, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ioctls, "discard", _cannot)  # it would empty the image, whatever was written
    (stick.mount / "more").write_bytes(os.urandom(MIB))
    retire(world)
    old = {*stick.blocks()} - {bytes(BLOCK)}

    done = sanitise(world, stick)

    done.require()
    out = world.world.root / "chung-nhan.pdf"
    assert (done.verified_bytes, done.mismatches) == (SIZE, 0)
    assert not stick.mounted()
    assert len(old) > MIB / BLOCK
    assert not old & {*stick.blocks()}
    assert len({*stick.blocks()}) == SIZE // BLOCK  # every block another: none was left out
    assert not done.discarded
    assert done.certificate == Digest.of(out.read_bytes())
    with world.opened() as office:
        intent, result = list(office.ledger.entries())[-2:]
        [row] = office.ledger.media()
    assert (intent.act, result.act) == (Act.MEDIUM_SANITISING, Act.MEDIUM_SANITISED)
    assert intent.facts["serial"] == "60A44C3FAD"
    assert intent.second is not None
    assert result.second is not None
    assert result.facts["certificate"] == str(done.certificate)
    assert row.state is MediumState.SANITISED


def test_the_certificate_says_what_was_done_by_whom_and_what_is_not_promised(
    world: BackupWorld, stick: LoopStick
) -> None:
    retire(world)
    sanitise(world, stick)

    [page] = PdfReader(io.BytesIO((world.world.root / "chung-nhan.pdf").read_bytes())).pages
    text = " ".join(page.extract_text().split())  # what is signed stands over the signatures

    for words in (
        "DataTraveler MAU",
        "60A44C3FAD",
        f"{SIZE} byte",
        "USB 1 (M-",
        "Đỗ Thị Em",
        "Clear",
        "AES-256-CTR",
        "securedoc 0.1.0",
        "Phạm Thị Chi",
        "Flash media keep spare blocks",
        "national rules govern",
        "TRAINING (MẪU)",
        "CHỨNG NHẬN",
    ):
        assert words in text, text


def test_discard_comes_after_reading_back(
    world: BackupWorld, stick: LoopStick, monkeypatch: pytest.MonkeyPatch
) -> None:
    retire(world)
    order: list[str] = []
    real_read, real_discard = disks.read_back, ioctls.discard

    def read(*arguments: Any) -> Any:
        order.append("read back")
        return real_read(*arguments)

    def discard(*arguments: Any) -> None:
        order.append("discard")
        real_discard(*arguments)

    monkeypatch.setattr(disks, "read_back", read)
    monkeypatch.setattr(ioctls, "discard", discard)
    done = sanitise(world, stick)

    assert order == ["read back", "discard"]
    assert done.verified_bytes == SIZE


def test_a_stick_with_partitions_is_overwritten_with_its_partition_table(
    world: BackupWorld, tmp_path: Path
) -> None:
    with loop_stick(tmp_path / "plugged", partitioned=True) as plugged:
        with world.opened() as office:
            media.register(office, plugged.mount, label="USB 1", keeper="Đỗ Thị Em", root=plugged.root)
        retire(world)
        with plugged.mount.joinpath("open").open("wb"), pytest.raises(BackupBusy):
            sanitise(world, plugged)

        done = sanitise(world, plugged)

        assert done.target.disk.node == plugged.shown
        assert (done.verified_bytes, plugged.mounted()) == (SIZE, False)
        assert plugged.blocks()[0][510:512] != b"\x55\xaa"


def test_a_stick_that_was_never_registered_is_refused(world: BackupWorld, tmp_path: Path) -> None:
    with loop_stick(tmp_path / "foreign") as foreign:
        assert isinstance(refused(world, foreign), BackupMissing)
        assert isinstance(refused(world, foreign, foreign.shown), BackupRefused)


def test_a_stick_of_another_vault_is_refused(world: BackupWorld, made: BackupWorld, tmp_path: Path) -> None:
    """A copy of the vault registered it; this vault's ledger knows nothing of that."""
    other = copy_of(made, tmp_path / "other office")
    with loop_stick(tmp_path / "plugged") as plugged:
        with other.opened() as office:
            media.register(office, plugged.mount, label="USB 1", keeper="Đỗ Thị Em", root=plugged.root)

        assert "not registered" in str(refused(world, plugged))


def test_a_stick_in_use_is_refused(world: BackupWorld, stick: LoopStick) -> None:
    assert "in use for backups" in str(refused(world, stick))


def test_a_stick_retired_in_the_table_alone_is_refused(world: BackupWorld, stick: LoopStick) -> None:
    """An insider with the ledger key edits the table, to have a stick in use destroyed."""
    with world.opened() as office:
        office.ledger._store._connection.execute("UPDATE media SET state = 'retired'")

    assert isinstance(refused(world, stick), LedgerUntrusted)


def test_a_stick_retired_by_who_may_not_retire_one_is_refused(world: BackupWorld, stick: LoopStick) -> None:
    """A drafter has the ledger key too, and a program of their own."""
    with world.opened("dung") as office, office.write() as writing:
        medium = office.ledger.media()[0].medium
        writing.append(Act.MEDIUM_RETIRED, None, {"medium": medium, "why": "MẪU"})

    assert isinstance(refused(world, stick), LedgerUntrusted)


def test_a_disk_that_is_not_removable_is_refused(world: BackupWorld, stick: LoopStick) -> None:
    retire(world)
    (stick.root / "sys/devices/usb1/1-2/idVendor").unlink()
    stick.say("removable", "0\n")
    # Without USB above it the serial number is the disk's own.
    (stick.sysfs / "device").mkdir()
    stick.say("device/serial", stick.serial)

    assert "neither removable nor" in str(refused(world, stick))


@pytest.mark.parametrize("where", ["/", "/home", "vault"])
def test_a_disk_that_this_machine_lives_on_is_refused(
    where: str, world: BackupWorld, stick: LoopStick, monkeypatch: pytest.MonkeyPatch
) -> None:
    retire(world)
    if where == "vault":
        monkeypatch.setattr(target, "_SYSTEM", ())
        real = disks.of

        def with_the_vault(path: Path, *, root: Path) -> Any:
            found = real(path, root=root)
            assert found is not None
            return replace(found, parts=(*found.parts, world.world.vault.stat().st_dev))

        monkeypatch.setattr(disks, "of", with_the_vault)
    else:
        monkeypatch.setattr(target, "_SYSTEM", (Path("/nowhere"), stick.mount))

    assert "holds a part of this machine" in str(refused(world, stick))


def test_a_disk_with_swap_on_it_is_refused(world: BackupWorld, stick: LoopStick) -> None:
    retire(world)
    swaps = stick.root / "proc/swaps"
    swaps.unlink()
    swaps.write_text(f"Filename Type Size Used Priority\n{stick.node} partition 1 0 -2\n")

    assert "swap" in str(refused(world, stick))


def test_a_disk_that_something_is_built_on_is_refused(world: BackupWorld, stick: LoopStick) -> None:
    retire(world)
    (stick.sysfs / "holders/dm-0").mkdir(parents=True)

    assert "dm-0" in str(refused(world, stick))


def test_a_link_to_the_stick_is_refused(world: BackupWorld, stick: LoopStick, tmp_path: Path) -> None:
    retire(world)
    for number, leads_to in enumerate((stick.mount, stick.shown)):
        link = tmp_path / f"link{number}"
        link.symlink_to(leads_to)

        assert "is a link" in str(refused(world, stick, link))


def test_a_directory_that_stands_for_a_stick_is_refused(world: BackupWorld, stick: LoopStick) -> None:
    retire(world)
    inside = stick.mount / "inside"
    inside.mkdir()

    assert "stands for a stick" in str(refused(world, stick, inside))


def test_a_clone_of_the_stick_on_another_device_is_refused(
    world: BackupWorld, stick: LoopStick, tmp_path: Path
) -> None:
    """Bit for bit the same: only the device's own serial number tells them apart."""
    retire(world)
    call("umount", str(stick.mount))
    with loop_stick(tmp_path / "clone", serial="ANOTHER01", copy_of=stick.image) as clone:
        assert "not the device" in str(refused(world, clone))
    with loop_stick(tmp_path / "silent", serial="", copy_of=stick.image) as silent:
        assert "not the device" in str(refused(world, silent))


def test_an_identity_copied_onto_another_stick_is_refused(
    world: BackupWorld, stick: LoopStick, tmp_path: Path
) -> None:
    retire(world)
    with loop_stick(tmp_path / "other") as other:
        call("cp", "-a", f"{stick.mount}/.", str(other.mount))

        assert "copied" in str(refused(world, other))


def test_a_stick_exchanged_between_the_look_and_the_writing_is_not_written(
    world: BackupWorld, stick: LoopStick, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    retire(world)
    precious = tmp_path / "precious.img"
    precious.write_bytes(b"PRECIOUS" * (SIZE // 8))
    real = disks.release
    with ExitStack() as stack:

        def pulled(disk: disks.Disk) -> None:
            real(disk)
            stack.enter_context(stick.exchanged(precious))

        monkeypatch.setattr(disks, "release", pulled)
        with pytest.raises(BackupRefused, match="no longer the device"):
            sanitise(world, stick)

    assert precious.read_bytes() == b"PRECIOUS" * (SIZE // 8)
    assert b"securedoc-" in stick.image.read_bytes()
    with world.opened() as office:
        assert Act.MEDIUM_SANITISING not in acts(office)


@pytest.mark.parametrize("other", ["sequence", "size", "serial"])
def test_a_stick_that_differs_in_anything_when_it_is_taken_is_not_written(
    other: str, world: BackupWorld, stick: LoopStick, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another stick may have got the same number; it has its own count, size or serial number."""
    retire(world)
    real = disks.release

    def pulled(disk: disks.Disk) -> None:
        real(disk)
        if other == "sequence":
            monkeypatch.setattr(ioctls, "device_sequence", lambda _: 1 << 40)
        elif other == "size":
            monkeypatch.setattr(ioctls, "device_size", lambda _: SIZE * 2)
        else:
            stick.say_serial("ANOTHER01")

    monkeypatch.setattr(disks, "release", pulled)
    with pytest.raises(BackupRefused, match="no longer the device"):
        sanitise(world, stick)

    assert b"securedoc-" in stick.image.read_bytes()
    with world.opened() as office:
        assert Act.MEDIUM_SANITISING not in acts(office)


def test_a_stick_that_somebody_uses_is_not_written(world: BackupWorld, stick: LoopStick) -> None:
    retire(world)
    with (stick.mount / "open").open("wb") as stream:
        stream.write(b"MAU")
        stream.flush()
        with pytest.raises(BackupBusy):
            sanitise(world, stick)

    assert stick.mounted()
    with world.opened() as office:
        assert Act.MEDIUM_SANITISING not in acts(office)


def test_one_officer_alone_or_twice_is_refused(world: BackupWorld, stick: LoopStick) -> None:
    retire(world)

    for second in (None, "em", "dung"):
        with pytest.raises(PolicyRefused):
            sanitise(world, stick, second=second)

    assert stick.mounted()


def test_who_may_not_is_refused(world: BackupWorld, stick: LoopStick) -> None:
    retire(world)

    with world.opened("dung") as office, pytest.raises(PolicyRefused):
        target.find(office, stick.mount, root=stick.root)


def test_the_certificate_is_not_written_onto_the_stick_nor_over_a_file(
    world: BackupWorld, stick: LoopStick
) -> None:
    retire(world)
    taken = world.world.write("chung-nhan.pdf", b"kept")

    assert "already" in str(refused(world, stick))
    with world.opened() as office:
        found = target.find(office, stick.mount, root=stick.root)
        with pytest.raises(BackupRefused, match="would lie on the medium"):
            sanitising.require_place(stick.mount / "chung-nhan.pdf", found.disk)
    assert taken.read_bytes() == b"kept"


def test_a_medium_that_gives_back_something_else_is_not_certified(
    world: BackupWorld, stick: LoopStick, monkeypatch: pytest.MonkeyPatch
) -> None:
    retire(world)
    real = os.pwrite

    def forgetful(descriptor: int, data: bytes, offset: int) -> int:
        if offset == 5 << 20:
            real(descriptor, bytes(4096), offset)  # worn: these blocks keep something else
            return len(data)
        return real(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", forgetful)
    done = sanitise(world, stick)

    assert done.mismatches == 256
    assert done.certificate is None
    assert not (world.world.root / "chung-nhan.pdf").exists()
    with pytest.raises(BackupIncomplete, match="256 blocks differ"):
        done.require()
    with world.opened() as office:
        assert office.ledger.media()[0].state is MediumState.UNSANITISED
        assert "backup.sanitising" in failures(office)
        retiring.retire(office, "USB 1", "Đã nghiền nát trước hai người chứng kiến (MẪU)")
        assert "backup.sanitising" not in failures(office)


def test_a_medium_that_cannot_be_written_leaves_the_intent_and_no_result(
    world: BackupWorld, stick: LoopStick, monkeypatch: pytest.MonkeyPatch
) -> None:
    retire(world)
    real = os.pwrite

    def broken(descriptor: int, data: bytes, offset: int) -> int:
        if offset >= 5 << 20:
            raise OSError(errno.EIO, "Input/output error")
        return real(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", broken)
    with pytest.raises(BackupFailed, match="Input/output error"):
        sanitise(world, stick)

    with world.opened() as office:
        assert office.ledger.media()[0].state is MediumState.SANITISING


def test_an_interrupted_run_is_seen_and_ended_by_the_device_alone(
    world: BackupWorld, stick: LoopStick, monkeypatch: pytest.MonkeyPatch
) -> None:
    retire(world)
    real = os.pwrite

    def interrupted(descriptor: int, data: bytes, offset: int) -> int:
        if offset >= 5 << 20:
            raise KeyboardInterrupt
        return real(descriptor, data, offset)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", interrupted)
        with suppress(KeyboardInterrupt):
            sanitise(world, stick)

    with world.opened() as office:
        assert "backup.sanitising" in failures(office)
    assert len(world.world.ok("em", "status")["sanitising"]) == 1
    # The identity is gone; another stick of that size must not be taken for this one.
    stick.say_serial("ANOTHER01")
    with world.opened() as office, pytest.raises(BackupRefused, match="carries no identity"):
        target.find(office, stick.shown, root=stick.root)
    stick.say_serial(stick.serial)
    done = sanitise(world, stick, stick.shown)
    done.require()
    assert done.target.resumed
    with world.opened() as office:
        assert office.ledger.media()[0].state is MediumState.SANITISED


def test_a_stick_without_a_serial_number_that_was_interrupted_is_not_guessed(
    world: BackupWorld, stick: LoopStick, monkeypatch: pytest.MonkeyPatch
) -> None:
    retire(world)
    monkeypatch.setattr(disks, "overwrite", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with suppress(KeyboardInterrupt):
        sanitise(world, stick)
    stick.say_serial("")

    with world.opened() as office, pytest.raises(BackupRefused, match="carries no identity"):
        target.find(office, stick.shown, root=stick.root)


def test_a_retired_stick_is_not_backed_up_to_and_not_looked_for(world: BackupWorld, stick: LoopStick) -> None:
    retire(world)

    with world.opened() as office:
        with pytest.raises(BackupRefused, match="out of use"):
            media.choose(office, stick.mount)
        with pytest.raises(BackupMissing, match="no registered medium"):
            media.choose(office, None)
        with pytest.raises(BackupRefused, match="out of use already"):
            retiring.retire(office, "USB 1", "again")


def test_the_command_refuses_a_disk_of_this_machine(world: BackupWorld, stick: LoopStick) -> None:
    """As typed: to the real /sys a loop device is neither removable nor a USB device."""
    retire(world)
    out = world.world.root / "chung-nhan.pdf"

    done = world.world.run("em", "media", "sanitise", stick.mount, "--out", out, "--second", "chi")

    assert done.code == 72
    assert stick.mounted()
    assert not out.exists()


def test_the_commands_as_they_are_typed(
    world: BackupWorld, stick: LoopStick, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = world.world
    office.ok("em", "media", "retire", "USB 1", "--why", "Hỏng đầu cắm (MẪU)")
    shown = office.ok("em", "media", "show", "USB 1")
    monkeypatch.setattr(target, "find", partial(target.find, root=stick.root))
    second = ("--second", "chi", "--second-passphrase-file", office.passphrase_file("chi"))
    done = office.ok("em", "media", "sanitise", stick.mount, "--out", office.root / "cn.pdf", *second)

    assert (shown["state"], shown["why"]) == ("retired", "Hỏng đầu cắm (MẪU)")
    assert (done["verified_bytes"], done["mismatches"]) == (SIZE, 0)
    assert office.ok("em", "media", "list")["media"][0]["state"] == "sanitised"
    assert office.run("an", "ledger", "verify").code == 0
