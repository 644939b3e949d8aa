"""Decides whether a medium will do: what is refused before anything is written, and what is only said."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from securedoc.core.text import Message, message
from securedoc.errors import BackupMissing, BackupRefused
from securedoc.policy.mediarules import Media
from securedoc.policy.vocabulary import MediumRule
from securedoc.system import condition
from securedoc.system.condition import Condition, Nature

LEAST_NAMES: Final = 160
"""About what a snapshot and its recovery data make: a file system can run out of names before bytes."""
ROOT: Final = Path("/")


@dataclass(frozen=True, slots=True)
class Fitness:
    """What speaks against a medium."""

    condition: Condition
    refused: tuple[BackupRefused, ...]
    remarks: tuple[Message, ...]
    """Said, and gone on with."""

    def require(self) -> None:
        """Accept a medium that nothing but remarks speaks against.

        Raises:
            BackupRefused: something does.
        """
        if self.refused:
            raise self.refused[0]


def in_training(rules: Media) -> Media:
    """Return the rules of a training vault: nothing in it is lost with the machine's memory."""
    return replace(rules, in_memory=MediumRule.WARN) if rules.in_memory is MediumRule.REFUSE else rules


def look(rules: Media, path: Path, vault: Path, *, name: str, root: Path = ROOT) -> Fitness:
    """Judge the medium that `path` is on, called `name`, by the policy.

    Raises:
        BackupMissing: there is no medium.
    """
    try:
        seen = condition.look(path, root=root)
        beside = condition.same_disk(path, vault, root=root)
    except OSError as error:
        raise BackupMissing(
            "there is no medium at {path}", path=name, hint="plug it in, and name where it is mounted"
        ) from error
    judged = [*_certain(seen, name), *_judged(rules, seen, name, beside=beside)]
    return Fitness(
        seen,
        tuple(error for error, rule in judged if rule is MediumRule.REFUSE),
        tuple(message(error.template, **error.facts) for error, rule in judged if rule is MediumRule.WARN),
    )


def not_writable(seen: Condition, name: str) -> BackupRefused:
    """Say why a medium cannot be written, and what to do about it."""
    if seen.write_protected:
        return BackupRefused(
            "the medium {medium} is write-protected",
            medium=name,
            hint="move the switch on the stick; one without a switch has come to its end: use another one",
        )
    if seen.filesystem == "ntfs":
        return BackupRefused(
            "the medium {medium} cannot be written",
            medium=name,
            hint="Windows did not let go of it: start Windows with it, and shut it down with Shift held "
            "down; or check it there: chkdsk /f",
        )
    if seen.damaged:
        return BackupRefused(
            "the medium {medium} cannot be written: its file system is damaged",
            medium=name,
            hint="unmount it and check it: {check}",
            check=_check(seen),
        )
    return BackupRefused(
        "the medium {medium} cannot be written",
        medium=name,
        hint="release its write protection, or mount it for writing",
    )


def require_files(seen: Condition, label: str, sizes: Iterable[tuple[str, int]]) -> None:
    """Accept files, given by name and size, that the medium's file system holds.

    Raises:
        BackupRefused: one is too large; nothing was written.
    """
    limit = seen.largest_file_bytes
    for name, size in sizes if limit is not None else ():
        if limit is not None and size > limit:
            raise BackupRefused(
                "{name} has {size} bytes; the file system of {label}, {filesystem}, holds no file over "
                "{limit}",
                name=name,
                size=size,
                label=label,
                filesystem=seen.filesystem,
                limit=limit,
                hint="nothing was written; format another stick as exFAT or ext4, and register it",
            )


def _certain(seen: Condition, name: str) -> Iterator[tuple[BackupRefused, MediumRule]]:
    """Yield what no policy can allow: the backup would fail."""
    if seen.volume.read_only or seen.write_protected:
        yield not_writable(seen, name), MediumRule.REFUSE
    elif not seen.permitted:
        yield (
            BackupRefused(
                "you may not make files on the medium {medium}",
                medium=name,
                hint="mount it for yourself, or have its owner changed: sudo chown",
            ),
            MediumRule.REFUSE,
        )
    if seen.names_left is not None and seen.names_left < LEAST_NAMES:
        yield (
            BackupRefused(
                "the medium {medium} has no room for more files: {count} are left",
                medium=name,
                count=seen.names_left,
                hint="use another medium; nothing was written",
            ),
            MediumRule.REFUSE,
        )


def _judged(
    rules: Media, seen: Condition, name: str, *, beside: bool
) -> Iterator[tuple[BackupRefused, MediumRule]]:
    """Yield what the policy decides."""
    if seen.unclean or seen.damaged:
        yield _unclean(seen, name), rules.unclean
    if seen.nature is Nature.NETWORK:
        error = BackupRefused(
            "{medium} is not on a device of this machine: {filesystem}",
            medium=name,
            filesystem=seen.filesystem,
            hint="back up to a stick that can be carried away",
        )
        yield error, rules.on_network
    if seen.nature is Nature.MEMORY:
        error = BackupRefused(
            "{medium} is in memory: it is gone when the machine is switched off",
            medium=name,
            hint="back up to a stick that can be carried away",
        )
        yield error, rules.in_memory
    if seen.nature is Nature.STACKED:
        error = BackupRefused(
            "{medium} is not one device that can be carried away: {filesystem}",
            medium=name,
            filesystem=seen.filesystem,
            hint="back up to a stick that can be carried away",
        )
        yield error, rules.stacked
    if beside and seen.nature is not Nature.MEMORY:
        error = BackupRefused(
            "{medium} is on the same disk as the vault: both are lost together",
            medium=name,
            hint="back up to a stick that can be carried away",
        )
        yield error, rules.beside_vault


def _unclean(seen: Condition, name: str) -> BackupRefused:
    if seen.damaged:
        return BackupRefused(
            "errors were noted on the file system of the medium {medium}",
            medium=name,
            hint="unmount it and check it: {check}",
            check=_check(seen),
        )
    return BackupRefused(
        "the medium {medium} was pulled out without being unmounted: its file system may be damaged",
        medium=name,
        hint="unmount it and check it: {check}",
        check=_check(seen),
    )


_CHECKS: Final[Mapping[str, str]] = {
    "vfat": "sudo fsck.vfat -a {device}; Windows: chkdsk /f",
    "exfat": "sudo fsck.exfat -y {device}; Windows: chkdsk /f",
    "ntfs": "Windows: chkdsk /f; sudo ntfsfix -d {device}",
    "ext4": "sudo e2fsck -f {device}",
}


def _check(seen: Condition) -> str:
    return _CHECKS.get(seen.filesystem, "sudo fsck {device}").format(device=seen.volume.source)
