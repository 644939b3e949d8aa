import re
import shutil
import subprocess
from pathlib import Path

import pytest

from securedoc.backup import layout
from securedoc.backup.card import Tree
from securedoc.core.digests import Digest
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
    lines = [line[4:] for line in text.splitlines() if line.startswith("    ")]
    lines = "\n".join(lines).replace("\\\n", "").splitlines()
    assert len(lines) == 11
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
    assert done.stdout.count(b"OK\n") == 7
    assert done.stdout.count(b"Signature Verified Successfully") == 2
    assert len(commands(stick)) == 10


def test_each_step_is_said_in_vietnamese_and_in_english_with_one_command_for_both(stick: Stick) -> None:
    text = (stick.directory / layout.INSTRUCTIONS).read_text("utf-8")
    steps = re.split(r"(?m)^(?=[0-9]+\. )", text)[1:]

    for step in steps:
        words = " ".join(step.split("\n    ")[0].split())
        vietnamese, slash, english = words.partition(" / ")
        assert slash, words
        assert re.search(r"[ăâđêôơưạ-ỹ]", vietnamese, re.IGNORECASE), words
        assert english.isascii(), words
        assert step.count("\n\n    ") == 1, words
    assert len(steps) == len(commands(stick, repair=True))


def forge(stick: Stick, text: bytes | None = None) -> None:
    """Put another checkpoint into the newest snapshot, its manifest and signature made good."""
    bag = stick.directory / "snapshot-0002"
    path = bag / layout.CHECKPOINT
    note = path.read_bytes() if text is None else text
    path.write_bytes(note)
    name = layout.CHECKPOINT
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        lines = (bag / manifest).read_bytes().decode().splitlines()
        changed = [
            f"{Digest.of((bag / line[66:]).read_bytes()).hex}  {line[66:]}"
            if line[66:] in {name, "manifest-sha256.txt", layout.SIGNATURE}
            else line
            for line in lines
        ]
        (bag / manifest).write_text("\n".join(changed) + "\n")
        if manifest == "manifest-sha256.txt":
            (bag / layout.SIGNATURE).write_bytes(media.sign_as(stick.signer)((bag / manifest).read_bytes()))


@needs_openssl
@needs_bagit
@pytest.mark.parametrize("what", ["size", "root", "signature", "no signature", "another tree"])
def test_an_auditor_finds_a_checkpoint_that_is_not_the_snapshots(root: Path, what: str) -> None:
    stick = two_snapshots(root)
    path = stick.directory / "snapshot-0002" / layout.CHECKPOINT
    lines = path.read_text().split("\n")
    if what == "size":
        lines[1] = "21"
    elif what == "root":
        lines[2] = "A" + lines[2][1:]
    elif what == "signature":
        lines[4] = lines[4][:-8] + "AAAAAAA="
    elif what == "no signature":
        lines[4] = "x" * len(lines[4].encode())
    text = "\n".join(lines).encode()
    if what == "another tree":
        text = media.checkpoint_note(stick.vault_id, Tree(20, bytes(32)))
    forge(stick, text)

    done = follow(stick, root)

    # Everything is signed anew by the operator, and only the last step can tell.
    assert done.stdout.count(b"OK\n") == 4
    assert done.returncode != 0


@needs_openssl
@needs_bagit
def test_the_forgers_stick_is_whole_but_for_the_checkpoint(root: Path) -> None:
    stick = two_snapshots(root)
    forge(stick)

    assert follow(stick, root).returncode == 0


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
    assert done.stdout.count(b"OK\n") < 6


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
