"""The policy packs of a vault: the first, and those that two officers adopted since.

The pack of the ceremony lies at `policy/<pack>.toml`, each later one at `policy/<digest>/<pack>.toml`: none
is ever written over. Which of them count, and since when, the ledger says.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from securedoc.core.digests import Digest
from securedoc.core.entries import Act, Entry
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.officetime import day_of
from securedoc.core.people import Officer
from securedoc.errors import LedgerUntrusted, PolicyFailed, PolicyRefused, PolicyUntrusted
from securedoc.ledger import trust
from securedoc.ledger.ledger import Ledger
from securedoc.office import consent
from securedoc.office.card import VaultCard
from securedoc.office.deferred import Second
from securedoc.office.office import Office
from securedoc.office.place import Place
from securedoc.policy import packs
from securedoc.policy.policy import Policy, of_day
from securedoc.policy.values import values
from securedoc.system import files


@dataclass(frozen=True, slots=True)
class Change:
    """One value that an adoption changes."""

    path: str
    before: str | None
    """None where the old pack has no such value."""
    after: str | None


@dataclass(frozen=True, slots=True)
class Adopted:
    """A pack that was adopted, or would be."""

    policy: Policy
    current: bool
    """Whether its rules hold today: else it is for documents of its own time."""
    changes: tuple[Change, ...]
    """Against the pack in force; none where it is for another time."""
    entry: int | None
    """None in a dry run."""


def founding_policy(place: Place, card: VaultCard) -> Policy:
    """Load the pack of the ceremony from the vault's own copy.

    Raises:
        PolicyMissing, PolicyMalformed: the copy cannot be read.
        PolicyUntrusted: it is not the pack that was adopted.
    """
    return _held(place.policy / f"{card.policy_pack}.toml", card.policy_digest)


def adopted_policies(place: Place, card: VaultCard, ledger: Ledger) -> tuple[Policy, ...]:
    """Load every pack of the vault, the last adopted first.

    Raises:
        PolicyMissing, PolicyMalformed, PolicyUntrusted: a copy is gone, or is not the one adopted.
        LedgerUntrusted: an adoption was not made by two officers.
    """
    found = [founding_policy(place, card)]
    for entry in tuple(ledger.of_acts({Act.POLICY_ADOPTED})):
        _require_right(ledger, ledger.authored_entry(entry.sequence), of_day(found, day_of(entry.at)))
        found.insert(0, _of(place, entry))
    return tuple(found)


def adopt(office: Office, untrusted_pack: bytes, name: str, second: Second, *, dry_run: bool) -> Adopted:
    """Adopt a pack, by two officers; its bytes are kept in the vault before the entry is written.

    Raises:
        PolicyRefused: the officer may not, nobody confirmed, or this pack was adopted already.
        PolicyMalformed: it breaks the format.
        PolicyFailed: it cannot be kept.
    """
    office.permit("policy-adopt")
    policy = packs.parse(untrusted_pack, name=name)
    if any(policy.digest == known.digest for known in office.packs):
        raise PolicyRefused(
            "the pack {pack} {version} was adopted already",
            pack=policy.pack.name,
            version=policy.pack.version,
        )
    _refuse_lost_levels(office, policy)
    today = office.today()
    current = of_day((policy, *office.packs), today) is policy
    changes = tuple(_changes(office.policy, policy)) if current else ()
    if dry_run:
        return Adopted(policy, current, changes, None)
    facts: JsonObject = {
        "pack": policy.pack.name,
        "version": policy.pack.version,
        "digest": str(policy.digest),
        "before": str(office.policy.digest),
        "levels_without_abstract": list(policy.levels_without_abstract()),
    }
    consented = consent.second(office, "policy-adopt", Act.POLICY_ADOPTED, None, facts, session=second)
    _keep(office.place, policy, untrusted_pack)
    with office.write() as writing:
        entry = writing.append(Act.POLICY_ADOPTED, None, facts, consented)
    return Adopted(policy, current, changes, entry.sequence)


def _refuse_lost_levels(office: Office, policy: Policy) -> None:
    """A level that documents bear must have rules under the new pack too."""
    used = {row.level for row in office.ledger.documents()}
    lost = sorted(used - set(policy.levels))
    if lost:
        raise PolicyRefused(
            "the pack {pack} has no level {level}, which documents of this vault bear",
            pack=policy.pack.name,
            level=lost[0],
            hint="add the level to the pack, then adopt it",
        )


def _changes(before: Policy, after: Policy) -> Iterator[Change]:
    old = {value.path: str(value.value) for value in values(before)}
    new = {value.path: str(value.value) for value in values(after)}
    for path in sorted(old.keys() | new.keys()):
        if old.get(path) != new.get(path):
            yield Change(path, old.get(path), new.get(path))


def _keep(place: Place, policy: Policy, data: bytes) -> None:
    path = _path(place, policy.pack.name, policy.digest)
    try:
        files.make_dirs(path.parent)
        files.replace(path, data)
    except OSError as error:
        raise PolicyFailed(
            "the pack {pack} cannot be kept in the vault: {reason}",
            pack=policy.pack.name,
            reason=error.strerror or "",
            hint="free some space, then adopt it again; nothing was changed",
        ) from error


def _require_right(ledger: Ledger, authored: tuple[Entry, Officer], before: Policy) -> None:
    """Prove that two officers adopted a pack, who might by the pack before it.

    Without it, whoever holds the ledger key could give themselves every right.
    """
    entry, author = authored
    if entry.second is None:
        raise LedgerUntrusted("entry {n} adopts a policy without a second officer", n=entry.sequence)
    second = ledger.trusted_officer(entry.second.officer)
    trust.require_confirmation(entry, second, ledger.origin)
    try:
        before.may(author.role, "policy-adopt")
        before.may_confirm(second.role, "policy-adopt")
    except PolicyRefused as error:
        raise LedgerUntrusted(
            "entry {n} adopts a policy, but {officer} and {second} may not",
            n=entry.sequence,
            officer=author.id,
            second=second.id,
            hint="ask both officers how it came about; run: securedoc audit run",
        ) from error
    if second.id == author.id:
        raise LedgerUntrusted("entry {n} was confirmed by nobody who could", n=entry.sequence)


def _of(place: Place, entry: Entry) -> Policy:
    digest = Digest.parse(str(entry.facts["digest"]))
    return _held(_path(place, str(entry.facts["pack"]), digest), digest)


def _path(place: Place, name: str, digest: Digest) -> Path:
    return place.policy / digest.value.hex() / f"{name}.toml"


def _held(path: Path, digest: Digest) -> Policy:
    policy = packs.load(path)
    if policy.digest != digest:
        raise PolicyUntrusted(
            "the policy pack {pack} in the vault is not the one that was adopted",
            pack=policy.pack.name,
            hint="compare it with the pack that securedoc came with; a pack changes only by: "
            "securedoc policy adopt",
        )
    return policy
