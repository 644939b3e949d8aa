"""The guard: whether this machine is fit for secrets, by what it shows of itself and by the policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from securedoc.audit.remedies import REMEDIES
from securedoc.core.digests import Digest
from securedoc.core.entries import Act
from securedoc.core.findings import Finding, State, worst_first
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.text import message
from securedoc.errors import HostRefused
from securedoc.formats import canonical
from securedoc.policy.hardening import Hardening, load_hardening
from securedoc.policy.policy import Policy
from securedoc.system.host.observing import air_gap_level, observe
from securedoc.system.host.reading import Observation

if TYPE_CHECKING:  # the guard works without a vault, and without what opens one
    from securedoc.office.office import Office


@dataclass(frozen=True, slots=True)
class GuardReport:
    """What the checks of the machine found, worst first, and what the policy makes of it."""

    findings: tuple[Finding, ...]
    unfit: tuple[Finding, ...]
    """Those that forbid secrets on this machine."""
    level: int | None
    """How far from any network: 0 no hardware … 3 merely unplugged; None: connected, or nobody can tell."""

    @property
    def fit(self) -> bool:
        """Whether the policy lets this machine hold secrets."""
        return not self.unfit

    def check(self) -> None:
        """Raise when the machine is unfit.

        Raises:
            HostRefused: the policy forbids secrets on a machine in this state.
        """
        if self.unfit:
            raise HostRefused(
                "this machine is unfit for secrets: {count} findings, the first is {check}",
                count=len(self.unfit),
                check=self.unfit[0].check,
                hint="see the list of findings; a training vault works here, a real one must not",
            )


def record(office: "Office", report: GuardReport) -> int:
    """Enter in the ledger how the machine stood, and return the entry's sequence number.

    The digest is over every check and how it came out: two entries that differ show the drift.

    Raises:
        PolicyRefused: the officer may not.
    """
    office.permit("guard")
    states = [finding.state for finding in report.findings]
    outcomes = [[finding.check, finding.state] for finding in sorted(report.findings, key=lambda f: f.check)]
    facts: JsonObject = {
        "fit": report.fit,
        "failed": states.count(State.FAIL),
        "unknown": states.count(State.UNKNOWN),
        "digest": str(Digest.of(canonical.encode(outcomes))),
    }
    with office.write() as writing:
        return writing.append(Act.HOST_CHECKED, None, facts).sequence


def look(policy: Policy, *, root: Path = Path("/")) -> GuardReport:
    """Check the machine whose file tree is at `root` against the policy; takes some 50 ms.

    Raises:
        PolicyMissing, PolicyMalformed: the rules of the checks cannot be read.
    """
    return judge(observe(root=root), load_hardening(), policy)


def judge(observations: Sequence[Observation], rules: Hardening, policy: Policy) -> GuardReport:
    """Make findings of observations, and a verdict of the findings.

    Raises:
        HostRefused: a check that the policy relies on was not made: then nothing is known.
    """
    made = {observation.check for observation in observations}
    relied_on = {*policy.host.unfit_on_fail, *policy.host.unfit_on_unknown}
    # Empty is not valid: a check that was renamed or left out must not pass in silence.
    missing = sorted(relied_on - made)
    if missing:
        raise HostRefused(
            "the policy relies on check {check}, which this program does not make", check=missing[0]
        )
    findings = worst_first([_finding(observation, rules) for observation in observations])
    unfit = tuple(finding for finding in findings if policy.makes_unfit(finding.check, finding.state))
    return GuardReport(tuple(findings), unfit, air_gap_level(observations))


def _finding(observation: Observation, rules: Hardening) -> Finding:
    severity = rules.of(observation.check)
    if severity is None:
        raise HostRefused(
            "hardening.toml does not know check {check}",
            check=observation.check,
            hint="install securedoc again: its parts do not belong together",
        )
    fix = None if observation.state is State.PASS else REMEDIES.get(observation.check, _BY_HAND)
    detail, about = observation.detail, observation.about
    return Finding(observation.check, severity, observation.state, detail, fix, about)


_BY_HAND = message("look at this by hand, and write down what you found")
