"""The `shred` command: files overwritten, read back and removed, and what that cannot promise."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Line, Result, Table
from securedoc.cli.types import PATH
from securedoc.core.text import Message, message
from securedoc.errors import ScratchMissing
from securedoc.system import terminal

if TYPE_CHECKING:
    from securedoc.system.shredreport import Residue, ShredFile, ShredReport
    from securedoc.system.volumes import MediumKind

MOST_PASSES: Final = 35
MOST_LISTED: Final = 25
"""Files that a person reads one by one; of more there is a summary, and all with --verbose or --json."""


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
    """Overwrite files in place, read them back, remove them, and say what that cannot reach.

    Works without a vault. Links are not followed; devices, other file systems and files that a program
    has open are left alone. The content of a file with several names goes for all of them. Ends with
    code 66 when anything is left that can still be read.
    """
    from securedoc.system.shred import Shredding

    for path in paths:
        if not path.is_symlink() and not path.exists():
            raise ScratchMissing("{name} is not there", name=terminal.visible(path.name))
    progress = context.progress
    # What is written is read back as well.
    progress.start(message("shredding"), sum(map(_size, paths)) * (passes + 1))
    work = Shredding(recursive=recursive, passes=passes, progress=progress)
    try:
        work.run(paths)
    finally:
        # Also when it was interrupted: what is left must be said.
        progress.finish()
        report = work.report()
        context.show(shredded(report), *lines(report, in_full=context.verbose))
    report.check()


def shredded(report: "ShredReport") -> Result:
    """Return a report of shredding as the JSON contract names its parts."""
    return {
        "files": [
            {
                "path": file.path,
                "bytes": file.bytes,
                "overwritten_bytes": file.overwritten_bytes,
                "passes": file.passes,
                "verified": file.verified,
                "filesystem": file.filesystem,
                "medium": file.medium,
                "done": list(file.done),
                "not_promised": list(file.not_promised),
            }
            for file in report.files
        ],
        "residue": [
            {
                "path": left.path,
                "why": left.why,
                "refused": left.refused,
                "done": list(left.done),
                "now": left.now,
            }
            for left in report.residue
        ],
    }


def lines(report: "ShredReport", *, in_full: bool = False) -> list[Line]:
    """Return what a person should know of a report: what is gone, what is left, what nobody can promise."""
    octets = sum(file.overwritten_bytes for file in report.files)
    listed = in_full or len(report.files) <= MOST_LISTED
    return [
        message("{count} files shredded, {octets} bytes overwritten", count=len(report.files), octets=octets),
        _each(report.files) if listed else _summary(report.files),
        *_left(report.residue, in_full=in_full),
        Table((message("what nobody can promise"),), [(limit,) for limit in _limits(report.files)]),
    ]


def workspace_lines(report: "ShredReport", *, in_full: bool) -> list[Line]:
    """Return what a person should know of a workspace that was shredded: what is left of it.

    Its files are the program's own, in memory: the trace report has already said that they are gone.
    """
    return lines(report, in_full=True) if in_full else list(_left(report.residue, in_full=True))


def _each(files: "tuple[ShredFile, ...]") -> Table:
    return Table(
        (message("file"), message("bytes"), *_HOW),
        [(terminal.visible(file.path.name), file.bytes, *_how(file)) for file in files],
    )


def _summary(files: "tuple[ShredFile, ...]") -> Table:
    """Return how many files there were of each kind."""
    alike: dict[tuple[str, ...], list[ShredFile]] = {}
    for file in files:
        alike.setdefault(tuple(map(str, _how(file))), []).append(file)
    return Table(
        (message("files"), message("bytes"), *_HOW),
        [(len(group), sum(file.bytes for file in group), *_how(group[0])) for group in alike.values()],
    )


_HOW: Final = (
    message("file system"),
    message("medium"),
    message("read back"),
    message("device told to forget"),
)


def _how(file: "ShredFile") -> tuple[str, "MediumKind", Message, Message]:
    return file.filesystem, file.medium, _read_back(file), _forgotten(file)


def _left(residue: "tuple[Residue, ...]", *, in_full: bool) -> Iterator[Line]:
    shown = residue if in_full else residue[:MOST_LISTED]
    rows = [(terminal.visible(left.path.name), _so_far(left), left.why) for left in shown]
    yield Table((message("still there"), message("what was done"), message("why")), rows)
    if len(shown) < len(residue):
        yield message("and {count} more; see them with --verbose", count=len(residue) - len(shown))


def _read_back(file: "ShredFile") -> Message:
    if file.verified:
        return message("agrees")
    if file.verified is False:
        return message("could not be read back")
    return message("it is in memory") if file.overwritten_bytes else message("there was nothing in it")


def _forgotten(file: "ShredFile") -> Message:
    from securedoc.system.shredreport import Step

    return message("yes") if Step.DISCARDED in file.done else message("no")


def _so_far(left: "Residue") -> Message:
    from securedoc.system.shredreport import Step

    if left.now is not None:
        return message("overwritten and renamed to {name}, not removed", name=left.now.name)
    if Step.OVERWRITTEN in left.done:
        return message("overwritten, not removed")
    return message("nothing")


def _limits(files: "tuple[ShredFile, ...]") -> list[Message]:
    return list({str(limit): limit for file in files for limit in file.not_promised}.values())


def _size(path: Path) -> int:
    """Return how much there is to overwrite, as far as can be said beforehand; holes are left out."""
    status = path.lstat()
    if stat.S_ISREG(status.st_mode):
        return _data(status)
    if not stat.S_ISDIR(status.st_mode):
        return 0
    found = (Path(where) / name for where, _, names in os.walk(path) for name in names)
    return sum(_data(file.lstat()) for file in found if file.is_file() and not file.is_symlink())


def _data(status: os.stat_result) -> int:
    return min(status.st_size, status.st_blocks * 512)
