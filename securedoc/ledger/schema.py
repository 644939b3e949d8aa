"""The tables of the ledger, and the rules that the tables themselves hold everybody to."""

from typing import Final

from securedoc.ledger import custodyschema

FORMAT: Final = "securedoc/ledger/1"

# The history. Append-only even for a careless caller of ours; for everybody else, the tree and
# the signatures show what was changed.
_HISTORY = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE entries (
    seq INTEGER PRIMARY KEY, body BLOB NOT NULL, leaf BLOB NOT NULL, act TEXT NOT NULL, document TEXT
) STRICT;
CREATE INDEX entries_of_document ON entries (document, seq) WHERE document IS NOT NULL;
CREATE INDEX entries_of_office ON entries (act, seq) WHERE document IS NULL;
CREATE TABLE nodes (
    level INTEGER, place INTEGER, hash BLOB NOT NULL, PRIMARY KEY (level, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoints (size INTEGER PRIMARY KEY, signer TEXT NOT NULL, note BLOB NOT NULL) STRICT;

CREATE TRIGGER entries_without_gaps BEFORE INSERT ON entries
WHEN NEW.seq <> coalesce((SELECT max(seq) FROM entries), -1) + 1
BEGIN SELECT RAISE(ABORT, 'entries are numbered without gaps'); END;
CREATE TRIGGER entries_stay BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END;
CREATE TRIGGER entries_remain BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'an entry is never removed'); END;
CREATE TRIGGER checkpoints_stay BEFORE UPDATE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'a checkpoint is never changed'); END;
CREATE TRIGGER checkpoints_remain BEFORE DELETE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'a checkpoint is never removed'); END;
"""

# Crypto-erase: deleting a row here destroys a document; secure_delete overwrites it in the file.
_KEYS = """
CREATE TABLE document_keys (
    document TEXT PRIMARY KEY REFERENCES documents (id), wrapped BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE document_key_copies (
    document TEXT REFERENCES document_keys (document) ON DELETE CASCADE,
    officer TEXT REFERENCES officers (id), sealed BLOB NOT NULL,
    PRIMARY KEY (document, officer)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER no_key_for_the_destroyed BEFORE INSERT ON document_keys
WHEN (SELECT state FROM documents WHERE id = NEW.document) = 'destroyed'
BEGIN SELECT RAISE(ABORT, 'a destroyed document gets no key again'); END;
"""

# What the entries add up to. `created`, `changed`, `entry`: sequence numbers of entries.
_PROJECTIONS = """
CREATE TABLE levels_without_abstract (level TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

CREATE TABLE officers (
    id TEXT PRIMARY KEY, entry INTEGER NOT NULL, role TEXT NOT NULL, name TEXT NOT NULL, title TEXT NOT NULL,
    hpke BLOB NOT NULL, ed25519 BLOB NOT NULL, mldsa44 BLOB NOT NULL, certificate BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE documents (
    created INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, changed INTEGER NOT NULL, state TEXT NOT NULL,
    type TEXT NOT NULL, level TEXT NOT NULL, subject TEXT, list_basis TEXT NOT NULL, recipients TEXT NOT NULL,
    copies INTEGER NOT NULL, copying_permitted INTEGER NOT NULL, drafter TEXT, drafter_name TEXT NOT NULL,
    unit TEXT NOT NULL, version INTEGER NOT NULL, book TEXT, year INTEGER, number INTEGER,
    number_text TEXT NOT NULL, date TEXT, row INTEGER, digest TEXT, signer TEXT, signer_name TEXT NOT NULL,
    sender TEXT NOT NULL, arrived TEXT, ends TEXT
) STRICT;

CREATE TABLE objects (
    document TEXT NOT NULL REFERENCES documents (id), version INTEGER NOT NULL, kind TEXT NOT NULL,
    digest TEXT NOT NULL, size INTEGER NOT NULL, entry INTEGER NOT NULL,
    PRIMARY KEY (document, version, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE numbers (
    book TEXT, year INTEGER, number INTEGER CHECK (number > 0), text TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'used', 'voided')),
    document TEXT NOT NULL REFERENCES documents (id), entry INTEGER NOT NULL,
    PRIMARY KEY (book, year, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE book_rows (
    book TEXT, year INTEGER, row INTEGER, document TEXT NOT NULL REFERENCES documents (id),
    entry INTEGER NOT NULL, PRIMARY KEY (book, year, row)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER book_rows_without_gaps BEFORE INSERT ON book_rows
WHEN NEW.row <> 1 + coalesce(
    (SELECT max(row) FROM book_rows WHERE book = NEW.book AND year = NEW.year), 0)
BEGIN SELECT RAISE(ABORT, 'the rows of a book are numbered without gaps'); END;

CREATE TABLE media (
    medium TEXT PRIMARY KEY, entry INTEGER NOT NULL, label TEXT NOT NULL, keeper TEXT NOT NULL,
    filesystem TEXT, volume_id TEXT, device_serial TEXT, identity TEXT, state TEXT NOT NULL,
    changed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE snapshots (
    medium TEXT NOT NULL REFERENCES media (medium), snapshot INTEGER NOT NULL, entry INTEGER NOT NULL,
    manifest TEXT NOT NULL, size INTEGER NOT NULL, root TEXT NOT NULL, objects INTEGER NOT NULL,
    new_objects INTEGER NOT NULL, bytes INTEGER NOT NULL, read_back INTEGER NOT NULL,
    pruning INTEGER, pruned INTEGER, PRIMARY KEY (medium, snapshot)
) STRICT, WITHOUT ROWID;
-- A medium may hold a snapshot that a restored ledger does not know of: no reference to snapshots.
CREATE TABLE verifications (
    entry INTEGER PRIMARY KEY, medium TEXT NOT NULL, snapshot INTEGER NOT NULL, defects INTEGER NOT NULL
) STRICT;
-- Snapshots that were read again, whole, after their stick had been pulled out and plugged in.
CREATE TABLE confirmations (
    medium TEXT NOT NULL, snapshot INTEGER NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (medium, snapshot)
) STRICT, WITHOUT ROWID;

CREATE TABLE edits (
    session TEXT PRIMARY KEY, document TEXT NOT NULL REFERENCES documents (id), editor TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed', 'salvaged')), opened INTEGER NOT NULL,
    closed INTEGER, saves INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What witnesses said of the ledger: each size once.
CREATE TABLE cosignatures (
    witness TEXT NOT NULL REFERENCES officers (id), size INTEGER NOT NULL, root BLOB NOT NULL,
    signature BLOB NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (witness, size)
) STRICT, WITHOUT ROWID;

-- `sheets` is of one copy. A copy that was spoiled and printed again has a row for each printing.
CREATE TABLE prints (
    print TEXT PRIMARY KEY, document TEXT NOT NULL REFERENCES documents (id), entry INTEGER NOT NULL,
    printer TEXT NOT NULL, socket TEXT NOT NULL, configuration TEXT NOT NULL, pages INTEGER NOT NULL,
    sheets INTEGER NOT NULL, duplex INTEGER NOT NULL, ended INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE copies (
    document TEXT NOT NULL REFERENCES documents (id), copy INTEGER CHECK (copy > 0),
    print TEXT REFERENCES prints (print),
    state TEXT NOT NULL CHECK (state IN ('planned', 'sent', 'printed', 'spoiled', 'unknown', 'unprinted')),
    job INTEGER, impressions INTEGER, counted INTEGER, incident TEXT, entry INTEGER NOT NULL,
    PRIMARY KEY (document, copy, print)
) STRICT, WITHOUT ROWID;
-- Sheets that wait for the shredder, and those that went through it.
CREATE TABLE paper (
    entry INTEGER, item INTEGER, document TEXT NOT NULL REFERENCES documents (id), print TEXT, copy INTEGER,
    sheets INTEGER NOT NULL CHECK (sheets > 0), destroyed INTEGER, PRIMARY KEY (entry, item)
) STRICT, WITHOUT ROWID;

-- Acts of two people that one has asked for, and another may approve at another time; `entry` holds what is
-- asked. An expired one is one that still waits after `until`.
CREATE TABLE requests (
    request TEXT PRIMARY KEY, entry INTEGER NOT NULL, officer TEXT NOT NULL, consent_to TEXT NOT NULL,
    act TEXT NOT NULL, document TEXT, until TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'approved', 'refused', 'done')),
    changed INTEGER NOT NULL, approver TEXT, signature BLOB
) STRICT, WITHOUT ROWID;
-- A destruction goes by the number of its request. Columns beside it: sequence numbers of its entries.
CREATE TABLE destructions (
    request TEXT PRIMARY KEY, urgent INTEGER NOT NULL, proposed INTEGER, decided INTEGER, begun INTEGER,
    ended INTEGER, reported INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE destruction_items (
    request TEXT NOT NULL REFERENCES destructions (request),
    document TEXT NOT NULL REFERENCES documents (id), destroyed INTEGER, PRIMARY KEY (request, document)
) STRICT, WITHOUT ROWID;
"""

# `marks` holds what searches are narrowed by, as words of the index: a filter costs no extra look-up.
# Apart, because replayed tables need none of them: they are compared from end to end.
_INDEXES = """
CREATE INDEX documents_by_number ON documents (number_text) WHERE number_text <> '';
CREATE INDEX documents_by_state ON documents (state, created);
CREATE UNIQUE INDEX objects_by_digest ON objects (digest);
CREATE INDEX verifications_of_snapshot ON verifications (medium, snapshot);
CREATE INDEX edits_open ON edits (state) WHERE state = 'open';
CREATE INDEX prints_open ON prints (entry) WHERE ended IS NULL;
CREATE INDEX copies_of_print ON copies (print, copy);
CREATE INDEX copies_open ON copies (entry) WHERE incident IS NOT NULL;
CREATE INDEX requests_waiting ON requests (request) WHERE state = 'waiting';
CREATE INDEX destructions_open ON destructions (request) WHERE ended IS NULL;
CREATE INDEX destruction_items_of_document ON destruction_items (document);
CREATE INDEX paper_waiting ON paper (entry, item) WHERE destroyed IS NULL;
"""

_SEARCH_TEXT = """
CREATE TABLE search_text (
    created INTEGER PRIMARY KEY REFERENCES documents (created), subject TEXT NOT NULL, number TEXT NOT NULL,
    correspondents TEXT NOT NULL, type TEXT NOT NULL, marks TEXT NOT NULL
) STRICT;
"""

_SEARCH_INDEX = """
CREATE VIRTUAL TABLE search_index USING fts5 (
    subject, number, correspondents, type, marks,
    content = 'search_text', content_rowid = 'created', tokenize = 'ascii', prefix = '1 2 3'
);
CREATE TRIGGER search_text_added AFTER INSERT ON search_text BEGIN
    INSERT INTO search_index (rowid, subject, number, correspondents, type, marks)
    VALUES (NEW.created, NEW.subject, NEW.number, NEW.correspondents, NEW.type, NEW.marks);
END;
CREATE TRIGGER search_text_changed AFTER UPDATE ON search_text BEGIN
    INSERT INTO search_index (search_index, rowid, subject, number, correspondents, type, marks)
    VALUES ('delete', OLD.created, OLD.subject, OLD.number, OLD.correspondents, OLD.type, OLD.marks);
    INSERT INTO search_index (rowid, subject, number, correspondents, type, marks)
    VALUES (NEW.created, NEW.subject, NEW.number, NEW.correspondents, NEW.type, NEW.marks);
END;
"""

# The abstract of a document of the highest level is written nowhere (Nghị định 63/2026, and the
# policy pack's `abstract_in_register = false`): not in an entry, not in a book, not in the index.
_NO_ABSTRACT_IN_ENTRIES = """
CREATE TRIGGER no_abstract_in_entries BEFORE INSERT ON entries
WHEN json_extract(CAST(NEW.body AS TEXT), '$.facts.subject') IS NOT NULL AND (
    json_extract(CAST(NEW.body AS TEXT), '$.facts.level') IN (SELECT level FROM levels_without_abstract)
    OR (SELECT level FROM documents WHERE id = NEW.document) IN (SELECT level FROM levels_without_abstract))
BEGIN SELECT RAISE(ABORT, 'the abstract of a document of this level is not written'); END;
"""

_NO_ABSTRACT_IN_TABLES = """
CREATE TRIGGER no_abstract_in_documents BEFORE INSERT ON documents
WHEN NEW.subject IS NOT NULL AND NEW.level IN (SELECT level FROM levels_without_abstract)
BEGIN SELECT RAISE(ABORT, 'the abstract of a document of this level is not written'); END;
CREATE TRIGGER no_abstract_in_changed_documents BEFORE UPDATE OF subject, level ON documents
WHEN NEW.subject IS NOT NULL AND NEW.level IN (SELECT level FROM levels_without_abstract)
BEGIN SELECT RAISE(ABORT, 'the abstract of a document of this level is not written'); END;
CREATE TRIGGER no_abstract_in_search BEFORE INSERT ON search_text
WHEN NEW.subject <> '' AND
    (SELECT level FROM documents WHERE created = NEW.created) IN (SELECT level FROM levels_without_abstract)
BEGIN SELECT RAISE(ABORT, 'the abstract of a document of this level is not written'); END;
CREATE TRIGGER no_abstract_in_changed_search BEFORE UPDATE OF subject ON search_text
WHEN NEW.subject <> '' AND
    (SELECT level FROM documents WHERE created = NEW.created) IN (SELECT level FROM levels_without_abstract)
BEGIN SELECT RAISE(ABORT, 'the abstract of a document of this level is not written'); END;
"""

# The index over search_text is checked against it by `PRAGMA integrity_check`: no need to make it again.
REPLAYED: Final = (
    _PROJECTIONS + custodyschema.CUSTODY + custodyschema.BOOKS + _SEARCH_TEXT + _NO_ABSTRACT_IN_TABLES
)
"""The tables alone, as replaying the entries fills them."""

SCHEMA: Final = (
    _HISTORY
    + _PROJECTIONS
    + custodyschema.CUSTODY
    + custodyschema.BOOKS
    + _INDEXES
    + custodyschema.INDEXES
    + _KEYS
    + _SEARCH_TEXT
    + _SEARCH_INDEX
    + _NO_ABSTRACT_IN_ENTRIES
    + _NO_ABSTRACT_IN_TABLES
)

PROJECTED: Final = {
    "levels_without_abstract": "level",
    "officers": "id",
    "documents": "created",
    "objects": "document, version, kind",
    "numbers": "book, year, number",
    "book_rows": "book, year, row",
    "media": "medium",
    "snapshots": "medium, snapshot",
    "verifications": "entry",
    "confirmations": "medium, snapshot",
    "edits": "session",
    "cosignatures": "witness, size",
    "prints": "print",
    "copies": "document, copy, print",
    "paper": "entry, item",
    "requests": "request",
    "destructions": "request",
    "destruction_items": "request, document",
    "search_text": "created",
    **custodyschema.PROJECTED,
}
"""Every table that replaying the entries makes again, and the columns that order its rows."""
