"""The audit report as a page, as JSON, and as a PDF."""

import json
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securedoc.audit import printed
from securedoc.audit.backups import MediumLook
from securedoc.audit.run import Audited, medium
from securedoc.core.digests import Digest
from securedoc.core.findings import Finding, Severity, State, worst_first
from securedoc.core.text import message
from securedoc.errors import (
    BackupFailed,
    BackupStale,
    BackupUntrusted,
    LedgerUntrusted,
    SecuredocError,
    same,
)
from securedoc.reports import auditpage
from securedoc.reports.auditreport import AuditReport

AT = datetime(2026, 11, 22, 2, tzinfo=UTC)


def finding(state: State, about: str | None = None, severity: Severity = Severity.HIGH) -> Finding:
    return Finding("ledger.history", severity, state, message("entry {n} differs", n=17), None, about)


def report(*findings: Finding, office: str = "UBND xã Mẫu", training: bool = False) -> AuditReport:
    return AuditReport(
        title=message("Audit of the vault"),
        office=office,
        vault="0" * 32,
        training=training,
        at=AT,
        auditor="Hồ Văn Phúc",
        role="auditor",
        policy="vn-2026 1.0",
        ledger_size=18,
        ledger_root="ab" * 32,
        findings=tuple(worst_first(list(findings))),
    )


class Tags(HTMLParser):
    """Collects the tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect one tag."""
        self.tags.append(tag)
        self.attributes += attrs


def parsed(page: bytes) -> Tags:
    tags = Tags()
    tags.feed(page.decode("utf-8"))
    return tags


def test_what_failed_what_is_unknown_and_what_passed_are_counted_apart() -> None:
    audit = report(*map(finding, (State.PASS, State.UNKNOWN, State.FAIL, State.UNKNOWN)))

    assert (audit.failed, audit.unknown, audit.passed) == (1, 2, 1)
    assert [one.state for one in audit.findings] == [State.FAIL, State.UNKNOWN, State.UNKNOWN, State.PASS]


def test_a_report_with_unknowns_never_says_that_all_passed() -> None:
    assert str(report(finding(State.PASS)).summary()) == "All 1 checks passed."
    assert "could not be made" in str(report(finding(State.PASS), finding(State.UNKNOWN)).summary())
    assert str(report(finding(State.FAIL)).summary()).startswith("1 of 1 checks failed")


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&lt;b&gt;"])
def test_what_a_stranger_named_stays_text_on_the_page(text: str) -> None:
    page = auditpage.page(report(finding(State.FAIL, about=text), office=text), same, "vi")

    assert set(parsed(page).tags) == set(
        parsed(auditpage.page(report(finding(State.FAIL)), same, "vi")).tags
    ) | {"code"}


@given(st.text(), st.text())
def test_no_text_makes_the_page_run_or_load_anything(office: str, about: str) -> None:
    page = parsed(auditpage.page(report(finding(State.FAIL, about=about), office=office), same, "en"))

    assert not {"script", "img", "link", "iframe", "object", "a", "form", "base"} & set(page.tags)
    assert not [
        name for name, _ in page.attributes if name.startswith("on") or name in {"src", "href", "style"}
    ]
    assert any("default-src 'none'" in (value or "") for name, value in page.attributes if name == "content")


def test_the_page_says_when_it_is_only_training() -> None:
    assert b"TRAINING" in auditpage.page(report(finding(State.PASS), training=True), same, "en")
    assert b"TRAINING" not in auditpage.page(report(finding(State.PASS)), same, "en")


def test_the_json_is_what_its_digest_says_whatever_the_language() -> None:
    audit = report(finding(State.FAIL))

    assert Digest.of(audit.as_bytes()) == audit.digest()
    assert json.loads(audit.as_bytes())["findings"][0]["detail"] == "entry 17 differs"
    assert audit.as_json(lambda text: text.replace("entry", "mục"))["checks"] == 1
    assert str(audit.digest()) in auditpage.page(audit, same, "vi").decode("utf-8")


def test_the_pdf_is_the_same_each_time_and_carries_the_vietnamese_names() -> None:
    audit = report(finding(State.FAIL, about="D-2026-000001"), finding(State.PASS))

    first, second = printed.pdf(audit, same), printed.pdf(audit, same)

    assert first == second
    assert first.startswith(b"%PDF-1.7")


def medium_audit(*errors: SecuredocError) -> Audited:
    return medium(MediumLook("m1", "USB 1", 2, 10, 1000, errors), AT)


def test_a_medium_that_holds_passes_and_its_age_stays_unknown() -> None:
    audited = medium_audit()

    audited.require()
    assert (audited.report.failed, audited.report.unknown, audited.report.passed) == (0, 1, 1)


def test_the_gravest_defect_of_a_medium_decides_the_exit_code() -> None:
    audited = medium_audit(BackupFailed("a"), BackupUntrusted("b"), BackupStale("c"))

    with pytest.raises(BackupUntrusted):
        audited.require()
    assert audited.report.failed == 3


def test_findings_say_what_their_error_says() -> None:
    from securedoc.audit.outcomes import failed, guarded  # noqa: PLC0415 - one use

    error = LedgerUntrusted("entry {n} does not link", n=17, hint="compare it with {n}")

    outcome = failed("ledger.history", error)

    assert (str(outcome.finding.detail), str(outcome.finding.fix)) == (
        "entry 17 does not link",
        "compare it with 17",
    )
    assert outcome.finding.severity is Severity.CRITICAL
    assert [one.error for one in guarded("ledger", lambda: _raising(error))] == [error]
    (stopped,) = guarded("ledger", lambda: _raising(OSError(5, "Input/output error")))
    assert stopped.finding.state is State.UNKNOWN
    assert stopped.error is None


def _raising(error: Exception):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a generator that only fails
    raise error
    yield
