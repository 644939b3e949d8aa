"""The `sign` command."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.command import command, confirmed
from securedoc.cli.context import Context, pass_context
from securedoc.cli.reading import read_input
from securedoc.cli.types import PATH
from securedoc.core.text import message

if TYPE_CHECKING:
    from securedoc.core.documents import DocumentId
    from securedoc.core.secret import Secret
    from securedoc.keyring.session import Session
    from securedoc.office.office import Office
    from securedoc.signing.keys import DocumentKey, SigningKey
    from securedoc.signing.pins import PinState
    from securedoc.signing.tokens import TokenKey


@command(
    "sign",
    example=(
        "securedoc --as binh sign D-2026-000001",
        "securedoc --as an sign D-2026-000001 --seal --time-stamp --second chi",
    ),
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
@click.option("--token", metavar="NAME", help="Sign with a key on this token; see: securedoc keys list.")
@click.option(
    "--certificate",
    metavar="NAME",
    help="Your own certificate by name or digest; with --token, one on the token.",
)
@click.option(
    "--pin-file",
    type=PATH,
    metavar="FILE",
    help="File with the PIN of the token, tried once; without it the terminal is asked.",
)
@click.option(
    "--time-stamp",
    "with_stamp",
    is_flag=True,
    help="Have the office's time-stamp authority stamp it; --second names who holds its key.",
)
@click.option(
    "--renew",
    "renewing",
    is_flag=True,
    help="Sign nothing: put one more time-stamp over a sealed document, before its last one ends.",
)
@confirmed
@pass_context
def sign_command(context: Context, document: str, **said: object) -> None:
    """Sign a final document, and verify what was signed.

    Without options: the author named at finalising signs with the certificate that this office's
    evidence authority issued. That signature proves integrity inside the office; it is not a
    digital signature for public duty issued by the State's authority. A time-stamp of the office is
    internal: it proves an order of events, and lets the signature outlive its certificate.
    """
    options = _Options(**said)  # type: ignore[arg-type]  # click gives each as its option says
    options.check()
    with context.app.open() as office, context.app.second() as keeper:
        found = office.ledger.find(document)
        if options.renewing:
            _renew(context, office, found, keeper)
            return
        from securedoc.issuing import signing

        stamp = signing.stamping(office, found, keeper) if options.with_stamp else None
        if options.with_seal:
            done = signing.seal(office, found, stamp=stamp)
        else:
            done = signing.sign(office, found, _key(context, office, options), stamp=stamp)
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


def _renew(context: Context, office: "Office", document: "DocumentId", keeper: "Session | None") -> None:
    from securedoc.issuing.renewing import renew

    done = renew(office, document, keeper)
    judged = done.verdict.as_json(context.translate)
    context.show(
        {
            "id": done.document,
            "field": done.field,
            "digest": done.digest,
            "before": done.before,
            "verdict": done.verdict.judgement,
            "signatures": judged["signatures"],
        },
        message("{document} carries one more time-stamp, {field}", document=done.document, field=done.field),
        str(done.digest),
    )


@dataclass(frozen=True, slots=True)
class _Options:
    with_seal: bool
    pkcs12: Path | None
    pkcs12_passphrase_file: Path | None
    token: str | None
    certificate: str | None
    pin_file: Path | None
    with_stamp: bool
    renewing: bool

    def check(self) -> None:
        """Refuse what does not go together.

        Raises:
            UsageError: it does not.
        """
        if self.with_seal and (self.pkcs12 is not None or self.token is not None):
            raise click.UsageError("--seal uses the office's own key; leave --pkcs12 and --token out")
        if self.pkcs12 is not None and self.token is not None:
            raise click.UsageError("give --pkcs12 or --token, not both")
        if self.token is None and self.pin_file is not None:
            raise click.UsageError("--pin-file belongs to --token")
        if self.certificate is not None and (self.with_seal or self.pkcs12 is not None):
            raise click.UsageError("--certificate names one of your own, or one on a token")
        if self.renewing and (self.with_seal or self.pkcs12 is not None or self.token is not None):
            raise click.UsageError("--renew signs nothing; give it with --second alone")


def _key(context: Context, office: "Office", options: _Options) -> "DocumentKey | None":
    if options.pkcs12 is not None:
        return _pkcs12(context, options.pkcs12, options.pkcs12_passphrase_file)
    if options.token is not None:
        return _token(context, office, options.token, options)
    if options.certificate is not None:
        _require_own(office, options.certificate)
    return None


def _require_own(office: "Office", name: str) -> None:
    """Go on only when the officer's own certificate is meant: the keyring holds no other of theirs.

    Raises:
        KeyMissing: another is named.
    """
    from securedoc.core.digests import Digest
    from securedoc.errors import KeyMissing

    digest = Digest.of(office.session.certificate)
    if name not in {office.session.officer, office.who.name, str(digest), digest.hex}:
        raise KeyMissing(
            "{officer} has no certificate {name} in the keyring",
            officer=office.session.officer,
            name=name,
            hint="see the certificates with: securedoc keys list; "
            "for a key elsewhere, give --pkcs12 or --token",
        )


def _pkcs12(context: Context, path: Path, passphrase_file: Path | None) -> "SigningKey":
    from securedoc.signing.keys import load_pkcs12

    with context.prompter_for(passphrase_file).passphrase(path.name) as passphrase:
        return load_pkcs12(read_input(path), passphrase)


def _token(context: Context, office: "Office", name: str, options: _Options) -> "TokenKey":
    from securedoc.office import signingtokens
    from securedoc.signing import pins
    from securedoc.signing.tokens import TokenKey

    known = signingtokens.find(office, name)
    plugged_in = signingtokens.plugged_in(known)
    held = signingtokens.certificate_on(plugged_in, known, options.certificate)

    def ask(state: "PinState") -> "Secret":
        if options.pin_file is not None:
            return context.prompter_for(options.pin_file).passphrase(name)
        return _typed(context, name, state)

    from_file = options.pin_file is not None
    allowed = pins.FROM_A_FILE if from_file else pins.TYPED
    return TokenKey(known.module, plugged_in, held, ask, allowed, may_retry=not from_file)


def _typed(context: Context, token: str, state: "PinState") -> "Secret":
    from securedoc.signing.pins import PinState
    from securedoc.system import terminal

    if state is PinState.LOW:
        context.note(message("a wrong PIN was given to {token} before; most lock at the third", token=token))
    prompt = message("PIN of the token {token}: ", token=terminal.visible(token)).said(context.translate)
    return terminal.ask_passphrase(prompt)
