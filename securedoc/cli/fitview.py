"""How the condition of a medium is shown: as JSON, and as people read it."""

from typing import TYPE_CHECKING, Any, Final

from securedoc.cli.output import Table
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from securedoc.backup.fitness import Fitness
    from securedoc.cli.output import Cell
    from securedoc.system.pace import Pace

_ANSWER: "Final[Mapping[bool | None, Message]]" = {
    True: message("yes"),
    False: message("no"),
    None: message("could not be checked"),
}


def result(fit: "Fitness", pace: "Pace | None") -> dict[str, Any]:
    """Return the JSON object of a medium's condition."""
    seen = fit.condition
    return {
        "fit": not fit.refused,
        "filesystem": seen.filesystem,
        "driver": seen.volume.filesystem,
        "nature": seen.nature,
        "volume_id": seen.volume.uuid,
        "device_serial": seen.volume.serial,
        "read_only": seen.volume.read_only,
        "write_protected": seen.write_protected,
        "permitted": seen.permitted,
        "unclean": seen.unclean,
        "damaged": seen.damaged,
        "free_bytes": seen.volume.free_bytes,
        "total_bytes": seen.volume.total_bytes,
        "cluster_bytes": seen.cluster_bytes,
        "largest_file_bytes": seen.largest_file_bytes,
        "folds_case": seen.folds_case,
        "refused": [{"message": str(error), "hint": error.hint()} for error in fit.refused],
        "remarks": list(fit.remarks),
        "pace": speed(pace),
    }


def speed(pace: "Pace | None") -> dict[str, int] | None:
    """Return the JSON object of a measured speed."""
    if pace is None:
        return None
    return {
        "sample_bytes": pace.sample_bytes,
        "write_bytes_per_s": pace.write_bytes_per_s,
        "read_bytes_per_s": pace.read_bytes_per_s,
    }


def table(fit: "Fitness") -> Table:
    """Return the condition as people read it."""
    seen = fit.condition
    clean = None if seen.unclean is None else not seen.unclean
    rows: list[tuple[Message, Cell]] = [
        (message("file system"), f"{seen.filesystem} {seen.volume.uuid or ''}".strip()),
        (message("it is"), seen.nature),
        (message("serial number"), seen.volume.serial or "—"),
        (message("bytes free"), seen.volume.free_bytes),
        (message("bytes in all"), seen.volume.total_bytes),
        (message("can be written"), _ANSWER[seen.permitted and not seen.volume.read_only]),
        (message("was unmounted properly"), _ANSWER[clean]),
        (message("errors were noted on it"), _ANSWER[seen.damaged]),
        (message("largest file that it holds"), seen.largest_file_bytes or "—"),
    ]
    return Table((message("field"), message("value")), rows)


def pace_lines(pace: "Pace | None", vault_bytes: int, slow_bytes_per_s: int) -> list[Message]:
    """Say how fast a medium is, and how long a first backup will take on it."""
    if pace is None:
        return []
    lines = [
        message(
            "it writes {write} and reads {read} kB a second; a first backup of {bytes} bytes takes about "
            "{seconds} s",
            write=pace.write_bytes_per_s // 1000,
            read=pace.read_bytes_per_s // 1000,
            bytes=vault_bytes,
            seconds=pace.write_s(vault_bytes),
        )
    ]
    if pace.write_bytes_per_s < slow_bytes_per_s:
        lines.append(message("THIS MEDIUM IS SLOW: a faster one saves time at each backup"))
    return lines
