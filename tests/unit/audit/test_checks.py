"""Single checks of the audit, on a real vault with something particular about it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from securedoc.app import App, SystemClock
from securedoc.audit import run as auditing
from securedoc.audit.backups import MediumLook
from securedoc.audit.run import Audited, Instruments
from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId
from securedoc.core.entries import Act
from securedoc.core.findings import Finding, State
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.protocols import NoProgress
from securedoc.core.secret import Secret
from securedoc.errors import BackupFailed, DocumentFailed
from securedoc.issuing.judging import judge
from securedoc.office.office import Office
from securedoc.policy import packs
from securedoc.signing.verdict import Verdict
from tests.support.office import World, found_world

SOUND = MediumLook("M-1", "USB 1", 1, 10, 1000, ())


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A training office with one document."""
    root = tmp_path_factory.mktemp("checked")
    root.chmod(0o700)
    world = found_world(root)
    world.issued()
    return world


@pytest.fixture
def world(original: World, root: Path) -> World:
    """A copy of it that a test may change."""
    shutil.copytree(original.root, root, dirs_exist_ok=True)
    return World(root)


class FromFile:
    """Reads passphrases where the office keeps them."""

    def __init__(self, world: World) -> None:
        self._world = world

    def passphrase(self, who: str, *, confirm: bool = False) -> Secret:
        """Read a passphrase."""
        del confirm
        return Secret(self._world.passphrase_file(who).read_bytes().strip())


@contextmanager
def opened(world: World, officer: str = "phuc") -> Iterator[Office]:
    app = App(
        vault=world.vault,
        officer=officer,
        clock=SystemClock(),
        prompter=FromFile(world),
        progress=NoProgress(),
        randomness=bytes,
    )
    with app.open() as office:
        yield office


def instruments(**changed: object) -> Instruments:
    lent = {
        "judge": judge,
        "look_at": lambda _: SOUND,
        "pending": tuple,
        "guard": tuple,
        "cut_off": tuple,
    } | changed
    return Instruments(**lent)  # type: ignore[arg-type]  # each test changes one


def audit(
    world: World,
    officer: str = "phuc",
    *,
    media: tuple[Path, ...] = (),
    **changed: object,
) -> Audited:
    with opened(world, officer) as office:
        return auditing.run(office, instruments(**changed), media=media)


def enter(world: World, officer: str, act: Act, about: str | None, facts: JsonObject) -> None:
    with opened(world, officer) as office, office.write() as writing:
        writing.append(act, None if about is None else DocumentId(about), facts)


def found(audited: Audited, check: str) -> list[Finding]:
    return [finding for finding in audited.report.findings if finding.check == check]


def codes(audited: Audited) -> set[int]:
    return {error.exit_code for error in audited.errors} - {75, 76}  # no backup was made of this vault


def test_a_session_that_died_is_residue_until_it_is_recovered(world: World) -> None:
    audited = audit(world, pending=lambda: ["0011223344556677"])

    assert codes(audited) == {66}
    assert found(audited, "editing.pending")[0].about == "0011223344556677"
    assert not found(audited, "editing.sessions")


def test_a_session_that_runs_now_is_neither_right_nor_wrong(world: World) -> None:
    document = world.draft()
    facts: JsonObject = {"session": "0011223344556677", "version": 1, "editor": "vi"}
    enter(world, "dung", Act.EDIT_OPENED, document, facts)

    audited = audit(world)

    assert codes(audited) == set()
    assert found(audited, "editing.open")[0].state is State.UNKNOWN


def test_traces_that_a_session_saw_are_to_be_looked_at(world: World) -> None:
    document = world.draft()
    opening: JsonObject = {"session": "0011223344556677", "version": 1, "editor": "vi"}
    closing: JsonObject = {
        "session": "0011223344556677",
        "saves": 0,
        "version": 1,
        "residue": 0,
        "trace": {"recent": 2, "lock": 1},
    }
    enter(world, "dung", Act.EDIT_OPENED, document, opening)
    enter(world, "dung", Act.EDIT_CLOSED, document, closing)

    (finding,) = found(audit(world), "editing.traces")

    assert finding.state is State.UNKNOWN
    assert "3 traces" in str(finding.detail)


def test_a_restore_without_the_second_officer_that_policy_wants_is_found(world: World) -> None:
    facts: JsonObject = {"medium": None, "snapshot": 1, "checkpoint": None, "manifest": str(Digest.of(b""))}
    enter(world, "chi", Act.VAULT_RESTORED, None, facts)

    audited = audit(world)

    assert codes(audited) == {12}
    assert "without the confirmation" in str(found(audited, "rights.entry")[0].detail)


def test_a_vault_under_rules_that_ended_is_stale(root: Path) -> None:
    world = World(root)
    found_world(root)
    shutil.rmtree(world.vault)
    shutil.rmtree(world.shares)
    from tests.support import office as support  # noqa: PLC0415 - its ceremony, with another pack

    support.ceremony(world, "--policy", "vn-2020").expect()

    audited = audit(world)

    assert codes(audited) == {15}
    assert found(audited, "policy.in-force")[0].state is State.FAIL


@pytest.mark.parametrize("installed", [(), ("vn-2026",)])
def test_another_edition_of_the_pack_on_the_machine_is_told(
    world: World, root: Path, monkeypatch: pytest.MonkeyPatch, installed: tuple[str, ...]
) -> None:
    directory = root / "packs"
    directory.mkdir()
    for name in installed:
        text = (packs.root() / f"{name}.toml").read_text("utf-8")
        (directory / f"{name}.toml").write_text(text.replace('version = "1.0"', 'version = "1.1"'), "utf-8")
    monkeypatch.setattr(packs, "root", lambda: directory)

    audited = audit(world)

    assert codes(audited) == set()
    assert found(audited, "policy.installed")[0].state is State.UNKNOWN


def test_a_signature_that_does_not_hold_is_a_failure_of_that_document(world: World) -> None:
    def none_holds(_office: Office, document: DocumentId, _pdf: bytes) -> Verdict:
        raise DocumentFailed("{document} is not what it was", document=document)

    audited = audit(world, "an", judge=none_holds)

    assert codes(audited) == {30}
    assert found(audited, "signatures.documents")[0].about == "D-2026-000001"


def test_a_vault_without_documents_passes(root: Path) -> None:
    audited = audit(found_world(root), "an")

    assert codes(audited) == set()
    assert str(found(audited, "objects.fixity")[0].detail) == "the vault holds no objects yet"
    assert str(found(audited, "signatures.documents")[0].detail) == "no document is signed yet"
    assert str(found(audited, "numbers.series")[0].detail) == "no number was given yet"


def test_a_medium_that_cannot_be_read_is_a_failure_and_no_pass(world: World, root: Path) -> None:
    broken = MediumLook(None, "usb", 0, 0, 0, (BackupFailed("the medium cannot be read"),))

    audited = audit(world, media=(root,), look_at=lambda _: broken)

    assert 70 in {error.exit_code for error in audited.errors}
    assert found(audited, "backup.medium")[0].state is State.FAIL
    assert found(audit(world, media=(root,)), "backup.medium")[0].state is State.PASS


def test_a_registered_medium_that_is_not_plugged_in_is_not_checked(world: World) -> None:
    stick = world.root / "stick"
    stick.mkdir()
    world.ok("em", "media", "register", stick, "--label", "USB 1", "--keeper", "Đỗ Thị Em")
    world.ok("em", "backup", "run", "--to", stick)

    audited = audit(world)

    (medium,) = found(audited, "backup.medium")
    assert medium.state is State.UNKNOWN
    assert found(audited, "backup.due")[0].state is State.PASS


def test_a_single_stick_is_advised_against_and_does_not_fail_the_audit(world: World) -> None:
    stick = world.root / "stick"
    stick.mkdir()
    world.ok("em", "media", "register", stick, "--label", "USB 1", "--keeper", "Đỗ Thị Em")
    world.ok("em", "backup", "run", "--to", stick)

    audited = audit(world)

    audited.require()
    assert found(audited, "backup.media")[0].state is State.FAIL
    assert audited.report.failed == 1


def test_a_disk_that_fails_stops_a_check_and_not_the_audit(world: World) -> None:
    def broken() -> tuple[Finding, ...]:
        raise OSError(5, "Input/output error")

    audited = audit(world, guard=broken)

    (finding,) = found(audited, "host.check")
    assert finding.state is State.UNKNOWN
    assert "Input/output error" in str(finding.detail)


def test_what_was_put_into_the_trust_store_by_hand_is_named(world: World) -> None:
    """Whoever can write to the disk can put a root there; without an entry it is not believed."""
    (world.vault / "trust" / "stranger.pem").write_bytes(b"a certificate")

    listed = audit(world)
    (world.vault / "trust" / "stranger.pem").unlink()
    clean = audit(world)

    assert [(one.state, one.about) for one in found(listed, "policy.trust")] == [(State.FAIL, "stranger.pem")]
    assert [one.state for one in found(clean, "policy.trust")] == [State.PASS]
