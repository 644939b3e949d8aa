"""An opened vault: the one thing that every journey is given."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from securedoc.core.documents import Card, DocumentId, Kind, Level, SealedObject
from securedoc.core.entries import Act, Confirmation
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.officetime import day_of
from securedoc.core.people import Officer, OfficerId, RoleKey
from securedoc.core.protocols import Clock, Progress, Randomness
from securedoc.core.secret import Secret
from securedoc.crypto import hpke
from securedoc.crypto.objects import generate_key
from securedoc.errors import DocumentMalformed, DocumentMissing, KeyRefused, PolicyRefused
from securedoc.formats import canonical
from securedoc.keyring.session import Session
from securedoc.ledger.entrybytes import confirmation_message
from securedoc.ledger.ledger import Ledger
from securedoc.ledger.timing import TimeRule
from securedoc.ledger.writing import Writing
from securedoc.office import authorship
from securedoc.office.card import VaultCard
from securedoc.office.place import Place
from securedoc.policy.policy import Policy, of_day
from securedoc.vault.context import object_context
from securedoc.vault.store import ObjectStore


@dataclass(frozen=True, slots=True)
class Office:
    """An opened vault, and the officer who opened it."""

    place: Place
    card: VaultCard
    policy: Policy
    """The rules of today."""
    packs: tuple[Policy, ...]
    """Every pack of the vault, the last adopted first."""
    clock: Clock
    ledger: Ledger
    objects: ObjectStore
    session: Session
    progress: Progress
    randomness: Randomness

    @property
    def vault_id(self) -> str:
        """32 hexadecimal digits."""
        return self.card.vault

    @property
    def who(self) -> Officer:
        """The officer whose keys are unlocked; proven, since an insider can edit roles in the tables."""
        return self.ledger.trusted_officer(self.session.officer)

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        return self.clock.now()

    @property
    def time_rule(self) -> TimeRule:
        """How far the clock is believed; a training vault is moved through the years on purpose (`--now`)."""
        ahead = None if self.card.training else timedelta(days=self.policy.clock.most_days_ahead)
        return TimeRule(ahead)

    def today(self) -> date:
        """Return the day in the office's time zone."""
        return day_of(self.now())

    def policy_on(self, day: date) -> Policy:
        """Return the rules for a document of that day."""
        return of_day(self.packs, day)

    def permit(self, right: str, level: Level | None = None) -> None:
        """Let the unlocked officer go on with `right`, or refuse.

        Raises:
            PolicyRefused: the policy does not give the officer's role this right.
        """
        self.policy.may(self.who.role, right, level)

    @contextmanager
    def write(self, *, confirming_clock: bool = False) -> Iterator[Writing]:
        """Open a ledger transaction that ends in a checkpoint signed by the unlocked officer.

        Raises:
            LedgerBusy: another process is writing.
            LedgerStale: the clock stands before the last entry, or farther after it than policy believes.
        """
        signer = self.session.note_signer()
        rule = replace(self.time_rule, confirming=confirming_clock)
        with self.ledger.writing(signer, self.session.officer, self.clock, rule) as writing:
            yield writing

    def confirmation(
        self, act: Act, about: DocumentId | None, facts: JsonObject, second: Session
    ) -> Confirmation:
        """Return the consent of a second officer to an act.

        Raises:
            PolicyRefused: the second officer is the first.
            KeyUntrusted: the second officer's keys are not those that were enrolled.
        """
        if second.officer == self.session.officer:
            raise PolicyRefused(
                "{officer} cannot confirm an act of their own",
                officer=second.officer,
                hint="ask another officer to confirm with --second",
            )
        # A consent that nobody could verify would spoil the ledger for good.
        second.check_enrolled(self.ledger.trusted_officer(second.officer))
        proposal = confirmation_message(self.vault_id, act, about, facts)
        return Confirmation(second.officer, second.confirm(proposal))

    def new_document_key(self) -> Secret:
        """Make the key of a new document; `keep_document_key` keeps it."""
        return generate_key(randomness=self.randomness)

    def keep_document_key(
        self, writing: Writing, document: DocumentId, drafter: OfficerId, key: Secret
    ) -> None:
        """Keep a document's key, wrapped for the documents role and for its drafter.

        Call it after the entry that makes the document, in the same transaction. The role key
        is an HPKE private key, so that a drafter who does not hold it can still make a draft
        that the records officer and the signer can open.
        """
        drafter_keys = self.ledger.trusted_officer(drafter).keys
        writing.put_document_key(
            document,
            hpke.seal(self._documents_public(), key.reveal(), role_info(self.vault_id, document)),
            {
                drafter: hpke.seal(
                    drafter_keys.hpke, key.reveal(), drafter_info(self.vault_id, document, drafter)
                )
            },
        )

    def document_key(self, document: DocumentId) -> Secret:
        """Return a document's key.

        Raises:
            KeyRefused: this officer holds no key that unwraps it.
            DocumentMissing: the key was destroyed, or there is no such document.
        """
        kept = self.ledger.document_key(document)
        if self.session.holds(RoleKey.DOCUMENTS):
            role_key = self.session.role_key(RoleKey.DOCUMENTS)
            return hpke.open_sealed(role_key, kept.wrapped, role_info(self.vault_id, document))
        me = self.session.officer
        if me in kept.sealed_to:
            return self.session.open_for_me(kept.sealed_to[me], drafter_info(self.vault_id, document, me))
        raise KeyRefused(
            "{officer} holds no key that opens {document}",
            officer=me,
            document=document,
            hint="ask the records officer, a signer or the drafter of this document",
        )

    def key_opener(self) -> Callable[[DocumentId], Secret]:
        """Return what opens the keys of many documents in a row, each sooner than `document_key`."""
        if not self.session.holds(RoleKey.DOCUMENTS):
            return self.document_key
        opener = hpke.Opener(self.session.role_key(RoleKey.DOCUMENTS))
        return lambda document: opener.open_sealed(
            self.ledger.document_key(document).wrapped, role_info(self.vault_id, document)
        )

    def seal(
        self, document: DocumentId, version: int, kind: Kind, plaintext: bytes, key: Secret
    ) -> SealedObject:
        """Seal one version of a document into the vault.

        Raises:
            DocumentUntrusted: `key` is not the key of this document.
        """
        if any(True for _ in self.ledger.entries(document=document, limit=1)):
            self._require_key(document, key)
        context = object_context(self.vault_id, document, version, kind)
        digest, size_bytes = self.objects.put((plaintext,), key, context)
        return SealedObject(document, version, kind, digest, size_bytes)

    def unseal(self, sealed: SealedObject) -> bytes:
        """Open one sealed object.

        Raises:
            KeyRefused: this officer may not open the document.
            DocumentMissing: the object is not in the vault.
            DocumentUntrusted: the object was altered, truncated or exchanged.
        """
        with self.document_key(sealed.document) as key:
            return self.unseal_with(key, sealed)

    def unseal_with(self, key: Secret, sealed: SealedObject) -> bytes:
        """Open one sealed object with its document's key.

        Raises:
            DocumentMissing, DocumentUntrusted: as `unseal`.
        """
        context = object_context(self.vault_id, sealed.document, sealed.version, sealed.kind)
        return self.objects.open_object(sealed.digest, key, context)

    def latest(self, document: DocumentId, *kinds: Kind) -> SealedObject:
        """Return the newest object of a document that is of one of `kinds`.

        Raises:
            DocumentMissing: it has none.
            DocumentUntrusted, LedgerUntrusted: nobody who may write this document entered it.
        """
        found = [one for one in self.ledger.objects(document) if one.kind in kinds]
        if not found and Kind.SIGNED in kinds:
            raise DocumentMissing(
                "{document} is not signed", document=document, hint="sign it with: securedoc sign ID"
            )
        if not found:
            raise DocumentMissing("{document} has no {kind}", document=document, kind=" or ".join(kinds))
        newest = max(found, key=lambda one: one.version)
        authorship.require(self.ledger, newest)
        return newest

    def card_of(self, document: DocumentId) -> Card:
        """Open the sealed card of a document.

        Raises:
            KeyRefused, DocumentMissing, DocumentUntrusted: see `unseal`.
            DocumentMalformed: what was sealed is not a card.
        """
        opened = self.unseal(self.latest(document, Kind.CARD))
        try:
            return Card.from_json(canonical.decode_object(opened))
        except ValueError as error:
            raise DocumentMalformed("the card of {document} is damaged", document=document) from error

    def _require_key(self, document: DocumentId, key: Secret) -> None:
        # Wrapped keys lie in a table that every officer can edit, and anybody can wrap one: a key is
        # this document's when it opens what is proven to be this document's.
        card = self.latest(document, Kind.CARD)
        context = object_context(self.vault_id, document, card.version, card.kind)
        self.objects.open_object(card.digest, key, context)

    def _documents_public(self) -> bytes:
        # Proven, not merely read: an insider who can edit the ledger must not choose this key.
        return base64.b64decode(str(self.ledger.proven_entry(0).facts["documents_public"]), validate=True)


def role_info(vault: str, document: DocumentId) -> bytes:
    """Return what binds a wrapped document key to its vault and document."""
    return f"securedoc/document-key/v1\n{vault}\n{document}".encode()


def drafter_info(vault: str, document: DocumentId, drafter: OfficerId) -> bytes:
    """Return what binds the drafter's copy of a document key."""
    return f"securedoc/document-key-drafter/v1\n{vault}\n{document}\n{drafter}".encode()
