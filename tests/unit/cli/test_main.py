import os
import subprocess
import sys
from pathlib import Path

import pytest

from securedoc.cli.types import DATE, MOMENT
from tests.support.cli import REPOSITORY, run, spawn


def test_version_is_one_line() -> None:
    ran = run("--version")

    assert ran.code == 0
    assert ran.out == "securedoc 0.1.0\n"


def test_without_a_command_help_is_told_and_it_is_a_usage_error() -> None:
    ran = run()

    assert ran.code == 2
    assert "Usage: securedoc" in ran.err


def test_a_mistyped_command_is_answered_with_the_like_ones() -> None:
    ran = run("serch")

    assert ran.code == 2
    assert "error[2]: No such command 'serch'. Did you mean 'search'?" in ran.err


def test_a_mistake_on_the_command_line_is_told_as_json_too() -> None:
    ran = run("--json", "media", "lst")

    assert ran.code == 2
    assert ran.error["code"] == 2
    assert ran.error["what"] == "usage"


def test_help_and_usage_errors_speak_vietnamese() -> None:
    assert "Cách dùng: securedoc" in run("--lang", "vi", "--help").out
    assert "lỗi[2]" in run("--lang", "vi", "serch").err


def test_a_wrong_language_is_refused() -> None:
    assert run("--lang", "fr", "status").code == 2


def test_a_real_process_answers_as_the_one_in_the_test_does() -> None:
    assert spawn("--help").out == run("--help").out


@pytest.mark.parametrize("text", ["2026-11-22", "22/11/2026"])
def test_dates_are_read_as_papers_spell_them(text: str) -> None:
    assert DATE.convert(text, None, None).isoformat() == "2026-11-22"


def test_a_moment_without_zone_is_vietnams() -> None:
    assert MOMENT.convert("2026-11-22T09:00", None, None).isoformat() == "2026-11-22T09:00:00+07:00"


def test_one_passphrase_has_one_source() -> None:
    ran = run("--passphrase-file", "a.txt", "--passphrase-fd", "3", "policy", "list")

    assert ran.code == 2
    assert "not both" in ran.err


@pytest.mark.parametrize(
    "argv", [("--json", "policy", "list"), ("policy", "list", "--json"), ("policy", "--json", "list")]
)
def test_json_may_be_asked_for_before_or_after_the_command(argv: tuple[str, ...]) -> None:
    assert isinstance(run(*argv).expect().json, dict)


def test_a_table_is_for_people_and_json_for_programs() -> None:
    ran = run("policy", "list").expect()

    assert "vn-2026" in ran.out
    assert not ran.out.startswith("{")


def test_a_reader_that_leaves_early_is_no_bug() -> None:
    words = f"{sys.executable} -m securedoc policy show vn-2026 | head -n 1; exit ${{PIPESTATUS[0]}}"

    done = subprocess.run(
        ["bash", "-c", words], cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 141
    assert done.stderr == ""


def test_a_file_name_that_is_not_text_comes_back_exactly(root: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(root) + b"/a\xff.docx"))

    ran = spawn("--json", "inspect", path, env={"LC_ALL": "C", "PYTHONIOENCODING": "latin-1"})

    assert ran.code == 31
    assert "a\udcff.docx" in ran.error["message"]


def test_vietnamese_is_printed_in_a_locale_that_has_none() -> None:
    ran = spawn("--lang", "vi", "--help", env={"LC_ALL": "C", "PYTHONIOENCODING": "latin-1"})

    assert ran.code == 0
    assert "Cách dùng" in ran.out
