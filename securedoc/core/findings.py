"""One observation of a check: what was looked at, how it came out, what to do about it."""

from dataclasses import dataclass
from enum import StrEnum

from securedoc.core.text import Message


class Severity(StrEnum):
    """How much a failed check matters, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class State(StrEnum):
    """How a check came out; `UNKNOWN` is never counted as a pass."""

    FAIL = "fail"
    UNKNOWN = "unknown"
    PASS = "pass"  # noqa: S105 - the word, not a password


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation of one check."""

    check: str
    """Stable identifier, lower case: `ledger.chain`, `host.N-03`, `docx.macros`."""
    severity: Severity
    state: State
    detail: Message
    fix: Message | None = None
    about: str | None = None
    """The object looked at: a document id, a path on a medium, an interface name."""


def worst_first(findings: list[Finding]) -> list[Finding]:
    """Order findings for a report: failures before unknowns before passes, then by severity."""
    states, severities = list(State), list(Severity)
    return sorted(findings, key=lambda f: (states.index(f.state), severities.index(f.severity), f.check))
