"""Bursts of lost blocks are repaired up to the recovery data; one block more is said, and nothing changed."""

import json
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from securedoc.backup.repair import repair
from securedoc.core.digests import Digest
from securedoc.errors import BackupUntrusted
from securedoc.system import par2
from tests.support import media
from tests.support.media import Stick, body, files_of, sealed
from tests.support.tally import Tally

pytestmark = pytest.mark.skipif(par2.program() is None, reason="par2 is not installed")

SEED = 20261124


@dataclass(frozen=True)
class Protected:
    """A large file, and how much of it recovery data brings back."""

    path: str
    size: int
    block: int
    recovery: int


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A protected medium."""
    root = tmp_path_factory.mktemp("bursts")
    (root / "vault").mkdir()
    stick = Stick(root / "stick").register()
    stick.objects(1, sealed(*(body(number, 70_001) for number in range(12)), into=root / "vault"))
    stick.snapshot(1).protect()
    return stick.root


def protected(stick: Stick) -> list[Protected]:
    """Return the files that have recovery data of their own, as the medium says it."""
    found = []
    for stated in sorted(stick.directory.glob("parity-*/data/parity.json")):
        for group in json.loads(stated.read_bytes())["groups"]:
            if group["name"] not in {"head", "list"}:
                (one,) = group["files"]
                found.append(Protected(one["path"], one["size"], group["block_bytes"], group["recovery"]))
    return found


def destroy(stick: Stick, one: Protected, first: int, blocks: int, chance: random.Random) -> None:
    """Fill a run of blocks with other bytes: zeros, ones, or noise."""
    path = stick.directory / one.path
    data = bytearray(path.read_bytes())
    start, end = first * one.block, min((first + blocks) * one.block, len(data))
    filler = chance.choice((bytes(end - start), b"\xff" * (end - start), chance.randbytes(end - start)))
    # No block may happen to be what it was.
    data[start:end] = bytes(new ^ (new == old) for new, old in zip(filler, data[start:end], strict=True))
    path.write_bytes(data)


def state(stick: Stick) -> dict[str, Digest]:
    return {str(path): Digest.of(path.read_bytes()) for path in files_of(stick.root)}


@pytest.mark.parametrize("bursts", [2, pytest.param(100, marks=pytest.mark.slow)])
def test_a_burst_up_to_the_recovery_data_is_repaired_and_one_block_beyond_changes_nothing(
    made: Path, root: Path, bursts: int, tally: Tally
) -> None:
    shutil.copytree(made, root / "stick")
    stick = Stick(root / "stick")
    good = state(stick)
    files = protected(stick)
    assert {Path(one.path).suffix for one in files} == {".tar", ".db"}
    chance = random.Random(SEED)  # noqa: S311 - places to damage, not secrets
    for _ in range(tally.take(bursts) or bursts):
        one = chance.choice(files)
        last = -(-one.size // one.block)
        length = chance.choice((one.recovery, chance.randint(1, one.recovery)))
        destroy(stick, one, chance.randint(0, last - length), length, chance)

        done = repair(stick.root, media.look())

        done.require()
        assert {repaired.blocks for repaired in done.repaired if repaired.path == one.path} == {length}
        assert state(stick) == good
        tally("burst of lost blocks up to the recovery data: repaired")

        beyond = one.recovery + 1
        if beyond > last:
            continue
        destroy(stick, one, chance.randint(0, last - beyond), beyond, chance)
        bad = state(stick)
        refused = repair(stick.root, media.look())
        with pytest.raises(
            BackupUntrusted, match=f"{beyond} blocks are lost, recovery data has {one.recovery}"
        ):
            refused.require()
        assert state(stick) == bad
        shutil.copyfile(made / Path(stick.directory.name) / one.path, stick.directory / one.path)
        tally("burst one block beyond the recovery data: refused by number, nothing changed")
