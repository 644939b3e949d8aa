"""Signs a checkpoint of the ledger as a C2SP note, and proves who signed one."""

from securedoc.core.people import Officer, OfficerId
from securedoc.core.protocols import NoteSigner
from securedoc.crypto import signatures
from securedoc.errors import KeyMalformed, LedgerUntrusted, SignatureUntrusted
from securedoc.formats import checkpoint, note
from securedoc.formats.checkpoint import Checkpoint
from securedoc.formats.note import Algorithm, Note, Signature


def key_name(origin: str, officer: OfficerId) -> str:
    """Return the name an officer's key has in the notes of this ledger."""
    return f"{origin}/{officer}"


def sign(stated: Checkpoint, signer: NoteSigner) -> bytes:
    """Sign a checkpoint."""
    text = stated.text()
    signature = Signature(signer.name, signer.key_id, signer.sign(text.encode("utf-8")))
    return Note(text, (signature,)).as_bytes()


def read(untrusted_note: bytes, origin: str) -> tuple[Checkpoint, Note]:
    """Read a signed checkpoint of the ledger `origin`; its signatures are not verified yet.

    Raises:
        LedgerUntrusted: it is not one, or it is another ledger's.
    """
    try:
        stated, opened = checkpoint.open_note(untrusted_note)
    except checkpoint.CheckpointError as error:
        raise LedgerUntrusted("a checkpoint of the ledger is malformed") from error
    if stated.origin != origin:
        raise LedgerUntrusted(
            "a checkpoint belongs to another vault's ledger", hint="check which vault it was taken from"
        )
    return stated, opened


def require_signature(opened: Note, origin: str, officer: Officer) -> None:
    """Prove that `officer` signed the note.

    Raises:
        LedgerUntrusted: there is no signature of theirs, or it does not hold.
    """
    name = key_name(origin, officer.id)
    identifier = note.key_id(name, Algorithm.ED25519, officer.keys.ed25519)
    found = opened.signed_by(name, identifier)
    text = opened.text.encode("utf-8")
    if not found:
        raise LedgerUntrusted("{officer} did not sign this checkpoint", officer=officer.id)
    for each in found:
        require_ed25519(officer, each, text)


def require_ed25519(officer: Officer, untrusted_signature: bytes, message: bytes) -> None:
    """Prove that `officer` signed `message` with Ed25519.

    Raises:
        LedgerUntrusted: the signature does not hold.
    """
    require_key(officer.id, officer.keys.ed25519, untrusted_signature, message)


def require_key(officer: OfficerId, public: bytes, untrusted_signature: bytes, message: bytes) -> None:
    """Prove that the holder of the Ed25519 key `public`, who is `officer`, signed `message`.

    Raises:
        LedgerUntrusted: the signature does not hold.
    """
    try:
        signatures.verify_ed25519(public, untrusted_signature, message)
    except (SignatureUntrusted, KeyMalformed) as error:
        raise LedgerUntrusted("a signature of {officer} does not hold", officer=officer) from error
