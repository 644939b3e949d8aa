"""The `shred` command: files overwritten and removed, and what that cannot promise."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Line, Result, Table
from securedoc.cli.types import PATH
from securedoc.core.text import message
from securedoc.errors import ScratchMissing
from securedoc.system import terminal

if TYPE_CHECKING:
    from securedoc.system.shred import ShredReport

MOST_PASSES = 35


@command("shred", example=("securedoc shred draft.docx", "securedoc shred --recursive ~/Downloads/secret"))
@click.argument("paths", metavar="PATH…", type=PATH, nargs=-1, required=True)
@click.option("--recursive", is_flag=True, help="Shred directories and all in them.")
@click.option(
    "--passes",
    type=click.IntRange(1, MOST_PASSES),
    default=1,
    help="How often to overwrite; more than once adds nothing on any disk made since 1990.",
)
@pass_context
def shred_command(context: Context, paths: tuple[Path, ...], recursive: bool, passes: int) -> None:
    """Overwrite files in place, rename them, remove them, and say what that cannot reach.

    Works without a vault. Links are not followed, devices and other file systems are left alone.
    Ends with code 66 when anything is left that can still be read.
    """
    from securedoc.system.shred import shred

    for path in paths:
        if not path.is_symlink() and not path.exists():
            raise ScratchMissing("{name} is not there", name=terminal.visible(path.name))
    total = sum(_size(path) for path in paths)
    progress = context.progress
    progress.start(message("shredding"), total * passes)
    try:
        report = shred(paths, recursive=recursive, passes=passes, progress=progress)
    finally:
        progress.finish()
    context.show(shredded(report), *lines(report))
    report.check()


def shredded(report: "ShredReport") -> Result:
    """Return a report of shredding as the JSON contract names its parts."""
    return {
        "files": [
            {
                "path": file.path,
                "bytes": file.bytes,
                "done": list(file.done),
                "not_promised": list(file.not_promised),
            }
            for file in report.files
        ],
        "residue": [{"path": left.path, "why": left.why} for left in report.residue],
    }


def lines(report: "ShredReport") -> list[Line]:
    """Return what a person should know of a report: what is gone, what is left, what nobody can promise."""
    limits = {str(limit): limit for file in report.files for limit in file.not_promised}
    return [
        message("{count} files shredded", count=len(report.files)),
        Table(
            (message("still there"), message("why")),
            [(left.path.name, left.why) for left in report.residue],
        ),
        Table((message("what nobody can promise"),), [(limit,) for limit in limits.values()]),
    ]


def _size(path: Path) -> int:
    if path.is_symlink():
        return 0
    found = path.rglob("*") if path.is_dir() else (path,)
    return sum(file.lstat().st_size for file in found if file.is_file() and not file.is_symlink())
