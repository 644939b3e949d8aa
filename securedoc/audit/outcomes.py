"""How one check came out: a finding, and the error that it ends the command with where it failed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from securedoc.core.findings import Finding, Severity, State, worst_first
from securedoc.core.text import Message, message
from securedoc.errors import SecuredocError

_SEVERITY: Final = {
    "untrusted": Severity.CRITICAL,
    "stale": Severity.HIGH,
    "incomplete": Severity.HIGH,
    "missing": Severity.HIGH,
    "malformed": Severity.HIGH,
}
"""What a failure weighs by its exit code's second digit; the others weigh medium."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One check, made or not."""

    finding: Finding
    error: SecuredocError | None = None
    """Of a failed check: what the command ends with if nothing graver was found."""

    @property
    def decides(self) -> bool:
        """Whether it decides how the audit ends: a failure of low severity is advice, listed as failed."""
        return self.finding.severity not in {Severity.LOW, Severity.INFO}


def passed(check: str, detail: Message, *, about: str | None = None) -> Outcome:
    """Return that a check found what it should."""
    return Outcome(Finding(check, Severity.INFO, State.PASS, detail, about=about))


def failed(
    check: str, error: SecuredocError, *, about: str | None = None, severity: Severity | None = None
) -> Outcome:
    """Return that a check found something wrong: `error` says what, and what to do."""
    fix = None if error.hint_template is None else Message(error.hint_template, error.facts)
    weight = severity or _SEVERITY.get(error.what, Severity.MEDIUM)
    detail = Message(error.template, error.facts)
    return Outcome(Finding(check, weight, State.FAIL, detail, fix, about), error)


def unknown(
    check: str,
    detail: Message,
    *,
    fix: Message | None = None,
    about: str | None = None,
    severity: Severity = Severity.MEDIUM,
) -> Outcome:
    """Return that a check could not be made, which says nothing either way."""
    return Outcome(Finding(check, severity, State.UNKNOWN, detail, fix, about))


def guarded(area: str, check: Callable[[], Iterable[Outcome]]) -> Iterator[Outcome]:
    """Make a check; one that fails as a whole, or that the machine stops, is an outcome too."""
    try:
        yield from check()
    except SecuredocError as error:
        yield failed(f"{area}.check", error)
    except OSError as error:
        yield unknown(
            f"{area}.check",
            message("the check was stopped by the machine: {reason}", reason=error.strerror or "unknown"),
            severity=Severity.HIGH,
        )


def ordered(outcomes: Iterable[Outcome]) -> tuple[Finding, ...]:
    """Return the findings, worst first."""
    return tuple(worst_first([outcome.finding for outcome in outcomes]))
