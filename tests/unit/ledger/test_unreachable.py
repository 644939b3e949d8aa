"""A ledger that the system does not let us open."""

import pytest
from sqlcipher3 import dbapi2

from securedoc.errors import LedgerFailed
from securedoc.ledger.store import explain


def test_a_ledger_on_a_read_only_disk_is_named_with_a_next_step() -> None:
    error = dbapi2.OperationalError("unable to open database file")
    error.sqlite_errorname = "SQLITE_CANTOPEN"

    with pytest.raises(LedgerFailed, match="read-only") as caught:
        explain(error)

    assert caught.value.hint()
