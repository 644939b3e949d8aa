"""Loads certificates and revocation lists whole, so that damage shows here and nowhere later."""

import warnings
from collections.abc import Callable
from typing import Final, TypeVar

from asn1crypto import x509 as asn1_x509
from cryptography import x509

Loaded = TypeVar("Loaded")

MAX_EXTENSIONS: Final = 64


def certificate(untrusted_der: bytes) -> x509.Certificate:
    """Load a certificate with its key and extensions.

    Raises:
        ValueError: any part of it is damaged, or of a kind that we cannot use.
    """
    return _strictly(_certificate, untrusted_der)


def crl(untrusted_der: bytes) -> x509.CertificateRevocationList:
    """Load a revocation list with its extensions.

    Raises:
        ValueError: any part of it is damaged.
    """
    return _strictly(_crl, untrusted_der)


def _strictly(load: Callable[[bytes], Loaded], untrusted_der: bytes) -> Loaded:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about old encodings: they are judged, not logged
            return load(untrusted_der)
    # The library reads lazily and answers damage with a dozen kinds of exception.
    except Exception as error:
        raise ValueError("damaged X.509") from error


def _certificate(untrusted_der: bytes) -> x509.Certificate:
    loaded = x509.load_der_x509_certificate(untrusted_der)
    names = loaded.subject, loaded.issuer
    loaded.public_key()
    # A count of unused bits in front of the issuer's signature is outside of what it signs.
    outer = asn1_x509.Certificate.load(untrusted_der, strict=True)
    whole_bytes = outer["signature_value"].contents[:1] == b"\x00"
    lives = loaded.not_valid_before_utc <= loaded.not_valid_after_utc
    if not (all(names) and lives and whole_bytes and loaded.serial_number > 0):
        raise ValueError("certificate")
    if len(loaded.extensions) > MAX_EXTENSIONS:
        raise ValueError("certificate")
    return loaded


def _crl(untrusted_der: bytes) -> x509.CertificateRevocationList:
    loaded = x509.load_der_x509_crl(untrusted_der)
    dated = loaded.next_update_utc is None or loaded.last_update_utc <= loaded.next_update_utc
    if not (loaded.issuer and dated) or len(loaded.extensions) > MAX_EXTENSIONS:
        raise ValueError("CRL")
    return loaded
