import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from securedoc.core.documents import DocumentId
from securedoc.core.people import OfficerId
from securedoc.editing import journal
from securedoc.errors import DocumentBusy, ScratchFailed, ScratchMalformed

DOCUMENT = DocumentId("D-2026-000001")
RECORD = journal.Record("0123456789abcdef", DOCUMENT, 3, OfficerId("an"), "2026-11-22T02:00:00+00:00", 7, 9)


def test_a_record_is_kept_read_and_forgotten(tmp_path: Path) -> None:
    place = tmp_path / "journal"

    journal.keep(place, RECORD)
    kept = journal.records(place)
    journal.forget(place, RECORD.session)

    assert kept == (RECORD,)
    assert journal.records(place) == ()


def test_a_record_names_no_path(tmp_path: Path) -> None:
    journal.keep(tmp_path, RECORD)

    [path] = tmp_path.glob("*.json")
    assert "/" not in path.read_text()


ALTERED: dict[str, dict[str, object]] = {
    "another session": {"session": "fedcba9876543210"},
    "a path for a session": {"session": "../../../etc"},
    "another format": {"format": 2},
    "no document": {"document": "../x"},
    "no officer": {"officer": "AN"},
    "no number": {"version": "three"},
    "no kind": {"kind": "print"},
}


@pytest.mark.parametrize("case", ALTERED)
def test_an_altered_record_is_refused(case: str, tmp_path: Path) -> None:
    table = {"format": 1, **asdict(RECORD), **ALTERED[case]}
    (tmp_path / f"{RECORD.session}.json").write_text(json.dumps(table, sort_keys=True, separators=(",", ":")))

    with pytest.raises(ScratchMalformed) as caught:
        journal.records(tmp_path)

    assert caught.value.exit_code == 63


def test_a_link_for_a_record_is_refused(tmp_path: Path) -> None:
    (tmp_path / "0123456789abcdef.json").symlink_to("/etc/passwd")

    with pytest.raises(ScratchMalformed):
        journal.records(tmp_path)


def test_without_a_journal_nothing_may_be_decrypted(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("in the way")

    with pytest.raises(ScratchFailed, match="journal cannot be written"):
        journal.keep(tmp_path / "journal", RECORD)


def test_a_held_document_is_refused_with_the_name_of_who_holds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "_WAIT_S", 0.05)

    assert not journal.alive(tmp_path, RECORD)
    with journal.held(tmp_path, DOCUMENT, OfficerId("an"), "2026-11-22T02:00:00+00:00"):
        assert journal.alive(tmp_path, RECORD)
        with (
            pytest.raises(DocumentBusy, match="edited by an since 2026-11-22T02:00"),
            journal.held(tmp_path, DOCUMENT, OfficerId("binh")),
        ):
            pass


def test_any_number_may_look_at_a_document_and_each_is_alive_or_not(tmp_path: Path) -> None:
    one = replace(RECORD, kind=journal.Kind.VIEW)
    other = replace(one, session="fedcba9876543210")

    with journal.viewed(tmp_path, one.session, OfficerId("an")):
        assert journal.alive(tmp_path, one)
        assert not journal.alive(tmp_path, other)
        with journal.held(tmp_path, DOCUMENT, OfficerId("binh")):
            assert journal.alive(tmp_path, RECORD)


def test_a_session_is_asked_to_close_and_forgets_that_too(tmp_path: Path) -> None:
    journal.keep(tmp_path, RECORD)
    before = journal.asked_to_close(tmp_path, RECORD.session)

    journal.ask_to_close(tmp_path, RECORD.session)
    asked = journal.asked_to_close(tmp_path, RECORD.session)
    journal.forget(tmp_path, RECORD.session)

    assert (before, asked) == (False, True)
    assert list(tmp_path.iterdir()) == []


def test_a_journal_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("in the way")

    with pytest.raises(ScratchFailed):
        journal.ask_to_close(tmp_path / "journal", RECORD.session)
