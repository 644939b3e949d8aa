"""Holds what the global options said, and builds the program from them when a command needs it.

Everything beyond click is imported where it is used: `--help` pays for nothing else.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from securedoc.cli.language import Translate, same

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from securedoc.app import App
    from securedoc.cli.output import Line, Result
    from securedoc.core.protocols import Clock, Progress, Prompter
    from securedoc.core.text import Message
    from securedoc.crypto.passphrase import KdfCost


class Context:
    """One run of the command line: what the global options said."""

    def __init__(
        self,
        lang: str = "vi",
        translate: Translate = same,
        kdf_cost: "KdfCost | None" = None,
        *,
        json: bool = False,
        debug: bool = False,
        begin: Callable[[], None] = lambda: None,
    ) -> None:
        self.lang = lang
        self.translate = translate
        self.kdf_cost = kdf_cost
        """What a new passphrase costs to try; None: the default. Tests pass a cheap one."""
        self.json = json
        self.debug = debug
        self.begin = begin
        """Called before a command runs."""
        self.quiet = False
        self.verbose = False
        self.vault: Path | None = None
        self.officer: str | None = None
        self.passphrase_file: Path | None = None
        self.passphrase_fd: int | None = None
        self.now: datetime | None = None
        self.second_officer: str | None = None
        self.second_passphrase_file: Path | None = None
        self.ask = False
        self.approved: str | None = None
        self._app: App | None = None

    def show(self, result: "Result", *lines: "Line") -> None:
        """Print the result: the JSON object with `--json`, else the lines for people."""
        from securedoc.cli.output import show_json, show_lines

        if self.json:
            show_json(result, self.translate)
        else:
            show_lines(lines, self.translate)

    def note(self, text: "Message") -> None:
        """Tell the person something beside the result, on stderr, unless `--quiet`."""
        from securedoc.system import terminal

        if not self.quiet:
            click.echo(f"securedoc: {terminal.visible(text.said(self.translate))}", err=True)

    @property
    def progress(self) -> "Progress":
        """A bar when stderr is a terminal and nobody asked for quiet."""
        import sys

        from securedoc.cli.progress import TerminalProgress
        from securedoc.core.protocols import NoProgress
        from securedoc.system import terminal

        if self.quiet or not terminal.is_terminal(sys.stderr):
            return NoProgress()
        return TerminalProgress(self.translate)

    @property
    def clock(self) -> "Clock":
        """The machine's clock, or the one that `--now` set."""
        from securedoc.app import SetClock, SystemClock

        return SystemClock() if self.now is None else SetClock(self.now)

    @property
    def prompter(self) -> "Prompter":
        """Where the officer's passphrase comes from."""
        from securedoc.cli.prompter import DescriptorPrompter

        if self.passphrase_fd is not None:
            return DescriptorPrompter(self.passphrase_fd)
        return self.prompter_for(self.passphrase_file)

    def prompter_for(self, passphrase_file: "Path | None") -> "Prompter":
        """Return what reads `passphrase_file`, or asks on the terminal where there is none."""
        from securedoc.cli.prompter import FilePrompter
        from securedoc.system import terminal

        if passphrase_file is not None:
            return FilePrompter(passphrase_file)
        return terminal.TerminalPrompter(self.translate)

    @property
    def app(self) -> "App":
        """The program, built on first use: a command that needs no vault never loads it."""
        if self._app is None:
            import secrets

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
                ask=self.ask,
                approved=self.approved,
                tell=self.note,
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
