"""Makes a vault: the key ceremony, the first entry of the ledger, and the directory, whole or not at all."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.entries import Act, Entry
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import OfficerId, RoleKey
from securedoc.core.protocols import Clock, Randomness
from securedoc.core.secret import Secret
from securedoc.crypto.passphrase import DEFAULT_COST, KdfCost
from securedoc.errors import LedgerBusy, LedgerRefused
from securedoc.keyring import ceremony
from securedoc.ledger import entrybytes
from securedoc.ledger.ledger import Ledger
from securedoc.office.card import VaultCard
from securedoc.office.place import Place
from securedoc.policy import packs
from securedoc.policy.policy import Policy
from securedoc.system import claiming, files

VAULT_ID_BYTES = 16
USUAL_SYMBOLS: Final[Mapping[tuple[str, ...], str]] = {
    ("ủy", "ban", "nhân", "dân"): "UBND",
    ("uỷ", "ban", "nhân", "dân"): "UBND",
    ("hội", "đồng", "nhân", "dân"): "HĐND",
}
"""Abbreviated alike, whatever the place is called."""


@dataclass(frozen=True, slots=True)
class Founding:
    """What the people at the ceremony decided."""

    office: str
    place: str
    symbol: str
    superior: str
    unit: str
    pack: str
    people: tuple[ceremony.Person, ...]
    threshold: int
    shares: int
    training: bool
    cost: KdfCost = DEFAULT_COST


@dataclass(frozen=True, slots=True)
class Founded:
    """What came of it."""

    card: VaultCard
    checkpoint: str
    """The first signed checkpoint, to be kept outside."""


def found(
    place: Place,
    founding: Founding,
    *,
    hand_out: Callable[[tuple[Secret, ...]], None],
    clock: Clock,
    randomness: Randomness,
) -> Founded:
    """Hold the key ceremony and make the vault at `place`.

    `hand_out` is given the recovery shares before the vault exists: a vault whose shares were
    lost on the way is worse than shares of a vault that never came to be.

    Raises:
        LedgerRefused: something is there already.
        LedgerBusy: another ceremony is being held for this place.
        KeyRefused: the people or the quorum do not do (see `ceremony.prepare`).
        PolicyMissing, PolicyMalformed: the pack cannot be used.
    """
    refuse_impossible(place.root, founding.pack)
    pack_bytes = packs.read(packs.root() / f"{founding.pack}.toml")
    policy = packs.parse(pack_bytes, name=founding.pack)
    vault = randomness(VAULT_ID_BYTES).hex()
    now = clock.now()
    card = VaultCard(
        vault=vault,
        office=founding.office,
        place=founding.place,
        symbol=founding.symbol,
        superior=founding.superior,
        unit=founding.unit,
        training=founding.training,
        policy_pack=policy.pack.name,
        policy_version=policy.pack.version,
        policy_digest=policy.digest,
        created=now,
    )
    plan = ceremony.Plan(
        vault=vault,
        office=founding.office,
        people=founding.people,
        threshold=founding.threshold,
        shares=founding.shares,
        cost=founding.cost,
    )
    prepared = ceremony.prepare(plan, now=now, randomness=randomness)
    genesis = Entry(
        sequence=0,
        at=now,
        who=prepared.who,
        act=Act.VAULT_CREATED,
        about=None,
        facts=_genesis_facts(card, policy, prepared.facts),
    )
    building = Place(place.root.parent / f".{place.root.name}.partial")
    # What an interrupted ceremony left is sealed, and worth nothing; what another one is making is not ours.
    with _claimed(building.root):
        refuse_impossible(place.root, founding.pack)  # the other one may have ended just now
        _lay_out(building)
        files.write_new(building.vault_file, card.as_bytes())
        files.write_new(building.policy / f"{policy.pack.name}.toml", pack_bytes)
        ceremony.write(prepared.seal(Digest.of(entrybytes.encode(genesis))), building.keyring)
        checkpoint = _first_checkpoint(building, card, prepared, genesis)
        hand_out(prepared.shares)
        if place.root.exists():
            files.remove_dir(place.root)
        files.rename_durable(building.root, place.root)
    return Founded(card, checkpoint)


@contextmanager
def _claimed(root: Path) -> Iterator[None]:
    with ExitStack() as held:
        try:
            held.enter_context(claiming.claimed(root))
        except BlockingIOError as error:
            raise LedgerBusy(
                "another process is making a vault here",
                hint="wait until it has ended, or name another place",
            ) from error
        yield


def refuse_impossible(root: Path, pack: str) -> None:
    """Refuse what would make the ceremony fail, before anybody is asked for a passphrase.

    Raises:
        LedgerRefused: something is there already.
        PolicyMissing, PolicyMalformed: the pack cannot be used.
    """
    packs.pack(pack)
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise LedgerRefused(
            "{path} is not empty",
            path=root.name,
            hint="name an empty or a new directory with --vault",
        )


def _genesis_facts(card: VaultCard, policy: Policy, keys: JsonObject) -> JsonObject:
    said = {name: value for name, value in card.as_json().items() if name != "created"}
    return {
        **said,
        **keys,
        "policy": {
            "pack": card.policy_pack,
            "version": card.policy_version,
            "digest": str(card.policy_digest),
            "levels_without_abstract": list(policy.levels_without_abstract()),
        },
    }


def symbol_of(office: str) -> str:
    """Guess an agency's abbreviation: a usual one, a word in capitals, else the initials of its words."""
    words = unicodedata.normalize("NFC", office).split()
    for name, symbol in USUAL_SYMBOLS.items():
        if [word.casefold() for word in words[: len(name)]] == list(name):
            return symbol
    capitals = [word for word in words if len(word) > 1 and word.isupper()]
    return capitals[0] if capitals else "".join(word[0] for word in words).upper()


def _lay_out(building: Place) -> None:
    for directory in (
        building.keyring,
        building.objects,
        building.policy,
        building.journal,
        building.trust,
        building.anchors,
    ):
        files.make_dirs(directory)


def _first_checkpoint(building: Place, card: VaultCard, prepared: ceremony.Prepared, genesis: Entry) -> str:
    who: OfficerId = prepared.who
    with Ledger.create(
        building.ledger,
        prepared.role_key(RoleKey.LEDGER),
        card.origin,
        genesis=genesis,
        signer=prepared.note_signer(who),
        head=building.head,
    ) as ledger:
        return ledger.head().note.decode("utf-8")
