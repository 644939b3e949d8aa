"""Reads a file that was named on the command line, bounded, and says what is wrong with it."""

import errno
from pathlib import Path
from typing import Final

from securedoc.errors import DocumentMissing, DocumentRefused
from securedoc.system import files

MAX_INPUT_BYTES: Final = 256 * 1024 * 1024
"""Far beyond any office document; what is inside is bounded by who reads it."""


def read_input(path: Path) -> bytes:
    """Return the bytes of a regular file.

    Raises:
        DocumentMissing: there is no such file.
        DocumentRefused: it is not a regular file, too large, or may not be read.
    """
    try:
        return files.read_bounded(path, MAX_INPUT_BYTES)
    except FileNotFoundError:
        raise DocumentMissing("there is no file {name}", name=path.name) from None
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise DocumentRefused(
                "{name} is larger than {limit} bytes", name=path.name, limit=MAX_INPUT_BYTES
            ) from error
        raise DocumentRefused(
            "{name} cannot be read: {reason}",
            name=path.name,
            reason=error.strerror or type(error).__name__,
            hint="name a regular file that you may read; links are not followed",
        ) from error
