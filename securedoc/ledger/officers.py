"""Officers as entries enrol them: their public keys, and where the trust in them begins."""

from collections.abc import Iterator
from typing import Final

from securedoc.core.entries import Act, Entry
from securedoc.core.people import Officer, OfficerId, PublicKeys, Role, officer_id
from securedoc.ledger.facts import FactError, Facts

RECOVERY: Final = OfficerId("recovery")
"""Whoever puts enough recovery shares together signs under this name."""

_KEY_BYTES: Final = {"hpke": 1216, "ed25519": 32, "mldsa44": 1312}


def enrolled(entry: Entry) -> Iterator[Officer]:
    """Yield the officers that an entry enrols: those of the genesis, or the one who joins later.

    Raises:
        FactError: the entry does not describe an officer.
    """
    facts = Facts(entry.facts)
    if entry.act is Act.OFFICER_ENROLLED:
        yield _officer(facts.inner("officer"), entry.sequence)
    elif entry.act is Act.VAULT_CREATED:
        for each in facts.each("officers"):
            yield _officer(each, entry.sequence)
        yield _quorum(facts.inner("recovery"), entry.sequence)


def _officer(facts: Facts, sequence: int) -> Officer:
    try:
        named, role = officer_id(facts.text("id")), Role(facts.text("role"))
    except FactError:
        raise
    except ValueError as error:
        raise FactError("officer") from error
    if named == RECOVERY or role is Role.RECOVERY:
        raise FactError("officer")
    return Officer(
        id=named,
        role=role,
        name=facts.text("name"),
        title=facts.text("title"),
        keys=_keys(facts),
        certificate=facts.octets("certificate"),
        enrolled_by=sequence,
    )


def _quorum(facts: Facts, sequence: int) -> Officer:
    certificate = facts.octets("certificate")
    return Officer(RECOVERY, Role.RECOVERY, "", "", _keys(facts), certificate, sequence)


def _keys(facts: Facts) -> PublicKeys:
    found = {name: facts.octets(name) for name in _KEY_BYTES}
    for name, length in _KEY_BYTES.items():
        if len(found[name]) != length:
            raise FactError(name)
    return PublicKeys(**found)
