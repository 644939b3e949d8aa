import shutil
import subprocess
from pathlib import Path

import pytest

from securedoc.backup import layout
from securedoc.system import process
from tests.support import media
from tests.support.media import Stick, two_snapshots

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
needs_bagit = pytest.mark.skipif(
    subprocess.run([*media.BAGIT, "--version"], capture_output=True, check=False).returncode != 0,
    reason="bagit.py is not installed",
)


needs_par2 = pytest.mark.skipif(process.find("par2") is None, reason="Debian's par2 is not installed")


@pytest.fixture
def stick(root: Path) -> Stick:
    return two_snapshots(root).protect()


def commands(stick: Stick, *, repair: bool = False) -> list[str]:
    """Return the indented lines of VERIFY.txt: what an auditor types; the last one only repairs."""
    text = (stick.directory / layout.INSTRUCTIONS).read_text("utf-8")
    lines = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    assert len(lines) == 9
    lines = lines if repair else [line for line in lines if "par2 repair" not in line]
    # The certificates of this test begin at a fixed date; the text itself names the option.
    return [line.replace("cms -verify", "cms -verify -no_check_time") for line in lines]


def follow(stick: Stick, root: Path, *, repair: bool = False) -> subprocess.CompletedProcess[bytes]:
    """Type what VERIFY.txt says, in a shell, from the top of the medium."""
    tools = root / "bin"
    tools.mkdir(exist_ok=True)
    (tools / "bagit.py").write_text(f'#!/bin/sh\nexec {" ".join(media.BAGIT)} "$@"\n')
    (tools / "bagit.py").chmod(0o755)
    script = "\n".join([f"PATH={tools}:$PATH", "set -e", *commands(stick, repair=repair)])
    return subprocess.run(["sh", "-c", script], cwd=stick.root, capture_output=True, check=False)


@needs_openssl
@needs_bagit
@needs_par2
def test_an_auditor_who_types_what_the_medium_says_finds_it_whole(stick: Stick, root: Path) -> None:
    done = follow(stick, root)

    assert done.returncode == 0, done.stderr
    assert done.stderr.count(b"CMS Verification successful") == 9
    assert done.stdout.count(b"OK\n") == 5
    assert len(commands(stick)) == 8


@needs_par2
@pytest.mark.parametrize(
    "name", ["medium.json.p7s", "objects-0001/data/pack-0001.tar", "snapshot-0002/manifest-sha256.txt"]
)
def test_who_types_what_the_medium_says_repairs_it_with_debians_par2(stick: Stick, name: str) -> None:
    path = stick.directory / name
    good = path.read_bytes()
    bad = bytearray(good)
    bad[len(bad) // 2] ^= 1
    path.write_bytes(bad)
    assert media.report(stick.root).defects

    cd, *_, repair = commands(stick, repair=True)
    done = subprocess.run(["sh", "-ec", f"{cd}\n{repair}"], cwd=stick.root, capture_output=True, check=False)

    assert (done.returncode, done.stdout) == (0, b"OK\n"), done.stderr
    assert path.read_bytes() == good
    assert media.report(stick.root).defects == ()


@needs_openssl
@needs_bagit
@needs_par2
@pytest.mark.parametrize(
    "name",
    [
        "medium.json",
        "objects-0001/data/pack-0001.tar",
        "objects-0001/bag-info.txt",
        "objects-0002/manifest-sha256.txt",
        "snapshot-0001/data/ledger.db",
        "snapshot-0002/manifest-sha256.txt.p7s",
        "snapshot-0002/data/bags.sha256",
        "parity-0001/data/head.par2",
        "parity-0003/copy/bag.json",
    ],
)
def test_an_auditor_who_types_what_the_medium_says_finds_a_changed_byte(
    stick: Stick, root: Path, name: str
) -> None:
    path = stick.directory / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1

    path.write_bytes(data)

    done = follow(stick, root)

    assert done.returncode != 0
    assert done.stdout.count(b"OK\n") < 5


@needs_bagit
def test_each_bag_is_valid_for_bagit_py_and_one_more_file_makes_it_invalid(stick: Stick) -> None:
    bags = [str(path) for path in sorted(stick.directory.iterdir()) if path.is_dir()]

    assert subprocess.run([*media.BAGIT, "--validate", "--quiet", *bags], check=False).returncode == 0
    (stick.directory / "objects-0001/data/extra").write_bytes(b"x")
    assert subprocess.run([*media.BAGIT, "--validate", "--quiet", *bags], check=False).returncode == 1


def test_a_pack_is_a_tar_whose_members_are_the_sealed_objects(stick: Stick, root: Path) -> None:
    out = root / "out"
    out.mkdir()

    pack = stick.directory / "objects-0001/data/pack-0001.tar"
    subprocess.run(["tar", "-xf", pack, "-C", out], check=True)

    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    vault = {path.name: path for path in (root / "vault").iterdir()}
    assert len(names) == 3
    for name in names:
        folder, _, digest = name.partition("/")
        assert digest.startswith(folder)
        assert (out / name).read_bytes() == vault[digest].read_bytes()
