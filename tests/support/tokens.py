"""Soft tokens: SoftHSM2 with a key and a certificate of the tests' own authority."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from securedoc.core.secret import Secret
from securedoc.signing import tokens
from securedoc.signing.keys import SigningKey
from securedoc.signing.pins import TYPED, PinState
from securedoc.signing.tokens import TokenKey
from securedoc.system import process
from tests.support.system import tool

MODULE = next(
    (
        path
        for path in map(Path, ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"))
        if path.is_file()
    ),
    Path("/usr/lib/softhsm/libsofthsm2.so"),
)
PIN = "654321"
LABEL = "the MAU"
KEY_ID = "a1"


@dataclass(frozen=True)
class SoftToken:
    """One token in a directory of its own."""

    root: Path

    def put(self, key: SigningKey, identifier: str = KEY_ID) -> None:
        """Import a key and its certificate; their labels differ, as on many real tokens."""
        private = load_der_private_key(key.private_key.reveal(), None)
        pem = self.root / "key.pem"
        pem.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        _call(
            *("softhsm2-util", "--import", str(pem), "--token", LABEL, "--id", identifier),
            *("--label", "khoa rieng", "--pin", PIN),
        )
        pem.unlink()
        self.put_certificate(key.certificate, identifier)

    def put_certificate(self, certificate: bytes, identifier: str, label: str = "chung thu") -> None:
        """Write a certificate onto the token."""
        der = self.root / "certificate.der"
        der.write_bytes(certificate)
        _call(
            *("pkcs11-tool", "--module", str(MODULE), "--token-label", LABEL, "--login", "--pin", PIN),
            *("--write-object", str(der), "--type", "cert", "--id", identifier, "--label", label),
        )

    def key(
        self,
        *pins: str,
        allowed: frozenset[PinState] = TYPED,
        may_retry: bool = True,
        seen: list[PinState] | None = None,
    ) -> TokenKey:
        """Return the key, whose PINs are typed one after the other."""
        (found,) = tokens.look(MODULE)
        (held,) = [one for one in found.held if one.id == KEY_ID]
        return TokenKey(MODULE, found, held, typed(pins, seen), allowed, may_retry)


def typed(pins: tuple[str, ...], seen: list[PinState] | None) -> Callable[[PinState], Secret]:
    """Type one PIN after the other; remember how the token stood each time."""
    left = iter(pins)

    def ask(state: PinState) -> Secret:
        if seen is not None:
            seen.append(state)
        return Secret(next(left).encode())

    return ask


def make_token(root: Path, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    """Make an empty token; skip the test where there is no SoftHSM2."""
    tool("softhsm2-util")
    tool("pkcs11-tool")
    if not MODULE.is_file():
        pytest.skip("softhsm2-util is not installed")
    (root / "tokens").mkdir()
    settings = root / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {root / 'tokens'}\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(settings))
    _call("softhsm2-util", "--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", "12345678")
    return SoftToken(root)


def _call(*argv: str) -> None:
    settings = process.inherited(("SOFTHSM2_CONF",))
    done = process.run([tool(argv[0]), *argv[1:]], cwd=Path("/"), timeout_s=60, env=settings)
    assert done.code == 0, (argv[0], done.errors, done.output)
