"""Gathers what the vault's documents are recognised by, as far as the officer's keys open them."""

from array import array
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.documents import Card, DocumentId, Kind, SealedObject
from securedoc.core.people import RoleKey
from securedoc.core.secret import Secret
from securedoc.core.text import Message, message
from securedoc.crypto.derive import subkey
from securedoc.crypto.objects import CHUNK_BYTES, PREFIX_BYTES, TAG_BYTES
from securedoc.documents import pdftext
from securedoc.errors import DocumentError, DocumentUntrusted, KeyRefused
from securedoc.formats import canonical
from securedoc.office.office import Office
from securedoc.tracing import cache
from securedoc.tracing.cache import Record
from securedoc.tracing.fingerprints import Index, Printer, Prints, prints
from securedoc.tracing.names import Names, subject_print
from securedoc.tracing.past import Past
from securedoc.tracing.unpacking import Unpacker

_WITH_TEXT: Final = frozenset({Kind.DRAFT, Kind.SCAN})
"""A final or signed PDF says what its draft says; that it is copied whole, its digest in the ledger tells."""
_WHOLE: Final = frozenset({Kind.FINAL, Kind.SIGNED, Kind.SCAN})
_CHECKED: Final = 4
"""Kept objects that each scan takes anew, chosen at random, to hold the kept ones against."""
MOST_PAGES: Final = 500


@dataclass(slots=True)
class Gathered:
    """Everything that a file is held against."""

    names: Names
    past: Past
    owners: list[DocumentId] = field(default_factory=list)
    index: Index = field(default_factory=Index)
    printer: Printer | None = None
    """None: this officer's keys open no document, and no content is compared."""
    whole: dict[int, dict[bytes, DocumentId]] = field(default_factory=dict)
    """Keyed digests of plaintexts by their size."""
    sizes: dict[int, DocumentId] = field(default_factory=dict)
    """Sizes that a finished document may have, whose plain digests the ledger knows."""
    unopened: int = 0
    """Objects that should have opened and did not."""
    rebuilt: Message | None = None
    """Why the kept fingerprints were not believed."""
    taken: int = 0
    """Objects that were fingerprinted now."""
    all_documents: bool = False
    """This officer's keys open every document, not only drafts of their own."""


def gather(office: Office, *, afresh: bool = False) -> Gathered:
    """Gather; with the documents key from what is kept, adding to it; `afresh` believes nothing kept.

    Raises:
        LedgerError: the ledger does not hold.
    """
    rows = office.ledger.documents()
    gathered = Gathered(Names(rows), Past.read(office.ledger))
    for sealed in office.ledger.objects():
        if sealed.kind in _WHOLE:
            for size in plain_sizes(sealed.size_bytes):
                gathered.sizes[size] = sealed.document
    if office.session.holds(RoleKey.DOCUMENTS):
        gathered.all_documents = True
        _Gathering(office, gathered).all(afresh=afresh)
        return gathered
    own = [row.id for row in rows if row.drafter == office.session.officer]
    if own:
        _Gathering(office, gathered).only(own)
    return gathered


class _Gathering:
    """One gathering, under one pair of keys."""

    def __init__(self, office: Office, gathered: Gathered) -> None:
        self._office = office
        self._gathered = gathered
        self._number: dict[DocumentId, int] = {}
        self._known: dict[DocumentId, set[int]] = {}
        self._subjects: list[tuple[int, int, DocumentId]] = []
        self._fresh: list[Record] = []

    def all(self, *, afresh: bool) -> None:
        """Take in every document, from what is kept as far as it goes."""
        office = self._office
        role_key = office.session.role_key(RoleKey.DOCUMENTS)
        with (
            subkey(role_key, f"fingerprints/key\n{office.vault_id}") as key,
            subkey(role_key, f"fingerprints/cache\n{office.vault_id}") as sealing,
        ):
            self._gathered.printer = Printer(key)
            kept = {} if afresh else self._kept(sealing)
            wanted = [one for one in office.ledger.objects() if one.kind in _WITH_TEXT | {Kind.CARD}]
            if kept and not self._holds(kept, wanted):
                self._gathered.rebuilt = message("what was kept differs from the documents; it was made anew")
                kept = {}
            records = list(self._records(wanted, kept))
            if self._fresh or len(records) != len(kept) or self._gathered.rebuilt is not None:
                with suppress(OSError):  # the next scan takes longer, nothing else
                    cache.keep(office.place.fingerprints, sealing, office.vault_id, records)
        self._finish()

    def only(self, documents: list[DocumentId]) -> None:
        """Take in these documents, under a key that nobody keeps."""
        with Secret(self._office.randomness(32)) as key:
            self._gathered.printer = Printer(key)
            wanted = [
                one
                for document in documents
                for one in self._office.ledger.objects(document)
                if one.kind in _WITH_TEXT | {Kind.CARD}
            ]
            for _record in self._records(wanted, {}):
                pass
        self._finish()

    def _kept(self, sealing: Secret) -> Mapping[Digest, Record]:
        try:
            return cache.load(self._office.place.fingerprints, sealing, self._office.vault_id)
        except FileNotFoundError:
            return {}
        except (DocumentUntrusted, OSError):
            self._gathered.rebuilt = message("what was kept did not open; it was made anew")
            return {}

    def _holds(self, kept: Mapping[Digest, Record], wanted: list[SealedObject]) -> bool:
        """Take a few kept objects anew, and tell whether they are what was kept of them."""
        listed = [one for one in wanted if one.digest in kept]
        of_document: dict[DocumentId, set[int]] = {}
        for one in listed:
            of_document.setdefault(one.document, set()).update(kept[one.digest].samples)
        for _ in range(min(_CHECKED, len(listed))):
            sealed = listed[int.from_bytes(self._office.randomness(4)) % len(listed)]
            taken = self._take(sealed)
            if taken is None:
                continue
            record, found = taken
            old = kept[sealed.digest]
            same = (old.whole, old.size_bytes, old.subject) == (
                record.whole,
                record.size_bytes,
                record.subject,
            )
            if not same or not found.samples <= of_document[sealed.document]:
                return False
        return True

    def _records(self, wanted: list[SealedObject], kept: Mapping[Digest, Record]) -> Iterator[Record]:
        progress = self._office.progress
        progress.start(message("taking fingerprints of the documents"), len(wanted), "items")
        for sealed in wanted:
            progress.advance(1)
            record = kept.get(sealed.digest)
            if record is None:
                taken = self._take(sealed)
                if taken is None:
                    continue
                record = self._new(sealed, *taken)
            self._take_in(sealed, record)
            yield record
        progress.finish()

    def _take(self, sealed: SealedObject) -> tuple[Record, Prints] | None:
        printer = self._gathered.printer
        if printer is None:
            raise RuntimeError("samples are taken under a key")
        try:
            plaintext = self._office.unseal(sealed)
        except KeyRefused:
            return None
        except DocumentError:
            self._gathered.unopened += 1
            return None
        whole = printer.whole()
        whole.update(plaintext)
        subject, found = (0, 0), Prints(frozenset(), marked=True)
        if sealed.kind is Kind.CARD:
            with suppress(ValueError):
                card = Card.from_json(canonical.decode_object(plaintext))
                subject = subject_print(printer, card.subject)
        else:
            found = prints(printer, texts(plaintext))
        size = len(plaintext)
        return Record(sealed.digest, size, whole.digest(), subject, found.marked, array("Q")), found

    def _new(self, sealed: SealedObject, record: Record, found: Prints) -> Record:
        self._gathered.taken += 1
        more = sorted(found.samples - self._known.get(sealed.document, set()))
        record = Record(
            record.digest, record.size_bytes, record.whole, record.subject, record.marked, array("Q", more)
        )
        self._fresh.append(record)
        return record

    def _take_in(self, sealed: SealedObject, record: Record) -> None:
        gathered = self._gathered
        if sealed.document not in self._number:
            self._number[sealed.document] = len(gathered.owners)
            gathered.owners.append(sealed.document)
            self._known = {sealed.document: set()}  # objects come document by document
        if sealed.kind is Kind.CARD:
            self._subjects.append((*record.subject, sealed.document))
            return
        gathered.whole.setdefault(record.size_bytes, {})[record.whole] = sealed.document
        known = self._known.setdefault(sealed.document, set())
        fresh = frozenset(record.samples) - known
        known |= fresh
        gathered.index.add(self._number[sealed.document], Prints(fresh, record.marked))

    def _finish(self) -> None:
        self._gathered.index.settle()
        if self._gathered.printer is not None:
            self._gathered.names.learn_subjects(self._gathered.printer, self._subjects)


def texts(plaintext: bytes) -> list[str]:
    """Return the texts in a document of the vault."""
    found: list[str] = []
    Unpacker(found.append, marked_only=False, pages=pages_of(MOST_PAGES)).data(plaintext)
    return found


class pages_of:  # noqa: N801 - reads as the function it is
    """Gives out the text of a PDF's first pages."""

    def __init__(self, most: int) -> None:
        self._most = most

    def __call__(self, data: bytes) -> Iterator[str]:
        """Yield the text page by page.

        Raises:
            OSError: the PDF does not give it out.
        """
        try:
            yield from pdftext.words(data, most_pages=self._most)
        except DocumentError as error:
            raise OSError(str(error)) from error


def plain_sizes(sealed_bytes: int) -> Iterator[int]:
    """Yield how many bytes an object can have had before it was sealed to this many."""
    # The last chunk may be empty or not, as the format leaves it: both are looked for.
    body = sealed_bytes - PREFIX_BYTES
    chunks = -(-body // (CHUNK_BYTES + TAG_BYTES))
    for count in (chunks - 1, chunks, chunks + 1):
        size = body - count * TAG_BYTES
        if count > 0 and size >= 0 and -(-size // CHUNK_BYTES) in {count, count - 1}:
            yield size
