"""The `sign` command."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.reading import read_input
from securedoc.cli.types import PATH
from securedoc.core.text import message

if TYPE_CHECKING:
    from securedoc.signing.keys import SigningKey


@command(
    "sign",
    example=("securedoc --as binh sign D-2026-000001", "securedoc --as an sign D-2026-000001 --seal"),
)
@click.argument("document", metavar="ID")
@click.option("--seal", "with_seal", is_flag=True, help="Put the office's seal, after the author has signed.")
@click.option("--pkcs12", type=PATH, metavar="FILE", help="Sign with this certificate instead of your own.")
@click.option(
    "--pkcs12-passphrase-file",
    type=PATH,
    metavar="FILE",
    help="File with the passphrase of the certificate; without it the terminal is asked.",
)
@pass_context
def sign_command(
    context: Context,
    document: str,
    with_seal: bool,
    pkcs12: Path | None,
    pkcs12_passphrase_file: Path | None,
) -> None:
    """Sign a final document, and verify what was signed.

    Without options: the author named at finalising signs with the certificate that this office's
    evidence authority issued. That signature proves integrity inside the office; it is not a
    digital signature for public duty issued by the State's authority.
    """
    from securedoc.issuing import signing

    if with_seal and pkcs12 is not None:
        raise click.UsageError("--seal uses the office's own key; leave --pkcs12 out")
    with context.app.open() as office:
        found = office.ledger.find(document)
        if with_seal:
            done = signing.seal(office, found)
        else:
            done = signing.sign(
                office, found, None if pkcs12 is None else _pkcs12(context, pkcs12, pkcs12_passphrase_file)
            )
    judged = done.verdict.as_json(context.translate)
    context.show(
        {
            "id": done.document,
            "field": done.field,
            "digest": done.digest,
            "verdict": done.verdict.judgement,
            "signatures": judged["signatures"],
        },
        message(
            "{document} is signed, read back and verified: {verdict}",
            document=done.document,
            verdict=done.verdict.judgement,
        ),
        str(done.digest),
    )


def _pkcs12(context: Context, path: Path, passphrase_file: Path | None) -> "SigningKey":
    from securedoc.signing.keys import load_pkcs12

    with context.prompter_for(passphrase_file).passphrase(path.name) as passphrase:
        return load_pkcs12(read_input(path), passphrase)
