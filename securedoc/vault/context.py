"""What a sealed object is bound to: its vault, its document, its version and its kind."""

from securedoc.core.documents import DocumentId, Kind
from securedoc.formats import canonical

OBJECT_FORMAT = "securedoc/object/1"


def object_context(vault: str, document: DocumentId, version: int, kind: Kind) -> bytes:
    """Spell the encryption context; an object moved to another place no longer opens."""
    return canonical.encode(
        {
            "format": OBJECT_FORMAT,
            "vault": vault,
            "document": document,
            "version": version,
            "kind": str(kind),
        }
    )
