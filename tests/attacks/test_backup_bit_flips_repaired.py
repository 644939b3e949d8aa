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

pytestmark = pytest.mark.skipif(par2.program() is None, reason="par2 is not installed")

BATCH = 40
"""At once, as a stick in a drawer loses them: well below what 10 % brings back, wherever they fall."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A protected medium of some megabytes."""
    root = tmp_path_factory.mktemp("flips")
    (root / "vault").mkdir()
    stick = Stick(root / "stick").register()
    bodies = [body(number, 60_000) for number in range(40)]
    stick.objects(1, sealed(*bodies, into=root / "vault")).snapshot(1)
    stick.objects(2, sealed(body(99, 900_000), into=root / "vault")).snapshot(2).protect()
    return stick.root


def flip(paths: Sequence[Path], count: int, chance: random.Random) -> set[Path]:
    """Flip bits, each anywhere on the medium with the same chance; return the files that differ now."""
    sizes = [path.stat().st_size for path in paths]
    touched: dict[Path, set[int]] = {}
    for path in chance.choices(paths, weights=sizes, k=count):
        # The same bit twice is no damage.
        touched.setdefault(path, set()).symmetric_difference_update(
            {chance.randrange(path.stat().st_size * 8)}
        )
    for path, bits in touched.items():
        data = bytearray(path.read_bytes())
        for bit in bits:
            data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
    return {path for path, bits in touched.items() if bits}


@pytest.mark.parametrize("flips", [80, pytest.param(10_000, marks=pytest.mark.slow)])
def test_random_single_bit_flips_over_the_whole_stick_are_all_found_and_all_repaired(
    made: Path, root: Path, flips: int
) -> None:
    shutil.copytree(made, root / "stick")
    stick = Stick(root / "stick")
    paths = sorted(files_of(stick.directory))
    good = {path: Digest.of(path.read_bytes()) for path in paths}
    chance = random.Random(20261124)  # noqa: S311 - places to damage, not secrets
    found = repaired = 0
    for _ in range(flips // BATCH):
        damaged = flip(paths, BATCH, chance)

        # Whoever repairs finds them: a repaired file is one that was seen to differ.
        done = repair(stick.root, media.look())

        done.require()
        named = {stick.directory / one.path for one in done.repaired}
        assert named == damaged
        found, repaired = found + len(named), repaired + len(done.repaired)
        assert {path: Digest.of(path.read_bytes()) for path in sorted(files_of(stick.directory))} == good
    assert found == repaired > 0
