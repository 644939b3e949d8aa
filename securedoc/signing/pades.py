"""Signs PDFs: PAdES B-B and B-T, all fields made first, each result read back before it is believed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography import x509
from pyhanko.pdf_utils.generic import DictionaryObject, pdf_name
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import (
    FieldMDPAction,
    FieldMDPSpec,
    MDPPerm,
    SigFieldSpec,
    SigSeedSubFilter,
    append_signature_field,
)
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from securedoc.core.digests import Digest
from securedoc.core.officetime import OFFICE_TIME
from securedoc.errors import (
    DocumentMalformed,
    SecuredocError,
    SignatureFailed,
    SignatureMalformed,
    SignatureMissing,
    SignatureRefused,
)
from securedoc.signing import cades, chain, structure, verdict
from securedoc.signing.fields import AUTHOR_FIELD, MARK_PREFIX, SEAL_FIELD, Box
from securedoc.signing.judgement import Coverage, Judgement
from securedoc.signing.keys import DocumentKey, SigningKey
from securedoc.signing.revising import Revision
from securedoc.signing.trust import TrustStore

__all__ = ["AUTHOR_FIELD", "SEAL_FIELD", "Box", "SignedPdf", "SigningKey", "prepare_fields", "sign"]


_UNBROKEN: Final = frozenset({Judgement.TRUSTED, Judgement.TRUSTED_UNREGISTERED, Judgement.INTACT_UNTRUSTED})


@dataclass(frozen=True, slots=True)
class SignedPdf:
    """A PDF right after a signature of ours, read back and found to hold."""

    pdf: bytes
    field: str
    certificate: Digest
    """Of the signer's certificate, DER."""

    @property
    def digest(self) -> Digest:
        """Digest of the whole file."""
        return Digest.of(self.pdf)


def prepare_fields(pdf: bytes, fields: Mapping[str, Box | None]) -> bytes:
    """Make every signature field that the document will ever have; None is an invisible one.

    A certified document admits no new fields, so this comes before the first signature.

    Raises:
        DocumentMalformed: the PDF cannot be read strictly, or lacks a page that a box names.
        SignatureRefused: it has form fields already.
    """
    structure.require_pdf(pdf)
    found = structure.read(pdf)
    if found.signatures or found.empty or found.problems:
        raise SignatureRefused(
            "the PDF has form fields already", hint="finalise the document again, then sign it"
        )
    writer = Revision.over(pdf)
    marks = [name for name in fields if name.startswith(MARK_PREFIX)]
    for name, box in fields.items():
        try:
            append_signature_field(writer, _specification(name, box, marks))
        except (PdfError, IndexError, ValueError) as error:
            raise DocumentMalformed("the PDF has no page for the field {field}", field=name) from error
    return writer.written()


def sign(  # noqa: PLR0913 - what a signature states, each part said by name
    pdf: bytes,
    field: str,
    key: DocumentKey,
    *,
    signed_at: datetime,
    reason: str,
    location: str,
    certify: bool,
    appearance: bytes | None,
    stamper: cades.Stamper | None = None,
) -> SignedPdf:
    """Sign in a prepared field; the author certifies, the seal comes last and locks the document.

    `appearance` is a PDF of one page that is drawn in the field's box. With a `stamper` the level is
    B-T, without one B-B.

    Raises:
        DocumentMalformed: the PDF or the appearance cannot be read.
        SignatureMissing: there is no such field.
        SignatureRefused: the field is signed already, the document is locked, or the certificate
            was not in order at `signed_at`.
        KeyMalformed: the key cannot be used.
        KeyUntrusted: the key is not the certificate's.
        SignatureFailed: the result did not verify.
    """
    certificate, private = key.opened()
    _require_fit(certificate, signed_at)
    _require_ready(structure.read(pdf), field, certify=certify)
    writer = Revision.over(pdf)
    placeholder = SignatureObject(
        bytes_reserved=2
        * cades.size_bytes(key.certificate, private, key.chain, stamper),  # as hexadecimal digits
        subfilter=SigSeedSubFilter.PADES,
        timestamp=signed_at.astimezone(OFFICE_TIME),
        reason=reason,
        location=location,
    )
    steps = PdfCMSEmbedder().write_cms(field, writer, existing_fields_only=True)
    dictionary = next(steps).get_object()
    if appearance is not None:
        _draw(writer, dictionary, appearance)
    steps.send(SigObjSetup(placeholder, _restrictions(dictionary, certify=certify)))
    prepared, output = steps.send(SigIOSetup(md_algorithm=cades.HASH_NAME))
    steps.send(cades.build(prepared.document_digest, key.certificate, private, key.chain, stamper))
    signed = SignedPdf(output.getvalue(), field, key.certificate_digest)
    read_back(signed, signed_at)
    return signed


def _specification(name: str, box: Box | None, marks: list[str]) -> SigFieldSpec:
    seal = name == SEAL_FIELD
    # The seal locks every field and permits no change at all after it, but for our own stamps: each of
    # them is a signature over the whole file, in a field that was there before the first.
    lock = FieldMDPSpec(FieldMDPAction.EXCLUDE, fields=marks) if marks else FieldMDPSpec(FieldMDPAction.ALL)
    allowed = MDPPerm.FILL_FORMS if marks else MDPPerm.NO_CHANGES
    return SigFieldSpec(
        name,
        on_page=0 if box is None else box.page,
        box=None if box is None else (box.x0, box.y0, box.x1, box.y1),  # type: ignore[arg-type]  # floats are fine
        field_mdp_spec=lock if seal else None,
        doc_mdp_update_value=allowed if seal else None,
    )


def _require_fit(certificate: x509.Certificate, signed_at: datetime) -> None:
    # A store without roots finds no path; every other flaw is the certificate's own.
    flaws = chain.assess(certificate, (), TrustStore(()), signed_at).flaws
    for flaw in flaws:
        if flaw.kind is not chain.FlawKind.NO_PATH:
            raise SignatureRefused(flaw.why.template, hint=None, **flaw.why.facts)


def _require_ready(found: structure.Structure, field: str, *, certify: bool) -> None:
    if any(one.field == field for one in found.signatures):
        raise SignatureRefused("the field {field} is signed already", field=field)
    if field not in found.empty:
        raise SignatureMissing(
            "the PDF has no signature field {field}", field=field, hint="prepare the fields before signing"
        )
    if certify and found.signatures:
        raise SignatureRefused("only the first signature can certify a document")
    # Whatever came after an earlier signature would be taken under the wing of this one.
    if found.signatures and found.signatures[-1].coverage is not Coverage.ENTIRE_FILE:
        raise SignatureRefused("the PDF was changed after its last signature", hint="sign the document anew")
    sealed = any(one.field == SEAL_FIELD for one in found.signatures)
    if sealed and not field.startswith(MARK_PREFIX):
        raise SignatureRefused("the document is sealed; nothing can be added to it")
    if field.startswith(MARK_PREFIX) and not found.signatures:
        raise SignatureRefused("a stamp is put on a document that is signed, not before")


def _restrictions(dictionary: Any, *, certify: bool) -> SigMDPSetup:
    if "/Lock" in dictionary:
        lock = dictionary["/Lock"]
        return SigMDPSetup(
            md_algorithm=cades.HASH_NAME,
            certify=certify,
            field_lock=FieldMDPSpec.from_pdf_object(lock),
            docmdp_perms=MDPPerm(int(lock["/P"])),
        )
    return SigMDPSetup(
        md_algorithm=cades.HASH_NAME, certify=certify, docmdp_perms=MDPPerm.FILL_FORMS if certify else None
    )


def _draw(writer: Revision, dictionary: Any, appearance: bytes) -> None:
    try:
        page = writer.import_page_as_xobject(structure.open_strictly(appearance))
    except (SignatureMalformed, PdfError, KeyError, IndexError, TypeError, AssertionError) as error:
        raise DocumentMalformed("the look of the signature is not a PDF page") from error
    dictionary[pdf_name("/AP")] = DictionaryObject({pdf_name("/N"): page})


def read_back(signed: SignedPdf, signed_at: datetime) -> None:
    """Verify with other code than signed: a fault in either must not leave the house.

    Raises:
        SignatureFailed: what was made does not verify, or is not the last thing in the file.
    """
    try:
        # Whom to trust is not asked here: the caller knows, and asks it again.
        result = verdict.verify(signed.pdf, TrustStore(()), None, signed_at)
    except SecuredocError as error:
        raise SignatureFailed("the signature just made cannot be read back") from error
    last = result.signatures[-1] if result.signatures else None
    if (
        result.judgement not in _UNBROKEN
        or last is None
        or last.field != signed.field
        or last.certificate != signed.certificate
    ):
        raise SignatureFailed("the signature just made does not verify", hint="try again; keep the document")
