"""The `trust` commands: whose signatures this office believes."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.command import command, deferrable
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Line, Table
from securedoc.cli.reading import read_input
from securedoc.cli.types import PATH
from securedoc.core.officetime import day_of
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from securedoc.core.jsonvalue import JsonObject
    from securedoc.office.trusting import Trusted


@command("add", example="securedoc --as chi trust add ca-ban-co-yeu.pem --second an")
@click.argument("file", type=PATH)
@deferrable
@pass_context
def add_command(context: Context, file: Path) -> None:
    """Trust the certificates of authorities in a file; two officers.

    Compare the digests with what the authority gave you another way, on paper or by telephone: from
    then on this office believes whatever the authority signs. Self-signed certificates become roots,
    others help to reach a root.
    """
    from securedoc.office import trusting

    with context.app.open() as office, context.app.consent() as second:
        added = trusting.add(office, read_input(file), second)
    context.show({"added": [as_json(one) for one in added]}, *lines(added))


@command("list", example="securedoc --as an trust list")
@pass_context
def list_command(context: Context) -> None:
    """List the outside certificates and revocation lists that this office trusts."""
    from securedoc.office import trusting

    with context.app.open(read_only=True) as office:
        known = trusting.listed(office)
        now = office.now()
    stale = {one: one.ends for one in known if one.ends is not None and one.ends < now}
    context.show(
        {"trusted": [{**as_json(one), "ended": one in stale} for one in known]},
        *lines(known),
        *(
            message("{name} ended on {day}", name=one.name, day=day_of(ended).isoformat())
            for one, ended in stale.items()
        ),
        *([] if known else [message("nothing but the office's own evidence authority is trusted")]),
    )


@command("remove", example="securedoc --as chi trust remove 9f86d081 --why 'khóa bị lộ' --second an")
@click.argument("name", metavar="DIGEST|NAME")
@click.option("--why", required=True, metavar="TEXT", help="Reason, for the ledger.")
@deferrable
@pass_context
def remove_command(context: Context, name: str, why: str) -> None:
    """Trust a certificate or a list no more; two officers."""
    from securedoc.office import trusting

    with context.app.open() as office, context.app.consent() as second:
        removed = trusting.remove(office, name, why, second)
    context.show(
        {"removed": as_json(removed)},
        message("{name} is trusted no more: {digest}", name=removed.name, digest=str(removed.digest)),
    )


def as_json(one: "Trusted") -> "JsonObject":
    """Return how the commands print one of them."""
    return {
        "digest": str(one.digest),
        "kind": one.kind.value,
        "name": one.name,
        "issuer": one.issuer,
        "begins": one.begins.isoformat(),
        "ends": None if one.ends is None else one.ends.isoformat(),
        "entry": one.entry,
    }


def lines(known: "tuple[Trusted, ...]") -> list[Line]:
    """Return the table that people read."""
    columns = (message("kind"), message("name"), message("from"), message("until"), message("digest"))
    rows = [
        (
            _kind(one),
            one.name,
            day_of(one.begins),
            "-" if one.ends is None else day_of(one.ends),
            str(one.digest),
        )
        for one in known
    ]
    return [Table(columns, rows)]


def _kind(one: "Trusted") -> Message:
    from securedoc.signing.described import Kind

    return {
        Kind.ROOT: message("root"),
        Kind.INTERMEDIATE: message("between"),
        Kind.CRL: message("revocation list"),
    }[one.kind]
