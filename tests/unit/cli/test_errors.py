import errno
import json

import click
import pytest

from securedoc.cli.context import Context
from securedoc.cli.errors import end
from securedoc.cli.language import speak
from securedoc.cli.signals import Terminated
from securedoc.errors import KeyRefused, LedgerUntrusted, ScratchIncomplete


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    speak("en")


def test_an_error_is_one_line_and_its_hint_another(capsys: pytest.CaptureFixture[str]) -> None:
    error = LedgerUntrusted("entry {n} does not link", n=17, hint="compare it with the last backup")

    code = end(error, Context())

    assert code == 54
    assert capsys.readouterr().err == (
        "securedoc: error[54]: entry 17 does not link\nsecuredoc: hint: compare it with the last backup\n"
    )


def test_with_json_an_error_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    code = end(LedgerUntrusted("entry {n} does not link", n=17), Context(json=True))

    assert code == 54
    assert json.loads(capsys.readouterr().err) == {
        "code": 54,
        "where": "ledger",
        "what": "untrusted",
        "message": "entry 17 does not link",
        "hint": None,
    }


def test_of_several_failures_all_are_told_and_the_worst_decides(capsys: pytest.CaptureFixture[str]) -> None:
    several = ExceptionGroup("two", [KeyRefused("one"), LedgerUntrusted("two")])

    code = end(several, Context())

    assert code == 54
    assert capsys.readouterr().err == "securedoc: error[54]: two\nsecuredoc: error[22]: one\n"


def test_a_cleanup_failure_does_not_hide_the_first_error(capsys: pytest.CaptureFixture[str]) -> None:
    cleanup = ScratchIncomplete("plaintext remains")
    cleanup.__cause__ = KeyRefused("wrong passphrase")

    code = end(cleanup, Context())

    shown = capsys.readouterr().err
    assert code == 66
    assert "plaintext remains" in shown
    assert "wrong passphrase" in shown


def test_how_a_failure_was_noticed_is_not_a_second_failure(capsys: pytest.CaptureFixture[str]) -> None:
    refused = KeyRefused("wrong passphrase")
    refused.__cause__ = LedgerUntrusted("a key does not unwrap")

    code = end(refused, Context())

    assert code == 22
    assert capsys.readouterr().err == "securedoc: error[22]: wrong passphrase\n"

    context = Context()
    context.verbose = True
    end(refused, context)
    assert "error[54]: a key does not unwrap" in capsys.readouterr().err


def test_a_bug_says_so_without_what_the_exception_holds(capsys: pytest.CaptureFixture[str]) -> None:
    code = end(KeyError("the abstract of a document"), Context())

    shown = capsys.readouterr().err
    assert code == 1
    assert "this is a bug: KeyError" in shown
    assert "abstract" not in shown


def test_a_group_with_a_bug_in_it_is_a_bug(capsys: pytest.CaptureFixture[str]) -> None:
    code = end(ExceptionGroup("two", [KeyRefused("one"), KeyError("x")]), Context())

    assert code == 1
    assert "this is a bug" in capsys.readouterr().err


def test_a_trace_is_shown_only_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    end(KeyError("x"), Context(debug=True))

    assert "KeyError: 'x'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "no space is left on the disk"),
        (OSError(errno.EROFS, "Read-only file system"), "the disk is read-only"),
        (PermissionError(errno.EACCES, "Permission denied", "/home/an/x.pdf"), "x.pdf: Permission denied"),
        (MemoryError(), "the machine has no memory left"),
    ],
)
def test_what_the_system_refuses_is_named_and_ends_with_80(
    error: BaseException, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = end(error, Context())

    shown = capsys.readouterr().err
    assert code == 80
    assert sentence in shown
    assert "/home" not in shown


@pytest.mark.parametrize(
    ("error", "code"),
    [(click.Abort(), 130), (KeyboardInterrupt(), 130), (Terminated(), 143), (Terminated(1), 129)],
)
def test_a_signal_ends_with_its_code(error: BaseException, code: int) -> None:
    assert end(error, Context()) == code


def test_control_characters_in_a_message_are_shown_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    end(KeyRefused("no officer {name}", name="an\x1b[31m\nsecuredoc: error[0]"), Context())

    shown = capsys.readouterr().err
    assert "\x1b" not in shown
    assert shown.count("\n") == 1
