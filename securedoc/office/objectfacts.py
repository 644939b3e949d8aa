"""How an entry names the sealed objects that an act made."""

from collections.abc import Sequence

from securedoc.core.documents import SealedObject
from securedoc.core.jsonvalue import JsonObject


def facts_of(made: Sequence[SealedObject]) -> list[JsonObject]:
    """Return the `objects` fact of an entry."""
    return [
        {
            "version": one.version,
            "kind": str(one.kind),
            "digest": str(one.digest),
            "size": one.size_bytes,
        }
        for one in made
    ]
