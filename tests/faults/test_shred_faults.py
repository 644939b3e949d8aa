"""A fault in each system call of a shredding, and a power cut before each durable step."""

import json
import os
import sys
from pathlib import Path

import pytest

from securedoc.system import process, shred
from securedoc.system.shred import Step
from tests.faults.crash import power_cuts
from tests.support.system import needs_strace, tool

REPOSITORY = str(Path(shred.__file__).parents[2])
SECRET = b"TUYET MAT / correct horse " * 400
KEPT = b"not named " * 400
PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from securedoc.system.shred import shred
report = shred([Path(sys.argv[2])], recursive=True)
print(json.dumps({
    "done": [[str(file.path), list(file.done), file.verified] for file in report.files],
    "left": [[str(left.path), str(left.now or left.path), list(left.done)] for left in report.residue],
}))
"""

QUICK = (
    *("pwrite64:error=EIO:when=1", "fsync:error=EIO:when=1", "renameat:error=EIO:when=1"),
    *("unlinkat:error=EIO:when=1", "pwrite64:retval=100:when=1"),
)
"""With `retval` the call is not made at all, and says that it went well, or wrote a part."""
LONG = (
    *("pwrite64:error=EIO:when=2", "pwrite64:error=ENOSPC:when=1", "pwrite64:error=EINTR:when=1"),
    *(f"fsync:error=EIO:when={when}" for when in range(2, 7)),
    *(
        "fsync:error=ENOSPC:when=1",
        "preadv,preadv2:error=EIO:when=1",
        "preadv,preadv2:error=EINTR:when=1",
    ),
    *("fallocate:error=EOPNOTSUPP:when=1", "renameat:error=EIO:when=2", "ftruncate:error=EIO:when=1"),
    *("unlinkat:error=EIO:when=2", "unlinkat:error=EINTR:when=1", "fadvise64:error=EIO:when=1"),
    *("pwrite64:retval=0:when=1", "fsync:retval=0:when=1", "unlinkat:retval=0:when=1"),
)
FAULTS = (*QUICK, *(pytest.param(fault, marks=pytest.mark.slow) for fault in LONG))

pytestmark = pytest.mark.strace


def prepare(directory: Path) -> Path:
    tree = directory / "tree"
    tree.mkdir()
    for name in ("first", "second"):
        (tree / name).write_bytes(SECRET)
    (directory / "neighbour").write_bytes(KEPT)
    return tree


def injected(tree: Path, fault: str) -> dict[str, list[list[object]]] | None:
    """Shred with a fault in the calls that touch the files; return what it reported, if it came to that."""
    argv = [tool("strace"), "-f", "-qq", "-o", "/dev/null", "-P", str(tree), "-P", str(tree.parent)]
    for name in ("first", "second"):
        argv += ["-P", str(tree / name)]
    if fault.startswith("ftruncate"):  # of a file that has another name by then; nobody else calls it
        argv = argv[: argv.index("-P")]
    done = process.run(
        [*argv, "-e", f"inject={fault}", sys.executable, "-B", "-c", PROGRAM, REPOSITORY, str(tree)],
        cwd=tree.parent,
        timeout_s=60,
    )
    if done.code:
        return None
    found: dict[str, list[list[object]]] = json.loads(done.output)
    return found


def secret_in(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file() and b"correct horse" in path.read_bytes()]


@needs_strace
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_any_call_is_never_called_done(fault: str, tmp_path: Path) -> None:
    tree = prepare(tmp_path)

    report = injected(tree, fault)

    assert (tmp_path / "neighbour").read_bytes() == KEPT
    assert report is not None
    assert report["left"] or not any(f":error={error}" in fault for error in ("EIO", "ENOSPC"))
    done = {str(path) for path, *_ in report["done"]}
    left = {str(now) for _, now, _ in report["left"]}
    for path, steps, verified in report["done"]:
        assert {"overwritten", "removed"} <= {*steps}, steps  # type: ignore[misc]
        assert verified
        assert "unlinkat:retval" in fault or not Path(str(path)).exists()
    # Whatever still holds a byte of the content is named as left, under the name that it has.
    for path in secret_in(tmp_path):
        assert str(path) in left
    for path in tree.rglob("*") if tree.exists() else ():
        assert str(path) in left or str(path) not in done
    assert not tree.exists() or left


@pytest.mark.parametrize("bytes_each", [0, 10_000])
@pytest.mark.parametrize("names", [["file"], ["first", "second", "third"]])
def test_a_power_cut_before_any_step_leaves_nothing_called_done_that_is_not(
    names: list[str], bytes_each: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    neighbour = tmp_path / "neighbour"
    neighbour.write_bytes(KEPT)
    tree = tmp_path / "tree"
    cuts = 0
    work = shred.Shredding(recursive=True)

    def begin() -> None:
        nonlocal work
        work = shred.Shredding(recursive=True)
        work.run([tree])

    tree.mkdir()
    for name in names:
        (tree / name).write_bytes(SECRET[:bytes_each])
    for _ in power_cuts(monkeypatch, begin):
        cuts += 1
        report = work.report()
        for file in report.files:
            assert Step.REMOVED in file.done
            assert not file.path.exists()
        assert report.residue  # it was interrupted, and says so
        assert neighbour.read_bytes() == KEPT
        shred.shred([path for path in tmp_path.iterdir() if path != neighbour], recursive=True).check()
        assert os.listdir(tmp_path) == ["neighbour"]  # noqa: PTH208
        tree.mkdir()
        for name in names:
            (tree / name).write_bytes(SECRET[:bytes_each])
    assert cuts >= 7


@needs_strace
@pytest.mark.parametrize(
    "when", [1, 3, *(pytest.param(when, marks=pytest.mark.slow) for when in (2, 4, 5, 6))]
)
def test_a_killed_run_is_finished_by_the_next(when: int, tmp_path: Path) -> None:
    tree = prepare(tmp_path)

    assert injected(tree, f"fsync:signal=SIGKILL:when={when}") is None
    remains = [path for path in tmp_path.iterdir() if path.name != "neighbour"]
    shred.shred(remains, recursive=True).check()

    assert (tmp_path / "neighbour").read_bytes() == KEPT
    assert [path.name for path in tmp_path.iterdir()] == ["neighbour"]
