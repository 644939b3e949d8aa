"""Holds what the global options said, and builds the program from them when a command needs it."""

import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.language import Translate
from securedoc.cli.output import Line, Result, show_json, show_lines
from securedoc.cli.progress import TerminalProgress
from securedoc.cli.prompter import DescriptorPrompter, FilePrompter
from securedoc.core.protocols import Clock, NoProgress, Progress, Prompter
from securedoc.core.text import Message
from securedoc.errors import same
from securedoc.system import terminal

if TYPE_CHECKING:
    from securedoc.app import App
    from securedoc.crypto.passphrase import KdfCost


@dataclass(slots=True)
class Context:
    """One run of the command line."""

    lang: str = "vi"
    translate: Translate = same
    kdf_cost: "KdfCost | None" = None
    """What a new passphrase costs to try; None: the default. Tests pass a cheap one."""
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    debug: bool = False
    vault: Path | None = None
    officer: str | None = None
    passphrase_file: Path | None = None
    passphrase_fd: int | None = None
    now: datetime | None = None
    second_officer: str | None = None
    second_passphrase_file: Path | None = None
    _app: "App | None" = field(default=None, repr=False)

    def show(self, result: Result, *lines: Line) -> None:
        """Print the result: the JSON object with `--json`, else the lines for people."""
        if self.json:
            show_json(result, self.translate)
        else:
            show_lines(lines, self.translate)

    def note(self, text: Message) -> None:
        """Tell the person something beside the result, on stderr, unless `--quiet`."""
        if not self.quiet:
            click.echo(f"securedoc: {terminal.visible(text.said(self.translate))}", err=True)

    @property
    def progress(self) -> Progress:
        """A bar when stderr is a terminal and nobody asked for quiet."""
        if self.quiet or not terminal.is_terminal(sys.stderr):
            return NoProgress()
        return TerminalProgress(self.translate)

    @property
    def clock(self) -> Clock:
        """The machine's clock, or the one that `--now` set."""
        from securedoc.app import SetClock, SystemClock

        return SystemClock() if self.now is None else SetClock(self.now)

    @property
    def prompter(self) -> Prompter:
        """Where the officer's passphrase comes from."""
        if self.passphrase_fd is not None:
            return DescriptorPrompter(self.passphrase_fd)
        return self.prompter_for(self.passphrase_file)

    def prompter_for(self, passphrase_file: Path | None) -> Prompter:
        """Return what reads `passphrase_file`, or asks on the terminal where there is none."""
        if passphrase_file is not None:
            return FilePrompter(passphrase_file)
        return terminal.TerminalPrompter(self.translate)

    @property
    def app(self) -> "App":
        """The program, built on first use: a command that needs no vault never loads it."""
        if self._app is None:
            from securedoc.app import App

            self._app = App(
                vault=self.vault,
                officer=self.officer,
                clock=self.clock,
                prompter=self.prompter,
                progress=self.progress,
                randomness=secrets.token_bytes,
                kdf_cost=self.kdf_cost,
                second_officer=self.second_officer,
                second_prompter=self.prompter_for(self.second_passphrase_file),
            )
        return self._app


pass_context: Callable[..., Callable[..., object]] = click.make_pass_decorator(Context)
"""Hands the Context to a command as its first argument."""


def remember(ctx: click.Context, param: click.Parameter, value: object) -> None:
    """Keep a global option's value in the Context; said twice, the later word counts."""
    if value is None or value is False:
        return
    context = ctx.find_object(Context)
    if context is None or param.name is None:
        raise RuntimeError("a global option was parsed outside a run")
    setattr(context, param.name, value)
