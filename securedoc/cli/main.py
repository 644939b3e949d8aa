"""Parses the global options, runs the command, and turns its end into an exit code."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

import securedoc
from securedoc.cli.context import Context, remember
from securedoc.cli.groups import LazyGroup
from securedoc.cli.language import LANGUAGES, choose, speak
from securedoc.cli.table import COMMANDS
from securedoc.cli.types import MOMENT, PATH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from securedoc.crypto.passphrase import KdfCost

HELP_CELLS: Final = 100
USUAL_CELLS: Final = 80
LEAST_CELLS: Final = 52
MARGIN_CELLS: Final = 2
PIPE_CLOSED: Final = 141


@click.group(
    "securedoc",
    cls=LazyGroup,
    entries=COMMANDS,
)
@click.option(
    "--vault",
    type=PATH,
    metavar="DIR",
    envvar="SECUREDOC_VAULT",
    expose_value=False,
    callback=remember,
    help="Directory of the vault (or SECUREDOC_VAULT).",
)
@click.option(
    "--as",
    "officer",
    metavar="OFFICER",
    envvar="SECUREDOC_OFFICER",
    expose_value=False,
    callback=remember,
    help="Officer who acts (or SECUREDOC_OFFICER).",
)
@click.option(
    "--passphrase-file",
    type=PATH,
    metavar="FILE",
    envvar="SECUREDOC_PASSPHRASE_FILE",
    expose_value=False,
    callback=remember,
    help="File with the officer's passphrase (or SECUREDOC_PASSPHRASE_FILE); without it, you are asked.",
)
@click.option(
    "--passphrase-fd",
    type=click.IntRange(min=0),
    metavar="N",
    expose_value=False,
    callback=remember,
    help="Open file descriptor to read the passphrase from.",
)
@click.option(
    "--json",
    is_flag=True,
    expose_value=False,
    callback=remember,
    help="Print one JSON object instead of lines for people.",
)
@click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    envvar="SECUREDOC_LANG",
    expose_value=False,
    callback=remember,
    help="Language of everything printed (or SECUREDOC_LANG).",
)
@click.option(
    "--quiet", is_flag=True, expose_value=False, callback=remember, help="No progress and no remarks."
)
@click.option("--verbose", is_flag=True, expose_value=False, callback=remember, help="More detail.")
@click.option(
    "--now",
    type=MOMENT,
    metavar="ISO8601",
    expose_value=False,
    callback=remember,
    help="Set the clock the program sees; only a training vault accepts it.",
)
@click.option(
    "--debug",
    is_flag=True,
    expose_value=False,
    callback=remember,
    help="Print the trace of an unexpected error.",
)
@click.version_option(
    securedoc.__version__, "--version", prog_name="securedoc", message="%(prog)s %(version)s"
)
@click.pass_context
def root(ctx: click.Context) -> None:
    """Keep secret state documents on one offline computer, from the first draft to the audit."""
    typed = [
        name
        for name in ("passphrase_file", "passphrase_fd")
        if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    ]
    if len(typed) > 1:
        raise click.UsageError("give --passphrase-file or --passphrase-fd, not both")
    ctx.ensure_object(Context).begin()


def _cells(environ: "Mapping[str, str]") -> int:
    """Return how wide help is: click would import a good deal to find out."""
    columns = environ.get("COLUMNS", "")
    try:
        cells = int(columns) if columns.isdigit() else os.get_terminal_size().columns
    except OSError:
        cells = USUAL_CELLS
    return max(LEAST_CELLS, min(cells, HELP_CELLS)) - MARGIN_CELLS


def _begin() -> None:
    """Prepare nothing: the process belongs to somebody else."""


def run(
    words: Sequence[str],
    environ: "Mapping[str, str]",
    *,
    kdf_cost: "KdfCost | None" = None,
    begin: "Callable[[], None]" = _begin,
) -> int:
    """Run one command line and return its exit code; what goes wrong is told on stderr.

    `begin` is called before a command runs: not before help or a mistake in the words.
    """
    language = choose(words, environ)
    context = Context(lang=language, translate=speak(language), kdf_cost=kdf_cost, begin=begin)
    # Known before parsing, so that a mistake on the command line is told as JSON too.
    context.json = "--json" in words
    try:
        code = root.main(
            list(words),
            prog_name="securedoc",
            standalone_mode=False,
            obj=context,
            terminal_width=_cells(environ),
        )
    except SystemExit as ended:
        # click ends like this, with 1, when whoever read stdout has left; and after completing for a shell.
        return PIPE_CLOSED if ended.code == 1 else 0
    except BaseException as error:  # noqa: BLE001 - the one place where every failure ends
        # Loaded only now: a run that goes well does not pay for it.
        from securedoc.cli.errors import end

        return end(error, context)
    return code if isinstance(code, int) else 0
