"""The editing journey: journal first, workspace in memory, editor confined, saves sealed, all shredded."""

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, DocumentState, Kind, SealedObject
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.text import Message, message
from securedoc.editing import journal, recovery
from securedoc.editing.desk import Desk
from securedoc.editing.saves import Saves
from securedoc.errors import DocumentError, DocumentRefused, SecuredocError
from securedoc.office.office import Office
from securedoc.system import process, sandbox, traces, workspace
from securedoc.system.shred import ShredReport
from securedoc.system.traces import Trace
from securedoc.system.watch import watching

MIB: Final = 1024 * 1024
_PROFILE_BYTES: Final = 256 * MIB  # what LibreOffice's profile and temporary files need, measured, and room
_COPIES: Final = 4  # a save writes a new file beside the old, and unpacks it
_LOOK_S: Final = 0.2
_QUIET_S: Final = 0.3  # a file written less than this ago is still being written
SESSION_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the editor is given of the outside."""

    environment: Mapping[str, str]
    terminal: bool
    """Whether it works in our terminal."""
    home: Path
    """The officer's own home, where programs keep lists and thumbnails."""
    note: Callable[[Message], None]
    """Tells the officer something while the editor runs."""


@dataclass(frozen=True, slots=True)
class Edited:
    """How a session ended."""

    session: str
    version: int
    """The newest version of the document."""
    saves: int
    missing: tuple[Message, ...]
    """What protection this machine did not give."""
    traces: tuple[Trace, ...]
    shredded: ShredReport
    unfinished: DocumentError | None
    """Why the last state of a file could not be kept; the saves before it are in the vault."""


def edit(office: Office, document: DocumentId, editor: str | None, outside: Surroundings) -> Edited:
    """Let the officer edit a draft; return when the editor has ended and nothing of it is left.

    Raises:
        PolicyRefused: the officer may not edit this level.
        DocumentRefused: it is not a draft any more.
        DocumentBusy: somebody else edits it.
        KeyRefused: this officer cannot open it.
        ScratchRefused: there is no place in memory for the plaintext.
        HostMissing: there is no such editor.
        SecuredocError: a save could not be sealed: the workspace stays for `recover`.
    """
    row = office.ledger.document(document)
    office.permit("edit", row.level)
    if row.state is not DocumentState.DRAFT:
        raise DocumentRefused(
            "{document} is not a draft: its state is {state}", document=document, state=row.state
        )
    place = office.place.journal
    with journal.held(place, document, office.session.officer):
        recovery.recover_document(office, document)
        opened = office.latest(document, Kind.DRAFT)
        session = office.randomness(SESSION_BYTES).hex()
        record = journal.Record(
            session, document, opened.version, office.session.officer, office.now().isoformat()
        )
        # (1) Before anything is decrypted it is on disk that a session is open.
        journal.keep(place, record)
        return _Session(office, record, outside).run(opened, editor)


class _Session:
    """One session, from its journal record to its end."""

    def __init__(self, office: Office, record: journal.Record, outside: Surroundings) -> None:
        self._office = office
        self._record = record
        self._outside = outside
        self._missing: list[Message] = []
        self._warned = False

    def run(self, opened: SealedObject, editor: str | None) -> Edited:
        since = time.time()
        desk, saves, argv, environment = self._prepare(opened, editor)
        interruption = None
        try:
            self._work(desk, saves, argv, environment)
        except BaseException as error:  # noqa: BLE001 - Ctrl-C and SIGTERM too: raised below, when all is sealed
            interruption = error
        # (6) The truth: whatever the watch saw or missed, what lies there now is sealed. Should that fail,
        # the workspace stays: it holds the only copy, and `recover` will find it.
        saves.collect()
        edited = self._close(desk, saves, since)
        if interruption is not None:
            raise interruption
        return edited

    def _prepare(
        self, opened: SealedObject, editor: str | None
    ) -> tuple[Desk, Saves, list[str], dict[str, str]]:
        office, record = self._office, self._record
        try:
            # (2) A place in memory; (3) the plaintext; (4) the entry.
            made = workspace.create(record.session, budget_bytes=_PROFILE_BYTES + _COPIES * opened.size_bytes)
            self._missing += made.missing
            desk = Desk(made.path)
            body = office.unseal(opened)
            path = desk.lay_out(record.document, body)
            environment = desk.environment(self._outside.environment)
            command = desk.command(editor, path)
            argv = self._confined(command, desk, environment)
            facts: JsonObject = {
                "session": record.session,
                "version": opened.version,
                "editor": Path(command[0]).name,
            }
            with office.write() as writing:
                writing.append(Act.EDIT_OPENED, record.document, facts)
        except BaseException:
            # Nothing was edited yet: nothing can be lost.
            self._leave_nothing()
            raise
        saves = Saves(
            office, record.document, desk.folder, source="edit", opened={path.name: Digest.of(body)}
        )
        return desk, saves, argv, environment

    def _confined(self, argv: list[str], desk: Desk, environment: dict[str, str]) -> list[str]:
        display = {
            name: self._outside.environment[name]
            for name in sandbox.DISPLAY_VARIABLES
            if name in self._outside.environment
        }
        environment |= display
        missing = sandbox.probe()
        if missing is not None:
            self._missing.append(missing)
            return argv
        return sandbox.wrap(
            argv,
            workspace=desk.root,
            hide=(self._office.place.root.resolve(),),
            display=display,
            own_terminal=not self._outside.terminal,
        )

    def _work(self, desk: Desk, saves: Saves, argv: list[str], environment: dict[str, str]) -> None:
        for missing in self._missing:
            self._outside.note(missing)
        running = process.start(argv, cwd=desk.folder, env=environment, terminal=self._outside.terminal)
        try:
            started = process.started(running.pid) or 0
            self._record = replace(self._record, process=running.pid, started=started)
            journal.keep(self._office.place.journal, self._record)
            self._watch(desk, saves, running)
        finally:
            running.kill()

    def _watch(self, desk: Desk, saves: Saves, running: process.Running) -> None:
        # (5) Each save is sealed as soon as it is quiet. The watch only wakes us up: should the kernel
        # give no watch, the folder is looked at all the same.
        with contextlib.ExitStack() as stack:
            watch = None
            with contextlib.suppress(OSError):
                watch = stack.enter_context(watching(desk.folder))
            while True:
                if watch is None:
                    time.sleep(_LOOK_S)
                else:
                    watch.settled(_LOOK_S, _QUIET_S)
                self._collect(saves)
                if running.poll() is not None:
                    return

    def _collect(self, saves: Saves) -> None:
        try:
            saves.collect(quiet_s=_QUIET_S)
        except (SecuredocError, OSError):
            # The officer goes on writing; at the end it is tried again, and then it is an error.
            if not self._warned:
                self._outside.note(
                    message("the last save is not in the vault yet: the vault is busy or full")
                )
                self._warned = True

    def _close(self, desk: Desk, saves: Saves, since: float) -> Edited:
        office, record = self._office, self._record
        # (7) Nothing is left in memory; (8) nor, as far as the known places tell, anywhere else.
        report = workspace.dissolve(desk.root)
        name = f"{record.document}.docx"
        found = traces.scan(name, since, home=self._outside.home)
        version = office.ledger.document(record.document).version
        facts: JsonObject = {
            "session": record.session,
            "saves": saves.count,
            "version": version,
            "residue": len(report.residue),
            "trace": {sign: sum(trace.sign == sign for trace in found) for sign in {t.sign for t in found}},
        }
        with office.write() as writing:
            writing.append(Act.EDIT_CLOSED, record.document, facts)
        # (9) Only now is the session over; with residue it is not: `recover` will try again.
        if not report.residue:
            journal.forget(office.place.journal, record.session)
        unfinished = next(iter(saves.unfinished.values()), None)
        return Edited(record.session, version, saves.count, tuple(self._missing), found, report, unfinished)

    def _leave_nothing(self) -> None:
        path = workspace.find(self._record.session)
        if path is None or not workspace.dissolve(path).residue:
            journal.forget(self._office.place.journal, self._record.session)
