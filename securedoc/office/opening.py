"""Opens a vault: card, keys, ledger, commitments, policy, in the order in which each trusts the last."""

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from securedoc.core.jsonvalue import JsonObject
from securedoc.core.officetime import day_of
from securedoc.core.people import OfficerId, RoleKey
from securedoc.core.protocols import Clock, Progress, Randomness
from securedoc.core.secret import Secret
from securedoc.errors import KeyMalformed, LedgerUntrusted
from securedoc.keyring import unlocking
from securedoc.keyring.session import Session
from securedoc.ledger.ledger import Ledger
from securedoc.office import adopting
from securedoc.office.card import VaultCard, read
from securedoc.office.office import Office
from securedoc.office.place import Place
from securedoc.policy.policy import of_day
from securedoc.vault.store import ObjectStore


@contextmanager
def open_office(  # noqa: PLR0913 - what comes from outside arrives as an argument
    place: Place,
    officer: OfficerId,
    passphrase: Secret,
    *,
    clock: Clock,
    progress: Progress,
    randomness: Randomness,
    read_only: bool = False,
) -> Iterator[Office]:
    """Open the vault at `place` with one officer's passphrase.

    Raises:
        LedgerMissing: there is no vault.
        KeyMissing, KeyRefused, KeyMalformed: the officer's keys do not open.
        KeyUntrusted: a role key was exchanged, or the key file is not the one that was enrolled.
        LedgerUntrusted, LedgerStale: the ledger does not hold, or was rolled back.
        PolicyUntrusted: the policy pack is not the one adopted.
    """
    read(place)  # says that there is no vault before a passphrase is worked on
    with (
        unlocking.unlock(place.keyring, officer, passphrase) as session,
        open_with(
            session, place, clock=clock, progress=progress, randomness=randomness, read_only=read_only
        ) as office,
    ):
        yield office


@contextmanager
def open_untrusted(place: Place, officer: OfficerId, passphrase: Secret) -> Iterator[tuple[Session, Ledger]]:
    """Open the ledger at `place` for checking only: nothing in it is believed yet.

    Raises:
        LedgerMissing: there is no vault, or no ledger in it.
        LedgerMalformed: what lies there is no ledger of this key.
        KeyMissing, KeyRefused, KeyMalformed: the officer's keys do not open.
    """
    card = read(place)
    with (
        unlocking.unlock(place.keyring, officer, passphrase) as session,
        Ledger.open(
            place.ledger,
            session.role_key(RoleKey.LEDGER),
            f"securedoc/{session.vault}",
            head=place.head,
            read_only=True,
        ) as ledger,
    ):
        _refuse_foreign(session, card)
        yield session, ledger


@contextmanager
def open_with(  # noqa: PLR0913 - what comes from outside arrives as an argument
    session: Session,
    place: Place,
    *,
    clock: Clock,
    progress: Progress,
    randomness: Randomness,
    read_only: bool = False,
) -> Iterator[Office]:
    """Open the vault at `place` with keys that are already unlocked.

    Raises:
        see `open_office`.
    """
    # (1) The public card: says which vault this claims to be.
    card = read(place)
    _refuse_foreign(session, card)
    # (2) The ledger key, and the ledger under it.
    with Ledger.open(
        place.ledger,
        session.role_key(RoleKey.LEDGER),
        card.origin,
        head=place.head,
        read_only=read_only,
    ) as ledger:
        # (3) The ledger begins with the entry that this officer's key file pins, and its
        #     checkpoint is signed by an officer whom a path of signatures leads to from there.
        ledger.trust(session.genesis_pin)
        genesis = ledger.proven_entry(0).facts
        _refuse_altered_card(card, genesis)
        # (4) Every role key is the one committed to at the ceremony: an exchanged grant, which
        #     would make us seal new documents to a stranger's key, is refused here.
        session.check_commitments(commitments(genesis))
        # (5) The keys of this session are those that were enrolled: an interrupted enrolment leaves
        #     key files that the ledger does not know.
        session.check_enrolled(ledger.trusted_officer(session.officer))
        # (6) The packs are those that the ledger adopted, byte for byte; today's rules are among them.
        found = adopting.adopted_policies(place, card, ledger)
        yield Office(
            place=place,
            card=card,
            policy=of_day(found, day_of(clock.now())),
            packs=found,
            clock=clock,
            ledger=ledger,
            objects=ObjectStore(place.objects),
            session=session,
            progress=progress,
            randomness=randomness,
        )


def _refuse_foreign(session: Session, card: VaultCard) -> None:
    if session.vault != card.vault:
        raise LedgerUntrusted(
            "the key file of {officer} belongs to another vault than vault.json says",
            officer=session.officer,
            hint="put back the vault.json or the keyring of this vault from its last backup",
        )


def _refuse_altered_card(card: VaultCard, genesis: JsonObject) -> None:
    """Hold the public card against the first entry: `vault.json` itself is signed by nobody.

    Without this, whoever can write to the disk could exchange the policy together with the card,
    or make a real vault a training one, which accepts any clock.
    """
    for name, value in card.as_json().items():
        said = genesis.get(name)
        if name == "policy" and isinstance(said, Mapping) and isinstance(value, Mapping):
            said = {key: said.get(key) for key in value}
        if name != "created" and said != value:
            raise LedgerUntrusted(
                "vault.json does not say what the first entry of the ledger says: {name}",
                name=name,
                hint="put back the vault.json of this vault from its last backup",
            )


def commitments(genesis: JsonObject) -> dict[str, bytes]:
    """Return what the first entry committed to, for each role key.

    Raises:
        KeyMalformed: it holds nothing of that form.
    """
    untrusted = genesis.get("commitments")
    if not isinstance(untrusted, Mapping):
        raise KeyMalformed("the first entry of the ledger holds no key commitments")
    try:
        return {name: base64.b64decode(str(value), validate=True) for name, value in untrusted.items()}
    except ValueError as error:
        raise KeyMalformed("the first entry of the ledger holds no key commitments") from error
