"""Keeps in the ledger what witnesses said of it, and asks them for more."""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from securedoc.core.digests import Digest
from securedoc.core.entries import Act
from securedoc.core.people import Officer, OfficerId
from securedoc.errors import LedgerMalformed, LedgerMissing, LedgerRefused, LedgerStale, LedgerUntrusted
from securedoc.formats import checkpoint
from securedoc.formats.checkpoint import Checkpoint
from securedoc.formats.note import Note
from securedoc.formats.witnessrequest import WitnessRequest
from securedoc.ledger import cosigning
from securedoc.ledger.cosigning import Cosignature
from securedoc.office.office import Office
from securedoc.policy.vocabulary import Right


@dataclass(frozen=True, slots=True)
class Standing:
    """How well the ledger is witnessed."""

    least: int
    """How many witnesses make a checkpoint witnessed."""
    witnesses: tuple[OfficerId, ...]
    """Officers who may witness."""
    size: int
    """Entries of the newest checkpoint that enough of them cosigned; 0 where there is none."""
    at: datetime | None
    """When the last of these cosignatures was made."""
    due_at: datetime
    overdue: bool


def opened(untrusted_note: bytes) -> tuple[Checkpoint, Note]:
    """Read a signed checkpoint; nothing of it is verified yet.

    Raises:
        LedgerMalformed: it is something else.
    """
    try:
        return checkpoint.open_note(untrusted_note)
    except checkpoint.CheckpointError as error:
        raise LedgerMalformed(
            "this is not a signed checkpoint", hint="give the file that `securedoc ledger checkpoint` wrote"
        ) from error


def require_ours(office: Office, stated: Checkpoint) -> None:
    """Accept a checkpoint that states what this ledger was at its size.

    Raises:
        LedgerUntrusted: it is another vault's, or states another history.
        LedgerStale: the ledger is shorter.
    """
    if stated.origin != office.card.origin:
        raise LedgerUntrusted("the checkpoint is of another vault")
    size = office.ledger.head().checkpoint.size
    if stated.size > size:
        raise LedgerStale(
            "the ledger has {size} entries, but there were {known} before",
            size=size,
            known=stated.size,
            hint="an older copy was put back, or the end was cut off: find the newer one",
        )
    if not stated.size or office.ledger.root_at(stated.size) != stated.root:
        raise LedgerUntrusted(
            "the first {n} entries are not the ones that were anchored",
            n=stated.size,
            hint="history was rewritten: stop using this ledger and compare it with the backups",
        )


def ask(office: Office, since: int | None = None) -> WitnessRequest:
    """Return a request to a witness: the head, and the proof that it only added to `since` entries.

    Without `since`, from where the last cosignature stands.

    Raises:
        PolicyRefused: the officer may not hand out checkpoints.
        LedgerMissing: there were never so many entries.
    """
    office.permit("checkpoint")
    kept = (latest(office, each.id) for each in proven_officers(office))
    old = max((word.checkpoint.size for word in kept if word), default=0) if since is None else since
    head = office.ledger.head()
    if old > head.checkpoint.size:
        raise LedgerMissing(
            "the ledger has {size} entries, not {old}",
            size=head.checkpoint.size,
            old=old,
            hint="the witness saw more than there is: run securedoc ledger verify",
        )
    proof = office.ledger.consistency_proof(old, head.checkpoint.size) if old else []
    return WitnessRequest(old, tuple(proof), head.note)


def take_in(office: Office, untrusted_note: bytes) -> tuple[int, ...]:
    """Enter the cosignatures that stand under a checkpoint; return their entries.

    Raises:
        PolicyRefused: the officer may not.
        LedgerMissing: no witness of this vault cosigned it.
        LedgerRefused: all of them are entered already.
        LedgerUntrusted, LedgerStale, LedgerMalformed: it is no checkpoint of this ledger, or forged.
    """
    office.permit("witness-keep")
    stated, signed = opened(untrusted_note)
    require_ours(office, stated)
    words = [
        word
        for officer in witnesses(office)
        for word in cosigning.found(signed, stated, officer.id, officer.keys.mldsa44)
    ]
    if not words:
        raise LedgerMissing(
            "no witness of this vault cosigned this checkpoint",
            hint="give the file that `securedoc ledger witness` wrote",
        )
    for word in words:
        cosigning.require(word, office.ledger.trusted_officer(word.witness).keys.mldsa44)
    entered = enter(office, words)
    if not entered:
        raise LedgerRefused("these cosignatures are in the ledger already")
    return entered


def enter(office: Office, words: Iterable[Cosignature]) -> tuple[int, ...]:
    """Enter proven cosignatures that are not there yet; return their entries."""
    with office.write() as writing:
        new = [word for word in words if not _is_kept(office, word)]
        return tuple(
            writing.append(
                Act.CHECKPOINT_WITNESSED,
                None,
                {
                    "witness": word.witness,
                    "size": word.checkpoint.size,
                    "root": str(Digest(word.checkpoint.root)),
                    "at": word.at.isoformat(),
                    "cosignature": base64.b64encode(word.blob).decode("ascii"),
                },
            ).sequence
            for word in new
        )


def latest(office: Office, witness: OfficerId) -> Cosignature | None:
    """Return a witness's word on the largest checkpoint, as the ledger keeps it; not proven yet."""
    kept = office.ledger.cosignatures(witness)
    return kept[-1] if kept else None


def witnesses(office: Office) -> tuple[Officer, ...]:
    """Return the officers who may witness, proven."""
    roles = office.policy.rights[Right.WITNESS]
    return tuple(each for each in proven_officers(office) if each.role in roles)


def proven_officers(office: Office) -> Iterator[Officer]:
    """Yield every officer whose keys a path of signatures leads to."""
    for officer in office.ledger.officers():
        yield office.ledger.trusted_officer(officer.id)


def standing(office: Office) -> Standing:
    """Say up to where enough witnesses cosigned, and when the next is due."""
    rules = office.policy.witnessing
    able = witnesses(office)
    latest_words = sorted(
        (word for each in able if (word := latest(office, each.id))),
        key=lambda word: word.checkpoint.size,
        reverse=True,
    )
    enough = latest_words[rules.least - 1] if len(latest_words) >= rules.least else None
    at = None if enough is None else min(word.at for word in latest_words[: rules.least])
    due = (at or office.card.created) + timedelta(days=rules.every_days)
    return Standing(
        least=rules.least,
        witnesses=tuple(each.id for each in able),
        size=0 if enough is None else enough.checkpoint.size,
        at=at,
        due_at=due,
        overdue=office.now() > due,
    )


def _is_kept(office: Office, word: Cosignature) -> bool:
    kept = office.ledger.cosignatures(word.witness)
    return any(each.checkpoint.size == word.checkpoint.size for each in kept)
