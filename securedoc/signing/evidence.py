"""Reads the document security store (DSS) of a PDF: certificates and CRLs that somebody put beside it.

Nothing in it is believed for being there: certificates only help to find a path to a root of ours, and a
CRL counts when the issuer that it speaks for signed it.
"""

from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509

from securedoc.signing import strictx509

MAX_CERTIFICATES: Final = 32
MAX_CRLS: Final = 32
MAX_BYTES: Final = 32 << 20  # CRLs of large public authorities reach a few MiB


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the store holds."""

    is_there: bool = False
    certificates: tuple[x509.Certificate, ...] = ()
    crls: tuple[x509.CertificateRevocationList, ...] = ()
    is_whole: bool = True
    """Everything in it could be read, and is of a kind that we evaluate."""


def read(root: Any) -> Evidence:
    """Read the store of a document catalogue.

    Raises:
        ValueError, TypeError, KeyError: it is not built as a store is.
    """
    if "/DSS" not in root:
        return Evidence()
    store = root["/DSS"]
    certificates, crls, is_whole = [], [], "/OCSPs" not in store
    for untrusted_der in _streams(store, "/Certs", MAX_CERTIFICATES):
        try:
            certificates.append(strictx509.certificate(untrusted_der))
        except ValueError:
            is_whole = False
    for untrusted_der in _streams(store, "/CRLs", MAX_CRLS):
        try:
            crls.append(strictx509.crl(untrusted_der))
        except ValueError:
            is_whole = False
    return Evidence(is_there=True, certificates=tuple(certificates), crls=tuple(crls), is_whole=is_whole)


def _streams(store: Any, key: str, limit: int) -> list[bytes]:
    untrusted = store[key] if key in store else ()  # noqa: SIM401 - pyHanko's `get` does not follow references
    if len(untrusted) > limit:
        raise ValueError("too much in the security store")
    found = [bytes(stream.get_object().data) for stream in untrusted]
    if sum(map(len, found)) > MAX_BYTES:
        raise ValueError("too much in the security store")
    return found
