"""How much of each objects bag on a medium no snapshot needs any more: dead weight, never guessed."""

from collections import Counter
from dataclasses import dataclass

from securedoc.backup import layout
from securedoc.backup.layout import BagName
from securedoc.backup.survey import Survey


@dataclass(frozen=True, slots=True)
class Weight:
    """One objects bag."""

    bag: BagName
    octets: int
    """Of the sealed objects in it."""
    dead: int
    """Of those that no snapshot on the medium names; they stay until the whole bag goes."""


def weights(seen: Survey) -> tuple[Weight, ...]:
    """Return the weight of each bag that some snapshot needs, as far as its list of objects can be used.

    Empty where one snapshot was asked for only, or one cannot be used: what that one needs is not known.
    """
    named: Counter[BagName] = Counter()
    known: set[tuple[BagName, bytes]] = set()
    for snapshot in seen.snapshots:
        placed = snapshot.placed(layout.OBJECT_INDEX)
        if placed is None:
            return ()
        for one in placed:
            key = (one.bag_name, one.digest.value)
            if key not in known:
                known.add(key)
                named[one.bag_name] += one.size_bytes
    found = []
    for bag, examined in sorted(seen.objects.items()):
        held = examined.placed(layout.PACK_INDEX)
        if held is not None:
            total = sum(one.size_bytes for one in held)
            found.append(Weight(bag, total, total - named[bag]))
    return tuple(found)
