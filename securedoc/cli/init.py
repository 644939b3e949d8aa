"""The `init` command: the key ceremony."""

import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.cli.types import PATH
from securedoc.core.people import Role, officer_id
from securedoc.core.text import message
from securedoc.errors import KeyRefused

if TYPE_CHECKING:
    from securedoc.core.secret import Secret
    from securedoc.keyring.ceremony import Person

SHORT_PASSPHRASE_BYTES: Final = 12
QUORUM: Final = re.compile(r"(\d{1,2})of(\d{1,2})")


@command(
    "init",
    example=(
        "securedoc --vault /srv/vault init --office 'UBND xã Mẫu' --place 'Mẫu' --policy vn-2026 \\",
        "    --officer an:records:'Trần Thị An' --officer binh:signer:'Lê Văn Bình:CHỦ TỊCH' \\",
        "    --officer chi:security:'Phạm Chi' --recovery 2of3",
    ),
)
@click.option("--office", required=True, metavar="NAME", help="Name of the agency.")
@click.option("--place", required=True, metavar="PLACE", help="Place name in the date line of documents.")
@click.option(
    "--policy", "pack", required=True, metavar="PACK", help="Policy pack, see: securedoc policy list."
)
@click.option(
    "--officer",
    "people",
    multiple=True,
    required=True,
    metavar="ID:ROLE:NAME[:TITLE]",
    help="An officer; give it once for each. The title is printed over the signature.",
)
@click.option(
    "--recovery", default="2of3", show_default=True, metavar="MofN", help="Shares needed, and shares made."
)
@click.option(
    "--shares-dir",
    type=PATH,
    metavar="DIR",
    help="Write one file a share here instead of printing them.",
)
@click.option(
    "--passphrase-dir", type=PATH, metavar="DIR", help="Read each officer's passphrase from DIR/ID.txt."
)
@click.option(
    "--symbol", metavar="TEXT", help="Abbreviation of the agency in numbers; guessed from its name."
)
@click.option("--superior", default="", metavar="NAME", help="Agency directly above, printed over the name.")
@click.option("--unit", default="VP", show_default=True, metavar="TEXT", help="Symbol of the filing unit.")
@click.option("--training", is_flag=True, help="A vault for learning: says so on every page, accepts --now.")
@pass_context
def init_command(
    context: Context,
    office: str,
    place: str,
    pack: str,
    people: tuple[str, ...],
    recovery: str,
    shares_dir: Path | None,
    passphrase_dir: Path | None,
    symbol: str | None,
    superior: str,
    unit: str,
    training: bool,
) -> None:
    """Make a vault: the key ceremony.

    Every officer types a passphrase of their own. The recovery shares are shown once, or written
    one file each, and never stored; together they open everything, so they are kept apart.
    """
    from securedoc.app import SetClock
    from securedoc.crypto.passphrase import DEFAULT_COST
    from securedoc.errors import PolicyRefused
    from securedoc.office.founding import Founding, found, refuse_impossible, symbol_of

    if isinstance(context.clock, SetClock) and not training:
        raise PolicyRefused("--now is for training vaults only", hint="add --training, or leave --now out")
    threshold, count = _quorum(recovery)
    refuse_impossible(context.app.place().root, pack)
    named = tuple(_person(context, said, passphrase_dir) for said in people)
    founding = Founding(
        office=office,
        place=place,
        symbol=symbol or symbol_of(office),
        superior=superior,
        unit=unit,
        pack=pack,
        people=named,
        threshold=threshold,
        shares=count,
        training=training,
        cost=context.kdf_cost or DEFAULT_COST,
    )
    handed_out: list[str] = []

    def hand_out(shares: "tuple[Secret, ...]") -> None:
        handed_out.extend(
            [share.reveal().decode("ascii") for share in shares]
            if shares_dir is None
            else _written(shares, shares_dir)
        )

    founded = found(
        context.app.place(),
        founding,
        hand_out=hand_out,
        clock=context.clock,
        randomness=secrets.token_bytes,
    )
    officers = [{"id": one.id, "role": one.role, "name": one.name} for one in named]
    context.show(
        {
            "vault_id": founded.card.vault,
            "office": office,
            "symbol": founding.symbol,
            "policy": founded.card.policy_pack,
            "training": training,
            "officers": officers,
            "shares": handed_out,
            "recovery": {"threshold": threshold, "shares": count},
            "checkpoint": founded.checkpoint,
        },
        message("the vault of {office} is made", office=office),
        Table(
            (message("officer"), message("role"), message("name")),
            [(one.id, one.role, one.name) for one in named],
        ),
        message(
            "any {threshold} of these {count} recovery shares open everything; keep them apart, never here:",
            threshold=threshold,
            count=count,
        ),
        *handed_out,
        message("paste this first checkpoint into the paper register:"),
        founded.checkpoint.rstrip("\n"),
    )


def _quorum(untrusted: str) -> tuple[int, int]:
    read = QUORUM.fullmatch(untrusted)
    if read is None:
        raise click.BadParameter("a quorum is written 2of3", param_hint="--recovery")
    return int(read[1]), int(read[2])


def _person(context: Context, untrusted: str, passphrase_dir: Path | None) -> "Person":
    from securedoc.keyring.ceremony import Person

    parts = untrusted.split(":")
    if len(parts) not in {3, 4} or not parts[2].strip():
        raise click.BadParameter(
            "an officer is written ID:ROLE:NAME or ID:ROLE:NAME:TITLE", param_hint="--officer"
        )
    try:
        who = officer_id(parts[0])
        role = Role(parts[1])
    except ValueError as error:
        raise click.BadParameter(
            "an officer is written ID:ROLE:NAME; the roles are records, drafter, signer, operator, "
            "auditor, security",
            param_hint="--officer",
        ) from error
    if passphrase_dir is None:
        passphrase = context.prompter.passphrase(who, confirm=True)
    else:
        passphrase = context.prompter_for(passphrase_dir / f"{who}.txt").passphrase(who)
    if len(passphrase) < SHORT_PASSPHRASE_BYTES:
        context.note(
            message("the passphrase of {officer} is short: several words are harder to guess", officer=who)
        )
    title = parts[3].strip() if len(parts) > 3 else ""  # noqa: PLR2004 - the optional fourth part
    return Person(id=who, role=role, name=parts[2].strip(), title=title, passphrase=passphrase)


def _written(shares: "tuple[Secret, ...]", directory: Path) -> list[str]:
    from securedoc.system import files

    files.make_dirs(directory)
    written = []
    for number, share in enumerate(shares, start=1):
        path = directory / f"share-{number}.txt"
        try:
            files.write_new(path, share.reveal() + b"\n")
        except FileExistsError:
            raise KeyRefused(
                "there is a file {name} already",
                name=path.name,
                hint="name an empty directory with --shares-dir: shares never overwrite others",
            ) from None
        written.append(str(path))
    return written
