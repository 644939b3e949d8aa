"""Makes commands that explain themselves: translated help, an example, common options."""

import copy
import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from securedoc.cli.context import Context, remember
from securedoc.cli.language import LANGUAGES, _
from securedoc.cli.types import PATH

if TYPE_CHECKING:
    from securedoc.office.deferred import Asked

F = TypeVar("F", bound=Callable[..., object])


class Explained(click.Command):
    """A click command that says its help in the person's language."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the docstring, translated as a whole."""
        del ctx
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_(inspect.cleandoc(self.help or "")))

    def format_arguments(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the arguments that carry a help text."""
        arguments = [param for param in self.params if isinstance(param, click.Argument) and param.help]
        if arguments:
            with formatter.section(_("Positional arguments")):
                formatter.write_dl([(one.make_metavar(ctx), _(one.help or "")) for one in arguments])

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, their help translated."""
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        records = [_translated(option).get_help_record(ctx) for option in options]
        with formatter.section(_("Options")):
            formatter.write_dl([record for record in records if record is not None])


class ExampleCommand(Explained):
    """A command whose help ends in an example, and that takes the common options too."""

    def __init__(self, *args: Any, examples: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples
        self.params.extend(common())

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples as they are typed, never wrapped."""
        del ctx
        with formatter.section(_("Example")):
            for line in self.examples:
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


def command(
    name: str, *, example: str | tuple[str, ...], hidden: bool = False
) -> Callable[[Callable[..., Any]], ExampleCommand]:
    """Make the function a command; its docstring is the help, `example` ends it."""
    examples = (example,) if isinstance(example, str) else example
    return click.command(name, cls=ExampleCommand, examples=examples, hidden=hidden)


def confirmed(function: F) -> F:
    """Let a second officer confirm the command; App is given who, and where the passphrase is."""
    for decorate in (
        click.option(
            "--second-passphrase-file",
            type=PATH,
            metavar="FILE",
            expose_value=False,
            callback=remember,
            help="File with the second officer's passphrase; without it the terminal is asked.",
        ),
        click.option(
            "--second",
            "second_officer",
            metavar="OFFICER",
            expose_value=False,
            callback=remember,
            help="Officer who confirms this together with you.",
        ),
    ):
        function = decorate(function)
    return function


def deferrable(function: F) -> F:
    """Let a second officer confirm the command now or at another time; around `pass_context`."""

    @functools.wraps(function)
    def asking(*args: Any, **options: Any) -> object:
        from securedoc.office.deferred import Asked

        try:
            return function(*args, **options)
        except Asked as asked:
            show_asked(asked)
            return None

    decorated: Any = asking
    for decorate in (
        click.option(
            "--approved",
            metavar="REQUEST",
            expose_value=False,
            callback=remember,
            help="Request that a second officer has approved: do it now.",
        ),
        click.option(
            "--ask",
            is_flag=True,
            expose_value=False,
            callback=remember,
            help="Ask a second officer, who approves at another time: securedoc request approve.",
        ),
    ):
        decorated = decorate(decorated)
    done: F = confirmed(decorated)
    return done


def show_asked(asked: "Asked") -> None:
    """Say that the act was asked for, and waits."""
    from securedoc.core.text import message

    context = click.get_current_context().find_object(Context)
    if context is None:
        raise RuntimeError("a command ran outside a run")
    context.show(
        {
            "request": asked.request,
            "right": asked.right,
            "id": asked.document,
            "until": asked.until,
            "entry": asked.entry,
        },
        message(
            "asked for, and not done yet: request {request}, entry {entry}",
            request=asked.request,
            entry=asked.entry,
        ),
        message("another officer: securedoc request approve {request}", request=asked.request),
        message("then again what you asked for, with: --approved {request}", request=asked.request),
    )


def _translated(option: click.Option) -> click.Option:
    shown = copy.copy(option)
    shown.help = _(option.help) if option.help else option.help
    return shown


def common() -> list[click.Parameter]:
    """Return the global options that people also type after the command; help lists them once, at the top."""
    flags = [
        click.Option([flag], is_flag=True, hidden=True, expose_value=False, callback=remember)
        for flag in ("--json", "--quiet", "--verbose", "--debug")
    ]
    language = click.Option(
        ["--lang"], type=click.Choice(LANGUAGES), hidden=True, expose_value=False, callback=remember
    )
    return [*flags, language]
