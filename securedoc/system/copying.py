"""Copies a file into a durable new one, and digests it on the way."""

import hashlib
from pathlib import Path

from securedoc.core.digests import Digest
from securedoc.core.protocols import NoProgress, Progress
from securedoc.system import files


def copy_stream(
    source: Path, target: Path, *, progress: Progress | None = None, mode: int = 0o600
) -> tuple[Digest, int]:
    """Copy a regular file to the new file `target`; return the digest and size of what was read.

    Raises:
        FileExistsError: something is at `target` already; it is untouched.
        OSError: nothing is at `target`.
    """
    progress = progress or NoProgress()
    digest = hashlib.sha256()
    with files.open_bounded(source) as stream, files.staged(target.parent, mode=mode) as file:
        while chunk := stream.read(files.CHUNK_BYTES):
            digest.update(chunk)
            progress.advance(file.write(chunk))
        file.publish(target)
        return Digest(digest.digest()), file.size
