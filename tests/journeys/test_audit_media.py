"""`audit media`: a stick alone, without vault and without key."""

import json
from pathlib import Path

import pytest

from tests.support.cli import run
from tests.support.media import Stick, authority, two_snapshots


@pytest.fixture
def stick(root: Path) -> Stick:
    """A medium with two snapshots."""
    return two_snapshots(root)


@pytest.fixture
def trust(root: Path) -> Path:
    """The certificate that an auditor carries."""
    path = root / "authority.der"
    path.write_bytes(authority().certificate)
    return path


def test_a_sound_stick_passes_and_its_age_stays_unknown(stick: Stick, trust: Path) -> None:
    ran = run("--json", "audit", "media", stick.root, "--trust", trust).expect()

    assert (ran.json["failed"], ran.json["unknown"], ran.json["passed"]) == (0, 1, 1)
    assert ran.json["entry"] is None


def test_one_flipped_bit_on_a_stick_is_found_and_written_into_the_report(
    root: Path, stick: Stick, trust: Path
) -> None:
    pack = max(stick.directory.rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0)
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 1
    pack.chmod(0o600)
    pack.write_bytes(data)

    ran = run("--json", "audit", "media", stick.root, "--trust", trust, "--report", root / "r.json")

    assert ran.code == 74
    told = json.loads((root / "r.json").read_bytes())
    assert told["failed"] >= 1
    assert told["findings"][0]["state"] == "fail"


def test_a_stick_of_a_stranger_is_not_trusted(root: Path, stick: Stick) -> None:
    stranger = root / "stranger.der"
    stranger.write_bytes(authority("Chứng thư khác MẪU").certificate)

    assert run("audit", "media", stick.root, "--trust", stranger).code == 74


def test_an_empty_directory_is_a_missing_backup_and_never_a_good_one(root: Path, trust: Path) -> None:
    empty = root / "empty"
    empty.mkdir()

    assert run("audit", "media", empty, "--trust", trust).code == 71


def test_without_trust_nothing_is_judged(root: Path, stick: Stick) -> None:
    assert run("audit", "media", stick.root, "--trust", root / "none.pem").code == 41
    assert run("audit", "media", stick.root).code == 2


def test_a_report_of_another_form_is_refused_before_any_work(root: Path, stick: Stick, trust: Path) -> None:
    ran = run("audit", "media", stick.root, "--trust", trust, "--report", root / "r.docx")

    assert ran.code == 32
