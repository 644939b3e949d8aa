"""Trust in O(log n): from the pinned genesis to an officer, a checkpoint, an entry."""

from securedoc.core.digests import Digest
from securedoc.core.entries import Act, Entry
from securedoc.core.people import Officer, OfficerId, Role
from securedoc.errors import LedgerMalformed, LedgerUntrusted
from securedoc.formats import merkle
from securedoc.ledger import entrybytes, officers, signing, tree
from securedoc.ledger.facts import FactError
from securedoc.ledger.queries import Queries
from securedoc.ledger.rows import Head
from securedoc.ledger.store import Store


class TrustPath:
    """What can be believed without reading the whole ledger, because signatures lead to it.

    The officers of the genesis are trusted because its digest is pinned in every officer's key
    file. A later officer is trusted because a security officer who was trusted before signed the
    checkpoint of the transaction that enrols, and a second trusted officer confirmed it.
    """

    def __init__(self, store: Store, queries: Queries, pin: Digest) -> None:
        self._store = store
        self._queries = queries
        self._proven: Head | None = None
        # Kept: an insider may exchange the ledger under us while it is open.
        self._genesis = self._root(pin)
        self._trusted = {each.id: each for each in _enrolled(self._genesis)}

    def _root(self, pin: Digest) -> Entry:
        body = self._queries.entry_bytes(0)
        if Digest.of(body) != pin:
            raise LedgerUntrusted(
                "the ledger does not begin with the entry that the key files were made with",
                hint="this is another vault's ledger, or its beginning was rewritten",
            )
        try:
            return entrybytes.decode(body)
        except entrybytes.EntryError as error:
            # Its bytes are the pinned ones: a ledger of another format, not an altered one.
            raise LedgerMalformed(
                "the first entry of the ledger is of a format that is not known here",
                hint="open it with the version of securedoc that made it",
            ) from error

    def officer(self, named: OfficerId) -> Officer:
        """Return an officer whose keys are proven.

        Raises:
            LedgerMissing: nobody of that name was enrolled.
            LedgerUntrusted: no path of signatures leads to these keys.
        """
        if named not in self._trusted:
            self._trusted[named] = self._follow(named, self._queries.officer(named).enrolled_by)
        return self._trusted[named]

    def _follow(self, named: OfficerId, sequence: int) -> Officer:
        # 1. Who enrolled did so, and was an officer before: the path ends at the genesis.
        entry, security = self.authored(sequence)
        confirmed_by = None if entry.second is None else entry.second.officer
        if entry.act is not Act.OFFICER_ENROLLED or confirmed_by in {None, entry.who, named}:
            raise LedgerUntrusted("{officer} was not enrolled by two officers", officer=named)
        # 2. Who enrols is a security officer.
        if security.role is not Role.SECURITY:
            raise LedgerUntrusted("{officer} was not enrolled by a security officer", officer=named)
        # 3. The second officer was one before too, and signed exactly this act.
        second = self._before(confirmed_by, sequence)
        require_confirmation(entry, second, self._queries.origin)
        return next(each for each in _enrolled(entry) if each.id == named)

    def authored(self, sequence: int) -> tuple[Entry, Officer]:
        """Return an entry, and the officer in whose name it stands, who is proven to have written it.

        Raises:
            LedgerMissing: there is no signed entry of that number.
            LedgerUntrusted: it was altered, or stands in the name of somebody who did not write it.
        """
        # 1. It is in the tree that the checkpoint of its transaction states, which its author signed.
        head = self._queries.checkpoint_after(sequence)
        entry = self._included(sequence, head)
        author = self._before(entry.who, sequence)
        self._require_signed(head, author)
        # 2. What the author signed began before it. Who signs states the whole tree, and so also what
        #    an insider put there in the author's name: the last entry says which ones are the author's.
        last = self._included(head.checkpoint.size - 1, head)
        if (last.who, last.first) != (entry.who, entry.first):
            raise LedgerUntrusted(
                "entry {n} stands in the name of {officer}, who did not write it",
                n=sequence,
                officer=entry.who,
            )
        return entry, author

    def confirmed(self, sequence: int) -> tuple[Entry, Officer, Officer | None]:
        """Return an entry, its author, and the other officer who consented to it where one did.

        Raises:
            LedgerMissing, LedgerUntrusted: see `authored`; or the consent does not hold.
        """
        entry, author = self.authored(sequence)
        if entry.second is None:
            return entry, author, None
        if entry.second.officer == entry.who:
            raise LedgerUntrusted("entry {n} lacks its second confirmation", n=sequence)
        second = self._before(entry.second.officer, sequence)
        require_confirmation(entry, second, self._queries.origin)
        return entry, author, second

    def _before(self, named: OfficerId | None, sequence: int) -> Officer:
        # Enrolled strictly earlier, so the recursion ends.
        if named is None or self._queries.officer(named).enrolled_by >= sequence:
            raise LedgerUntrusted("an officer acted before being enrolled")
        return self.officer(named)

    def head(self) -> Head:
        """Return the last checkpoint, its signature proven: once for each checkpoint."""
        note = self._queries.head_note()
        if self._proven is None or self._proven.note != note:
            head = self._queries.head()
            self._require_signed(head, self.officer(head.signer))
            self._proven = head
        return self._proven

    def signed(self, head: Head) -> None:
        """Remember a checkpoint that this process has just signed and committed."""
        self._proven = head

    def entry(self, sequence: int) -> Entry:
        """Return an entry, proven to be in the tree of the last checkpoint.

        Raises:
            LedgerMissing: there is none of that number.
            LedgerUntrusted: the proof does not hold.
        """
        return self._genesis if sequence == 0 else self._included(sequence, self.head())

    def _included(self, sequence: int, head: Head) -> Entry:
        body, stated = self._queries.entry_bytes(sequence), head.checkpoint
        try:
            path = tree.inclusion(self._store, sequence, stated.size)
            merkle.verify_inclusion(merkle.leaf_hash(body), sequence, stated.size, path, stated.root)
        except merkle.MerkleError as error:
            raise LedgerUntrusted("entry {n} is not the one that was signed", n=sequence) from error
        return self._queries.entry(sequence)

    def _require_signed(self, head: Head, officer: Officer) -> None:
        _, opened = signing.read(head.note, self._queries.origin)
        signing.require_signature(opened, self._queries.origin, officer)


def require_confirmation(entry: Entry, second: Officer, origin: str) -> None:
    """Prove that `second` consented to the act of an entry.

    Raises:
        LedgerUntrusted: the entry has no confirmation of theirs, or it does not hold.
    """
    if entry.second is None or entry.second.officer != second.id:
        raise LedgerUntrusted("entry {n} lacks its second confirmation", n=entry.sequence)
    vault = origin.rpartition("/")[2]
    message = entrybytes.confirmation_message(
        vault, entry.act, entry.about, entry.facts, entry.second.request
    )
    signing.require_ed25519(second, entry.second.signature, message)


def _enrolled(entry: Entry) -> list[Officer]:
    try:
        return list(officers.enrolled(entry))
    except FactError as error:
        raise LedgerUntrusted("entry {n} enrols nobody", n=entry.sequence) from error
