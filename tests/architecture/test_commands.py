"""Every command of the contract is there, explains itself, and loads nothing before it runs."""

import subprocess
import sys
from collections.abc import Iterator, Mapping

import click
import pytest

from securedoc.cli.command import ExampleCommand
from securedoc.cli.groups import Entry
from securedoc.cli.main import root
from securedoc.cli.table import COMMANDS
from tests.support.cli import run
from tests.support.tree import REPOSITORY

PROMISED = """
init | status | officer list | officer add | policy list | policy show | policy check
draft new | draft list | draft show | draft import | draft edit | finalize | sign | issue | verify
receive | search | show | book show | copy identify | media register | media list
backup run | backup list | backup verify | backup restore | backup due
print run | print reconcile | print close | copies | copy spoil | paper list | paper destroyed
ledger entries | ledger verify | ledger checkpoint | guard check | audit run | audit media | shred | recover
traces scan | traces clean
handover | lend | return | carry | recall | holdings | copy make | level change | extend | declassify
book export | book close | book import | due | stats | inventory start | inventory tick | inventory finish
"""
HEAVY = {
    "PIL",
    "aiohttp",
    "asn1crypto",
    "cryptography",
    "docx",
    "fontTools",
    "lxml",
    "pyhanko",
    "pypdf",
    "pypdfium2",
    "shamir_mnemonic",
    "socket",
    "sqlcipher3",
    "ssl",
    "typst",
    "watchdog",
    "xlsxwriter",
    "zxingcpp",
}


def _names(entries: Mapping[str, Entry], before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, entry in entries.items():
        if entry.commands:
            yield from _names(entry.commands, (*before, name))
        else:
            yield (*before, name)


ALL = tuple(_names(COMMANDS))


def _command(words: tuple[str, ...]) -> click.Command:
    command: click.Command | None = root
    for word in words:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word)
    assert command is not None
    return command


def test_every_promised_command_is_there() -> None:
    promised = {
        tuple(name.split()) for line in PROMISED.split("\n") for name in line.split("|") if name.strip()
    }

    assert promised <= set(ALL)


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_explains_itself_with_an_example(words: tuple[str, ...]) -> None:
    command = _command(words)

    ran = run(*words, "--help").expect(0)
    assert isinstance(command, ExampleCommand)
    assert "securedoc" in ran.out.partition("Example:")[2]
    assert " ".join(words) in " ".join(command.examples)
    assert command.help
    for param in command.params:
        if isinstance(param, click.Option) and not param.hidden:
            assert param.help, f"{' '.join(words)} {param.opts}"


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_example_names_options_that_exist(words: tuple[str, ...]) -> None:
    command = _command(words)
    assert isinstance(command, ExampleCommand)
    known = {opt for param in (*command.params, *root.params) for opt in param.opts}

    used = {
        word for line in command.examples for word in line.split() if word.startswith("--") and word != "--"
    }

    assert {word.partition("=")[0] for word in used} <= known


@pytest.mark.parametrize("argv", [["--help"], ["--version"], ["media", "--help"], ["bogus"]], ids=" ".join)
def test_help_loads_no_heavy_library(argv: list[str]) -> None:
    code = (
        "import sys\n"
        "from securedoc.system import confinement\n"
        "from securedoc.cli.main import run\n"
        f"run({argv!r}, {{}})\n"
        "print('LOADED', *sorted({name.split('.')[0] for name in sys.modules}))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=60
    )

    loaded = set(done.stdout.rpartition("LOADED")[2].split())
    assert not loaded & HEAVY
