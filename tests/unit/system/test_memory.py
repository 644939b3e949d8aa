from pathlib import Path

import pytest

from securedoc.errors import ScratchRefused
from securedoc.system import memory, workspace
from tests.support.system import fake_tree

MIB = 1024 * 1024
MACHINE = {"proc/meminfo": "MemTotal: 4096000 kB\nMemAvailable: 2048000 kB\n"}


def group(name: str, limit: str, used: int, spare: int = 0) -> dict[str, str]:
    base = f"sys/fs/cgroup/{name}".rstrip("/")
    return {
        f"{base}/memory.max": limit,
        f"{base}/memory.current": str(used),
        f"{base}/memory.stat": f"anon 5\ninactive_file {spare}\n",
    }


def test_a_machine_without_groups_has_what_it_says(tmp_path: Path) -> None:
    assert memory.available_bytes(fake_tree(tmp_path, MACHINE)) == 2048000 * 1024


@pytest.mark.parametrize("outer", [300 * MIB, 700 * MIB])
def test_the_tightest_group_on_the_way_up_counts(outer: int, tmp_path: Path) -> None:
    tree = {
        **MACHINE,
        "proc/self/cgroup": "0::/user.slice/session.scope\n",
        **group("user.slice", str(outer), 100 * MIB),
        **group("user.slice/session.scope", str(500 * MIB), 200 * MIB, spare=50 * MIB),
    }

    expected = min(outer - 100 * MIB, 350 * MIB)
    assert memory.available_bytes(fake_tree(tmp_path, tree)) == expected


def test_a_group_without_a_limit_does_not_count(tmp_path: Path) -> None:
    tree = {**MACHINE, "proc/self/cgroup": "0::/user.slice\n", **group("user.slice", "max", 100 * MIB)}

    assert memory.available_bytes(fake_tree(tmp_path, tree)) == 2048000 * 1024


def test_a_kernel_that_does_not_say_gives_nothing(tmp_path: Path) -> None:
    assert memory.available_bytes(tmp_path) == 0


def test_what_is_needed_and_what_is_there_are_said_in_mebibytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda: 100 * MIB)

    with pytest.raises(ScratchRefused, match=r"260 MiB of memory are needed .* 100 MiB are available"):
        workspace.create("memory1test", budget_bytes=260 * MIB)

    assert workspace.find("memory1test") is None
