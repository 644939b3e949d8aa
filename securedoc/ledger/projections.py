"""What each act does to the tables: pure functions from an entry to SQL, the same when replayed."""

from collections.abc import Callable, Iterator
from typing import Final

from securedoc.core.documents import DocumentState
from securedoc.core.entries import Act, Entry
from securedoc.core.media import MediumState
from securedoc.formats import canonical
from securedoc.ledger import cosigning, retention, retirement
from securedoc.ledger.custodyprojections import CUSTODY
from securedoc.ledger.destructionprojections import DESTRUCTION, consent_used
from securedoc.ledger.facts import FactError, Facts
from securedoc.ledger.folding import fold
from securedoc.ledger.importprojections import IMPORTS
from securedoc.ledger.inventoryprojections import INVENTORY
from securedoc.ledger.levelprojections import LEVELS
from securedoc.ledger.officers import enrolled
from securedoc.ledger.paperprojections import PAPER
from securedoc.ledger.searchmarks import marks, placed
from securedoc.ledger.store import Statement

Projection = Callable[[Entry, Facts], Iterator[Statement]]

_INSERT_DOCUMENT = (
    "INSERT INTO documents (created, id, changed, state, type, level, subject, list_basis, recipients,"
    " copies, copying_permitted, drafter, drafter_name, unit, version, book, year, number_text, date, row,"
    " signer_name, sender, arrived, ends)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?)"
)
_UPDATE_NUMBER = "UPDATE numbers SET state = ?, entry = ? WHERE book = ? AND year = ? AND number = ?"
_SEARCH_NUMBER = (
    "UPDATE search_text SET number = ?, marks = marks || ?"
    " WHERE created = (SELECT created FROM documents WHERE id = ?)"
)


def statements(entry: Entry) -> Iterator[Statement]:
    """Yield what `entry` changes in the tables.

    Raises:
        FactError: a fact that the act needs is missing or of another type.
    """
    project = PROJECTIONS.get(entry.act)
    if project is not None:
        yield from project(entry, Facts(entry.facts))
    if entry.second is not None and entry.second.request is not None:
        yield consent_used(entry, entry.second)


def _vault_created(entry: Entry, facts: Facts) -> Iterator[Statement]:
    for level in facts.inner("policy").texts("levels_without_abstract"):
        yield "INSERT INTO levels_without_abstract VALUES (?)", (level,)
    yield from _officer_enrolled(entry, facts)


def _officer_enrolled(entry: Entry, _: Facts) -> Iterator[Statement]:
    for officer in enrolled(entry):
        keys = officer.keys
        yield (
            "INSERT INTO officers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(officer.id, entry.sequence, officer.role.value, officer.name, officer.title),
                *(keys.hpke, keys.ed25519, keys.mldsa44, officer.certificate),
            ),
        )


def _draft_created(entry: Entry, facts: Facts) -> Iterator[Statement]:
    version, objects = _objects(entry, facts)
    recipients = facts.texts("recipients")
    level, subject, type_key = facts.text("level"), facts.maybe_text("subject"), facts.text("type")
    yield (
        _INSERT_DOCUMENT,
        (
            *(
                entry.sequence,
                _about(entry),
                entry.sequence,
                DocumentState.DRAFT.value,
                type_key,
                level,
                subject,
            ),
            *(facts.text("list_basis"), _json(recipients), facts.integer("copies")),
            *(facts.flag("copying_permitted"), facts.text("drafter"), facts.text("drafter_name")),
            *(facts.text("unit"), version, None, None, "", None, None, "", None, None),
        ),
    )
    yield _search_added(
        entry,
        facts,
        number="",
        correspondents=recipients,
        narrowing=marks(level, None, None),
    )
    yield from objects


def _draft_saved(entry: Entry, facts: Facts) -> Iterator[Statement]:
    version, objects = _objects(entry, facts)
    yield _changed(entry, version)
    yield from objects


def _draft_discarded(entry: Entry, _: Facts) -> Iterator[Statement]:
    yield _changed(entry, state=DocumentState.DISCARDED.value)


def _number_reserved(entry: Entry, facts: Facts) -> Iterator[Statement]:
    book, year, number = _place(facts)
    text, day = facts.text("text"), facts.day("date")
    yield (
        "INSERT INTO numbers VALUES (?, ?, ?, ?, 'reserved', ?, ?)",
        (book, year, number, text, _about(entry), entry.sequence),
    )
    yield _changed(entry, book=book, year=year, number=number, number_text=text, date=day)
    yield _SEARCH_NUMBER, (fold(text), "".join(f" {each}" for each in placed(book, day)), _about(entry))


def _number_voided(entry: Entry, facts: Facts) -> Iterator[Statement]:
    yield _UPDATE_NUMBER, ("voided", entry.sequence, *_place(facts))
    yield _changed(entry, state=DocumentState.VOIDED.value)


def _document_finalised(entry: Entry, facts: Facts) -> Iterator[Statement]:
    version, objects = _objects(entry, facts)
    yield _changed(
        entry,
        version,
        state=DocumentState.FINAL.value,
        digest=facts.digest("digest"),
        signer=facts.text("signer"),
        signer_name=facts.text("signer_name"),
    )
    yield from objects


def _document_signed(entry: Entry, facts: Facts) -> Iterator[Statement]:
    digest = facts.digest("digest")
    version, objects = _objects(entry, facts)
    yield _changed(entry, version, state=DocumentState.SIGNED.value, digest=digest)
    yield from objects


def _signed_again(entry: Entry, facts: Facts) -> Iterator[Statement]:
    digest = facts.digest("digest")
    version, objects = _objects(entry, facts)
    yield _changed(entry, version, digest=digest)
    yield from objects


def _document_registered(entry: Entry, facts: Facts) -> Iterator[Statement]:
    yield _UPDATE_NUMBER, ("used", entry.sequence, *_place(facts))
    yield _changed(
        entry,
        state=DocumentState.REGISTERED.value,
        row=facts.integer("row"),
        digest=facts.maybe_digest("digest"),
        signer=facts.maybe_text("signer"),
        signer_name=facts.text("signer_name"),
        ends=facts.maybe_day("ends"),
    )
    yield _book_row(entry, facts)


def _document_received(entry: Entry, facts: Facts) -> Iterator[Statement]:
    version, objects = _objects(entry, facts)
    book, day, number = facts.text("book"), facts.day("date"), facts.text("number_text")
    level, sender = facts.text("level"), facts.text("from")
    yield (
        _INSERT_DOCUMENT,
        (
            *(entry.sequence, _about(entry), entry.sequence, DocumentState.RECEIVED.value),
            *(facts.text("type"), level),
            *(facts.maybe_text("subject"), "", "[]", facts.integer("copies"), False, None, ""),
            *(
                facts.text("unit"),
                version,
                book,
                facts.integer("year"),
                number,
                day,
                facts.integer("row"),
            ),
            *(sender, facts.day("arrived"), facts.maybe_day("ends")),
        ),
    )
    yield _search_added(
        entry,
        facts,
        number=number,
        correspondents=[sender],
        narrowing=marks(level, book, day),
    )
    yield _book_row(entry, facts)
    yield from objects


def _medium_registered(entry: Entry, facts: Facts) -> Iterator[Statement]:
    yield (
        "INSERT INTO media VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(facts.text("medium"), entry.sequence, facts.text("label"), facts.text("keeper")),
            *(facts.maybe_text("filesystem"), facts.maybe_text("volume_id")),
            *(facts.maybe_text("device_serial"), facts.maybe_digest("identity")),
            *(MediumState.REGISTERED.value, entry.sequence),
        ),
    )


def _medium_handed(_: Entry, facts: Facts) -> Iterator[Statement]:
    values = (facts.text("keeper"), facts.text("medium"))
    yield "UPDATE media SET keeper = ? WHERE medium = ?", values


def _backup_written(entry: Entry, facts: Facts) -> Iterator[Statement]:
    head = facts.inner("checkpoint")
    yield (
        "INSERT INTO snapshots VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
        (
            *(facts.text("medium"), facts.integer("snapshot"), entry.sequence, facts.digest("manifest")),
            *(
                head.integer("size"),
                head.text("root"),
                facts.integer("objects"),
                facts.integer("new_objects"),
            ),
            *(facts.integer("bytes"), facts.flag("read_back")),
        ),
    )


def _backup_verified(entry: Entry, facts: Facts) -> Iterator[Statement]:
    yield (
        "INSERT INTO verifications VALUES (?, ?, ?, ?)",
        (entry.sequence, facts.text("medium"), facts.integer("snapshot"), facts.integer("defects")),
    )


def _backup_confirmed(entry: Entry, facts: Facts) -> Iterator[Statement]:
    # Confirmed twice is confirmed since the first time.
    yield (
        "INSERT OR IGNORE INTO confirmations VALUES (?, ?, ?)",
        (facts.text("medium"), facts.integer("snapshot"), entry.sequence),
    )


def _edit_opened(entry: Entry, facts: Facts) -> Iterator[Statement]:
    yield (
        "INSERT INTO edits VALUES (?, ?, ?, 'open', ?, NULL, 0)",
        (facts.text("session"), _about(entry), facts.text("editor"), entry.sequence),
    )


def _edit_closed(entry: Entry, facts: Facts) -> Iterator[Statement]:
    yield _edit_ended(entry, facts, "closed")


def _edit_salvaged(entry: Entry, facts: Facts) -> Iterator[Statement]:
    yield _edit_ended(entry, facts, "salvaged")


def _policy_adopted(_: Entry, facts: Facts) -> Iterator[Statement]:
    # None is ever taken away: what was kept out of the books under one pack stays out.
    for level in facts.texts("levels_without_abstract"):
        yield (
            "INSERT INTO levels_without_abstract VALUES (?) ON CONFLICT DO UPDATE SET level = excluded.level",
            (level,),
        )


def _checkpoint_witnessed(entry: Entry, facts: Facts) -> Iterator[Statement]:
    root = bytes.fromhex(facts.digest("root").removeprefix("sha256:"))
    blob = facts.octets("cosignature")
    # Whoever holds the ledger key can enter one: what has no time in it must not stop those who read it.
    if not cosigning.well_formed(blob):
        raise FactError("cosignature")
    yield (
        "INSERT INTO cosignatures VALUES (?, ?, ?, ?, ?)",
        (facts.text("witness"), facts.integer("size"), root, blob, entry.sequence),
    )


PROJECTIONS: Final[dict[Act, Projection]] = {
    Act.VAULT_CREATED: _vault_created,
    Act.OFFICER_ENROLLED: _officer_enrolled,
    Act.DRAFT_CREATED: _draft_created,
    Act.DRAFT_SAVED: _draft_saved,
    Act.DRAFT_DISCARDED: _draft_discarded,
    Act.NUMBER_RESERVED: _number_reserved,
    Act.NUMBER_VOIDED: _number_voided,
    Act.DOCUMENT_FINALISED: _document_finalised,
    Act.DOCUMENT_SIGNED: _document_signed,
    Act.DOCUMENT_STAMPED: _signed_again,
    Act.DOCUMENT_INITIALLED: _signed_again,
    Act.DOCUMENT_RENEWED: _signed_again,
    Act.DOCUMENT_REGISTERED: _document_registered,
    Act.DOCUMENT_RECEIVED: _document_received,
    Act.MEDIUM_REGISTERED: _medium_registered,
    Act.MEDIUM_HANDED: _medium_handed,
    Act.MEDIUM_RETIRED: retirement.medium_retired,
    Act.MEDIUM_SANITISING: retirement.medium_sanitising,
    Act.MEDIUM_SANITISED: retirement.medium_sanitised,
    Act.MEDIUM_DESTROYED: retirement.medium_destroyed,
    Act.BACKUP_WRITTEN: _backup_written,
    Act.BACKUP_VERIFIED: _backup_verified,
    Act.BACKUP_PRUNING: retention.pruning,
    Act.BACKUP_PRUNED: retention.pruned,
    Act.BACKUP_CONFIRMED: _backup_confirmed,
    Act.EDIT_OPENED: _edit_opened,
    Act.EDIT_CLOSED: _edit_closed,
    Act.EDIT_SALVAGED: _edit_salvaged,
    Act.POLICY_ADOPTED: _policy_adopted,
    Act.CHECKPOINT_WITNESSED: _checkpoint_witnessed,
    **PAPER,
    **CUSTODY,
    **LEVELS,
    **IMPORTS,
    **INVENTORY,
    **DESTRUCTION,
}
"""Acts that are not here change no table: their entry is all there is."""


def _about(entry: Entry) -> str:
    if entry.about is None:
        raise FactError("about")
    return entry.about


def _place(facts: Facts) -> tuple[str, int, int]:
    return facts.text("book"), facts.integer("year"), facts.integer("number")


def _json(value: list[str]) -> str:
    return canonical.encode(value).decode()


def _changed(entry: Entry, version: int = 0, **columns: str | int | None) -> Statement:
    settings = "".join(f", {name} = ?" for name in columns)
    sql = f"UPDATE documents SET changed = ?, version = max(version, ?){settings} WHERE id = ?"  # noqa: S608
    return sql, (entry.sequence, version, *columns.values(), _about(entry))


def _search_added(
    entry: Entry,
    facts: Facts,
    *,
    number: str,
    correspondents: list[str],
    narrowing: str,
) -> Statement:
    subject = facts.maybe_text("subject")
    folded = (fold(subject or ""), fold(number), fold(" ".join(correspondents)), fold(facts.text("type")))
    return "INSERT INTO search_text VALUES (?, ?, ?, ?, ?, ?)", (entry.sequence, *folded, narrowing)


def _book_row(entry: Entry, facts: Facts) -> Statement:
    book, year, row = facts.text("book"), facts.integer("year"), facts.integer("row")
    return "INSERT INTO book_rows VALUES (?, ?, ?, ?, ?)", (book, year, row, _about(entry), entry.sequence)


def _objects(entry: Entry, facts: Facts) -> tuple[int, list[Statement]]:
    """Return the highest version among the objects of an entry, and what enters them."""
    highest = 0
    found: list[Statement] = []
    for each in facts.each("objects"):
        digest, size, version = each.digest("digest"), each.integer("size"), each.integer("version")
        values = (_about(entry), version, each.text("kind"), digest, size, entry.sequence)
        found.append(("INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?)", values))
        highest = max(highest, version)
    return highest, found


def _edit_ended(entry: Entry, facts: Facts, state: str) -> Statement:
    sql = "UPDATE edits SET state = ?, closed = ?, saves = ? WHERE session = ?"
    return sql, (state, entry.sequence, facts.integer("saves"), facts.text("session"))
