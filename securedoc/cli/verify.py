"""The `verify` command: our verdict on a document of the vault, or on any PDF file."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Line, Table
from securedoc.cli.reading import read_input
from securedoc.cli.types import PATH
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from securedoc.core.digests import Digest
    from securedoc.core.documents import DocumentId
    from securedoc.office.office import Office
    from securedoc.signing.judgement import SignatureReport, Verdict


@command(
    "verify",
    example=("securedoc --as an verify D-2026-000001", "securedoc verify bao-cao.pdf --trust authority.pem"),
)
@click.argument("target", metavar="FILE|ID")
@click.option(
    "--trust",
    type=PATH,
    metavar="FILE",
    help="Certificates and CRLs to trust, PEM or DER; no vault is opened then.",
)
@pass_context
def verify_command(context: Context, target: str, trust: Path | None) -> None:
    """Judge the signatures of a document or a PDF file.

    A document of the vault must be exactly what the ledger says. Of a file from outside nobody
    can know whether something is missing, so the best it gets is a lower grade.
    """
    from securedoc.signing.judgement import require, require_registered

    found = _judged(context, target, trust)
    result = dict(found.verdict.as_json(context.translate))
    context.show({"id": found.document, "destroyed": found.destroyed, **result}, *_lines(found.verdict))
    if found.destroyed is not None:
        context.note(
            message(
                "this is a copy of {document}, destroyed under dossier {dossier}: it should not exist",
                document=found.document or "",
                dossier=found.destroyed,
            )
        )
    (require_registered if found.is_ours else require)(found.verdict)


@dataclass(frozen=True, slots=True)
class _Found:
    verdict: "Verdict"
    document: "DocumentId | None" = None
    is_ours: bool = False
    """This office signed it, so the register must know it."""
    destroyed: str | None = None
    """The destruction that its document went under."""


def _judged(context: Context, target: str, trust: Path | None) -> _Found:
    path = Path(target)
    # A number such as 05/BC-UBND has a slash too: a file is what exists or ends like one.
    named_as_file = path.suffix.lower() == ".pdf" or path.is_file()
    if trust is not None:
        if not named_as_file:
            raise click.UsageError("--trust is for files; a document of the vault has the vault's own trust")
        return _Found(_foreign(context, path, trust))
    if not context.app.has_vault():
        raise click.UsageError("give --trust FILE, or the vault with --vault DIR")
    with context.app.open(read_only=True) as office:
        return _from_file(office, read_input(path)) if named_as_file else _from_vault(office, target)


def _foreign(context: Context, path: Path, trust: Path) -> "Verdict":
    from securedoc.signing import verdict
    from securedoc.signing.trust import TrustStore

    store = TrustStore.load(trust)
    return verdict.verify(read_input(path), store, None, context.clock.now())


def _from_vault(office: "Office", name: str) -> _Found:
    from securedoc.core.documents import Kind
    from securedoc.issuing.judging import judge

    document = office.ledger.find(name)
    pdf = office.unseal(office.latest(document, Kind.SIGNED))
    return _Found(judge(office, document, pdf), document, is_ours=True)


def _from_file(office: "Office", untrusted_pdf: bytes) -> _Found:
    """Judge a file as the registered document that it is byte for byte, else as a stranger's."""
    from securedoc.core.digests import Digest
    from securedoc.core.documents import DocumentState
    from securedoc.issuing.judging import judge
    from securedoc.office.trust import trust_store
    from securedoc.signing import verdict

    digest = Digest.of(untrusted_pdf)
    finished = (
        DocumentState.SIGNED,
        DocumentState.REGISTERED,
        DocumentState.DECLASSIFIED,
        DocumentState.DESTROYED,
    )
    for row in office.ledger.documents(*finished):
        if row.digest == digest:
            gone = office.ledger.destroyed_by(row.id)
            dossier = None if gone is None else gone[0].request
            return _Found(judge(office, row.id, untrusted_pdf), row.id, is_ours=True, destroyed=dossier)
    judged = verdict.verify(untrusted_pdf, trust_store(office), None, office.now())
    # An earlier state of our own document holds in itself: cut back to before the seal, say.
    ours = _our_certificates(office)
    return _Found(judged, is_ours=any(report.certificate in ours for report in judged.signatures))


def _our_certificates(office: "Office") -> "frozenset[Digest]":
    from securedoc.core.digests import Digest
    from securedoc.office.trust import seal_certificate

    # Proven, not merely read: an insider who edits the table must not make a stranger one of us.
    people = (office.ledger.trusted_officer(one.id).certificate for one in office.ledger.officers())
    return frozenset(Digest.of(certificate) for certificate in (*people, seal_certificate(office)))


def _lines(verdict: "Verdict") -> list[Line]:
    lines: list[Line] = [_sentence(verdict)]
    lines += verdict.problems
    for report in verdict.signatures:
        lines += ["", _table(report), *report.problems]
    return lines


def _sentence(verdict: "Verdict") -> Message:
    from securedoc.signing.judgement import Judgement

    return {
        Judgement.TRUSTED: message("trusted: everything holds and is what the register says"),
        Judgement.TRUSTED_UNREGISTERED: message(
            "every signature holds, but no register says what should be there: look at each one"
        ),
        Judgement.INTACT_UNTRUSTED: message("unaltered, but signed by somebody who is not trusted here"),
        Judgement.ALTERED: message("altered: this is not what was signed or registered"),
        Judgement.UNSIGNED: message("not signed"),
        Judgement.UNVERIFIABLE: message("it could not be verified, which is never a pass"),
    }[verdict.judgement]


def _table(report: "SignatureReport") -> Table:
    yes, no = message("yes"), message("no")
    time = "-" if report.time is None else report.time.isoformat(timespec="seconds")
    return Table(
        (message("question"), message("answer")),
        [
            (message("field"), report.field),
            (message("signer"), report.signer),
            (message("bytes unchanged"), yes if report.intact else no),
            (message("signature computes"), yes if report.valid else no),
            (message("signer trusted"), yes if report.trusted else no),
            (message("revocation"), _revocation(report)),
            (message("covers"), _coverage(report)),
            (message("changes afterwards"), _changes(report)),
            (message("signature level"), report.level),
            (message("time"), time),
            (message("time stated"), _time_source(report)),
        ],
    )


def _revocation(report: "SignatureReport") -> Message:
    from securedoc.signing.judgement import Revocation

    return {
        Revocation.CHECKED: message("checked against local lists"),
        Revocation.STALE: message("the local list is out of date"),
        Revocation.NOT_CHECKED: message("not checked: no local list"),
    }[report.revocation]


def _coverage(report: "SignatureReport") -> Message:
    from securedoc.signing.judgement import Coverage

    return {
        Coverage.ENTIRE_FILE: message("the whole file"),
        Coverage.ENTIRE_REVISION: message("the file as it was then"),
        Coverage.PARTIAL: message("a part of the file"),
        Coverage.UNCLEAR: message("unclear"),
    }[report.coverage]


def _changes(report: "SignatureReport") -> Message:
    from securedoc.signing.judgement import Changes

    return {
        Changes.NONE: message("none"),
        Changes.LTA_UPDATES: message("data for long-term validation only"),
        Changes.FORM_FILLING: message("further signatures only"),
        Changes.ANNOTATIONS: message("annotations"),
        Changes.OTHER: message("other changes"),
    }[report.changes]


def _time_source(report: "SignatureReport") -> Message:
    from securedoc.signing.judgement import TimeSource

    return {
        TimeSource.SIGNER: message("by the signer's own clock"),
        TimeSource.TIME_STAMP: message("by a trusted time-stamp"),
        TimeSource.NONE: message("not stated"),
    }[report.time_source]
