"""The reminder: what is due, told without a key to whoever is at the machine."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from securedoc.backup import rotation, schedule, turnwords
from securedoc.backup.identity import moment
from securedoc.backup.rotation import Standing
from securedoc.backup.turnwords import Patience, Told
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.officetime import day_of
from securedoc.core.text import Message, message
from securedoc.formats import canonical
from securedoc.office import card, residue
from securedoc.office.office import Office
from securedoc.office.place import Place
from securedoc.policy.schedule import Due, due
from securedoc.system import files, process, volumes

FORMAT: Final = 2
MAX_NOTE_BYTES: Final = 64 * 1024
"""Of 20 media with long names, several times over."""
MAX_MEDIA: Final = 64
MAX_DAYS: Final = 3650
"""As in a policy: a note cannot put a reminder off for longer than a policy could."""
_MAX_WORDS: Final = 64  # of a label or a keeper, as when it was registered
NOTICE: Final = timedelta(days=7)
"""How long before it is due a backup is first mentioned: a stick may have to be fetched from elsewhere."""
_NOTIFY_S: Final = 10
_BUS: Final = "DBUS_SESSION_BUS_ADDRESS"


@dataclass(frozen=True, slots=True)
class Reminder:
    """What there is to say."""

    due: Due | None
    """Of the next backup; None where the note does not tell."""
    drill: Due | None
    lines: tuple[Message, ...]
    """Empty when nothing is due."""
    urgent: bool


def keep_note(office: Office) -> None:
    """Leave beside the ledger, for the reminder, when there was a backup and a drill; never more than a hint.

    The ledger is sealed and a timer has no key. So these dates, and what the sticks say of themselves without
    a key as well (label, keeper, identifier), are public, signed by nobody, and believed by nobody but the
    reminder: `status`, `backup due` and the audit ask the ledger. So do the intervals: an adopted pack
    counts only by the ledger, so what it says is noted here too.
    """
    rules = office.policy
    value: JsonObject = {
        "format": FORMAT,
        "vault": office.vault_id,
        "backup": _spelt(schedule.last_backup(office)),
        "drill": _spelt(schedule.next_drill(office).last),
        "drill_failed": schedule.drill_failed(office),
        "days": {
            "backup": rules.backup.interval_days,
            "drill": rules.backup.drill_interval_days,
            "unseen": rules.media.unseen_days,
            "confirm": rules.media.confirm_days,
        },
        "bring_in": [
            {"label": one.label, "keeper": one.keeper, "until": _spelt(residue.due_at(office, one))}
            for one in residue.media(office)[:MAX_MEDIA]
        ],
        "media": [_entered(one) for one in rotation.standings(office)[:MAX_MEDIA]],
    }
    # A reminder that is behind reminds too often; a backup must not fail for its sake.
    with suppress(OSError):
        files.write_hint(office.place.due_note, canonical.encode(value))


def remind(place: Place, now: datetime, *, plugged_in: bool = False) -> Reminder:
    """Tell, without a key, what should be done; `plugged_in` when a registered stick has just arrived.

    Raises:
        LedgerMissing, LedgerMalformed: there is no vault, or its card is none.
    """
    card.read(place)
    note = _read_note(place)
    if note is None:
        # Not knowing is no reason to be silent: somebody may have removed the note.
        return Reminder(None, None, (_UNKNOWN, *([_PLUGGED_IN] if plugged_in else [])), urgent=True)
    backup = due(note.backup, note.days.backup, now)
    drill = due(note.drill, note.days.drill, now)
    media = [one.told for one in note.media]
    lines = [*([_PLUGGED_IN] if plugged_in else []), *_backup_lines(backup, now)]
    if lines and (bring := turnwords.bring(media)) is not None:
        lines.append(bring)
    overdue = list(turnwords.late(media, note.days.media, now))
    overdue += [one.line for one in note.bring_in if one.until < now]
    lines += [*overdue, *(one.line for one in note.bring_in if one.until >= now)]
    if note.backup is not None and (drill.overdue or note.drill_failed):
        lines.append(_DRILL)
    return Reminder(backup, drill, tuple(lines), urgent=backup.overdue or bool(overdue))


def stick_is_in(place: Place, *, root: Path = Path("/")) -> bool:
    """Tell, without a key, whether a stick that the note names is plugged in, mounted or not."""
    note = _read_note(place)
    return any(volumes.is_there(one.volume, root=root) for one in (note.media if note else ()))


def show_on_desktop(title: str, text: str, *, urgent: bool, uid: int) -> bool:
    """Show a notification where this person has a desktop; tell whether that could be done."""
    program = process.find("notify-send")
    bus = _bus(uid)
    if program is None or bus is None:
        return False
    level = "critical" if urgent else "normal"
    try:
        done = process.run(
            [str(program), "--app-name=securedoc", f"--urgency={level}", "--", title, text],
            cwd=Path("/"),
            timeout_s=_NOTIFY_S,
            env={**process.inherited(("DISPLAY", "WAYLAND_DISPLAY")), **bus},
        )
    except (OSError, TimeoutError):
        return False
    return done.code == 0


_NEVER: Final = message("no backup of this vault was ever made: plug in a stick, run: securedoc backup run")
_DRILL: Final = message("a restore drill is due: securedoc backup drill PATH")
_PLUGGED_IN: Final = message(
    "a registered backup stick is plugged in: to back up, run securedoc backup run, then unplug it"
)
_UNKNOWN: Final = message("when the last backup was made is not known: ask with securedoc backup due")


@dataclass(frozen=True, slots=True)
class _NotedMedium:
    told: Told
    volume: str
    """Identifier of its file system."""


@dataclass(frozen=True, slots=True)
class _ToBring:
    """A medium that still opens destroyed documents."""

    label: str
    keeper: str
    until: datetime

    @property
    def line(self) -> Message:
        return message(
            "{label}, kept by {keeper}, still opens destroyed documents: bring it in by {when}; what to do "
            "with it: securedoc backup residue",
            label=self.label,
            keeper=self.keeper,
            when=turnwords.day(self.until),
        )


@dataclass(frozen=True, slots=True)
class _Days:
    """The intervals of the policy in force when the note was written."""

    backup: int
    drill: int
    media: Patience


@dataclass(frozen=True, slots=True)
class _Note:
    backup: datetime | None
    drill: datetime | None
    drill_failed: bool
    days: _Days
    bring_in: tuple[_ToBring, ...]
    media: tuple[_NotedMedium, ...]
    """The first one is next."""


def _backup_lines(backup: Due, now: datetime) -> list[Message]:
    when = day_of(backup.due_at).isoformat()
    if backup.last is None:
        return [_NEVER]
    if backup.overdue:
        return [
            message(
                "the backup is overdue since {when}: plug in the stick, run: securedoc backup run", when=when
            )
        ]
    if backup.due_at - now <= NOTICE:
        return [message("the next backup is due on {when}: have a stick at hand", when=when)]
    return []


def _read_note(place: Place) -> _Note | None:
    try:
        untrusted = canonical.decode_object(files.read_bounded(place.due_note, MAX_NOTE_BYTES))
        if untrusted.get("format") != FORMAT or untrusted.get("vault") != card.read(place).vault:
            return None
        return _note(untrusted)
    except (OSError, ValueError):
        return None


def _note(untrusted: Mapping[str, object]) -> _Note:
    failed = untrusted.get("drill_failed")
    if not isinstance(failed, bool):
        raise ValueError("not a note of ours")  # noqa: TRY004 - what is wrong is the file
    return _Note(
        _moment(untrusted, "backup"),
        _moment(untrusted, "drill"),
        failed,
        _days(untrusted.get("days")),
        tuple(map(_to_bring, _listed(untrusted, "bring_in"))),
        tuple(map(_medium, _listed(untrusted, "media"))),
    )


def _listed(untrusted: Mapping[str, object], name: str) -> list[object]:
    found = untrusted.get(name)
    if not isinstance(found, list) or len(found) > MAX_MEDIA:
        raise ValueError("not a note of ours")
    return found


def _days(untrusted: object) -> _Days:
    if not isinstance(untrusted, Mapping):
        raise ValueError("not a note of ours")  # noqa: TRY004 - what is wrong is the file

    def days(name: str) -> int:
        value = untrusted.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_DAYS:
            raise ValueError("not a note of ours")
        return value

    return _Days(days("backup"), days("drill"), Patience(days("unseen"), days("confirm")))


def _to_bring(untrusted: object) -> _ToBring:
    if not isinstance(untrusted, Mapping):
        raise ValueError("not a note of ours")  # noqa: TRY004 - what is wrong is the file
    until = _moment(untrusted, "until")
    if until is None:
        raise ValueError("not a note of ours")
    label, keeper = _words(untrusted, "label", "keeper")
    return _ToBring(label, keeper, until)


def _words(untrusted: Mapping[object, object], *names: str) -> tuple[str, ...]:
    """Return texts that may be put on a terminal and a desktop: no control characters, no second line."""
    words = [untrusted.get(name) for name in names]
    found = tuple(word for word in words if isinstance(word, str))
    if len(found) != len(names) or any(len(word) > _MAX_WORDS or not word.isprintable() for word in found):
        raise ValueError("not a note of ours")
    return found


def _entered(standing: Standing) -> JsonObject:
    one = turnwords.told(standing)
    return {
        "label": one.label,
        "keeper": one.keeper,
        "backup": _spelt(one.last),
        "seen": _spelt(one.seen),
        "unconfirmed": one.snapshot,
        "volume": standing.row.volume_id or "",
    }


def _medium(untrusted: object) -> _NotedMedium:
    if not isinstance(untrusted, Mapping):
        raise ValueError("not a note of ours")  # noqa: TRY004 - what is wrong is the file
    label, keeper, volume = _words(untrusted, "label", "keeper", "volume")
    snapshot = untrusted.get("unconfirmed")
    if snapshot is not None and not isinstance(snapshot, int):
        raise ValueError("not a note of ours")
    last, seen = _moment(untrusted, "backup"), _moment(untrusted, "seen")
    if seen is None:
        raise ValueError("not a note of ours")
    return _NotedMedium(Told(label, keeper, last, seen, snapshot), volume)


def _moment(untrusted: Mapping[str, object], name: str) -> datetime | None:
    value = untrusted.get(name, "")  # a missing time is no time, null is "never"
    return None if value is None else moment(str(value))


def _spelt(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _bus(uid: int) -> dict[str, str] | None:
    told = process.inherited((_BUS, "XDG_RUNTIME_DIR"))
    if _BUS in told:
        return told
    # A timer of the system and cron know no session; its bus has one place.
    path = Path(f"/run/user/{uid}/bus")
    return {_BUS: f"unix:path={path}"} if path.is_socket() else None
