import dataclasses
from pathlib import Path

import pytest

from securedoc.audit import guard
from securedoc.audit.remedies import REMEDIES
from securedoc.core.findings import State
from securedoc.errors import HostRefused
from securedoc.policy import packs
from securedoc.policy.hardening import Hardening, load_hardening
from securedoc.policy.policy import Policy
from securedoc.system.host.observing import CHECKS, observe
from tests.support.machine import clean_machine
from tests.support.system import fake_tree


@pytest.fixture
def policy() -> Policy:
    return packs.pack("vn-2026")


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    return clean_machine(tmp_path / "root")


def test_a_machine_without_a_network_is_fit(machine: Path, policy: Policy) -> None:
    report = guard.look(policy, root=machine)

    report.check()
    assert report.fit
    assert report.level == 0
    assert len(report.findings) == len(CHECKS)


def test_a_route_to_anywhere_makes_a_machine_unfit(machine: Path, policy: Policy) -> None:
    (machine / "proc/1/net/route").write_text("Iface\tDestination\nenp3s0\t00000000\n")

    report = guard.look(policy, root=machine)

    assert not report.fit
    assert report.findings[0].check == "host.N-06"
    assert report.findings[0].fix is not None
    with pytest.raises(HostRefused, match=r"host\.N-06") as caught:
        report.check()
    assert caught.value.exit_code == 82


def test_what_must_be_known_and_is_not_makes_a_machine_unfit(machine: Path, policy: Policy) -> None:
    (machine / "proc/1/net/route").unlink()

    report = guard.look(policy, root=machine)

    assert [(finding.check, finding.state) for finding in report.unfit] == [("host.N-06", State.UNKNOWN)]


def test_a_weakness_alone_is_a_finding_and_no_verdict(machine: Path, policy: Policy) -> None:
    fake_tree(machine, {"dev/mei0": ""})

    report = guard.look(policy, root=machine)

    assert report.fit
    assert "host.N-16" in {finding.check for finding in report.findings if finding.state is State.FAIL}


def test_failures_come_first_then_what_nobody_can_tell(machine: Path, policy: Policy) -> None:
    (machine / "etc/adjtime").unlink()
    fake_tree(machine, {"dev/mei0": ""})

    states = [finding.state for finding in guard.look(policy, root=machine).findings]

    assert states == sorted(states, key=list(State).index)


def test_a_policy_that_relies_on_a_check_nobody_makes_is_refused(machine: Path, policy: Policy) -> None:
    host = dataclasses.replace(policy.host, unfit_on_fail=("host.N-99",))

    with pytest.raises(HostRefused, match=r"host\.N-99"):
        guard.look(dataclasses.replace(policy, host=host), root=machine)


def test_a_check_without_a_weight_is_refused(machine: Path, policy: Policy) -> None:
    severity = {key: checks for key, checks in load_hardening().severity.items() if key != "medium"}

    with pytest.raises(HostRefused, match=r"host\.N-01"):
        guard.judge(observe(root=machine), Hardening(severity), policy)


def test_every_check_has_its_remedy() -> None:
    assert set(REMEDIES) == set(CHECKS)
