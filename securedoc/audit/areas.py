"""Names what an audit looks at, in the order in which it looks."""

from typing import Final

AREAS: Final = (
    "vault",
    "ledger",
    "witnesses",
    "rights",
    "numbers",
    "objects",
    "signatures",
    "keys",
    "policy",
    "editing",
    "paper",
    "destruction",
    "host",
    "backup",
)
