"""Verifies signatures on threads of their own, while the entries after them are read."""

import os
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self

from securedoc.core.people import Officer
from securedoc.ledger import signing

BATCH: Final = 256
"""Signatures verified by one task: about 30 ms, so that handing them over costs nothing beside it."""
MAX_WAITING: Final = 8
"""Tasks that may wait: what is read meanwhile stays in memory."""
MAX_THREADS: Final = 4

Check = tuple[Officer, bytes, bytes]


class SignatureChecks:
    """Signatures to verify, in the order they were met; the library lets go of the interpreter meanwhile."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1), "signatures")
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
            self._hand_over()
            while len(self._tasks) > MAX_WAITING:
                self._tasks.popleft().result()

    def finish(self) -> None:
        """Wait until every signature that was added is proven.

        Raises:
            LedgerUntrusted: one does not hold; of several, the one that was added first.
        """
        self._hand_over()
        while self._tasks:
            self._tasks.popleft().result()

    def _hand_over(self) -> None:
        if self._batch:
            self._tasks.append(self._threads.submit(_verify, tuple(self._batch)))
            self._batch.clear()


def _verify(batch: Sequence[Check]) -> None:
    for signer, signature, message in batch:
        signing.require_ed25519(signer, signature, message)
