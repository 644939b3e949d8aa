"""The `keys list` command: every key that signs here, where it is, and until when."""

from datetime import datetime
from typing import TYPE_CHECKING

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Table
from securedoc.core.digests import Digest
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from securedoc.core.jsonvalue import JsonObject
    from securedoc.office.office import Office
    from securedoc.office.signingtokens import Known

SOON_DAYS = 90


@command("list", example="securedoc --as chi keys list")
@pass_context
def list_command(context: Context) -> None:
    """List the certificates of the office and its officers, and the tokens that are known."""
    from securedoc.office import signingtokens

    with context.app.open(read_only=True) as office:
        certificates = _certificates(office)
        tokens = signingtokens.listed(office)
        now = office.now()
    ending = [
        one for one in certificates if (datetime.fromisoformat(str(one["ends"])) - now).days < SOON_DAYS
    ]
    context.show(
        {"certificates": certificates, "tokens": [as_json(one) for one in tokens]},
        Table(
            (message("whose"), message("name"), message("until"), message("digest")),
            [
                (_whose(one), str(one["name"]), str(one["ends"])[:10], str(one["digest"]))
                for one in certificates
            ],
        ),
        *(
            message(
                "the certificate of {name} ends on {day}", name=str(one["name"]), day=str(one["ends"])[:10]
            )
            for one in ending
        ),
        Table(
            (message("token"), message("label"), message("serial number"), message("module")),
            [(one.name, one.label, one.serial, str(one.module)) for one in tokens],
        ),
    )


def as_json(one: "Known") -> "JsonObject":
    """Return how the commands print a token."""
    return {
        "name": one.name,
        "label": one.label,
        "serial": one.serial,
        "module": str(one.module),
        "module_digest": str(one.module_digest),
        "certificates": [str(digest) for digest in one.certificates],
        "entry": one.entry,
    }


def _certificates(office: "Office") -> "list[JsonObject]":
    from securedoc.office.trust import authority_certificate, seal_certificate, time_certificate

    known = [
        ("authority", authority_certificate(office)),
        ("seal", seal_certificate(office)),
        ("time", time_certificate(office)),
    ]
    # Proven, not merely read: an insider can edit the table.
    known += [(one.id, office.ledger.trusted_officer(one.id).certificate) for one in office.ledger.officers()]
    return [_described(whose, certificate) for whose, certificate in known]


def _described(whose: str, certificate: bytes) -> "JsonObject":
    from securedoc.signing.described import validity

    name, issuer, begins, ends = validity(certificate)
    return {
        "whose": whose,
        "name": name,
        "issuer": issuer,
        "begins": begins.isoformat(),
        "ends": ends.isoformat(),
        "digest": str(Digest.of(certificate)),
    }


def _whose(one: "JsonObject") -> Message | str:
    office = {
        "authority": message("evidence authority"),
        "seal": message("seal of the office"),
        "time": message("time-stamp authority"),
    }
    return office.get(str(one["whose"]), str(one["whose"]))
