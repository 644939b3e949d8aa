"""What somebody with the ledger key, but not the right to back up, tries on the media."""

import contextlib
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from securedoc.backup import trusting
from securedoc.core.digests import Digest
from securedoc.core.people import OfficerId, RoleKey
from securedoc.errors import LedgerUntrusted
from tests.support.backup import BackupWorld, make_world


@pytest.fixture
def office(root: Path) -> BackupWorld:
    return make_world(root)


def edit(office: BackupWorld, statement: str) -> None:
    """Change the ledger's tables with the drafter's keys and no code of ours."""
    with office.opened("dung") as opened:
        key = opened.session.role_key(RoleKey.LEDGER).reveal().hex()
    connection = dbapi2.connect(str(office.place.ledger), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{key}'\"")
    connection.execute(statement)
    connection.close()


def test_a_drafter_who_writes_another_role_into_the_tables_is_no_signer_of_backups(
    office: BackupWorld,
) -> None:
    stick = office.stick()
    edit(office, "UPDATE officers SET role = 'operator' WHERE id = 'dung'")

    ran = office.world.run("dung", "backup", "run", "--to", stick)

    assert ran.code in (12, 54)
    with office.opened() as opened:
        drafter = opened.ledger.trusted_officer(OfficerId("dung"))
        with contextlib.suppress(LedgerUntrusted):
            assert Digest.of(drafter.certificate) not in trusting.signers(opened)


def test_a_snapshot_that_somebody_took_out_of_the_tables_is_not_adopted_unseen(office: BackupWorld) -> None:
    stick = office.stick()
    office.backup(stick)
    edit(office, "DELETE FROM snapshots")

    # It is on the medium, signed and whole: the backup goes on, and the audit finds the tables.
    office.world.run("em", "backup", "run", "--to", stick)
    assert office.world.run("phuc", "ledger", "verify").code == 54
