"""The audit report as PDF/A, for the file and for signing in ink."""

from collections.abc import Iterator

from securedoc.core.findings import State
from securedoc.core.officetime import OFFICE_TIME, day_of
from securedoc.core.text import message
from securedoc.documents.report import Column, Report, Section
from securedoc.reports.auditpage import HEADINGS, SEVERITIES, area
from securedoc.reports.auditreport import AuditReport, Translate


def pdf(audit: AuditReport, translate: Translate) -> bytes:
    """Return the report as a PDF.

    Raises:
        DocumentRefused: a character in it is in no font.
        DocumentFailed: the engine failed.
    """
    day = day_of(audit.at)
    training = message("TRAINING: this vault holds no real secrets").said(translate)
    return Report(
        title=audit.title.said(translate),
        subtitle=audit.office,
        sections=(_summary(audit, translate), *_sections(audit, translate)),
        day=day,
        training=training if audit.training else "",
        page_label=message("Page").said(translate),
    ).pdf()


def _summary(audit: AuditReport, translate: Translate) -> Section:
    at = audit.at.astimezone(OFFICE_TIME).strftime("%d/%m/%Y %H:%M")
    lines = [
        audit.summary(),
        message("Time of the audit: {at}", at=at),
        message("Carried out by: {auditor} ({role})", auditor=audit.auditor, role=audit.role),
        message("Digest of this report as JSON, in English: {digest}", digest=str(audit.digest())),
    ]
    heading = message("Summary").said(translate)
    return Section(heading, tuple(line.said(translate) for line in lines))


def _sections(audit: AuditReport, translate: Translate) -> Iterator[Section]:
    columns = (
        Column(message("Area").said(translate), 1.0),
        Column(message("How grave").said(translate), 0.6),
        Column(message("What was found").said(translate), 2.6),
        Column(message("Object").said(translate), 0.9),
    )
    for state in State:
        found = audit.of(state)
        if found:
            rows = tuple(
                (
                    area(finding.check).said(translate),
                    "" if state is State.PASS else SEVERITIES[finding.severity].said(translate),
                    "; ".join(
                        part.said(translate) for part in (finding.detail, finding.fix) if part is not None
                    ),
                    finding.about or "",
                )
                for finding in found
            )
            yield Section(f"{HEADINGS[state].said(translate)} ({len(found)})", (), columns, rows)
