import random
from pathlib import Path

import pytest

from securedoc.errors import BackupUntrusted
from tests.support import media
from tests.support.media import files_of, two_snapshots


@pytest.mark.parametrize("times", [2, pytest.param(100, marks=pytest.mark.slow)])
def test_one_flipped_bit_in_any_file_is_found_and_named(root: Path, times: int) -> None:
    stick = two_snapshots(root)
    chance = random.Random(20261122)  # noqa: S311 - places to damage, not secrets
    for path in files_of(stick.directory):
        good = path.read_bytes()
        for _ in range(times):
            if not good:
                continue
            at = chance.randrange(len(good) * 8)
            bad = bytearray(good)
            bad[at // 8] ^= 1 << at % 8
            path.write_bytes(bad)

            found = media.report(stick.root)

            name = path.relative_to(stick.directory).as_posix()
            assert name in {defect.path for defect in found.defects}, (name, at, found.defects)
            with pytest.raises(BackupUntrusted):
                found.require()
        path.write_bytes(good)
    assert media.report(stick.root).defects == ()
