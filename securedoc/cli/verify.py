"""The `verify` command: our verdict on a document of the vault, or on any PDF file."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from securedoc.cli.command import command
from securedoc.cli.context import Context, pass_context
from securedoc.cli.output import Line, Table
from securedoc.cli.reading import read_input
from securedoc.cli.types import PATH
from securedoc.core.text import message

if TYPE_CHECKING:
    from securedoc.core.digests import Digest
    from securedoc.core.documents import DocumentId
    from securedoc.office.office import Office
    from securedoc.signing.judgement import Verdict


@command(
    "verify",
    example=(
        "securedoc --as an verify D-2026-000001",
        "securedoc verify bao-cao.pdf --trust authority.pem --report ket-qua.pdf",
    ),
)
@click.argument("target", metavar="FILE|ID")
@click.option(
    "--trust",
    type=PATH,
    metavar="FILE",
    help="Certificates and CRLs to trust, PEM or DER; no vault is opened then.",
)
@click.option("--report", type=PATH, metavar="FILE.pdf", help="Write the verdict as a page of PDF.")
@pass_context
def verify_command(context: Context, target: str, trust: Path | None, report: Path | None) -> None:
    """Judge the signatures of a document or a PDF file.

    A document of the vault must be exactly what the ledger says. Of a file from outside nobody
    can know whether something is missing, so the best it gets is a lower grade.
    """
    from securedoc.signing.judgement import require, require_registered

    _require_format(report)
    found = _judged(context, target, trust)
    if report is not None:
        _write(context, found, report)
    result = dict(found.verdict.as_json(context.translate))
    written = () if report is None else ("", message("the report is in {path}", path=str(report)))
    context.show(
        {"id": found.document, "destroyed": found.destroyed, **result, "report": report},
        *_lines(found.verdict),
        *written,
    )
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
    name: str
    """Of the file, or as the document was named."""
    anchors: tuple[str, ...]
    """Names of the roots that were trusted."""
    document: "DocumentId | None" = None
    is_ours: bool = False
    """This office signed it, so the register must know it."""
    destroyed: str | None = None
    """The destruction that its document went under."""
    training: bool = False


def _require_format(report: Path | None) -> None:
    from securedoc.errors import DocumentRefused

    if report is not None and report.suffix.lower() != ".pdf":
        raise DocumentRefused(
            "a report on signatures is .pdf, not {suffix}",
            suffix=report.suffix or report.name,
            hint="name the report file with the ending .pdf; for programs there is --json",
        )


def _judged(context: Context, target: str, trust: Path | None) -> _Found:
    path = Path(target)
    # A number such as 05/BC-UBND has a slash too: a file is what exists or ends like one.
    named_as_file = path.suffix.lower() == ".pdf" or path.is_file()
    if trust is not None:
        if not named_as_file:
            raise click.UsageError("--trust is for files; a document of the vault has the vault's own trust")
        return _foreign(context, path, trust)
    if not context.app.has_vault():
        raise click.UsageError("give --trust FILE, or the vault with --vault DIR")
    with context.app.open(read_only=True) as office:
        found = _from_file(office, path) if named_as_file else _from_vault(office, target)
        return replace(found, training=office.card.training)


def _foreign(context: Context, path: Path, trust: Path) -> _Found:
    from securedoc.signing import verdict
    from securedoc.signing.trust import TrustStore

    store = TrustStore.load(trust)
    judged = verdict.verify(read_input(path), store, None, context.clock.now())
    return _Found(judged, path.name, store.root_names)


def _from_vault(office: "Office", name: str) -> _Found:
    from securedoc.core.documents import Kind
    from securedoc.issuing.judging import judge
    from securedoc.office.trust import trust_store

    document = office.ledger.find(name)
    pdf = office.unseal(office.latest(document, Kind.SIGNED))
    anchors = trust_store(office).root_names
    return _Found(judge(office, document, pdf), name, anchors, document, is_ours=True)


def _from_file(office: "Office", path: Path) -> _Found:
    """Judge a file as the registered document that it is byte for byte, else as a stranger's."""
    from securedoc.core.digests import Digest
    from securedoc.core.documents import DocumentState
    from securedoc.issuing.judging import judge, renewed_since
    from securedoc.office.trust import trust_store
    from securedoc.signing import verdict

    untrusted_pdf = read_input(path)
    digest = Digest.of(untrusted_pdf)
    store = trust_store(office)
    finished = (
        DocumentState.SIGNED,
        DocumentState.REGISTERED,
        DocumentState.DECLASSIFIED,
        DocumentState.DESTROYED,
    )
    for row in office.ledger.documents(*finished):
        if row.digest == digest:
            judged = judge(office, row.id, untrusted_pdf)
            return _ours(office, row.id, judged, path.name, store.root_names)
    renewed = renewed_since(office, digest)
    if renewed is not None and renewed.about is not None:
        judged = judge(office, renewed.about, untrusted_pdf, renewed)
        return _ours(office, renewed.about, judged, path.name, store.root_names)
    judged = verdict.verify(untrusted_pdf, store, None, office.now())
    # An earlier state of our own document holds in itself: cut back to before the seal, say.
    ours = _our_certificates(office)
    is_ours = any(report.certificate in ours for report in judged.signatures)
    return _Found(judged, path.name, store.root_names, is_ours=is_ours)


def _ours(
    office: "Office", document: "DocumentId", judged: "Verdict", name: str, anchors: tuple[str, ...]
) -> _Found:
    gone = office.ledger.destroyed_by(document)
    dossier = None if gone is None else gone[0].request
    return _Found(judged, name, anchors, document, is_ours=True, destroyed=dossier)


def _our_certificates(office: "Office") -> "frozenset[Digest]":
    from securedoc.core.digests import Digest
    from securedoc.office.trust import office_certificates

    # Proven, not merely read: an insider who edits the table must not make a stranger one of us.
    people = (office.ledger.trusted_officer(one.id).certificate for one in office.ledger.officers())
    return frozenset(Digest.of(certificate) for certificate in (*people, *office_certificates(office)))


def _lines(verdict: "Verdict") -> list[Line]:
    from securedoc.issuing import verdictwords

    question, answer = message("question"), message("answer")
    lines: list[Line] = [verdictwords.SENTENCES[verdict.judgement], *verdict.problems]
    for report in verdict.signatures:
        lines += ["", Table((question, answer), verdictwords.answers(report)), *report.problems]
    if verdict.remarks:
        lines += ["", message("what this verdict does not exclude:"), *verdict.remarks]
    return lines


def _write(context: Context, found: _Found, path: Path) -> None:
    """Write the page; the verdict was reached before, and is not changed by it."""
    import securedoc
    from securedoc.errors import SignatureFailed
    from securedoc.issuing import verdictpage
    from securedoc.system import files

    looked = verdictpage.Looked(
        found.verdict,
        name=found.document or found.name,
        anchors=found.anchors,
        program=f"securedoc {securedoc.__version__}",
        training=found.training,
    )
    try:
        files.replace(path, verdictpage.pdf(looked, context.translate))
    except OSError as error:
        raise SignatureFailed(
            "the report {name} cannot be written: {reason}", name=path.name, reason=error.strerror or ""
        ) from error
