"""Our verdict on a signed PDF: what holds, what does not, and who says so."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from securedoc.core.digests import Digest
from securedoc.core.text import Message, message
from securedoc.errors import SignatureError, SignatureMalformed
from securedoc.signing import cautions, chain, signeddata, structure, timestamps
from securedoc.signing.judgement import (
    Changes,
    Coverage,
    Expected,
    Judgement,
    Kind,
    SignatureReport,
    TimeSource,
    Verdict,
    require,
    require_registered,
)
from securedoc.signing.structure import FieldSignature, Structure
from securedoc.signing.trust import TrustStore

__all__ = [
    "Changes",
    "Coverage",
    "Expected",
    "Judgement",
    "Kind",
    "SignatureReport",
    "TimeSource",
    "Verdict",
    "require",
    "require_registered",
    "verify",
]

PADES: Final = "ETSI.CAdES.detached"
PKCS7: Final = "adbe.pkcs7.detached"
DOCUMENT_TIME_STAMP: Final = "ETSI.RFC3161"

_HINT: Final = "ask the sender for the file again"


def verify(untrusted_pdf: bytes, trust: TrustStore, expected: Expected | None, at: datetime) -> Verdict:
    """Judge a PDF as of `at`, against what the register expects where there is one.

    `at` is when the certificates must have been in order: for a registered document the time of
    its ledger entry, which proves that the signed bytes existed then; else now. A trusted time-stamp
    over a signature moves that moment back for whatever the time-stamp covers.

    Raises:
        DocumentMalformed: it is no PDF at all.
        DocumentRefused: it is too large to look at.
    """
    structure.require_pdf(untrusted_pdf)
    # (1) The whole file is the one in the book: nothing below can outweigh this.
    differs = _differs(untrusted_pdf, expected)
    # (2) It can be read, strictly; whatever cannot be read is never good.
    try:
        found = structure.read(untrusted_pdf)
        reports = _reports(found, trust, expected, at)
    except SignatureError as error:
        problem = Message(error.template, error.facts)
        judgement = Judgement.ALTERED if differs else Judgement.UNVERIFIABLE
        return _verdict(judgement, untrusted_pdf, (), (*differs, problem), at=at)
    # (3) Only signature fields, and only those expected; the last signature covers every byte.
    altered = (*differs, *_unexpected(found, expected), *_uncovered(found))
    judgement = _judgement(found, reports, altered, expected)
    remarks = cautions.of(
        reports,
        registered=expected is not None,
        active_content=found.active,
        earlier_version=found.earlier,
        evidence_is_whole=found.evidence.is_whole,
    )
    return _verdict(judgement, untrusted_pdf, reports, (*altered, *found.problems), at=at, remarks=remarks)


def _verdict(  # noqa: PLR0913 - the parts of a verdict
    judgement: Judgement,
    pdf: bytes,
    reports: tuple[SignatureReport, ...],
    problems: tuple[Message, ...],
    *,
    at: datetime,
    remarks: tuple[Message, ...] = (),
) -> Verdict:
    return Verdict(judgement, reports, problems, Digest.of(pdf), len(pdf), at, remarks)


def _reports(
    found: Structure, trust: TrustStore, expected: Expected | None, at: datetime
) -> tuple[SignatureReport, ...]:
    """Report on each signature, the last first: a time-stamp proves when what is under it existed.

    A certificate that has expired since, or a key given up since, does not undo what was signed before.
    """
    # CRLs in the file count when their issuer signed them, as ours do.
    known = replace(trust, crls=(*trust.crls, *found.evidence.crls))
    proofs: list[tuple[FieldSignature, datetime | None]] = []
    reports: list[SignatureReport] = []
    for one in reversed(found.signatures):
        proven = _earliest(*(at for stamp, at in proofs if stamp.covers(one)))
        report = _report(one, found, known, expected, Moment(at, proven))
        reports.append(report)
        if report.kind is Kind.TIME_STAMP and report.intact and report.valid and report.trusted:
            proofs.append((one, report.time))
    return tuple(reversed(reports))


@dataclass(frozen=True, slots=True)
class Moment:
    """As of when a certificate is judged, and whether a time-stamp proves that moment."""

    at: datetime
    proven: datetime | None = None

    @property
    def judged(self) -> datetime:
        """The earlier of the two: what was good then stays good."""
        return self.at if self.proven is None else min(self.at, self.proven)


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _differs(pdf: bytes, expected: Expected | None) -> tuple[Message, ...]:
    if expected is None:
        return ()
    same_size = expected.size_bytes in {None, len(pdf)}
    if same_size and expected.digest in {None, Digest.of(pdf)}:
        return ()
    return (message("the file is not the one in the register"),)


def _unexpected(found: Structure, expected: Expected | None) -> tuple[Message, ...]:
    """Compare the fields with the register: a rollback lacks one, a stranger's signature adds one."""
    if expected is None:
        return ()
    signed = {one.field for one in found.signatures}
    missing = [
        message("the signature {field} is missing", field=f) for f in expected.signers if f not in signed
    ]
    extra = [
        message("the signature {field} is not in the register", field=f)
        for f in sorted(signed - set(expected.signers))
    ]
    empty = [
        message("the empty signature field {field} is not in the register", field=f)
        for f in sorted(found.empty - expected.empty)
    ]
    return (*missing, *extra, *empty)


def _uncovered(found: Structure) -> tuple[Message, ...]:
    if not found.signatures or found.signatures[-1].coverage is Coverage.ENTIRE_FILE:
        return ()
    return (message("something was added after the last signature"),)


def _judgement(
    found: Structure,
    reports: tuple[SignatureReport, ...],
    altered: tuple[Message, ...],
    expected: Expected | None,
) -> Judgement:
    """Weigh the answers, worst first; every signature must pass every question."""
    held = all(report.intact and report.valid and report.permitted for report in reports)
    if altered or not held:
        return Judgement.ALTERED
    if not any(report.kind is Kind.SIGNATURE for report in reports):
        return Judgement.UNSIGNED
    if found.problems:
        return Judgement.UNVERIFIABLE
    if not all(report.trusted for report in reports):
        return Judgement.INTACT_UNTRUSTED
    return Judgement.TRUSTED_UNREGISTERED if expected is None else Judgement.TRUSTED


def _report(
    one: FieldSignature, found: Structure, trust: TrustStore, expected: Expected | None, moment: Moment
) -> SignatureReport:
    if one.kind is Kind.TIME_STAMP:
        return _time_stamp_report(one, found, trust, expected, moment)
    if one.subfilter not in {PADES, PKCS7}:
        raise SignatureMalformed(
            "the signature {field} has a format that is not checked", field=one.field, hint=_HINT
        )
    # (1) Structure of the container.
    signed = signeddata.parse(one.container, padded=True)
    if signed.content_type != "data" or signed.content is not None:
        raise SignatureMalformed("a signature in the PDF carries its own content")
    if one.subfilter == PADES and not signed.names_certificate:
        raise SignatureMalformed("a PAdES signature does not name its certificate")
    # (2) Bytes, then signature.
    digest = one.digest(signed.hash_name)
    intact, valid = signed.intact(digest), signed.valid(digest)
    # (3) Time: what is proven, else what the signer says.
    enclosed = found.evidence.certificates
    stamp = _signature_time_stamp(signed, trust, moment, enclosed)
    stamped = stamp.at if stamp is not None and stamp.trusted else None
    foreign = stamp is not None and not (stamp.intact and stamp.valid)
    proven = _earliest(moment.proven, stamped)
    claimed = one.claimed_at or signed.signing_time
    # (4) Certificate as of then, and whether it is the expected one.
    judged = Moment(moment.at, proven).judged
    assessment = chain.assess(signed.certificate, (*signed.others, *enclosed), trust, judged)
    other_signer = _other_signer(one.field, signed, expected)
    return SignatureReport(
        field=one.field,
        kind=one.kind,
        signer=chain.name_of(signed.certificate.subject),
        certificate=_certificate_digest(signed),
        intact=intact,
        valid=valid and not foreign,
        trusted=not assessment.flaws and not other_signer,
        revocation=assessment.revocation,
        coverage=one.coverage,
        changes=one.changes,
        level=_level(one, found, has_stamp=stamp is not None),
        time=stamped or claimed,
        time_source=_source_of(stamp) if stamped is not None else _claimed_source(claimed),
        reason=one.reason,
        location=one.location,
        problems=(
            *_broken(one, intact=intact, valid=valid),
            *(_foreign_stamp(one) if foreign else ()),
            *(flaw.why for flaw in assessment.flaws),
            *other_signer,
        ),
        permitted=one.permitted,
        proven_at=proven,
    )


def _time_stamp_report(
    one: FieldSignature, found: Structure, trust: TrustStore, expected: Expected | None, moment: Moment
) -> SignatureReport:
    if one.subfilter != DOCUMENT_TIME_STAMP:
        raise SignatureMalformed(
            "the signature {field} has a format that is not checked", field=one.field, hint=_HINT
        )
    stamp = timestamps.read(
        one.container, one.digest, trust, moment.judged, others=found.evidence.certificates, padded=True
    )
    other_signer = _other_signer(one.field, stamp.signed, expected)
    return SignatureReport(
        field=one.field,
        kind=one.kind,
        signer=chain.name_of(stamp.signed.certificate.subject),
        certificate=_certificate_digest(stamp.signed),
        intact=stamp.intact,
        valid=stamp.valid,
        trusted=stamp.trusted and not other_signer,
        revocation=stamp.assessment.revocation,
        coverage=one.coverage,
        changes=one.changes,
        level="DTS",
        time=stamp.at,
        time_source=_source_of(stamp),
        reason="",
        location="",
        problems=(
            *_broken(one, intact=stamp.intact, valid=stamp.valid),
            *(flaw.why for flaw in stamp.assessment.flaws),
            *other_signer,
        ),
        permitted=one.permitted,
        proven_at=_earliest(moment.proven, stamp.at if stamp.trusted else None),
    )


def _certificate_digest(signed: signeddata.SignedData) -> Digest:
    return Digest.of(signed.certificate.public_bytes(Encoding.DER))


def _other_signer(
    field: str, signed: signeddata.SignedData, expected: Expected | None
) -> tuple[Message, ...]:
    """Compare the certificate itself: another authority may issue one with the same name."""
    if expected is None or expected.signers.get(field, None) in {None, _certificate_digest(signed)}:
        return ()
    return (
        message("the field {field} was signed with another certificate than the register names", field=field),
    )


def _signature_time_stamp(
    signed: signeddata.SignedData,
    trust: TrustStore,
    moment: Moment,
    enclosed: tuple[x509.Certificate, ...],
) -> timestamps.TimeStamp | None:
    if signed.time_stamp is None:
        return None

    def digest(hash_name: str) -> bytes:
        return hashlib.new(hash_name, signed.signature).digest()

    return timestamps.read(signed.time_stamp, digest, trust, moment.judged, others=enclosed)


def _level(one: FieldSignature, found: Structure, *, has_stamp: bool) -> str:
    """Name the level by what is there; how far each part holds is said by itself."""
    if one.subfilter != PADES:
        return "CMS"
    archived = any(other.kind is Kind.TIME_STAMP and other.covers(one) for other in found.signatures)
    if not (has_stamp or archived):
        return "B-B"
    if not found.evidence.is_there:
        return "B-T"
    return "B-LTA" if archived else "B-LT"


def _source_of(stamp: timestamps.TimeStamp | None) -> TimeSource:
    if stamp is None or not stamp.trusted:
        return TimeSource.NONE
    return TimeSource.INTERNAL if stamp.internal else TimeSource.TIME_STAMP


def _claimed_source(claimed: datetime | None) -> TimeSource:
    return TimeSource.NONE if claimed is None else TimeSource.SIGNER


def _foreign_stamp(one: FieldSignature) -> tuple[Message, ...]:
    # Nobody signs the place it stands in: one put there from elsewhere must not pass as merely unknown.
    return (message("the time-stamp in the signature {field} does not belong to it", field=one.field),)


def _broken(one: FieldSignature, *, intact: bool, valid: bool) -> tuple[Message, ...]:
    broken: list[Message] = []
    if not intact:
        broken.append(message("the bytes under the signature {field} were changed", field=one.field))
    if not valid:
        broken.append(message("the signature {field} does not hold", field=one.field))
    if not one.permitted:
        broken.append(message("the PDF was changed after the signature {field}", field=one.field))
    return tuple(broken)
