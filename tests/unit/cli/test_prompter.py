import os
from pathlib import Path

import pytest

from securedoc.cli.context import Context
from securedoc.cli.prompter import DescriptorPrompter, FilePrompter
from securedoc.errors import KeyMissing
from securedoc.system.terminal import TerminalPrompter


def test_a_file_answers_each_time_it_is_asked(root: Path) -> None:
    path = root / "an.txt"
    path.write_text("correct horse\n", encoding="utf-8")
    prompter = FilePrompter(path)

    with prompter.passphrase("an") as first, prompter.passphrase("an") as second:
        assert first.reveal() == second.reveal() == b"correct horse"


def test_a_missing_file_is_named() -> None:
    with pytest.raises(KeyMissing):
        FilePrompter(Path("nobody.txt")).passphrase("an")


def test_a_descriptor_is_read_once_and_answers_twice() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"correct horse\n")
    os.close(writing)
    prompter = DescriptorPrompter(reading)

    with prompter.passphrase("an") as first:
        assert first.reveal() == b"correct horse"
    with prompter.passphrase("an") as second:
        assert second.reveal() == b"correct horse"
    os.close(reading)


def test_the_descriptor_wins_over_the_file_and_the_terminal_is_asked_last() -> None:
    context = Context()
    assert isinstance(context.prompter, TerminalPrompter)

    context.passphrase_file = Path("an.txt")
    assert isinstance(context.prompter, FilePrompter)

    context.passphrase_fd = 3
    assert isinstance(context.prompter, DescriptorPrompter)
