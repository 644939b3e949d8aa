"""The append-only ledger and the books computed from it."""
