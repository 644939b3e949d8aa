"""The audit report as one HTML file: no script, nothing from outside, readable on paper."""

import html
from collections.abc import Iterable
from typing import Final

from securedoc.core.findings import Finding, Severity, State
from securedoc.core.officetime import OFFICE_TIME
from securedoc.core.text import Message, message
from securedoc.reports.auditreport import AuditReport, Translate
from securedoc.system.terminal import visible

STATES: Final = {
    State.FAIL: message("failed"),
    State.UNKNOWN: message("could not be checked"),
    State.PASS: message("passed"),
}
HEADINGS: Final = {
    State.FAIL: message("What is wrong"),
    State.UNKNOWN: message("What could not be checked"),
    State.PASS: message("What was found in order"),
}
SEVERITIES: Final = {
    Severity.CRITICAL: message("critical"),
    Severity.HIGH: message("high"),
    Severity.MEDIUM: message("moderate"),
    Severity.LOW: message("low"),
    Severity.INFO: message("information"),
}
AREAS: Final = {
    "vault": message("Vault"),
    "ledger": message("Ledger"),
    "witnesses": message("Witnesses of the ledger"),
    "rights": message("Rights and second officers"),
    "numbers": message("Numbers"),
    "objects": message("Sealed objects"),
    "signatures": message("Signatures of documents"),
    "keys": message("Keys and officers"),
    "policy": message("Policy"),
    "editing": message("Editing sessions"),
    "paper": message("Printed paper"),
    "host": message("This machine"),
    "backup": message("Backups"),
}

# Findings name what came from outside: even if one slipped through, nothing runs and nothing loads.
CONTENT_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"

# The report is printed and filed: black on white, no colour that carries meaning alone, no font of ours.
STYLE: Final = """
:root { color-scheme: light; }
body { font: 12pt/1.45 "Times New Roman", Tinos, "Liberation Serif", serif; color: #000;
  background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 18pt; margin: 0 0 .3rem; }
h2 { font-size: 14pt; margin: 1.6rem 0 .4rem; }
.training { border: 2px solid #000; padding: .3rem .6rem; font-weight: bold; text-align: center; }
.verdict { border: 1px solid #000; border-left-width: 10px; padding: .6rem .8rem; font-size: 13pt; }
.fail { border-left-color: #b00020; }
.unknown { border-left-color: #8a6d00; }
.pass { border-left-color: #1b5e20; }
table { border-collapse: collapse; width: 100%; margin: .4rem 0; }
th, td { border: 1px solid #666; padding: .25rem .45rem; vertical-align: top; text-align: left; }
th { background: #eee; }
td.n { text-align: right; }
code { font: 10pt "Liberation Mono", "Courier New", monospace; }
code, td { overflow-wrap: anywhere; }
.next { font-style: italic; }
.signs { display: flex; justify-content: space-between; margin-top: 2.5rem; page-break-inside: avoid; }
.signs p { width: 45%; text-align: center; height: 7rem; }
@page { size: A4; margin: 20mm 15mm 20mm 20mm; }
@media print {
  body { margin: 0; max-width: none; }
  thead { display: table-header-group; }
  tr { page-break-inside: avoid; }
  th { background: none; }
}
""".strip()


def page(report: AuditReport, translate: Translate, lang: str) -> bytes:
    """Return the report as an HTML file in the language of `translate`."""
    said = _Words(translate)
    title = said.message(report.title)
    body = [
        f"<h1>{title}</h1>",
        f"<p>{_safe(report.office)}</p>",
        _training(report, said),
        _verdict(report, said),
        _counts(report, said),
        *(_section(report, state, said) for state in (State.FAIL, State.UNKNOWN, State.PASS)),
        _particulars(report, said),
        _signs(said),
    ]
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{html.escape(lang)}"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{CONTENT_POLICY}">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{title}</title><style>{STYLE}</style></head><body>",
            *filter(None, body),
            "</body></html>",
            "",
        ]
    ).encode()


class _Words:
    """Sentences in the report's language, safe in HTML."""

    def __init__(self, translate: Translate) -> None:
        self._translate = translate

    def message(self, words: Message) -> str:
        return _safe(words.said(self._translate))


def area(check: str) -> Message:
    """Return the name of the area that a check belongs to."""
    prefix = check.partition(".")[0]
    return AREAS.get(prefix, message("{name}", name=prefix))


def _safe(untrusted_text: str) -> str:
    return html.escape("\n".join(map(visible, untrusted_text.split("\n"))))


def _training(report: AuditReport, said: _Words) -> str:
    if not report.training:
        return ""
    words = said.message(message("TRAINING: this vault holds no real secrets"))
    return f'<p class="training">{words}</p>'


def _verdict(report: AuditReport, said: _Words) -> str:
    kind = "fail" if report.failed else "unknown" if report.unknown else "pass"
    return f'<p class="verdict {kind}">{said.message(report.summary())}</p>'


def _counts(report: AuditReport, said: _Words) -> str:
    areas = dict.fromkeys(finding.check.partition(".")[0] for finding in _by_area(report.findings))
    head = "".join(
        f"<th>{said.message(words)}</th>" for words in (message("Area"), *(STATES[state] for state in State))
    )
    rows = []
    for name in areas:
        found = [finding for finding in report.findings if finding.check.partition(".")[0] == name]
        cells = "".join(
            f'<td class="n">{sum(finding.state is state for finding in found)}</td>' for state in State
        )
        rows.append(f"<tr><td>{said.message(area(name))}</td>{cells}</tr>")
    heading = said.message(message("In figures"))
    return f"<h2>{heading}</h2><table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _by_area(findings: Iterable[Finding]) -> list[Finding]:
    order = list(AREAS)

    def place(finding: Finding) -> int:
        prefix = finding.check.partition(".")[0]
        return order.index(prefix) if prefix in order else len(order)

    return sorted(findings, key=place)


def _section(report: AuditReport, state: State, said: _Words) -> str:
    found = report.of(state)
    if not found:
        return ""
    grave = () if state is State.PASS else (message("How grave"),)
    columns = (message("Area"), *grave, message("What was found"), message("Object"))
    head = "".join(f"<th>{said.message(words)}</th>" for words in columns)
    rows = "".join(_row(finding, said) for finding in found)
    heading = f"{said.message(HEADINGS[state])} ({len(found)})"
    return f"<h2>{heading}</h2><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row(finding: Finding, said: _Words) -> str:
    grave = "" if finding.state is State.PASS else f"<td>{said.message(SEVERITIES[finding.severity])}</td>"
    fix = "" if finding.fix is None else f'<br><span class="next">{said.message(finding.fix)}</span>'
    about = "" if finding.about is None else f"<code>{_safe(finding.about)}</code>"
    name = f"{said.message(area(finding.check))}<br><code>{_safe(finding.check)}</code>"
    return f"<tr><td>{name}</td>{grave}<td>{said.message(finding.detail)}{fix}</td><td>{about}</td></tr>"


def _particulars(report: AuditReport, said: _Words) -> str:
    at = report.at.astimezone(OFFICE_TIME).strftime("%d/%m/%Y %H:%M:%S +07:00")
    entries = [
        (message("Time of the audit"), at),
        (message("Carried out by"), f"{report.auditor} ({report.role})"),
        (message("Identifier"), report.vault),
        (message("Policy"), report.policy),
        (message("Digest of this report as JSON, in English"), str(report.digest())),
    ]
    if report.ledger_size is not None:
        entries.insert(
            3, (message("Ledger: entries and root"), f"{report.ledger_size} · {report.ledger_root}")
        )
    rows = "".join(
        f"<tr><th>{said.message(words)}</th><td><code>{_safe(value)}</code></td></tr>"
        for words, value in entries
    )
    return f"<h2>{said.message(message('Particulars'))}</h2><table><tbody>{rows}</tbody></table>"


def _signs(said: _Words) -> str:
    left, right = message("Auditor (signature, name)"), message("Head of the office (signature, name)")
    return f'<div class="signs"><p>{said.message(left)}</p><p>{said.message(right)}</p></div>'
