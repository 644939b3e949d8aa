import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from securedoc.app import App, SystemClock
from securedoc.cli.prompter import FilePrompter
from securedoc.core.documents import DocumentId, Kind
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.protocols import NoProgress
from securedoc.documents import textbody
from securedoc.editing import journal, recovery
from securedoc.editing.session import edit
from securedoc.editing.stage import Surroundings
from securedoc.editing.viewing import view
from securedoc.office.office import Office
from securedoc.system import workspace
from tests.faults.crash import power_cuts
from tests.support.office import BODY, World, found_world

SAVED = textbody.docx_from_text("Bản sửa (MẪU).\n".encode())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return found_world(tmp_path_factory.mktemp("office"))


@contextmanager
def opened(world: World, officer: str) -> Iterator[Office]:
    prompter = FilePrompter(world.passphrase_file(officer))
    with App(world.vault, officer, SystemClock(), prompter, NoProgress(), os.urandom).open() as office:
        yield office


def left_in_memory(world: World) -> bytes | None:
    """Return what the dead session's workspace holds, as recovery will find it."""
    for record in journal.records(world.vault / "journal"):
        path = workspace.find(record.session)
        saved = path / "work" / f"{record.document}.docx" if path else None
        if saved is not None and saved.is_file():
            return saved.read_bytes()
    return None


@pytest.mark.parametrize("memory", ["kept", pytest.param("lost", marks=pytest.mark.slow)])
def test_a_power_cut_at_any_step_of_an_edit_loses_no_save_and_leaves_no_plaintext(
    memory: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "saved.docx").write_bytes(SAVED)
    outside = Surroundings(environment={}, terminal=False, home=tmp_path, note=lambda _: None)
    documents: list[DocumentId] = []

    def run() -> None:
        with opened(world, "dung") as office:
            edit(office, documents[-1], f"/bin/cp {tmp_path}/saved.docx", outside)

    documents.append(DocumentId(world.draft()))
    cuts = 0
    for cut in power_cuts(monkeypatch, run):
        cuts = cut
        document = documents[-1]
        found = left_in_memory(world)
        if memory == "lost":
            for record in journal.records(world.vault / "journal"):
                path = workspace.find(record.session)
                if path is not None:
                    workspace.dissolve(path).check()
        with opened(world, "an") as office:
            done = recovery.recover(office)
            latest = office.unseal(office.latest(document, Kind.DRAFT))
            open_sessions = office.ledger.editing()
        done.shredded.check()

        assert latest in {BODY, SAVED}
        assert latest == SAVED or memory == "lost" or found != SAVED
        assert open_sessions == ()
        assert journal.records(world.vault / "journal") == ()
        assert all(workspace.find(one.session) is None for one in done.salvaged)
        assert recovery.pending(world.vault) == ()
        documents.append(DocumentId(world.draft()))

    assert cuts > 20


def test_a_power_cut_at_any_step_of_viewing_leaves_nothing_that_the_next_start_does_not_shred(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "office").mkdir()
    world = found_world(tmp_path / "office")
    outside = Surroundings(environment={}, terminal=False, home=tmp_path, note=lambda _: None)
    document = DocumentId(world.issued())
    sessions: set[str] = set()

    def run() -> None:
        with opened(world, "an") as office:
            view(office, document, "/bin/true", outside)

    cuts = 0
    for cut in power_cuts(monkeypatch, run):
        cuts = cut
        sessions |= {record.session for record in journal.records(world.vault / "journal")}
        with opened(world, "em") as office:  # who holds no key to it
            done = recovery.recover(office)
        done.shredded.check()

        assert done.waiting == ()
        assert journal.records(world.vault / "journal") == ()
        assert all(workspace.find(session) is None for session in sessions)
        for path in (world.vault / "journal").iterdir():
            os.utime(path, (1, 1))  # later

    with opened(world, "an") as office:
        recovery.recover(office)
    assert list((world.vault / "journal").iterdir()) == []
    with opened(world, "an") as office:
        acts = [entry.act for entry in office.ledger.entries(document=document)]
    assert cuts > 15
    assert acts.count(Act.DOCUMENT_OPENED) == acts.count(Act.DOCUMENT_CLOSED) > 0


def test_a_number_reserved_for_a_document_that_was_never_finalised_is_voided(world: World) -> None:
    document = DocumentId(world.draft())
    with opened(world, "an") as office:
        with office.write() as writing:
            number = writing.next_number("di", 2026)
            facts: JsonObject = {
                "book": "di",
                "year": 2026,
                "number": number,
                "text": "01/BC-UBND",
                "date": "2026-11-22",
            }
            writing.append(Act.NUMBER_RESERVED, document, facts)

        first, second = recovery.recover(office), recovery.recover(office)

        assert [row.text for row in first.voided] == ["01/BC-UBND"]
        assert second.voided == ()
        assert [row.state for row in office.ledger.numbers("di", 2026)] == ["voided"]
