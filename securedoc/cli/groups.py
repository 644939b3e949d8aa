"""Finds a command by its name and loads its module only when it runs."""

import importlib
from collections.abc import Mapping
from typing import Any

import click

from securedoc.cli.command import Explained, common
from securedoc.cli.language import _


class Entry:
    """One line of the table of commands: a command in a module, or a group of them."""

    __slots__ = ("commands", "default", "module", "short")

    def __init__(
        self, short: str, module: str, commands: "Mapping[str, Entry]", default: str | None = None
    ) -> None:
        self.short = short
        """One line for the list of commands, in English; translated when shown."""
        self.module = module
        """Module whose `<name>_command` it is; empty for a group."""
        self.commands = commands
        self.default = default
        """Command of a group that is meant where its first word names none."""


def leaf(short: str, module: str) -> Entry:
    """Return the entry of a command; the form that `scripts/messages` collects."""
    return Entry(short, module, {})


def branch(short: str, commands: Mapping[str, Entry], default: str | None = None) -> Entry:
    """Return the entry of a group; the form that `scripts/messages` collects."""
    return Entry(short, "", commands, default)


class LazyGroup(Explained, click.Group):
    """A group that lists its commands without importing them."""

    def __init__(
        self,
        name: str | None = None,
        *,
        entries: Mapping[str, Entry],
        default: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name, **kwargs)
        self.entries = entries
        self.default = default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words; where the first names no command, the group's own one is meant."""
        words = [word for word in args if not word.startswith("-")]
        if self.default is not None and words and words[0] not in self.entries:
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        del ctx
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and return it; None for a name that is not in the table."""
        del ctx
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        if entry.commands:
            return LazyGroup(
                cmd_name, entries=entry.commands, default=entry.default, help=entry.short, params=common()
            )
        found = getattr(importlib.import_module(entry.module), f"{cmd_name.replace('-', '_')}_command")
        if not isinstance(found, click.Command):
            raise TypeError("not a command: " + found.__class__.__name__)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which names are like it."""
        if args[0] not in self.entries and not args[0].startswith("-"):
            raise click.exceptions.NoSuchCommand(args[0], possibilities=self.entries, ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the commands with their one line each."""
        super().format_options(ctx, formatter)
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, _(entry.short)) for name, entry in self.entries.items()])
