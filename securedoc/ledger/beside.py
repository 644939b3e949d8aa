"""Verifies signatures beside the reading of the entries: most of the cost of a check."""

import os
import sys
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from securedoc.core.people import Officer
from securedoc.crypto import bulk
from securedoc.ledger import signing
from securedoc.system import process

BATCH: Final = 8192
"""Signatures that one process verifies: about a second's work, and 2 MB; its start is a tenth of that."""
MAX_PROCESSES: Final = 4
_TIMEOUT_S: Final = 600
_ROOT: Final = Path("/")

Check = tuple[Officer, bytes, bytes]


class SignatureChecks:
    """Signatures to verify, in the order they were met.

    A thread would wait for the interpreter as long as for the signature: whole batches go to
    processes of their own, which are given public keys, signatures and checkpoints, and no secret.
    """

    def __init__(self) -> None:
        processes = max(1, min(MAX_PROCESSES, (os.cpu_count() or 1) - 1))
        self._threads = ThreadPoolExecutor(processes, "signatures")
        self._most = processes + 1
        self._tasks: deque[Future[None]] = deque()
        self._batch: list[Check] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)

    def add(self, signer: Officer, untrusted_signature: bytes, message: bytes) -> None:
        """Have it proven that `signer` signed `message`; it is not proven before `finish` returned.

        Raises:
            LedgerUntrusted: a signature added before this one does not hold.
        """
        self._batch.append((signer, untrusted_signature, message))
        if len(self._batch) == BATCH:
            self._tasks.append(self._threads.submit(_verify_apart, tuple(self._batch)))
            self._batch.clear()
            while len(self._tasks) > self._most:
                self._tasks.popleft().result()

    def finish(self) -> None:
        """Wait until every signature that was added is proven.

        Raises:
            LedgerUntrusted: one does not hold; of several, the one that was added first.
        """
        while self._tasks:
            self._tasks.popleft().result()
        # A small ledger has nothing but this: no process is worth its start.
        _verify(self._batch)
        self._batch.clear()


def _verify_apart(batch: Sequence[Check]) -> None:
    # Where no process could be run, or it did not say that all hold, they are verified here: so the
    # one that does not is named.
    if not _hold_apart([(signer.keys.ed25519, signature, message) for signer, signature, message in batch]):
        _verify(batch)


def _hold_apart(signed: Sequence[bulk.Signed]) -> bool:
    argv = [sys.executable, "-I", "-m", bulk.__name__]
    try:
        done = process.run(argv, cwd=_ROOT, timeout_s=_TIMEOUT_S, stdin=bulk.spell(signed))
    except (OSError, ValueError):
        return False
    return done.code == 0 and done.output == bulk.answer(len(signed))


def _verify(batch: Sequence[Check]) -> None:
    for signer, signature, message in batch:
        signing.require_ed25519(signer, signature, message)
