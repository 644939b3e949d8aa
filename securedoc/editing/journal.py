"""The journal of open sessions: what must be salvaged and shredded if the machine dies now."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from securedoc.core.documents import DocumentId, parse_document_id
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.people import OfficerId, officer_id
from securedoc.errors import DocumentBusy, ScratchFailed, ScratchMalformed
from securedoc.formats import canonical
from securedoc.system import files, terminal

FORMAT: Final = 1
_SESSION: Final = re.compile(r"[0-9a-f]{16}")
_RECORD_BYTES: Final = 4096
_WAIT_S: Final = 0.5  # a look at who holds the lock takes a moment; an editing session takes hours


class Kind(StrEnum):
    """What a session is for."""

    EDIT = "edit"
    """A draft in an editor; one at a time for each draft."""
    VIEW = "view"
    """A document in a viewer; nothing in it is to be salvaged."""


@dataclass(frozen=True, slots=True)
class Record:
    """One open session. It names nothing secret, and no path: where to look follows from `session`."""

    session: str
    """16 hexadecimal digits; also the name of the workspace."""
    document: DocumentId
    version: int
    """What was opened."""
    officer: OfficerId
    opened: str
    """ISO 8601."""
    process: int = 0
    """The editor; 0 before it is started."""
    started: int = 0
    """When that process started, so that another with its number is never mistaken for it."""
    kind: Kind = Kind.EDIT


def keep(journal: Path, record: Record) -> None:
    """Write a record, or write it anew, durably.

    Raises:
        ScratchFailed: the journal cannot be written: nothing may be decrypted.
    """
    data = canonical.encode(
        {
            "format": FORMAT,
            "session": record.session,
            "document": record.document,
            "version": record.version,
            "officer": record.officer,
            "opened": record.opened,
            "process": record.process,
            "started": record.started,
            "kind": record.kind.value,
        }
    )
    try:
        files.make_dirs(journal)
        files.replace(journal / f"{record.session}.json", data)
    except OSError as error:
        raise ScratchFailed(
            "the journal cannot be written: {why}",
            why=error.strerror or "",
            hint="nothing was decrypted; make room in the vault and try again",
        ) from error


def forget(journal: Path, session: str) -> None:
    """Remove a session's record durably: nothing of it is left anywhere."""
    for name in (f"{session}.close", f"{session}.lock", f"{session}.json"):
        files.remove(journal / name)


def leftovers(journal: Path) -> tuple[Path, ...]:
    """Return locks and requests of viewing sessions that have no record: a crash came before it, or after."""
    known = {path.stem for path in journal.glob("*.json")}
    return tuple(
        path
        for path in sorted(journal.glob("*"))
        if path.suffix in {".lock", ".close"} and _SESSION.fullmatch(path.stem) and path.stem not in known
    )


def ask_to_close(journal: Path, session: str) -> None:
    """Ask a session that is alive to save and close; it looks several times a second.

    Raises:
        ScratchFailed: the journal cannot be written.
    """
    try:
        files.replace(journal / f"{session}.close", b"")
    except OSError as error:
        raise ScratchFailed("the journal cannot be written: {why}", why=error.strerror or "") from error


def asked_to_close(journal: Path, session: str) -> bool:
    """Tell whether somebody asked this session to close."""
    return (journal / f"{session}.close").exists()


def records(journal: Path) -> tuple[Record, ...]:
    """Return the records of all sessions, open or dead.

    Raises:
        ScratchMalformed: a record was altered: where its plaintext is cannot be told.
    """
    return tuple(_read(path) for path in sorted(journal.glob("*.json")))


def _read(path: Path) -> Record:
    try:
        table = canonical.decode_object(files.read_bounded(path, _RECORD_BYTES))
        return _record(table, path.stem)
    except (OSError, ValueError, KeyError) as error:
        raise ScratchMalformed(
            "journal record {name} is damaged",
            name=path.name,
            hint="restart the machine, so that its memory is empty; then remove this file",
        ) from error


def _record(untrusted: JsonObject, name: str) -> Record:
    session = str(untrusted["session"])
    # The session names a directory that is going to be shredded: nothing but our own spelling will do.
    if untrusted["format"] != FORMAT or not _SESSION.fullmatch(session) or name != session:
        raise ValueError("not a record of this format")
    return Record(
        session,
        parse_document_id(str(untrusted["document"])),
        int(str(untrusted["version"])),
        officer_id(str(untrusted["officer"])),
        str(untrusted["opened"]),
        int(str(untrusted["process"])),
        int(str(untrusted["started"])),
        Kind(str(untrusted["kind"])),
    )


@contextmanager
def held(
    journal: Path, document: DocumentId, officer: OfficerId, opened: str = "-", name: str = ""
) -> Iterator[None]:
    """Hold a document for editing; the kernel lets go of it when this process dies, however it dies.

    Raises:
        DocumentBusy: somebody else edits it: who, and since when.
    """

    def busy(untrusted_holder: str) -> DocumentBusy:
        since, _, who = untrusted_holder.partition(" ")
        return DocumentBusy(
            "{document} is being edited by {officer} since {since}",
            document=document,
            officer=terminal.visible(who) or "-",
            since=terminal.visible(since) or "-",
            hint="wait until that session ends, or end it with: securedoc lock",
        )

    files.make_dirs(journal)
    holder = f"{opened} {officer}" + (f", {name}" if name else "")
    with files.locked(journal / f"{document}.lock", wait_s=_WAIT_S, holder=holder, busy=busy):
        yield


@contextmanager
def viewed(journal: Path, session: str, officer: OfficerId) -> Iterator[None]:
    """Hold a viewing session: any number of them may show one document."""
    files.make_dirs(journal)
    with files.locked(journal / f"{session}.lock", holder=officer):
        yield


def alive(journal: Path, record: Record) -> bool:
    """Tell whether the session's process is still there."""
    name = record.document if record.kind is Kind.EDIT else record.session
    try:
        with files.locked(journal / f"{name}.lock"):
            return False
    except BlockingIOError:
        return True
