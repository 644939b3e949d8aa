"""How a verified medium is shown: as the JSON object, and as people read it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from securedoc.cli.output import Line, Table
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from securedoc.backup.confirming import Confirmed
    from securedoc.backup.defects import Defect
    from securedoc.backup.repair import Outcome
    from securedoc.backup.verify import Report, SnapshotReport

_SIGNATURES: Final = {
    "trusted": message("every signature on it holds, by officers of this office"),
    "untrusted": message("A SIGNATURE ON IT DOES NOT HOLD"),
    "missing": message("A SIGNATURE IS MISSING ON IT"),
    "unknown": message("who made the signatures on it is not proven"),
}


_REPAIRABLE: Final[Mapping[bool | None, Message | str]] = {
    True: message("yes"),
    False: message("no"),
    None: "-",
}

HOW: Final = {
    "parity": message("recovery data"),
    "copy": message("its second copy"),
    "twin": message("another file's name"),
}


def result(report: "Report", *, proven: bool, recorded: bool) -> dict[str, Any]:
    """Return the JSON object of `backup verify`."""
    return {
        "medium": report.medium,
        "label": report.label,
        "vault": report.vault,
        "depth": report.depth,
        "signature": signature(report, proven=proven),
        "snapshots": [snapshot(one) for one in report.snapshots],
        "defects": [defect.as_json() for defect in report.defects],
        "leftovers": list(report.leftovers),
        "stray": list(report.stray),
        "checked_files": report.counts.checked_files,
        "files": report.counts.files,
        "checked_bytes": report.counts.checked_octets,
        "bytes": report.counts.octets,
        "parity": {
            "protected": report.protection.protected,
            "bags": report.protection.bags,
            "percent": report.protection.percent,
        },
        "recorded": recorded,
    }


def signature(report: "Report", *, proven: bool) -> str:
    """Return how the signatures stand; a certificate from the medium itself makes none trusted."""
    return "unknown" if report.signature == "trusted" and not proven else report.signature


def snapshot(one: "SnapshotReport") -> dict[str, Any]:
    """Return the JSON object of one snapshot."""
    from securedoc.keyring import words

    return {
        "snapshot": one.number,
        "at": one.at,
        "by": one.by,
        "signer": one.signer,
        "manifest": one.manifest,
        "manifest_words": None if one.manifest is None else words.spell(one.manifest),
        "ledger_size": one.ledger_size,
        "objects": one.objects,
    }


def lines(report: "Report", *, proven: bool) -> list[Line]:
    """Return what people read after a verification."""
    counts = report.counts
    shown: list[Line] = [
        message(
            "checked {checked} of {files} files, {octets} of {all} bytes",
            checked=counts.checked_files,
            files=counts.files,
            octets=counts.checked_octets,
            all=counts.octets,
        ),
        _SIGNATURES[signature(report, proven=proven)],
        message(
            "{protected} of {bags} bags have sound recovery data",
            protected=report.protection.protected,
            bags=report.protection.bags,
        ),
        snapshots(report),
        *spelt(report),
    ]
    if report.leftovers:
        shown.append(
            message("not part of any snapshot, not checked: {names}", names=", ".join(report.leftovers))
        )
    if report.stray:
        shown.append(
            message(
                "left on the stick by another system, not ours, not looked at: {names}",
                names=", ".join(report.stray),
            )
        )
    if report.defects:
        shown.append(_defects(report.defects))
    else:
        shown.append(message("no defects"))
    return shown


def confirmed(found: "Confirmed | None") -> dict[str, Any]:
    """Return what `backup verify` confirmed, as JSON."""
    if found is None:
        return {"confirmed": [], "replugged": None}
    return {"confirmed": list(found.snapshots), "replugged": _REPLUGGED[found.replugged.value]}


def confirmed_lines(report: "Report", found: "Confirmed | None") -> list[Line]:
    """Say which snapshots are confirmed, and why others are not."""
    if found is None:
        return []
    label = report.label or report.medium or "-"
    lines: list[Line] = [
        message("snapshot {number} on {label} is confirmed", number=number, label=label)
        for number in found.snapshots
    ]
    if found.waiting:
        lines.append(_WHY_NOT[found.why.value])
    return lines


_REPLUGGED: Final = {"yes": True, "no": False, "not known": None}
_WHY_NOT: Final = {
    "no": message(
        "not confirmed: the stick was not plugged in again since it was written; do that, and verify again"
    ),
    "not known": message(
        "not confirmed: whether the stick was plugged in again cannot be told here; restart the machine, and "
        "verify again"
    ),
}


def repaired(outcome: "Outcome", *, proven: bool, recorded: bool) -> dict[str, Any]:
    """Return the JSON object of `backup repair`."""
    report = outcome.report
    return {
        "repaired": [
            {"path": one.path, "how": one.how.value, "blocks": one.blocks} for one in outcome.repaired
        ],
        "beyond": [
            {
                "bag": str(one.bag),
                "paths": list(one.paths),
                "needed": one.needed,
                "available": one.available,
                "why": one.why,
            }
            for one in outcome.beyond
        ],
        "defects": [defect.as_json() for defect in outcome.left],
        "signature": signature(report, proven=proven) if report else "unknown",
        "checked_files": report.counts.checked_files if report else 0,
        "files": report.counts.files if report else 0,
        "recorded": recorded,
    }


def repair_lines(outcome: "Outcome") -> list[Line]:
    """Return what people read after a repair."""
    if outcome.beyond:
        heads = (message("file"), message("blocks lost"), message("blocks of recovery data"), message("why"))
        lost = [
            (", ".join(one.paths) or str(one.bag), one.needed, one.available, one.why)
            for one in outcome.beyond
        ]
        return [message("NOTHING WAS CHANGED: not all damage can be undone"), Table(heads, lost)]
    shown: list[Line] = [message("nothing had to be repaired")]
    if outcome.repaired:
        rows = [(one.path, HOW[one.how.value]) for one in outcome.repaired]
        shown = [
            message("{count} files are again what was signed", count=len(rows)),
            Table((message("file"), message("brought back from")), rows),
        ]
    if outcome.report is not None:
        counts = outcome.report.counts
        shown.append(
            message(
                "checked afterwards: {checked} of {files} files",
                checked=counts.checked_files,
                files=counts.files,
            )
        )
    if outcome.left:
        shown.append(_defects(outcome.left))
    return shown


def _defects(defects: "Sequence[Defect]") -> Table:
    return Table(
        (
            message("defect"),
            message("file"),
            message("expected"),
            message("found"),
            message("can be repaired"),
        ),
        [(one.kind, one.path, one.expected, one.found, _REPAIRABLE[one.repairable]) for one in defects],
    )


def snapshots(report: "Report") -> Table:
    """Return the snapshots as a table."""
    return Table(
        (message("snapshot"), message("made"), message("signed by"), message("objects"), message("entries")),
        [(one.number, one.at, one.signer, one.objects, one.ledger_size) for one in report.snapshots],
    )


def weights(report: "Report") -> Message | str:
    """Return how much of the objects on a medium no snapshot needs any more."""
    return message(
        "{dead} of {all} bytes of objects are needed by no snapshot any more; "
        "they go with the bags they lie in",
        dead=sum(one.dead for one in report.weights),
        all=sum(one.octets for one in report.weights),
    )


def spelt(report: "Report") -> list[Message]:
    """Return the digest of each snapshot's manifest as words, for two people at a table."""
    from securedoc.keyring import words

    label = report.label or report.medium or "-"
    return [
        aloud(label, one.number, words.spell(one.manifest))
        for one in report.snapshots
        if one.manifest is not None
    ]


def aloud(label: str, number: int, said: str) -> Message:
    """Return the line that is read out."""
    return message(
        "manifest of snapshot {number} on {label}, to read aloud: {words}",
        number=number,
        label=label,
        words=said,
    )
