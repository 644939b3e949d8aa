"""The `policy adopt` command."""

from dataclasses import replace
from pathlib import Path

import click

from securedoc.cli.command import command, deferrable
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Line, Table
from securedoc.core.text import message


@command(
    "adopt",
    example=(
        "securedoc --as chi policy adopt vn-2026 --dry-run",
        "securedoc --as chi policy adopt vn-2020 --second binh",
        "securedoc --as chi policy adopt ./vn-2028.toml --second binh",
    ),
)
@click.argument("pack", metavar="PACK|FILE")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@deferrable
@pass_context
def adopt_command(context: Context, pack: str, *, dry_run: bool) -> None:
    """Adopt another policy pack for this vault: one that securedoc came with, or a file.

    Two officers, and an entry. The pack in force is chosen by the day: one whose rules ended serves
    documents of its own time. No pack is ever taken away.
    """
    from securedoc.backup import reminding
    from securedoc.office import adopting

    data, name = _pack(pack)
    app = context.app
    with app.open() as office, app.consent() as second:
        done = adopting.adopt(office, data, name, second, dry_run=dry_run)
        if done.entry is not None and done.current:
            reminding.keep_note(replace(office, policy=done.policy))
    card = done.policy.pack
    lines: list[Line] = [f"{card.name} {card.version}: {card.title}"]
    if done.changes:
        rows = [(one.path, one.before or "—", one.after or "—") for one in done.changes]
        lines.append(Table((message("value"), message("until now"), message("from now on")), rows))
    elif not done.current:
        lines.append(message("its rules do not hold today: it is for documents of its own time"))
    if done.entry is None:
        lines.append(message("nothing was changed; without --dry-run it is adopted"))
    else:
        lines.append(message("adopted, entry {entry}", entry=done.entry))
    context.show(
        {
            "pack": card.name,
            "version": card.version,
            "effective_from": card.effective_from,
            "effective_until": card.effective_until,
            "digest": done.policy.digest,
            "current": done.current,
            "changes": [{"path": one.path, "before": one.before, "after": one.after} for one in done.changes],
            "entry": done.entry,
        },
        *lines,
    )


def _pack(untrusted_pack: str) -> tuple[bytes, str]:
    """Return the bytes of the pack of that name, or in that file, and what it is called in messages."""
    from securedoc.policy import packs

    if untrusted_pack in packs.available():
        path = packs.root() / f"{untrusted_pack}.toml"
    else:
        path = Path(untrusted_pack)
        if path.suffix != ".toml" and not path.exists():
            packs.pack(untrusted_pack)  # says which packs there are
    return packs.read(path), path.name
