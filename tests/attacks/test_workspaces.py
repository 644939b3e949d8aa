"""What an editor, another user or an officer without the key puts in the way of a session's workspace."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from securedoc.app import App, SystemClock
from securedoc.cli.prompter import FilePrompter
from securedoc.core.documents import DocumentId, Kind, parse_document_id
from securedoc.core.people import OfficerId
from securedoc.core.protocols import NoProgress
from securedoc.documents import textbody
from securedoc.editing import journal, recovery
from securedoc.editing.saves import Saves
from securedoc.editing.session import edit
from securedoc.editing.stage import Surroundings
from securedoc.errors import DocumentIncomplete, DocumentUntrusted, ScratchUntrusted
from securedoc.office.office import Office
from securedoc.system import process, workspace
from tests.faults.crash import PowerCut
from tests.support.office import BODY, World, found_world
from tests.support.system import needs_root

OTHER = textbody.docx_from_text("Văn bản của người khác (MẪU).\n".encode())
SESSION = "00112233445566aa"
NOBODY = 65534
SHARED = Path("/dev/shm")  # noqa: S108 - everybody's: that is the attack


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return found_world(tmp_path_factory.mktemp("office"))


@contextmanager
def opened(world: World, officer: str) -> Iterator[Office]:
    prompter = FilePrompter(world.passphrase_file(officer))
    with App(world.vault, officer, SystemClock(), prompter, NoProgress(), os.urandom).open() as office:
        yield office


def bodies(office: Office, document: DocumentId) -> list[bytes]:
    """Return every version of a draft."""
    drafts = [one for one in office.ledger.objects(document) if one.kind is Kind.DRAFT]
    return [office.unseal(one) for one in drafts]


def editor(folder: Path, script: str) -> str:
    """Return the command of an editor that somebody else took over."""
    program = folder / "editor.sh"
    program.write_text(f'#!/bin/sh\nset -e\ncd "$(dirname "$1")/.."\n{script}\n')
    program.chmod(0o755)
    return f"/bin/sh {program}"


def surroundings(home: Path) -> Surroundings:
    return Surroundings(environment={}, terminal=False, home=home, note=lambda _: None)


def crashed(world: World, officer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DocumentId:
    """Leave a session that died with a save in its workspace."""
    (tmp_path / "saved.docx").write_bytes(OTHER)
    document = DocumentId(world.draft(who=officer))

    def cut(*_: object, **__: object) -> int:
        raise PowerCut

    with opened(world, officer) as office, monkeypatch.context() as patch:
        patch.setattr(Saves, "collect", cut)
        with pytest.raises(PowerCut):
            edit(office, document, f"/bin/cp {tmp_path}/saved.docx", surroundings(tmp_path))
    return document


def test_an_editor_that_exchanges_its_folder_for_a_link_brings_no_other_document_into_the_draft(
    world: World, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "other.docx").write_bytes(OTHER)
    document = DocumentId(world.draft())
    command = editor(tmp_path, f"mv work aside; ln -s {other} work")

    with opened(world, "dung") as office:
        done = edit(office, document, command, surroundings(tmp_path))

    with opened(world, "dung") as office:
        assert OTHER not in bodies(office, document)
    assert done.saves == 0
    assert isinstance(done.unfinished, DocumentUntrusted)  # the officer is told
    assert (other / "other.docx").read_bytes() == OTHER
    assert workspace.find(done.session) is None


def test_a_dead_session_whose_folder_is_a_link_brings_no_other_document_into_the_draft(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "other.docx").write_bytes(OTHER)
    document = crashed(world, "dung", tmp_path, monkeypatch)
    (record,) = journal.records(world.vault / "journal")
    path = workspace.find(record.session)
    assert path is not None
    shutil.rmtree(path / "work")
    (path / "work").symlink_to(other)

    with opened(world, "an") as office:
        recovery.recover(office).shredded.check()

        assert bodies(office, document) == [BODY]
    assert (other / "other.docx").read_bytes() == OTHER


def test_a_journal_record_that_was_given_another_document_brings_no_text_to_whoever_may_not_read_it(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = DocumentId(world.draft(who="dung"))
    theirs = crashed(world, "an", tmp_path, monkeypatch)
    (record,) = journal.records(world.vault / "journal")
    path = world.vault / "journal" / f"{record.session}.json"
    honest = path.read_bytes()
    path.write_bytes(honest.replace(theirs.encode(), mine.encode()))
    assert json.loads(path.read_bytes())["document"] == mine

    with pytest.raises(ScratchUntrusted), opened(world, "an") as office:
        recovery.recover(office)

    path.write_bytes(honest)
    with opened(world, "an") as office:
        recovery.recover(office).shredded.check()
        assert bodies(office, theirs)[-1] == OTHER
        assert OTHER not in bodies(office, mine)


def test_what_an_editor_left_beside_its_folders_does_not_keep_the_workspace_for_ever(
    world: World, tmp_path: Path
) -> None:
    document = DocumentId(world.draft())
    (tmp_path / "mine").write_text("kept")
    command = editor(tmp_path, f"ln -s {tmp_path}/mine aside; mkfifo pipe; ln -s /nowhere lost")

    with opened(world, "dung") as office:
        done = edit(office, document, command, surroundings(tmp_path))

    assert done.shredded.residue == ()
    assert workspace.find(done.session) is None
    assert (tmp_path / "mine").read_text() == "kept"


@pytest.mark.parametrize(
    "script",
    [
        'rm "$1"; truncate -s 300M "$1"',
        'for n in $(seq 105); do cp "{saved}" work/$n.docx; printf $n >> work/$n.docx; done',
    ],
)
def test_a_save_that_cannot_be_taken_is_never_shredded_without_a_word(
    script: str, world: World, tmp_path: Path
) -> None:
    (tmp_path / "saved.docx").write_bytes(OTHER)
    document = DocumentId(world.draft())
    command = editor(tmp_path, script.format(saved=tmp_path / "saved.docx"))

    with opened(world, "dung") as office:
        done = edit(office, document, command, surroundings(tmp_path))

    assert isinstance(done.unfinished, DocumentIncomplete)


@needs_root
def test_a_workspace_that_another_user_planted_is_never_taken_for_the_dead_sessions() -> None:
    planted = [SHARED / f"securedoc-{name}" for name in ("0", "00", "000", str(NOBODY))]
    made = workspace.create(SESSION, budget_bytes=1 << 20, places=[SHARED])
    try:
        for place in planted:
            (place / SESSION / "work").mkdir(parents=True, exist_ok=True)
            if place.name != "securedoc-0":
                os.chown(place, NOBODY, NOBODY)
        shutil.rmtree(made.path)

        assert workspace.find(SESSION) is None  # ours is gone: the others are not it
        made = workspace.create(SESSION, budget_bytes=1 << 20, places=[SHARED])
        assert workspace.find(SESSION) == made.path
    finally:
        for place in planted[1:]:
            shutil.rmtree(place)
        workspace.dissolve(made.path).check()


def test_a_journal_record_that_names_a_process_of_somebody_else_does_not_end_it(
    world: World, tmp_path: Path
) -> None:
    foreign = process.start(["/bin/sleep", "60"], cwd=tmp_path)
    started = process.started(foreign.pid)
    assert started is not None
    document = parse_document_id(world.draft())
    record = journal.Record(
        *(SESSION, document, 1, OfficerId("dung"), "2026-11-24T10:00:00+00:00"),
        process=foreign.pid,
        started=started,
    )
    with opened(world, "dung") as office:
        journal.keep(office.place.journal, record)

        recovery.recover(office)

    still = foreign.poll()
    foreign.kill()
    assert still is None
    assert list((world.vault / "journal").glob("*.json")) == []
