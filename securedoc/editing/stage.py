"""The stage of a session: a workspace in memory, a program confined to it, and its orderly end."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from securedoc.core.text import Message, message
from securedoc.editing import journal
from securedoc.editing.desk import Desk, Program, screen
from securedoc.editing.supervision import Ended, Limits, Supervision, why
from securedoc.office.office import Office
from securedoc.system import clipboard, family, process, sandbox, screenlock, traces, workspace
from securedoc.system.activity import Activity
from securedoc.system.clipboard import Cleared
from securedoc.system.screenlock import ScreenLock
from securedoc.system.shred import ShredReport
from securedoc.system.traces import Trace
from securedoc.system.watch import Watch, watching

MIB: Final = 1024 * 1024
PROFILE_BYTES: Final = 256 * MIB  # what LibreOffice's profile and temporary files need, measured, and room
SESSION_BYTES: Final = 8
LOOK_S: Final = 0.2
_END_S: Final = 5.0  # from being told to end to being ended
_ASK_AGAIN_S: Final = 60.0  # whoever stopped answering: each time may cost a second
_HURRY_S: Final = 10.0  # of grace when we are told to end ourselves: the machine may be going down


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the program is given of the outside."""

    environment: Mapping[str, str]
    terminal: bool
    """Whether it works in our terminal."""
    home: Path
    """The officer's own home, where programs keep lists and thumbnails."""
    note: Callable[[Message], None]
    """Tells the officer something while the program runs."""
    login: str | None = None
    """Login session, by which the machine knows whether the screen is locked."""
    tty: Path | None = None
    """The terminal's device, where `terminal`."""


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What a session left, and what could be done about it."""

    shredded: ShredReport
    traces: tuple[Trace, ...]
    clipboard: Cleared
    confined: bool
    own_memory: bool
    """The workspace was a RAM disk of its own, kept out of swap."""
    screen: bool
    """Whether there was a screen to show windows on."""


@dataclass(slots=True)
class _Signs:
    """What this session can see; asked by its supervision."""

    place: Path
    session: str
    activity: Activity
    lock: ScreenLock
    unseen: Callable[[], None]
    """Called when the login manager stops answering."""
    clock: Callable[[], float] = time.monotonic
    _again_at: float = 0.0

    def idle_s(self) -> float:
        return self.activity.idle_s()

    def locked(self) -> bool:
        if not self.lock.seen and (self._again_at == 0.0 or self.clock() < self._again_at):
            return False  # nobody here ever answered, or lately: saves do not wait for that
        answer = self.lock.locked()
        if answer is None:
            self._again_at = self.clock() + _ASK_AGAIN_S
            if self.lock.seen:
                self.unseen()
        self.lock.seen = answer is not None
        return answer is True

    def asked(self) -> bool:
        return journal.asked_to_close(self.place, self.session)


@dataclass(slots=True)
class Stage:
    """One session's place and program, from the journal record to the last trace."""

    office: Office
    record: journal.Record
    outside: Surroundings
    missing: list[Message] = field(default_factory=list)
    """What protection this machine did not give."""
    _desk: Desk | None = None
    _mounted: bool = False
    _confined: bool = False
    _before: traces.Before = field(init=False)

    def __post_init__(self) -> None:
        """Look at the known places, before anything of the session can have left a trace there."""
        self._before = traces.look(home=self.outside.home)

    @property
    def desk(self) -> Desk:
        """The folders, once there is a place for them."""
        if self._desk is None:
            raise RuntimeError("the workspace is made first")
        return self._desk

    def make_room(self, budget_bytes: int) -> Desk:
        """Find a place in memory.

        Raises:
            ScratchRefused: there is none with so much room.
        """
        made = workspace.create(self.record.session, budget_bytes=budget_bytes)
        self.missing += made.missing
        self._mounted = made.mounted and not made.missing
        self._desk = Desk(made.path)
        return self._desk

    def run(self, program: Program, look: Callable[[], bool], *, read_only: bool = False) -> Ended:
        """Run the program to its end, or ask it to end when it is time; `look` is called all along.

        `look` says whether it saw something done. Told to end ourselves, we too ask the program first.

        Raises:
            OSError: the program could not be started.
        """
        lock = ScreenLock(self.outside.login)
        self.missing += screenlock.missing(lock)
        argv, environment = self._command(program.argv, read_only=read_only)
        for missing in self.missing:
            self.outside.note(missing)
        with watching(self.desk.folder) as watch:
            running = process.start(
                argv, cwd=self.desk.folder, env=environment, terminal=self.outside.terminal
            )
            try:
                self._remember(running)
                return self._supervise(running, program, lock, watch, look)
            finally:
                running.kill()
                if running.shortened:
                    self.outside.note(message("the program said more than is shown here"))

    def clear_away(self, name: str) -> Aftermath:
        """Shred the workspace, empty the clipboard, and look for traces elsewhere."""
        report = workspace.dissolve(self.desk.root)
        shown = screen(self.outside.environment)
        cleared = clipboard.clear(shown)
        found = traces.scan(name, self._before, home=self.outside.home)
        return Aftermath(report, found, cleared, self._confined, self._mounted, bool(shown))

    def leave_nothing(self) -> None:
        """Undo a session that nothing was done in yet."""
        path = workspace.find(self.record.session)
        if path is None or not workspace.dissolve(path).residue:
            journal.forget(self.office.place.journal, self.record.session)

    def _command(self, argv: tuple[str, ...], *, read_only: bool) -> tuple[list[str], dict[str, str]]:
        environment = self.desk.environment(self.outside.environment)
        missing = sandbox.probe()
        if missing is not None:
            if missing not in self.missing:
                self.missing.append(missing)
            return list(argv), environment
        self._confined = True
        words = sandbox.wrap(
            argv,
            workspace=self.desk.root,
            hide=(self.office.place.root.resolve(),),
            display=screen(self.outside.environment),
            own_terminal=not self.outside.terminal,
            temporary=self.desk.temporary,
            read_only=(self.desk.folder,) if read_only else (),
        )
        return words, environment

    def _remember(self, running: process.Running) -> None:
        started = process.started(running.pid) or 0
        self.record = replace(self.record, process=running.pid, started=started)
        journal.keep(self.office.place.journal, self.record)

    def _supervise(
        self,
        running: process.Running,
        program: Program,
        lock: ScreenLock,
        watch: Watch,
        look: Callable[[], bool],
    ) -> Ended:
        signs = _Signs(
            self.office.place.journal,
            self.record.session,
            Activity(screen(self.outside.environment), self.outside.tty, running.pid),
            lock,
            self._lock_unseen,
        )
        limits = Limits.of(self.office.policy.editing)
        supervision = Supervision(limits, signs, self.outside.note, _since_start)
        try:
            ended = None
            while running.poll() is None and ended is None:
                watch.wait(LOOK_S, running)
                if look():
                    supervision.saved()
                ended = supervision.due()
        except BaseException as error:
            # Ctrl-C, SIGTERM, a terminal that was closed: what is on the screen is asked for all the same.
            if not isinstance(error, Exception):
                self._close(running, program, Ended.INTERRUPTED, min(_HURRY_S, limits.grace_s), look)
            raise
        if ended is None:
            if code := running.poll():
                self.outside.note(message("the program ended with code {code}", code=code))
            return Ended.EDITOR
        self._close(running, program, ended, limits.grace_s, look)
        return ended

    def _lock_unseen(self) -> None:
        if screenlock.UNSEEN not in self.missing:
            self.missing.append(screenlock.UNSEEN)
            self.outside.note(screenlock.UNSEEN)

    def _close(
        self,
        running: process.Running,
        program: Program,
        ended: Ended,
        grace_s: float,
        look: Callable[[], bool],
    ) -> None:
        """Ask the program to save and close, tell it to end, end it: each when the step before did not do."""
        self.outside.note(why(ended))
        if program.closing is not None:
            self._ask(running, program.closing, grace_s, look)
        if running.poll() is None and family.tell_to_end(running.pid):
            _await(running, _END_S, look)
        running.kill()

    def _ask(
        self, running: process.Running, closing: tuple[str, ...], grace_s: float, look: Callable[[], bool]
    ) -> None:
        argv, environment = self._command(closing, read_only=False)
        try:
            asking = process.start(argv, cwd=self.desk.folder, env=environment)
        except OSError:
            return  # no memory, no process: then it is told to end
        try:
            _await(running, grace_s, look)
        finally:
            asking.kill()


def _await(running: process.Running, seconds: float, look: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while running.poll() is None and time.monotonic() < deadline:
        with suppress(TimeoutError):
            running.wait(LOOK_S)
        look()


def _since_start() -> float:
    # The time that the machine slept counts: whoever closed the lid was not there.
    return time.clock_gettime(time.CLOCK_BOOTTIME)
