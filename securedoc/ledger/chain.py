"""Follows a ledger from its genesis, entry by entry: what may come next, and who signed it.

No I/O: bytes go in, trust grows, and the first thing that does not hold raises.
"""

from collections.abc import Callable

from securedoc.core.digests import Digest
from securedoc.core.entries import Act, Entry
from securedoc.core.people import Officer, OfficerId, Role
from securedoc.errors import LedgerUntrusted
from securedoc.formats import note
from securedoc.formats.checkpoint import Checkpoint
from securedoc.formats.merkle import Frontier, leaf_hash
from securedoc.formats.note import Algorithm
from securedoc.ledger import entrybytes, officers, signing
from securedoc.ledger.facts import FactError
from securedoc.ledger.trust import require_confirmation

Node = tuple[int, int, bytes]
Prove = Callable[[Officer, bytes, bytes], None]
"""Proves that an officer made a signature over a message, now or later."""


class Chain:
    """The state of trust after the entries so far."""

    def __init__(self, origin: str, pin: Digest, prove: Prove = signing.require_ed25519) -> None:
        """Begin before the genesis; whoever gives a `prove` that proves later waits for it to end."""
        self._origin = origin
        self._pin = pin
        self._prove = prove
        self._frontier = Frontier()
        self._pending: list[Entry] = []
        self._signers: dict[OfficerId, tuple[str, bytes]] = {}
        self.officers: dict[OfficerId, Officer] = {}
        self.transactions = 0
        self._last: Entry | None = None

    @property
    def size(self) -> int:
        """How many entries were followed."""
        return self._frontier.size

    @property
    def root(self) -> bytes:
        """The root of the tree over them."""
        return self._frontier.root()

    def add(self, untrusted_body: bytes) -> tuple[Entry, bytes, list[Node]]:
        """Follow the next entry; return it, its leaf hash, and the nodes of the tree it completed.

        Raises:
            LedgerUntrusted: it cannot stand here.
        """
        # 1. Canonical bytes of an entry, with the number of its place: no gap, nothing reordered.
        entry = self._read(untrusted_body)
        # 2. Never dated before the entry before it.
        if self._last is not None and entry.at < self._last.at:
            raise LedgerUntrusted("entry {n} is dated before the entry before it", n=entry.sequence)
        # 3. The first is the one every key file pins; there is no second beginning.
        if entry.sequence == 0:
            self._begin(entry, untrusted_body)
        elif entry.act is Act.VAULT_CREATED:
            raise LedgerUntrusted("entry {n} begins a vault that has begun", n=entry.sequence)
        # 4. Whoever confirmed was an officer, another one, and signed exactly this.
        if entry.second is not None:
            self._confirm(entry)
        # 5. Officers join by two officers, one of them of security.
        if entry.act is Act.OFFICER_ENROLLED:
            self._may_enrol(entry)
        self._last = entry
        self._pending.append(entry)
        leaf = leaf_hash(untrusted_body)
        return entry, leaf, self._frontier.append(leaf)

    def close(self, untrusted_note: bytes) -> tuple[Checkpoint, Officer]:
        """Follow the checkpoint that ends a transaction; return it and who signed it.

        Raises:
            LedgerUntrusted: it states something else, or the officer who acted did not sign it.
        """
        # 6. It states the tree as it is here.
        stated, opened = signing.read(untrusted_note, self._origin)
        if stated.size != self.size or not self._pending:
            raise LedgerUntrusted("a checkpoint of {n} entries ends no transaction", n=stated.size)
        if stated.root != self._frontier.root():
            raise LedgerUntrusted("the first {n} entries are not the ones that were signed", n=stated.size)
        # 7. One officer did all of the transaction, was enrolled before it, and signed it. An insider
        #    with the ledger key can write entries in another's name, but not this signature.
        who = {entry.who for entry in self._pending}
        signer = self.officers.get(next(iter(who)))
        if len(who) != 1 or signer is None:
            raise LedgerUntrusted(
                "the entries before {n} were written by nobody who was an officer", n=stated.size
            )
        self._require_signature(opened, signer)
        # 8. All of them say that they began where this transaction begins. Without it, an insider
        #    could write in a colleague's name, and remove the checkpoint between it and what the
        #    colleague signed next.
        began = self._pending[0].sequence
        if any(entry.first != began for entry in self._pending):
            raise LedgerUntrusted("the entries before {n} are not of one transaction", n=stated.size)
        # 9. Who joined may act from the next transaction on.
        self._enrol()
        self.transactions += 1
        return stated, signer

    def finish(self) -> None:
        """Say that nothing comes any more.

        Raises:
            LedgerUntrusted: there was no entry, or the last ones are signed by nobody.
        """
        if self._last is None:
            raise LedgerUntrusted("the ledger is empty", hint="restore it from the last backup")
        if self._pending:
            raise LedgerUntrusted("the entries from {n} on are signed by nobody", n=self._pending[0].sequence)

    def _read(self, untrusted_body: bytes) -> Entry:
        try:
            entry = entrybytes.decode(untrusted_body)
        except entrybytes.EntryError as error:
            raise LedgerUntrusted("entry {n} is malformed", n=self.size) from error
        if entry.sequence != self.size:
            raise LedgerUntrusted(
                "entry {n} stands where entry {place} belongs", n=entry.sequence, place=self.size
            )
        return entry

    def _begin(self, entry: Entry, body: bytes) -> None:
        if entry.act is not Act.VAULT_CREATED or Digest.of(body) != self._pin:
            raise LedgerUntrusted(
                "the ledger does not begin with the entry that the key files were made with",
                hint="this is another vault's ledger, or its beginning was rewritten",
            )
        self._join(entry)

    def _confirm(self, entry: Entry) -> None:
        second = None if entry.second is None else self.officers.get(entry.second.officer)
        if second is None or second.id == entry.who:
            raise LedgerUntrusted("entry {n} was confirmed by nobody who could", n=entry.sequence)
        require_confirmation(entry, second, self._origin)

    def _may_enrol(self, entry: Entry) -> None:
        security = self.officers.get(entry.who)
        if security is None or security.role is not Role.SECURITY or entry.second is None:
            raise LedgerUntrusted("entry {n} enrols without the two officers it takes", n=entry.sequence)

    def _enrol(self) -> None:
        for entry in self._pending:
            if entry.act is Act.OFFICER_ENROLLED:
                self._join(entry)
        self._pending.clear()

    def _join(self, entry: Entry) -> None:
        try:
            joining = list(officers.enrolled(entry))
        except FactError as error:
            raise LedgerUntrusted("entry {n} enrols nobody", n=entry.sequence) from error
        for officer in joining:
            if officer.id in self.officers:
                raise LedgerUntrusted("{officer} was enrolled twice", officer=officer.id)
            self.officers[officer.id] = officer

    def _require_signature(self, opened: note.Note, signer: Officer) -> None:
        if signer.id not in self._signers:
            name = signing.key_name(self._origin, signer.id)
            self._signers[signer.id] = name, note.key_id(name, Algorithm.ED25519, signer.keys.ed25519)
        found = opened.signed_by(*self._signers[signer.id])
        if not found:
            raise LedgerUntrusted("{officer} did not sign the {n} entries", officer=signer.id, n=self.size)
        for each in found:
            self._prove(signer, each, opened.text.encode("utf-8"))
