"""Writes the files that make a medium ours: identity, authority, instructions; one rename publishes them."""

import base64
from dataclasses import replace
from pathlib import Path
from typing import Final

from securedoc.backup import layout
from securedoc.backup.identity import Identity
from securedoc.backup.instructions import instructions
from securedoc.backup.writing import Sign
from securedoc.core.digests import Digest
from securedoc.system import files

_PEM_LINE: Final = 64


def write_registration(root: Path, identity: Identity, authority: bytes, sign: Sign) -> Identity:
    """Make the directory for a vault's bags on the medium at `root`, and return the identity as signed.

    Raises:
        FileExistsError: there is one already.
        OSError: the medium failed; at most a partial directory remains.
    """
    target = root / layout.set_name(identity.vault)
    partial = root / (layout.PARTIAL + target.name)
    pem = as_pem(authority)
    text = instructions(
        vault=identity.vault,
        medium=identity.medium,
        label=identity.label,
        office=identity.office,
        directory=target.name,
        authority=Digest.of(pem),
    )
    signed = replace(identity, files={layout.AUTHORITY: Digest.of(pem), layout.INSTRUCTIONS: Digest.of(text)})
    files.remove_tree(partial)  # of a registration that was interrupted
    files.make_dirs(partial)
    contents = {
        layout.AUTHORITY: pem,
        layout.INSTRUCTIONS: text,
        layout.IDENTITY: signed.as_bytes(),
        layout.IDENTITY_SIGNATURE: sign(signed.as_bytes()),
    }
    for name, data in contents.items():
        files.write_new(partial / name, data)
    files.rename_durable(partial, target)
    return signed


def as_pem(certificate: bytes) -> bytes:
    """Spell a DER certificate as PEM, for `openssl`."""
    text = base64.b64encode(certificate).decode("ascii")
    lines = [text[at : at + _PEM_LINE] for at in range(0, len(text), _PEM_LINE)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""]).encode()
