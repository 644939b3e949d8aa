"""The certificates we trust without proof, what helps to reach them, and what was revoked."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from securedoc.core.digests import Digest
from securedoc.errors import SignatureMalformed, SignatureMissing
from securedoc.signing import strictx509

MAX_FILE_BYTES: Final = 32 << 20  # CRLs of large public authorities reach a few MiB
MAX_FILES: Final = 256
MAX_MEMBERS: Final = 512
SUFFIXES: Final = frozenset({".pem", ".crt", ".cer", ".der", ".crl"})

_PEM: Final = re.compile(
    rb"-----BEGIN (CERTIFICATE|X509 CRL)-----\r?\n([A-Za-z0-9+/=\r\n]+?)-----END \1-----"
)
_SHOWN: Final = 16
_HINT: Final = "give certificates of authorities, and their CRLs, as PEM or DER"


@dataclass(frozen=True, slots=True)
class TrustStore:
    """Trust anchors, certificates in between, and revocation lists."""

    roots: tuple[x509.Certificate, ...]
    intermediates: tuple[x509.Certificate, ...] = ()
    crls: tuple[x509.CertificateRevocationList, ...] = ()

    @classmethod
    def of(
        cls, *, roots: Iterable[bytes], intermediates: Iterable[bytes] = (), crls: Iterable[bytes] = ()
    ) -> "TrustStore":
        """Build a store from DER; what is named a root is trusted as one.

        Raises:
            SignatureMalformed: something in it is not what it is given as.
        """
        return cls(
            tuple(_authority(der) for der in roots),
            tuple(_authority(der) for der in intermediates),
            tuple(_crl(der) for der in crls),
        )

    @classmethod
    def parse(cls, untrusted_data: bytes) -> "TrustStore":
        """Read one DER certificate or CRL, or a PEM bundle; self-signed authorities are the roots.

        Raises:
            SignatureMalformed: it is neither, or holds something else than authorities and CRLs.
        """
        certificates: list[x509.Certificate] = []
        crls: list[x509.CertificateRevocationList] = []
        for kind, data in _members(untrusted_data):
            if kind == b"CERTIFICATE":
                certificates.append(_authority(data))
            else:
                crls.append(_crl(data))
        roots = tuple(c for c in certificates if _is_self_signed(c))
        return cls(roots, tuple(c for c in certificates if c not in roots), tuple(crls))

    @classmethod
    def load(cls, path: Path) -> "TrustStore":
        """Read a trust file, or every certificate and CRL file directly in a directory.

        Raises:
            SignatureMissing: there is no such file, or no root in it.
            SignatureMalformed: a file in it is damaged or too large.
        """
        store = cls(())
        for file in _files(path):
            store = store.merged(cls.parse(_read(file)))
        if not store.roots:
            raise SignatureMissing("{name} holds no root certificate", name=path.name, hint=_HINT)
        return store

    @property
    def root_names(self) -> tuple[str, ...]:
        """Name each root for people, with the start of its certificate's digest."""
        return tuple(f"{name_of(root.subject)} ({digest_of(root).hex[:_SHOWN]}…)" for root in self.roots)

    def merged(self, other: "TrustStore") -> "TrustStore":
        """Return a store that trusts what either trusts."""
        return TrustStore(
            tuple(dict.fromkeys((*self.roots, *other.roots))),
            tuple(dict.fromkeys((*self.intermediates, *other.intermediates))),
            (*self.crls, *other.crls),
        )


def name_of(name: x509.Name) -> str:
    """Return the words a person knows a certificate's subject by."""
    for oid in (x509.NameOID.COMMON_NAME, x509.NameOID.ORGANIZATION_NAME):
        found = name.get_attributes_for_oid(oid)
        if found:
            return str(found[0].value)
    return name.rfc4514_string()


def digest_of(known: x509.Certificate | x509.CertificateRevocationList) -> Digest:
    """Digest a certificate or list as it is, DER."""
    return Digest.of(known.public_bytes(Encoding.DER))


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())
    if len(files) > MAX_FILES:
        raise SignatureMalformed("{name} holds more than {count} files", name=path.name, count=MAX_FILES)
    return files


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            untrusted_data = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise SignatureMissing("there is no trust file {name}", name=path.name, hint=_HINT) from error
    except OSError as error:
        raise SignatureMissing("the trust file {name} cannot be read", name=path.name) from error
    if len(untrusted_data) > MAX_FILE_BYTES:
        raise SignatureMalformed("{name} is too large for a trust file", name=path.name)
    return untrusted_data


def _members(untrusted_data: bytes) -> list[tuple[bytes, bytes]]:
    if untrusted_data[:1] == b"\x30":
        return [(b"X509 CRL" if _is_crl(untrusted_data) else b"CERTIFICATE", untrusted_data)]
    members = [(match[1], _decoded(match[2])) for match in _PEM.finditer(untrusted_data)]
    # A block we could not read must not vanish silently: it may be the CRL that matters.
    if not members or untrusted_data.count(b"-----BEGIN ") != len(members) or len(members) > MAX_MEMBERS:
        raise SignatureMalformed("the trust file is not certificates and CRLs alone", hint=_HINT)
    return members


def _is_crl(untrusted_der: bytes) -> bool:
    try:
        strictx509.crl(untrusted_der)
    except ValueError:
        return False
    return True


def _decoded(base64_lines: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(base64_lines.split()), validate=True)
    except ValueError as error:
        raise SignatureMalformed("the trust file holds damaged PEM", hint=_HINT) from error


def _authority(untrusted_der: bytes) -> x509.Certificate:
    try:
        certificate = strictx509.certificate(untrusted_der)
    except ValueError as error:
        raise SignatureMalformed("the trust file holds a damaged certificate or CRL", hint=_HINT) from error
    try:
        is_authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        is_authority = False
    if not is_authority:
        raise SignatureMalformed("the trust file holds a certificate that is no authority", hint=_HINT)
    return certificate


def _crl(untrusted_der: bytes) -> x509.CertificateRevocationList:
    try:
        return strictx509.crl(untrusted_der)
    except ValueError as error:
        raise SignatureMalformed("the trust file holds a damaged CRL", hint=_HINT) from error


def _is_self_signed(certificate: x509.Certificate) -> bool:
    if certificate.issuer != certificate.subject:
        return False
    try:
        certificate.verify_directly_issued_by(certificate)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True
