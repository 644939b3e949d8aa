"""Keeps sealed objects on disk, each in a file named by the digest of its ciphertext."""

import errno
import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from securedoc.core.digests import Digest
from securedoc.core.secret import Secret
from securedoc.crypto import objects
from securedoc.errors import DocumentFailed, DocumentMissing, DocumentRefused, DocumentUntrusted
from securedoc.system import files

MAX_OBJECT_BYTES = 256 * 1024 * 1024
"""Of ciphertext: what a restored machine of 1 GB can still open in memory."""

_SHARD = re.compile(r"[0-9a-f]{2}")
_NAME = re.compile(r"[0-9a-f]{64}")
# What stands where an object should be is not a regular file: a link, a directory, a device.
_NOT_A_FILE = frozenset({errno.ELOOP, errno.EINVAL, errno.EISDIR, errno.ENXIO})


class ObjectStore:
    """The sealed objects of one vault. Reading needs no lock; writing adds files and changes none."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, digest: Digest) -> Path:
        """Return where the object of this digest lies, or would lie."""
        name = digest.hex
        return self._root / f"{name[:2]}/{name}"

    def put(self, chunks: Iterable[bytes], key: Secret, context: bytes) -> tuple[Digest, int]:
        """Seal a plaintext under `key`, bound to `context`; return the digest and size of the ciphertext.

        Raises:
            DocumentRefused: it is larger than an object may be.
            DocumentFailed: the disk is full or does not work; nothing remains of the attempt.
        """
        try:
            return self._put(objects.encrypt(key, context, chunks))
        except OSError as error:
            raise DocumentFailed(
                "a sealed object could not be written: {reason}",
                reason=error.strerror or type(error).__name__,
                hint="make room on the disk, or check it, and try again",
            ) from error

    def open_object(
        self, digest: Digest, key: Secret, context: bytes, *, limit: int = MAX_OBJECT_BYTES
    ) -> bytes:
        """Decrypt an object wholly; nothing of it is given out before its last tag was checked.

        Raises:
            DocumentMissing: there is no such object.
            DocumentUntrusted: it was altered, cut short, swapped, or does not belong to `context`.
            DocumentRefused: its ciphertext is larger than `limit`.
            DocumentFailed: the disk does not give it out.
        """
        measured = hashlib.sha256()
        plaintext = bytearray()
        with self._opened(digest, limit) as stream:
            try:
                for piece in objects.decrypt(key, context, _measured(stream, measured)):
                    plaintext += piece
            except DocumentUntrusted as error:
                raise _untrusted(digest) from error
        # The tags already prove the bytes; the digest proves that they are the ones recorded.
        if measured.digest() != digest.value:
            raise _untrusted(digest)
        return bytes(plaintext)

    def check(self, digest: Digest) -> int:
        """Make sure, without any key, that an object is what it was; return its size.

        Raises:
            DocumentMissing: there is no such object.
            DocumentUntrusted: its bytes are not those recorded.
            DocumentFailed: the disk does not give it out.
        """
        measured = hashlib.sha256()
        with self._opened(digest, None) as stream:
            size = sum(len(chunk) for chunk in _measured(stream, measured))
        if measured.digest() != digest.value:
            raise _untrusted(digest)
        return size

    def size(self, digest: Digest) -> int:
        """Return the size of an object's ciphertext.

        Raises:
            DocumentMissing: there is no such object.
        """
        try:
            return self.path(digest).stat(follow_symlinks=False).st_size
        except FileNotFoundError as error:
            raise _missing(digest) from error

    def digests(self) -> Iterator[Digest]:
        """Return the digests of all objects here, in order."""
        for shard in _names(self._root, _SHARD):
            for name in _names(self._root / shard, _NAME):
                if name.startswith(shard):
                    yield Digest(bytes.fromhex(name))

    def _put(self, sealed: Iterator[bytes]) -> tuple[Digest, int]:
        measured = hashlib.sha256()
        files.make_dirs(self._root)
        with files.staged(self._root) as file:
            for piece in sealed:
                measured.update(piece)
                file.write(piece)
                if file.size > MAX_OBJECT_BYTES:
                    raise DocumentRefused(
                        "a document is too large to seal: over {limit} bytes",
                        limit=MAX_OBJECT_BYTES,
                        hint="split it into parts",
                    )
            digest = Digest(measured.digest())
            path = self.path(digest)
            files.make_dirs(path.parent)
            file.publish(path)
            return digest, file.size

    @contextmanager
    def _opened(self, digest: Digest, limit: int | None) -> Iterator[BinaryIO]:
        try:
            with files.open_bounded(self.path(digest), limit) as stream:
                yield stream
        except FileNotFoundError as error:
            raise _missing(digest) from error
        except OSError as error:
            if error.errno in _NOT_A_FILE:
                raise _untrusted(digest) from error
            if error.errno == errno.EFBIG:
                raise DocumentRefused(
                    "sealed object {digest} is larger than {limit} bytes",
                    digest=digest.hex,
                    limit=limit or 0,
                ) from error
            raise DocumentFailed(
                "sealed object {digest} cannot be read: {reason}",
                digest=digest.hex,
                reason=error.strerror or type(error).__name__,
                hint="check the disk; restore the object from the last backup",
            ) from error


def _measured(stream: BinaryIO, digest: "hashlib._Hash") -> Iterator[bytes]:
    while chunk := stream.read(objects.PIECE_BYTES):
        digest.update(chunk)
        yield chunk


def _names(directory: Path, form: re.Pattern[str]) -> list[str]:
    if not directory.is_dir():
        return []
    return sorted(path.name for path in directory.iterdir() if form.fullmatch(path.name))


def _missing(digest: Digest) -> DocumentMissing:
    return DocumentMissing(
        "sealed object {digest} is not in the vault",
        digest=digest.hex,
        hint="restore it from the last backup",
    )


def _untrusted(digest: Digest) -> DocumentUntrusted:
    return DocumentUntrusted(
        "sealed object {digest} is not what was recorded: it was altered, cut short or exchanged",
        digest=digest.hex,
        hint="restore it from the last backup; keep the altered file for the investigation",
    )
