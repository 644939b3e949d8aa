from pathlib import Path

import pytest

from securedoc.system.traces.machine import conditions
from securedoc.system.traces.places import Sign
from tests.support.system import fake_tree

SWAPS = "Filename\tType\tSize\tUsed\tPriority\n"


@pytest.mark.parametrize(
    ("tree", "signs"),
    [
        ({"proc/swaps": SWAPS + "/dev/sda2 partition 100 0 -2\n"}, {Sign.SWAP}),
        ({"proc/swaps": SWAPS + "/swap.img file 100 0 -2\n"}, {Sign.SWAP}),
        ({"proc/swaps": SWAPS + "/dev/zram0 partition 100 0 5\n"}, set()),  # memory, not a disk
        ({"proc/swaps": SWAPS}, set()),
        ({"sys/power/state": "freeze mem disk\n", "sys/power/resume": "8:2\n"}, {Sign.HIBERNATION}),
        ({"sys/power/state": "freeze mem disk\n", "sys/power/resume": "0:0\n"}, set()),
        ({"sys/power/state": "freeze mem\n", "sys/power/resume": "8:2\n"}, set()),
        ({"proc/77/comm": "klipper\n"}, {Sign.CLIPBOARD}),
        ({"proc/77/comm": "bash\n"}, set()),
        ({}, set()),
    ],
)
def test_what_keeps_memory_on_disk_is_named(tree: dict[str, str], signs: set[Sign], tmp_path: Path) -> None:
    fake_tree(tmp_path, tree)

    assert {one.sign for one in conditions(tmp_path)} == signs
