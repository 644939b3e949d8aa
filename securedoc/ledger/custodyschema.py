"""The tables of custody and the books: who holds which copy, what was asked back, what is closed."""

from typing import Final

# A copy is `2` (of those issued) or `s2` (made afterwards). `entry` of a move is also its name.
CUSTODY: Final = """
CREATE TABLE made_copies (
    document TEXT NOT NULL REFERENCES documents (id), copy TEXT NOT NULL, entry INTEGER NOT NULL,
    at TEXT NOT NULL, kind TEXT NOT NULL, recipient TEXT NOT NULL, PRIMARY KEY (document, copy)
) STRICT, WITHOUT ROWID;
CREATE TABLE moves (
    entry INTEGER PRIMARY KEY, document TEXT NOT NULL REFERENCES documents (id), copy TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('handover', 'loan', 'carry')), holder TEXT NOT NULL,
    at TEXT NOT NULL, until TEXT, returned INTEGER, returned_at TEXT
) STRICT;
CREATE UNIQUE INDEX moves_out ON moves (document, copy) WHERE returned IS NULL;
CREATE TABLE recalls (
    entry INTEGER PRIMARY KEY, document TEXT NOT NULL REFERENCES documents (id), at TEXT NOT NULL,
    until TEXT NOT NULL
) STRICT;
CREATE TABLE notices (
    entry INTEGER, item INTEGER, document TEXT NOT NULL REFERENCES documents (id), holder TEXT NOT NULL,
    due TEXT NOT NULL, sent INTEGER, PRIMARY KEY (entry, item)
) STRICT, WITHOUT ROWID;
CREATE TABLE inventories (entry INTEGER PRIMARY KEY, finished INTEGER) STRICT;
CREATE TABLE inventory_ticks (
    inventory INTEGER NOT NULL REFERENCES inventories (entry),
    document TEXT NOT NULL REFERENCES documents (id),
    copy TEXT NOT NULL, odd TEXT, entry INTEGER NOT NULL, PRIMARY KEY (inventory, document, copy)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER one_inventory_at_a_time BEFORE INSERT ON inventories
WHEN EXISTS (SELECT 1 FROM inventories WHERE finished IS NULL)
BEGIN SELECT RAISE(ABORT, 'one stock-taking at a time'); END;
"""

BOOKS: Final = """
CREATE TABLE closed_books (
    book TEXT, year INTEGER, entry INTEGER NOT NULL, rows INTEGER NOT NULL, PRIMARY KEY (book, year)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER book_rows_not_after_closing BEFORE INSERT ON book_rows
WHEN EXISTS (SELECT 1 FROM closed_books WHERE book = NEW.book AND year = NEW.year)
BEGIN SELECT RAISE(ABORT, 'this book is closed'); END;
CREATE TRIGGER numbers_not_after_closing BEFORE INSERT ON numbers
WHEN EXISTS (SELECT 1 FROM closed_books WHERE book = NEW.book AND year = NEW.year)
BEGIN SELECT RAISE(ABORT, 'this book is closed'); END;
"""

INDEXES: Final = """
CREATE INDEX moves_of_document ON moves (document, entry);
CREATE INDEX moves_until ON moves (until) WHERE returned IS NULL;
CREATE INDEX recalls_of_document ON recalls (document);
CREATE INDEX notices_of_document ON notices (document, entry);
CREATE INDEX notices_waiting ON notices (entry, item) WHERE sent IS NULL;
"""

PROJECTED: Final = {
    "made_copies": "document, copy",
    "moves": "entry",
    "recalls": "entry",
    "notices": "entry, item",
    "inventories": "entry",
    "inventory_ticks": "inventory, document, copy",
    "closed_books": "book, year",
}
"""Every table above, and the columns that order its rows."""
