"""Says a verdict on signatures in words that people read."""

from datetime import datetime
from typing import Final

from securedoc.core.officetime import OFFICE_TIME
from securedoc.core.text import Message, message
from securedoc.signing.judgement import (
    Changes,
    Coverage,
    Judgement,
    Revocation,
    SignatureReport,
    TimeSource,
)

SENTENCES: Final = {
    Judgement.TRUSTED: message("trusted: everything holds and is what the register says"),
    Judgement.TRUSTED_UNREGISTERED: message(
        "every signature holds, but no register says what should be there: look at each one"
    ),
    Judgement.INTACT_UNTRUSTED: message("unaltered, but signed by somebody who is not trusted here"),
    Judgement.ALTERED: message("altered: this is not what was signed or registered"),
    Judgement.UNSIGNED: message("not signed"),
    Judgement.UNVERIFIABLE: message("it could not be verified, which is never a pass"),
}
REVOCATIONS: Final = {
    Revocation.CHECKED: message("checked against revocation lists"),
    Revocation.STALE: message("the local list is out of date"),
    Revocation.NOT_CHECKED: message("not checked: no local list"),
}
COVERAGES: Final = {
    Coverage.ENTIRE_FILE: message("the whole file"),
    Coverage.ENTIRE_REVISION: message("the file as it was then"),
    Coverage.PARTIAL: message("a part of the file"),
    Coverage.UNCLEAR: message("unclear"),
}
CHANGES: Final = {
    Changes.NONE: message("none"),
    Changes.LTA_UPDATES: message("data for long-term validation only"),
    Changes.FORM_FILLING: message("further signatures only"),
    Changes.ANNOTATIONS: message("annotations"),
    Changes.OTHER: message("other changes"),
}
TIME_SOURCES: Final = {
    TimeSource.SIGNER: message("by the signer's own clock"),
    TimeSource.TIME_STAMP: message("by a trusted time-stamp"),
    TimeSource.INTERNAL: message("by an internal time-stamp"),
    TimeSource.NONE: message("not stated"),
}
YES: Final = message("yes")
NO: Final = message("no")


def answers(report: SignatureReport) -> tuple[tuple[Message, str | Message], ...]:
    """Return each question about one signature with its answer."""
    proven = () if report.proven_at is None else ((message("existed at"), _moment(report.proven_at)),)
    return (
        (message("field"), report.field),
        (message("signer"), report.signer),
        (message("bytes unchanged"), YES if report.intact else NO),
        (message("signature computes"), YES if report.valid else NO),
        (message("signer trusted"), YES if report.trusted else NO),
        (message("revocation"), REVOCATIONS[report.revocation]),
        (message("covers"), COVERAGES[report.coverage]),
        (message("changes afterwards"), CHANGES[report.changes]),
        (message("signature level"), report.level),
        (message("time"), _moment(report.time)),
        (message("time stated"), TIME_SOURCES[report.time_source]),
        *proven,
    )


def _moment(at: datetime | None) -> str:
    return "-" if at is None else at.astimezone(OFFICE_TIME).isoformat(timespec="seconds")
