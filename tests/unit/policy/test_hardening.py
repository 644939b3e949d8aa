from pathlib import Path

import pytest

from securedoc.core.findings import State
from securedoc.errors import PolicyMalformed, PolicyMissing
from securedoc.policy import packs
from securedoc.policy.hardening import FILE, load_hardening
from securedoc.system.host.observing import CHECKS


def test_every_check_has_a_weight_and_every_weight_a_check() -> None:
    rules = load_hardening()

    assert {check for checks in rules.severity.values() for check in checks} == set(CHECKS)
    assert all(rules.of(check) for check in CHECKS)


@pytest.mark.parametrize("name", packs.available())
def test_a_pack_relies_only_on_checks_that_are_made(name: str) -> None:
    policy = packs.pack(name)

    assert {*policy.host.unfit_on_fail, *policy.host.unfit_on_unknown} <= set(CHECKS)
    assert policy.makes_unfit("host.N-06", State.FAIL)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("critical = [", "dreadful = ["),
        ("critical = [", 'colour = "red"\ncritical = ['),
        ("critical = [", "critical = []\nignored = ["),
        ('"host.N-04"', '"host.N-04", "host.N-02"'),
        ("[severity]", "[weights]"),
    ],
)
def test_a_rule_in_another_form_is_refused(old: str, new: str, tmp_path: Path) -> None:
    text = (packs.root() / FILE).read_text("utf-8")
    (tmp_path / FILE).write_text(text.replace(old, new, 1), "utf-8")

    with pytest.raises(PolicyMalformed, match=FILE):
        load_hardening(tmp_path)


def test_missing_rules_are_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyMissing, match=FILE):
        load_hardening(tmp_path)
