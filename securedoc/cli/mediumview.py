"""How a verified medium is shown: as the JSON object, and as people read it."""

from typing import TYPE_CHECKING, Any, Final

from securedoc.cli.output import Line, Table
from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from securedoc.backup.verify import Report, SnapshotReport

_SIGNATURES: Final = {
    "trusted": message("every signature on it holds, by officers of this office"),
    "untrusted": message("A SIGNATURE ON IT DOES NOT HOLD"),
    "missing": message("A SIGNATURE IS MISSING ON IT"),
    "unknown": message("who made the signatures on it is not proven"),
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
        "checked_files": report.counts.checked_files,
        "files": report.counts.files,
        "checked_bytes": report.counts.checked_octets,
        "bytes": report.counts.octets,
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
        snapshots(report),
        *spelt(report),
    ]
    if report.leftovers:
        shown.append(
            message("not part of any snapshot, not checked: {names}", names=", ".join(report.leftovers))
        )
    if report.defects:
        shown.append(
            Table(
                (message("defect"), message("file"), message("expected"), message("found")),
                [(one.kind, one.path, one.expected, one.found) for one in report.defects],
            )
        )
    else:
        shown.append(message("no defects"))
    return shown


def snapshots(report: "Report") -> Table:
    """Return the snapshots as a table."""
    return Table(
        (message("snapshot"), message("made"), message("signed by"), message("objects"), message("entries")),
        [(one.number, one.at, one.signer, one.objects, one.ledger_size) for one in report.snapshots],
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
