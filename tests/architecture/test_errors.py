"""Every error has its own code, in its own ten, and README lists them as the program does."""

import json

import pytest

from scripts.readme import README, placed
from securedoc import errors
from securedoc.cli.context import Context
from securedoc.cli.errors import end


def _under(base: type[errors.SecuredocError]) -> list[type[errors.SecuredocError]]:
    return [one for one in base.__subclasses__() if one.__module__ == errors.__name__]


CLASSES = [one for family in _under(errors.SecuredocError) for one in _under(family)]


def test_no_two_errors_share_a_code() -> None:
    codes = [cls.exit_code for cls in CLASSES]

    assert len(codes) == len(set(codes)) == 64


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_an_error_stays_in_its_ten_and_is_called_what_it_means(cls: type[errors.SecuredocError]) -> None:
    family = cls.__bases__[0]
    assert issubclass(family, errors.SecuredocError)

    assert cls.exit_code // 10 == family.exit_code // 10
    assert cls.__name__.lower().endswith(errors.WHAT[cls.exit_code % 10])


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_the_json_object_says_where_and_what(
    cls: type[errors.SecuredocError], capsys: pytest.CaptureFixture[str]
) -> None:
    code = end(cls("no"), Context(json=True))

    said = json.loads(capsys.readouterr().err)
    assert (said["code"], said["where"]) == (code, errors.WHERE[code // 10])
    assert said["what"] == errors.WHAT[code % 10]


def test_readme_shows_the_help_and_the_exit_codes_of_the_program() -> None:
    text = README.read_text("utf-8")

    assert placed(text) == text, "run: .venv/bin/python -m scripts.readme"
