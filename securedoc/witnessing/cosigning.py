"""Cosigns a checkpoint, once it is proven to add to what the witness saw last and to nothing less."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from securedoc.core.people import OfficerId, PublicKeys
from securedoc.errors import LedgerMalformed, LedgerMissing, LedgerStale, LedgerUntrusted
from securedoc.formats import merkle, note, witnessrequest
from securedoc.formats.checkpoint import Checkpoint
from securedoc.formats.note import Algorithm, Note
from securedoc.keyring.session import Session
from securedoc.ledger import cosigning, signing
from securedoc.ledger.cosigning import Cosignature
from securedoc.office.office import Office
from securedoc.witnessing import keeping, memory
from securedoc.witnessing.memory import Memory

CLOCKS_APART: Final = timedelta(minutes=5)
"""Two machines whose clocks are set by hand: a witness's own may stand a little behind the other."""

Proof = Callable[[int, int], Sequence[bytes]]
"""Gives the consistency proof between two sizes."""


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A checkpoint that was cosigned."""

    checkpoint: Checkpoint
    note: bytes
    """With the cosignature under it."""
    at: datetime
    since: int
    """How many entries the witness had seen before; 0 where none."""
    remembered: bool
    """Whether the witness's own memory was there to compare with, beside the vault's."""
    entry: int | None
    """Where it stands in the ledger; None where it is still to be taken there."""


def cosign_here(office: Office, state: Path | None, untrusted_note: bytes | None = None) -> Witnessed:
    """Cosign the head of the vault, or the checkpoint in `untrusted_note`, and enter it.

    Raises:
        PolicyRefused: the officer is no witness.
        LedgerStale: the ledger is behind what the witness saw: it was rolled back; or the clock was.
        LedgerUntrusted: it is another history than the witness saw: a fork.
        LedgerMalformed: what was given is no checkpoint.
        LedgerFailed: the witness's memory cannot be read or written; nothing was cosigned.
    """
    office.permit("witness")
    own = office.session
    signed = office.ledger.head().note if untrusted_note is None else untrusted_note
    stated, opened = keeping.opened(signed)
    keeping.require_ours(office, stated)
    remembered = None if state is None else memory.load(state)
    words = list(_own_words(office, remembered))
    for word in words:
        _continues(word.checkpoint, stated, office.ledger.consistency_proof)
    made = _sign(own, stated, office.now(), words)
    text = _noted(opened, made, own.public)
    if state is not None:
        # Before anybody can have the cosignature: a witness never forgets what it has said.
        signers = {each.id: each.keys.ed25519 for each in keeping.proven_officers(office)}
        memory.save(state, Memory(own.officer, text, signers))
    entered = keeping.enter(office, [made])
    since = max((word.checkpoint.size for word in words), default=0)
    return Witnessed(stated, text, made.at, since, remembered is not None, entered[0] if entered else None)


def cosign_apart(own: Session, untrusted_request: bytes, state: Path, now: datetime) -> Witnessed:
    """Cosign what a request asks for, without the vault: by the witness's own key and memory alone.

    Raises:
        LedgerMalformed: it is no request.
        LedgerMissing: the witness has no memory of this vault yet.
        LedgerStale: the request does not begin where the witness's memory ends, or goes back behind it.
        LedgerUntrusted: it is another vault's, another history, or signed by nobody the witness knows.
        LedgerFailed: the memory cannot be read or written; nothing was cosigned.
    """
    try:
        request = witnessrequest.parse(untrusted_request)
    except witnessrequest.RequestError as error:
        raise LedgerMalformed(
            "this is not a request to a witness",
            hint="ask the office for: securedoc ledger checkpoint --request FILE",
        ) from error
    stated, opened = keeping.opened(request.checkpoint)
    remembered = memory.load(state)
    if remembered is None:
        raise LedgerMissing(
            "this witness has seen no checkpoint of this vault yet",
            hint="begin at the office's machine: securedoc ledger witness --state FILE",
        )
    if stated.origin != f"securedoc/{own.vault}":
        raise LedgerUntrusted("the checkpoint is of another vault than the key")
    word = _remembered_word(remembered, stated.origin, own.officer, own.public)
    _require_known_signer(opened, stated, remembered)
    seen = word.checkpoint
    if stated.size > seen.size and request.old != seen.size:
        raise LedgerStale(
            "the request begins at {old} entries, but this witness saw {seen}",
            old=request.old,
            seen=seen.size,
            hint="ask the office for: securedoc ledger checkpoint --request FILE --since {seen}",
        )
    _continues(seen, stated, lambda _old, _new: request.proof)
    made = _sign(own, stated, now, [word])
    text = _noted(opened, made, own.public)
    memory.save(state, Memory(own.officer, text, remembered.signers))
    return Witnessed(stated, text, made.at, seen.size, remembered=True, entry=None)


def _own_words(office: Office, remembered: Memory | None) -> Iterator[Cosignature]:
    """Yield what this witness said last: by its own memory, and by the vault's."""
    own = office.session
    if remembered is not None:
        yield _remembered_word(remembered, office.card.origin, own.officer, own.public)
    kept = keeping.latest(office, own.officer)
    if kept is not None:
        cosigning.require(kept, own.public.mldsa44)
        yield kept


def _remembered_word(memory_: Memory, origin: str, who: OfficerId, public: PublicKeys) -> Cosignature:
    """Return what a memory says that its owner cosigned, once the owner's signature proves it."""
    memory.require_origin(memory_, origin)
    if memory_.witness != who:
        raise LedgerUntrusted(
            "what is said to be seen by {officer} is the memory of {other}",
            officer=who,
            other=memory_.witness,
            hint="name your own file with --state",
        )
    stated, opened = keeping.opened(memory_.note)
    for word in cosigning.found(opened, stated, who, public.mldsa44):
        cosigning.require(word, public.mldsa44)
        return word
    raise LedgerUntrusted(
        "what is said to be seen by {officer} bears no cosignature of theirs",
        officer=who,
        hint="name your own file with --state",
    )


def _require_known_signer(opened: Note, stated: Checkpoint, remembered: Memory) -> None:
    for officer, public in remembered.signers.items():
        name = signing.key_name(stated.origin, officer)
        for signature in opened.signed_by(name, note.key_id(name, Algorithm.ED25519, public)):
            signing.require_key(officer, public, signature, opened.text.encode("utf-8"))
            return
    raise LedgerUntrusted(
        "the checkpoint is signed by no officer whom this witness knows",
        hint="an officer may be new: witness once at the office's machine, with the same --state",
    )


def _continues(seen: Checkpoint, stated: Checkpoint, proof: Proof) -> None:
    if stated.size < seen.size:
        raise LedgerStale(
            "the checkpoint has {size} entries, but this witness saw {seen} before",
            size=stated.size,
            seen=seen.size,
            hint="an older copy of the vault was put back: stop, and tell the head of the office",
        )
    try:
        hashes = proof(seen.size, stated.size)
        merkle.verify_consistency(seen.size, seen.root, stated.size, stated.root, hashes)
    except merkle.MerkleError as error:
        raise LedgerUntrusted(
            "the {size} entries do not continue the {seen} that this witness saw",
            size=stated.size,
            seen=seen.size,
            hint="history was rewritten or forked: cosign nothing, and tell the head of the office",
        ) from error


def _sign(own: Session, stated: Checkpoint, now: datetime, words: Sequence[Cosignature]) -> Cosignature:
    last = max((word.at for word in words), default=now)
    if last > now + CLOCKS_APART:
        raise LedgerStale(
            "the clock was set back: it says {now}, this witness signed at {last}",
            now=now.isoformat(timespec="seconds"),
            last=last.isoformat(timespec="seconds"),
            hint="set the clock of this machine right, then try again",
        )
    # A word is never dated before the word before it.
    return Cosignature(own.officer, stated, own.witness().sign(stated, max(now, last)))


def _noted(opened: Note, made: Cosignature, public: PublicKeys) -> bytes:
    line = cosigning.line(made, public.mldsa44)
    others = tuple(each for each in opened.signatures if each.name != line.name)
    return Note(opened.text, (*others, line)).as_bytes()
