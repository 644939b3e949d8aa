"""What an audit found, counted three ways: failed, could not be checked, passed."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from securedoc.core.digests import Digest
from securedoc.core.findings import Finding, State
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.text import Message, message
from securedoc.errors import same

Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class AuditReport:
    """One audit."""

    title: Message
    office: str
    vault: str
    """Vault id, or the medium's where only a medium was looked at."""
    training: bool
    at: datetime
    auditor: str
    role: str
    policy: str
    """Pack and version."""
    ledger_size: int | None
    ledger_root: str | None
    findings: tuple[Finding, ...]
    """Worst first."""

    def of(self, state: State) -> tuple[Finding, ...]:
        """Return the findings that came out so."""
        return tuple(finding for finding in self.findings if finding.state is state)

    @property
    def failed(self) -> int:
        """How many checks found something wrong."""
        return len(self.of(State.FAIL))

    @property
    def unknown(self) -> int:
        """How many checks could not be made; none of them is a pass."""
        return len(self.of(State.UNKNOWN))

    @property
    def passed(self) -> int:
        """How many checks found what they should."""
        return len(self.of(State.PASS))

    def summary(self) -> Message:
        """Return the one sentence that a head of office reads."""
        if self.failed:
            return message(
                "{failed} of {checks} checks failed, and {unknown} could not be made. "
                "The gravest failure comes first.",
                failed=self.failed,
                checks=len(self.findings),
                unknown=self.unknown,
            )
        if self.unknown:
            return message(
                "Nothing was found wrong in {passed} checks, but {unknown} could not be made: "
                "they say nothing either way.",
                passed=self.passed,
                unknown=self.unknown,
            )
        return message("All {passed} checks passed.", passed=self.passed)

    def as_json(self, translate: Translate = same) -> JsonObject:
        """Return the report as JSON, its sentences in the language of `translate`."""
        return {
            "title": self.title.said(translate),
            "office": self.office,
            "vault": self.vault,
            "training": self.training,
            "at": self.at.isoformat(),
            "auditor": self.auditor,
            "role": self.role,
            "policy": self.policy,
            "ledger": {"size": self.ledger_size, "root": self.ledger_root},
            "summary": self.summary().said(translate),
            "checks": len(self.findings),
            "failed": self.failed,
            "unknown": self.unknown,
            "passed": self.passed,
            "findings": [finding_json(finding, translate) for finding in self.findings],
        }

    def as_bytes(self) -> bytes:
        """Return the bytes of the `.json` file: English whatever the language, so that its digest is one."""
        return (json.dumps(self.as_json(), ensure_ascii=False, indent=2) + "\n").encode()

    def digest(self) -> Digest:
        """Return what the ledger's entry about this audit names: the digest of the `.json` file."""
        return Digest.of(self.as_bytes())


def finding_json(finding: Finding, translate: Translate = same) -> JsonObject:
    """Return one finding as JSON."""
    return {
        "check": finding.check,
        "severity": finding.severity.value,
        "state": finding.state.value,
        "detail": finding.detail.said(translate),
        "fix": None if finding.fix is None else finding.fix.said(translate),
        "about": finding.about,
    }
