"""A finished document on its way to paper, through the command line."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.cli import ENGLISH, REPOSITORY, Ran
from tests.support.cups import Cups
from tests.support.office import World

SUBJECT = "Kết quả công tác quý IV"
_DYING = ("--die-with-parent", "--unshare-pid")  # whoever kills it kills what runs in it
ORDINARY = 64_321  # nobody has this number
_LONG = "Đoạn văn bản mẫu, dài để trang này đầy (MẪU). " * 12


def final(world: World, *, copies: int = 3, pages: int = 1) -> str:
    """Make a document of so many pages and copies that waits to be signed in ink."""
    body = world.write("long.txt", ("\n\n".join([_LONG] * (5 * pages - 3)) + "\n").encode())
    drafted = world.ok(
        "dung",
        *("draft", "new", "--type", "bao-cao", "--level", "mat", "--subject", f"{SUBJECT} (MẪU)"),
        *("--to", "UBND tỉnh Mẫu", "--copies", str(copies), "--body", body),
    )
    world.ok("an", "finalize", str(drafted["id"]), "--signer", "binh")
    return str(drafted["id"])


def print_copies(world: World, service: Cups, document: str, printer: str, *more: str) -> Ran:
    """Print a document as its officer would, in this process."""
    words = ("print", document, "--printer", printer, *service.options, *more)
    return world.run("an", *words, *(() if "--copies" in more else ("--copies", "1")))


def fates(world: World, document: str) -> list[tuple[int, str, str | None]]:
    """Return what became of each copy in each print."""
    rows = world.ok("an", "copies", document)["copies"]
    return [(row["copy"], row["state"], row["incident"]) for row in rows]


def begin(  # noqa: PLR0913 - what is printed, and under what
    world: World,
    service: Cups,
    document: str,
    printer: str,
    copies: int = 1,
    *,
    wrapper: tuple[str, ...] = (),
) -> "subprocess.Popen[bytes]":
    """Start a print as a process of its own, or under another program, such as strace."""
    words = ("print", document, "--copies", str(copies), "--printer", printer, *service.options)
    return subprocess.Popen(
        [*wrapper, sys.executable, "-m", "securedoc", *map(str, world.words("an", *words))],
        cwd=REPOSITORY,
        env={**os.environ, **ENGLISH},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def until(seen: Callable[[], object], seconds: float = 20) -> None:
    """Wait until `seen()` is true."""
    deadline = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def ordinary(world: World) -> tuple[str, ...]:
    """Give the office's files to an ordinary user, and return what runs a program as that user."""
    for path in (world.root, *world.root.rglob("*")):
        os.lchown(path, ORDINARY, ORDINARY)
    user = ("setpriv", f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--clear-groups")
    powerless = (*user, "--inh-caps=-all", "--bounding-set=-all")
    python = Path(sys.executable).resolve()
    closed = next((one for one in reversed(python.parents) if not one.stat().st_mode & 0o001), None)
    if closed is None:
        return powerless
    # The interpreter is below a directory that is closed to others, such as root's home.
    inside = str(closed / python.relative_to(closed).parts[0])
    show = ("--tmpfs", str(closed), "--ro-bind", inside, inside, "--chmod", "0755", str(closed))
    return (
        "bwrap",
        *_DYING,
        "--bind",
        "/",
        "/",
        "--dev-bind",
        "/dev",
        "/dev",
        "--proc",
        "/proc",
        *show,
        "--cap-add",
        "ALL",
        *powerless,
    )
