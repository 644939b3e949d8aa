"""The `policy` commands: the rules this program follows, and where each of them comes from."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Line, Result, Table
from securedoc.cli.types import PATH
from securedoc.core.officetime import day_of
from securedoc.core.text import message

if TYPE_CHECKING:
    from securedoc.policy.policy import Policy
    from securedoc.policy.values import Value


@command("list", example="securedoc policy list")
@pass_context
def list_command(context: Context) -> None:
    """List the policy packs on this machine, and for which days each one holds."""
    from securedoc.policy import packs

    found = [packs.pack(name) for name in packs.available()]
    today = day_of(context.clock.now())
    rows = [
        (
            policy.pack.name,
            policy.pack.version,
            policy.pack.effective_from,
            policy.pack.effective_until,
            message("yes") if policy.holds_on(today) else message("no"),
            policy.pack.title,
        )
        for policy in found
    ]
    columns = (
        message("pack"),
        message("version"),
        message("in force from"),
        message("in force until"),
        message("in force today"),
        message("what it covers"),
    )
    context.show({"packs": [_card(policy) for policy in found]}, Table(columns, rows))


@command("show", example=("securedoc policy show vn-2026", "securedoc policy show vn-2026 --only levels"))
@click.argument("pack", required=False)
@click.option(
    "--only", default="", metavar="PATH", help="Only the values under this path, such as levels.mat."
)
@pass_context
def show_command(context: Context, pack: str | None, only: str) -> None:
    """Show every value of a policy pack, where it comes from, and how sure that is.

    Without PACK it is the one the vault follows, or else the one in force today. How sure: V read in
    the legal text, V2 read about it, I inferred, D decided by this program, R recalled and not verified.
    """
    from securedoc.errors import PolicyMissing
    from securedoc.policy.values import values

    policy = _chosen(context, pack)
    shown = [value for value in values(policy) if _under(value.path, only)]
    if not shown:
        raise PolicyMissing("the pack {pack} has nothing at {path}", pack=policy.pack.name, path=only)
    sure = Counter(value.source.sure.value for value in shown)
    tags = dict.fromkeys(tag for value in shown for tag in value.source.tags)
    references = {tag: policy.references[tag] for tag in tags}
    context.show(
        {
            **_card(policy),
            "values": [_value(value) for value in shown],
            "how_sure": dict(sorted(sure.items())),
            "references": references,
        },
        *_heading(policy),
        Table(
            (message("value"), message("is"), message("sure"), message("source")),
            [(v.path, v.value, v.source.sure, ",".join(v.source.tags) or v.source.words) for v in shown],
        ),
        message("sources:") if references else "",
        *(f"  {tag} {where}" for tag, where in references.items()),
    )


@command("check", example="securedoc policy check policies/vn-2026.toml")
@click.argument("file", type=PATH)
@pass_context
def check_command(context: Context, file: Path) -> None:
    """Check a policy file: its form, its values, their sources, and what they say of each other.

    The first mistake is named with its path in the file.
    """
    from securedoc.policy import packs
    from securedoc.policy.values import values

    policy = packs.load(file)
    count = len(values(policy))
    context.show(
        {**_card(policy), "valid": True, "values": count},
        *_heading(policy),
        message("the pack is valid: {count} values, each with its source", count=count),
    )


def _chosen(context: Context, pack: str | None) -> "Policy":
    """Return the named pack, the vault's, or the one in force today."""
    from securedoc.policy import packs
    from securedoc.policy.policy import in_force

    if pack is not None:
        return packs.pack(pack)
    if context.vault is not None and context.app.has_vault():
        from securedoc.office.card import read

        card = read(context.app.place())
        policy = packs.pack(card.policy_pack)
        if policy.digest != card.policy_digest:
            context.note(message("the pack {pack} changed since the vault adopted it", pack=policy.pack.name))
        return policy
    today = day_of(context.clock.now())
    return in_force(today, map(packs.pack, packs.available()))


def _card(policy: "Policy") -> Result:
    card = policy.pack
    return {
        "pack": card.name,
        "version": card.version,
        "title": card.title,
        "effective_from": card.effective_from,
        "effective_until": card.effective_until,
        "rests_on": list(card.rests_on),
        "digest": policy.digest,
    }


def _heading(policy: "Policy") -> tuple[Line, ...]:
    card = policy.pack
    return (
        f"{card.name} {card.version}: {card.title}",
        "; ".join(card.rests_on),
        message("digest {digest}", digest=str(policy.digest)),
        card.note or "",
    )


def _value(value: "Value") -> Result:
    return {
        "path": value.path,
        "value": value.value,
        "sure": value.source.sure,
        "sources": list(value.source.tags),
        "words": value.source.words,
    }


def _under(path: str, prefix: str) -> bool:
    return not prefix or path == prefix or path.startswith((prefix + ".", prefix + "["))
