import json
from functools import partial
from pathlib import Path

import pytest

from securedoc.audit import guard
from securedoc.system.host.observing import CHECKS
from tests.support.cli import run, spawn
from tests.support.machine import clean_machine
from tests.support.office import found_world


def test_a_fit_machine_ends_with_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "look", partial(guard.look, root=clean_machine(tmp_path / "root")))

    done = run("guard", "check").expect(0)

    assert "air gap 0" in done.out
    assert "0 checks fail" not in done.err


def test_the_real_machine_is_judged_as_its_findings_say() -> None:
    done = spawn("--json", "guard", "check")

    result = json.loads(done.out)
    assert done.code == (0 if result["fit"] else 82)
    assert {finding["check"] for finding in result["findings"]} == set(CHECKS)
    assert {"check", "severity", "state", "detail", "fix"} <= set(result["findings"][0])
    confined = next(finding for finding in result["findings"] if finding["check"] == "host.M-09")
    assert "sockets" not in confined["detail"]


def test_findings_for_people_name_the_check_and_the_remedy() -> None:
    done = run("guard", "check", "--policy", "vn-2026")

    assert "host." in done.out
    assert "training vault" in done.out + done.err or done.code == 0


def test_an_unknown_pack_is_named() -> None:
    done = run("guard", "check", "--policy", "atlantis")

    assert done.code == 11
    assert "atlantis" in done.err


def test_the_state_of_the_machine_is_entered_when_asked(tmp_path: Path) -> None:
    world = found_world(tmp_path)

    first = world.run("chi", "guard", "check", "--record")
    refused = world.run("nobody", "guard", "check", "--record")
    entry = world.ok("phuc", "ledger", "entries", "--since", str(first.json["entry"]))["entries"][0]

    assert entry["act"] == "host.checked"
    assert entry["facts"]["fit"] == first.json["fit"]
    assert entry["facts"]["failed"] == sum(found["state"] == "fail" for found in first.json["findings"])
    assert refused.code in {21, 22}
