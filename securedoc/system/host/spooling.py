"""Checks P on what the print service writes down, where it keeps its files, and where its printers are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from securedoc.core.text import message
from securedoc.system import volumes
from securedoc.system.host.reading import Check, Machine, Observation, failed, listed, passed, unknown

_CUPS: Final = "etc/cups/cupsd.conf"
_FILES: Final = "etc/cups/cups-files.conf"
_PRINTERS: Final = "etc/cups/printers.conf"
_QUIET: Final = frozenset({"none", "emerg", "alert", "crit", "error", "warn"})
_DEFAULTS: Final = {
    "requestroot": "/var/spool/cups",
    "tempdir": "/var/spool/cups/tmp",
    "cachedir": "/var/cache/cups",
}
_CABLE: Final = frozenset({"usb", "parallel", "serial", "hp"})
_TO_FILES: Final = frozenset({"cups-pdf", "file"})
_OF_THE_PROGRAM: Final = frozenset({"implicitclass", "///dev/null"})


def _titles_logged(machine: Machine) -> Observation:
    """Look for titles and more in the logs: `PageLogFormat` empty, `LogLevel` no more than warnings."""
    said = _directives(machine, _CUPS)
    if said is None:
        return _without(machine, "host.P-04")
    # Debian ships `PageLogFormat` with nothing behind it; left out, each page is logged with the job's title.
    wrong = [] if said.get("pagelogformat") == "" else ["PageLogFormat"]
    if said.get("loglevel", "warn").lower() not in _QUIET:
        wrong.append("LogLevel")
    if wrong:
        return failed(
            "host.P-04",
            message("the print service writes down what is printed: {names}", names=listed(wrong)),
        )
    return passed("host.P-04", message("the print service's logs do not say what was printed"))


def _spool_on_disk(machine: Machine) -> Observation:
    said = _directives(machine, _FILES)
    if said is None:
        return _without(machine, "host.P-05")
    mounts = machine.lines("proc/self/mountinfo")
    if mounts is None:
        return unknown("host.P-05", "/proc/self/mountinfo")
    kinds = {words[4]: words[words.index("-") + 1] for words in map(str.split, mounts)}
    places = {said.get(name, default) for name, default in _DEFAULTS.items()}
    on_disk = sorted(place for place in places if _kind(place, kinds) not in volumes.MEMORY)
    if on_disk:
        detail = message("the print service keeps its files on a disk: {names}", names=listed(on_disk))
        return failed("host.P-05", detail)
    return passed("host.P-05", message("the print service keeps its files in memory"))


def _kind(place: str, kinds: Mapping[str, str]) -> str | None:
    """Return the kind of file system that a path is on, by the mount points."""
    parents = [str(parent) for parent in (Path(place), *Path(place).parents)]
    return next((kinds[parent] for parent in parents if parent in kinds), None)


def _far_printers(machine: Machine) -> Observation:
    schemes = _schemes(machine)
    if schemes is None:
        return _without(machine, "host.P-07")
    far = [name for name, scheme in schemes.items() if scheme not in _CABLE | _TO_FILES | _OF_THE_PROGRAM]
    if far:
        return failed("host.P-07", message("printers that hang on no cable: {names}", names=listed(far)))
    return passed("host.P-07", message("every printer hangs on a cable"))


def _file_printers(machine: Machine) -> Observation:
    schemes = _schemes(machine)
    if schemes is None:
        return _without(machine, "host.P-09")
    found = [name for name, scheme in schemes.items() if scheme in _TO_FILES]
    if found:
        return failed(
            "host.P-09", message("printers that write files instead of paper: {names}", names=listed(found))
        )
    return passed("host.P-09", message("no printer writes files instead of paper"))


def _schemes(machine: Machine) -> dict[str, str] | None:
    """Return how each queue reaches its printer, by the first word of its address."""
    lines = machine.lines(_PRINTERS)
    if lines is None:
        return None
    schemes: dict[str, str] = {}
    name = ""
    for line in lines:
        words = line.strip("<>").split()
        if line.lower().startswith(("<printer ", "<defaultprinter ")):
            name = words[1]
        elif line.lower().startswith("deviceuri ") and name:
            schemes[name] = words[1].partition(":")[0].lower()
    return schemes


def _directives(machine: Machine, name: str) -> dict[str, str] | None:
    lines = machine.lines(name)
    if lines is None:
        return None
    pairs = (line.partition(" ") for line in lines)
    return {key.lower(): value.strip() for key, _, value in pairs}


def _without(machine: Machine, check: str) -> Observation:
    if machine.names("etc") is None:
        return unknown(check, "/etc")
    if machine.names("etc/cups") is None and not machine.there("etc/cups"):
        return passed(check, message("there is no print service"))
    # Set up, and this file cannot be read; without a printer, or without a setting, it is not there at all.
    wanted = {"host.P-04": _CUPS, "host.P-05": _FILES}.get(check, _PRINTERS)
    if wanted == _PRINTERS and not machine.there(wanted):
        return passed(check, message("the print service has no printer"))
    return unknown(check, f"/{wanted}")


CHECKS: Final[Mapping[str, Check]] = {
    "host.P-04": _titles_logged,
    "host.P-05": _spool_on_disk,
    "host.P-07": _far_printers,
    "host.P-09": _file_printers,
}
