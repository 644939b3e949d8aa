"""Opens every object of a restored vault: what was laid out is proven by its last tag, not by its name."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from operator import attrgetter
from typing import Final

from securedoc.core.documents import SealedObject
from securedoc.core.people import RoleKey
from securedoc.core.secret import Secret
from securedoc.core.text import message
from securedoc.office.office import Office

_OPENERS: Final = 2
_MOST_WAITING: Final = 32
"""Documents whose keys are unwrapped already."""


def open_everything(office: Office) -> tuple[int, int]:
    """Open every object, or see that it is there where none may be opened; count documents and objects.

    Raises:
        DocumentMissing, DocumentUntrusted, DocumentFailed: one does not open.
    """
    opened = 0
    count = sum(1 for _ in office.ledger.object_sizes())
    office.progress.start(message("opening every document"), count, "items")
    if office.session.holds(RoleKey.DOCUMENTS):
        for done in _opened(office):
            opened += done
            office.progress.advance(done)
    else:
        for sealed in office.ledger.objects():
            office.objects.size(sealed.digest)
            office.progress.advance(1)
    office.progress.finish()
    # A received paper that was never scanned has no object, and is a document all the same.
    return len(office.ledger.documents()), opened


def _opened(office: Office) -> Iterator[int]:
    """Open the objects of each document, while the keys of the next are unwrapped; yield how many."""
    key_of, waiting = office.key_opener(), deque[tuple[Future[int], Secret]]()
    with ThreadPoolExecutor(_OPENERS, "open") as pool:
        try:
            for document, objects in groupby(office.ledger.objects(), key=attrgetter("document")):
                key = key_of(document)
                waiting.append((pool.submit(_open, office, key, tuple(objects)), key))
                if len(waiting) > _MOST_WAITING:
                    yield waiting.popleft()[0].result()
            while waiting:
                yield waiting.popleft()[0].result()
        finally:
            pool.shutdown(cancel_futures=True)
            for _, key in waiting:
                key.wipe()


def _open(office: Office, key: Secret, objects: Sequence[SealedObject]) -> int:
    with key:
        for sealed in objects:
            office.unseal_with(key, sealed)
    return len(objects)
