"""Signatures verified beside the entries are proven at the end, and the first that fails is named."""

import sys
from typing import Any

import pytest

from securedoc.errors import LedgerUntrusted
from securedoc.ledger import beside
from securedoc.ledger.beside import Check, SignatureChecks
from securedoc.system import process
from tests.support import ledger as support

BATCH = 8


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "BATCH", BATCH)


@pytest.fixture(scope="module")
def checks(tmp_path_factory: pytest.TempPathFactory) -> list[Check]:
    """Forty signatures of one officer."""
    with support.found(tmp_path_factory.mktemp("office")).ledger as ledger:
        officer = ledger.officers()[0]
    signer = support.Signer(officer.id)
    messages = [b"MAU %d" % number for number in range(40)]
    return [(officer, signer.sign(message), message) for message in messages]


def prove(checks: list[Check]) -> None:
    with SignatureChecks() as signatures:
        for check in checks:
            signatures.add(*check)
        signatures.finish()


@pytest.mark.parametrize("count", [0, 1, BATCH - 1, BATCH, BATCH + 1, 40])
def test_signatures_that_hold_are_proven(checks: list[Check], count: int) -> None:
    prove(checks[:count])


@pytest.mark.parametrize("place", [0, BATCH - 1, BATCH, 2 * BATCH + 3, 39])
def test_one_that_does_not_hold_is_found_at_any_place(checks: list[Check], place: int) -> None:
    officer, signature, message = checks[place]
    altered = [*checks[:place], (officer, signature, message + b"!"), *checks[place + 1 :]]

    with pytest.raises(LedgerUntrusted, match=str(officer.id)):
        prove(altered)


@pytest.mark.parametrize("said", ["import sys; sys.exit(0)", "print('8 hold'); raise SystemExit(3)", "1/0"])
def test_a_process_that_says_nothing_sure_is_not_believed(
    checks: list[Check], monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    real, seen = process.run, []

    def run(argv: list[str], **how: Any) -> object:
        seen.append(argv)
        return real([sys.executable, "-I", "-c", said], **how)

    monkeypatch.setattr(process, "run", run)
    officer, signature, message = checks[0]

    prove(checks[:BATCH])
    with pytest.raises(LedgerUntrusted):
        prove([(officer, signature, message + b"!"), *checks[1:BATCH]])

    assert len(seen) == 2


def test_where_no_process_can_be_run_they_are_verified_here(
    checks: list[Check], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_argv: object, **_how: object) -> object:
        raise FileNotFoundError("no such program")

    monkeypatch.setattr(process, "run", run)

    prove(checks)
