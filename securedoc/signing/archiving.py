"""Adds what a signed PDF needs to be verified years later: certificates, CRLs, and a time-stamp over all.

ETSI EN 319 142-1: a document security store (DSS) makes B-LT, a document time-stamp over it B-LTA. The
same step, taken again before the last time-stamp's certificate ends, renews the proof.
"""

from collections.abc import Iterable
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, StreamObject, pdf_name
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp

from securedoc.errors import SignatureRefused
from securedoc.signing import cades, pades, signeddata, structure
from securedoc.signing.authority import Authority
from securedoc.signing.judgement import Coverage, Kind
from securedoc.signing.revising import Revision
from securedoc.signing.structure import FieldSignature, Structure
from securedoc.signing.trust import TrustStore

TIME_STAMP_FIELD: Final = "DauThoiGian"
"""Fields of document time-stamps; a number follows."""


def archive(pdf: bytes, trust: TrustStore, authority: Authority) -> pades.SignedPdf:
    """Embed certificates and CRLs of every signature, and time-stamp the whole file.

    Raises:
        SignatureMalformed: the PDF cannot be read strictly.
        SignatureRefused: it is not signed, something follows its last signature, or it holds the most
            signatures there may be.
        SignatureFailed: the result did not verify.
    """
    found = structure.read(pdf)
    _require_ready(found)
    writer = Revision.over(pdf)
    _supply_store(writer, found, trust, authority)
    field = f"{TIME_STAMP_FIELD}{1 + sum(one.kind is Kind.TIME_STAMP for one in found.signatures)}"
    steps = PdfCMSEmbedder().write_cms(field, writer)
    next(steps)
    place = DocumentTimestamp(bytes_reserved=2 * authority.size_bytes)  # as hexadecimal digits
    steps.send(SigObjSetup(place))
    prepared, output = steps.send(SigIOSetup(md_algorithm=cades.HASH_NAME))
    steps.send(authority.token(prepared.document_digest))
    stamped = pades.SignedPdf(output.getvalue(), field, authority.key.certificate_digest)
    pades.read_back(stamped, authority.at)
    return stamped


def _require_ready(found: Structure) -> None:
    if not any(one.kind is Kind.SIGNATURE for one in found.signatures):
        raise SignatureRefused("the PDF is not signed", hint="sign it first")
    if found.signatures[-1].coverage is not Coverage.ENTIRE_FILE:
        raise SignatureRefused("the PDF was changed after its last signature", hint="sign the document anew")
    if len(found.signatures) >= structure.MAX_SIGNATURES:
        raise SignatureRefused("the PDF has too many signatures")


def _supply_store(writer: Revision, found: Structure, trust: TrustStore, authority: Authority) -> None:
    certificates, crls = _evidence(found, trust, authority)
    # The store only grows: taking something out of it would look like an attack, and be one.
    if "/DSS" in writer.root:
        store = writer.root["/DSS"]
    else:
        store = DictionaryObject()
        writer.root[pdf_name("/DSS")] = writer.add_object(store)
        writer.update_root()  # type: ignore[no-untyped-call]
    _append(writer, store, "/Certs", certificates, _ders(found.evidence.certificates))
    _append(writer, store, "/CRLs", crls, _ders(found.evidence.crls))


def _evidence(found: Structure, trust: TrustStore, authority: Authority) -> tuple[list[bytes], list[bytes]]:
    """Return what leads from each signer to a root of ours, roots too, and every list that speaks of them."""
    enclosed: list[x509.Certificate] = []
    for one in found.signatures:
        enclosed += _enclosed(one)
    own = (authority.key.certificate, *authority.key.chain)
    enclosed += [x509.load_der_x509_certificate(der) for der in own]
    known = [*enclosed]
    while True:
        wanted = {certificate.issuer for certificate in known}
        more = [c for c in (*trust.intermediates, *trust.roots) if c.subject in wanted and c not in known]
        if not more:
            break
        known += more
    crls = [crl for crl in trust.crls if crl.issuer in {certificate.issuer for certificate in known}]
    return _unique(c.public_bytes(Encoding.DER) for c in known), _unique(
        crl.public_bytes(Encoding.DER) for crl in crls
    )


def _enclosed(one: FieldSignature) -> list[x509.Certificate]:
    signed = signeddata.parse(one.container, padded=True)
    inner = [] if signed.time_stamp is None else [signeddata.parse(signed.time_stamp)]
    return [c for data in (signed, *inner) for c in (data.certificate, *data.others)]


def _ders(known: Iterable[x509.Certificate | x509.CertificateRevocationList]) -> set[bytes]:
    return {one.public_bytes(Encoding.DER) for one in known}


def _unique(ders: Iterable[bytes]) -> list[bytes]:
    return list(dict.fromkeys(ders))


def _append(writer: Revision, store: Any, key: str, wanted: list[bytes], present: set[bytes]) -> None:
    missing = [der for der in wanted if der not in present]
    if not missing:
        return
    if key in store:
        array = store[key]
    else:
        array = ArrayObject()
        store[pdf_name(key)] = array
    for der in missing:
        array.append(writer.add_object(StreamObject(stream_data=der)))
    writer.update_container(array)
    writer.update_container(store)
