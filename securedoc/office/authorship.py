"""Proves that a sealed object was entered by somebody who can open its document.

Which objects a document has is read from a table that every holder of the ledger key can edit; and
every officer may append entries and sign above them. So the entry is looked up, and its author proven.
"""

from collections.abc import Sequence

from securedoc.core.documents import SealedObject
from securedoc.core.entries import Act, Entry
from securedoc.core.people import HELD_BY, RoleKey
from securedoc.errors import DocumentUntrusted
from securedoc.ledger.ledger import Ledger


def require(ledger: Ledger, sealed: SealedObject) -> None:
    """Prove that who entered an object holds the document's key.

    Raises:
        DocumentUntrusted: nobody entered it, or somebody who cannot open the document.
        LedgerUntrusted: it was entered in the name of somebody who did not do it.
    """
    history = list(ledger.entries(document=sealed.document))
    entered = next((entry for entry in history if _names(entry, sealed)), None)
    if entered is None:
        raise _untrusted(sealed)
    entry, author = ledger.authored_entry(entered.sequence)
    if not _names(entry, sealed):
        raise _untrusted(sealed)
    if RoleKey.DOCUMENTS in HELD_BY[author.role]:
        return
    # Who made the draft was sealed its key too.
    made, drafter = ledger.authored_entry(history[0].sequence)
    if (made.act, made.about, drafter.id) != (Act.DRAFT_CREATED, sealed.document, author.id):
        raise _untrusted(sealed)


def proven(ledger: Ledger, found: Entry) -> Entry:
    """Return an entry about a document as its author wrote it, when the author may open documents.

    Raises:
        DocumentUntrusted: the author's role may not open documents, or the entry is about another one.
        LedgerUntrusted: it was entered in the name of somebody who did not do it.
    """
    entry, author = ledger.authored_entry(found.sequence)
    if (entry.act, entry.about) == (found.act, found.about) and RoleKey.DOCUMENTS in HELD_BY[author.role]:
        return entry
    raise DocumentUntrusted(
        "nobody who may write {document} made entry {entry} about it",
        document=found.about or "",
        entry=found.sequence,
        hint="run `securedoc ledger verify`, and compare this vault with its last backup",
    )


def proven_initial(ledger: Ledger, found: Entry) -> Entry:
    """Return an entry about a document as its author wrote it, when the author may open it, or drafted it.

    Raises:
        DocumentUntrusted: the author can do neither, or the entry is about another one.
        LedgerUntrusted: it was entered in the name of somebody who did not do it.
    """
    entry, author = ledger.authored_entry(found.sequence)
    if RoleKey.DOCUMENTS in HELD_BY[author.role] or found.about is None:
        return proven(ledger, found)
    first = next(iter(ledger.entries(document=found.about, limit=1)))
    made, drafter = ledger.authored_entry(first.sequence)
    same = (entry.act, entry.about) == (found.act, found.about)
    if same and (made.act, made.about, drafter.id) == (Act.DRAFT_CREATED, found.about, author.id):
        return entry
    raise DocumentUntrusted(
        "nobody who may write {document} made entry {entry} about it",
        document=found.about,
        entry=found.sequence,
        hint="run `securedoc ledger verify`, and compare this vault with its last backup",
    )


def _names(entry: Entry, sealed: SealedObject) -> bool:
    stated = entry.facts.get("objects")
    if entry.about != sealed.document or not isinstance(stated, Sequence) or isinstance(stated, str):
        return False
    wanted = {"version": sealed.version, "kind": str(sealed.kind), "digest": str(sealed.digest)}
    return any(isinstance(one, dict) and wanted.items() <= one.items() for one in stated)


def _untrusted(sealed: SealedObject) -> DocumentUntrusted:
    return DocumentUntrusted(
        "nobody who may write {document} entered its version {version} ({kind})",
        document=sealed.document,
        version=sealed.version,
        kind=sealed.kind,
        hint="run `securedoc ledger verify`, and compare this vault with its last backup",
    )
