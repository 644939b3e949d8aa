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
from securedoc.backup.turnwords import Told
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.text import Message, message
from securedoc.formats import canonical
from securedoc.office import card
from securedoc.office.adopting import founding_policy
from securedoc.office.office import OFFICE_TIME, Office
from securedoc.office.place import Place
from securedoc.policy.schedule import Due, due
from securedoc.system import files, process, volumes

FORMAT: Final = 1
MAX_NOTE_BYTES: Final = 64 * 1024
"""Of 20 media with long names, several times over."""
MAX_MEDIA: Final = 64
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
    reminder: `status`, `backup due` and the audit ask the ledger.
    """
    value: JsonObject = {
        "format": FORMAT,
        "vault": office.vault_id,
        "backup": _spelt(schedule.last_backup(office)),
        "drill": _spelt(schedule.next_drill(office).last),
        "drill_failed": schedule.drill_failed(office),
        "media": [_entered(one) for one in rotation.standings(office)[:MAX_MEDIA]],
    }
    # A reminder that is behind reminds too often; a backup must not fail for its sake.
    with suppress(OSError):
        files.write_hint(office.place.due_note, canonical.encode(value))


def remind(place: Place, now: datetime, *, plugged_in: bool = False) -> Reminder:
    """Tell, without a key, what should be done; `plugged_in` when a registered stick has just arrived.

    Raises:
        LedgerMissing, LedgerMalformed: there is no vault, or its card is none.
        PolicyError: its policy cannot be read.
    """
    policy = founding_policy(place, card.read(place))
    note = _read_note(place)
    if note is None:
        # Not knowing is no reason to be silent: somebody may have removed the note.
        return Reminder(None, None, (_UNKNOWN, *([_PLUGGED_IN] if plugged_in else [])), urgent=True)
    backup = due(note.backup, policy.backup.interval_days, now)
    drill = due(note.drill, policy.backup.drill_interval_days, now)
    media = [one.told for one in note.media]
    lines = [*([_PLUGGED_IN] if plugged_in else []), *_backup_lines(backup, now)]
    if lines and (bring := turnwords.bring(media)) is not None:
        lines.append(bring)
    overdue = list(turnwords.late(media, policy.media, now))
    lines += overdue
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
class _Note:
    backup: datetime | None
    drill: datetime | None
    drill_failed: bool
    media: tuple[_NotedMedium, ...]
    """The first one is next."""


def _backup_lines(backup: Due, now: datetime) -> list[Message]:
    when = backup.due_at.astimezone(OFFICE_TIME).date().isoformat()
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
    media = untrusted.get("media", [])
    if not isinstance(media, list) or len(media) > MAX_MEDIA:
        raise ValueError("not a note of ours")
    return _Note(
        _moment(untrusted, "backup"), _moment(untrusted, "drill"), failed, tuple(map(_medium, media))
    )


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
    words = [untrusted.get(name) for name in ("label", "keeper", "volume")]
    label, keeper, volume = (word for word in words if isinstance(word, str))
    # They are put on a terminal and a desktop: no control characters, no second line.
    if any(len(word) > _MAX_WORDS or not word.isprintable() for word in (label, keeper, volume)):
        raise ValueError("not a note of ours")
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
