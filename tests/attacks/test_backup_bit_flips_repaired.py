"""Single bits anywhere on a protected stick: every one is found, and every one is repaired."""

import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from securedoc.backup.repair import repair
from securedoc.core.digests import Digest
from securedoc.system import par2
from tests.support import media
from tests.support.media import Stick, body, files_of, sealed
from tests.support.tally import Tally

pytestmark = pytest.mark.skipif(par2.program() is None, reason="par2 is not installed")

SEED = 20261124
BAGS = 10
BATCH = 400
"""At once, as a stick in a drawer loses them: some forty in a bag, whose 10 % bring back a hundred blocks."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A protected medium of eleven megabytes in ten bags of objects, each with recovery data of its own."""
    root = tmp_path_factory.mktemp("flips")
    (root / "vault").mkdir()
    stick = Stick(root / "stick").register()
    for number in range(1, BAGS + 1):
        bodies = [body(100 * number + one, 100_000) for one in range(10)]
        stick.objects(number, sealed(*bodies, into=root / "vault"))
    stick.snapshot(1).snapshot(2).protect()
    return stick.root


def flip(paths: Sequence[Path], count: int, chance: random.Random) -> tuple[set[Path], int]:
    """Flip so many bits, anywhere on the medium with the same chance; return which files, how many."""
    sizes = [path.stat().st_size for path in paths]
    touched: dict[Path, set[int]] = {}
    while sum(map(len, touched.values())) < count:  # the same bit twice is one
        (path,) = chance.choices(paths, weights=sizes)
        touched.setdefault(path, set()).add(chance.randrange(path.stat().st_size * 8))
    for path, bits in touched.items():
        data = bytearray(path.read_bytes())
        for bit in bits:
            data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
    return set(touched), sum(map(len, touched.values()))


@pytest.mark.parametrize("batches", [1, pytest.param(25, marks=pytest.mark.slow)])
def test_random_single_bit_flips_over_the_whole_stick_are_all_found_and_all_repaired(
    made: Path, root: Path, batches: int, tally: Tally
) -> None:
    shutil.copytree(made, root / "stick")
    stick = Stick(root / "stick")
    paths = sorted(files_of(stick.directory))
    good = {path: Digest.of(path.read_bytes()) for path in paths}
    chance = random.Random(SEED)  # noqa: S311 - places to damage, not secrets
    for _ in range(tally.take(batches) or batches):
        damaged, bits = flip(paths, BATCH, chance)

        # Whoever repairs finds them: a repaired file is one that was seen to differ.
        done = repair(stick.root, media.look())

        done.require()
        assert {stick.directory / one.path for one in done.repaired} == damaged
        assert {path: Digest.of(path.read_bytes()) for path in sorted(files_of(stick.directory))} == good
        tally("bit flipped anywhere on a stick: found and repaired", bits)
