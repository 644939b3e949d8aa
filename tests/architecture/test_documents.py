"""What the documents tell people to type exists, and what they link to is there."""

import re
import shlex
from pathlib import Path

import click
import pytest

from securedoc.cli.main import root
from tests.support.tree import REPOSITORY

DOCUMENTS = tuple(
    sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md"), *REPOSITORY.glob("*/README.md")])
)
TYPED = re.compile(r"^(?:\$ )?(securedoc .+)$", re.MULTILINE)
IN_LINE = re.compile(r"`(securedoc [^`]+)`")
LINK = re.compile(r"\]\(([^)#:]+)\)")
# Commands of the contract that are not built yet may be spoken of, in words.
LATER = {"void", "policy adopt"}


def _commands(text: str) -> list[str]:
    return [*TYPED.findall(text.replace("\\\n", " ")), *IN_LINE.findall(text)]


def _check(typed: str) -> None:
    words = shlex.split(typed.replace("…", ""), comments=True)[1:]
    known = {opt for param in root.params for opt in param.opts} | {"--help"}
    command: click.Command = root
    takes_value = {opt for param in root.params for opt in param.opts if not getattr(param, "is_flag", False)}
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.startswith("--"):
            assert word.partition("=")[0] in known, f"{typed}: {word}"
            skip = word in takes_value
        elif isinstance(command, click.Group):
            found = command.get_command(click.Context(command), word)
            assert found is not None, f"{typed}: there is no command {word}"
            command = found
            known |= {opt for param in command.params for opt in param.opts}
            takes_value |= {
                opt for param in command.params for opt in param.opts if not getattr(param, "is_flag", False)
            }


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_what_people_are_told_to_type_exists(path: Path) -> None:
    for typed in _commands(path.read_text("utf-8")):
        if not any(typed.startswith(f"securedoc {later}") for later in LATER):
            _check(typed)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_what_is_linked_to_is_there(path: Path) -> None:
    for target in LINK.findall(path.read_text("utf-8")):
        assert (path.parent / target).exists(), f"{path}: {target}"
