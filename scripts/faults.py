"""Runs the proofs of bad luck, and puts what they tried into README.md: measured, not typed."""

import re
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[1]
README: Final = REPOSITORY / "README.md"
PROOFS: Final = (
    "tests/faults/test_every_call.py",
    "tests/faults/test_pulled_sticks.py",
    "tests/faults/test_reordered_writes.py",
    "tests/faults/test_vfat.py",
    "tests/faults/test_backup_faults.py",
    "tests/faults/test_repair_faults.py",
    "tests/attacks/test_backup_bit_flips_repaired.py",
    "tests/attacks/test_backup_bursts.py",
)
BEGIN: Final = "<!-- tried: written by scripts/faults --write -->\n"
END: Final = "<!-- end of tried -->\n"
_LINE: Final = re.compile(r"^ *([\d,]+)  (\S.*)$")
_HEADING: Final = re.compile(r"^=+ tried =+$")


def tried(output: str) -> list[tuple[str, str]]:
    """Return what the tests say that they tried, and how often."""
    lines = iter(output.splitlines())
    for line in lines:
        if _HEADING.match(line):
            break
    found = []
    for line in lines:
        match = _LINE.match(line)
        if match is None:
            break
        found.append((match[2], match[1]))
    return found


def table(command: str, counts: list[tuple[str, str]]) -> str:
    """Return the counts as README.md shows them."""
    rows = [f"| {what} | {count} |" for what, count in counts]
    return "\n".join([f"| what went wrong (`{command}`) | times |", "|---|---:|", *rows, ""])


def placed(text: str, command: str, counts: list[tuple[str, str]]) -> str:
    """Return README.md's `text` with these counts."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end and counts):
        raise ValueError("nothing was counted, or README.md has no place for it")
    return before + begin + table(command, counts) + end + after


def run(options: Namespace) -> tuple[int, str]:
    """Run the proofs; return how they ended and what they said."""
    marks = [] if options.every else ["-m", "not slow", f"--cases={options.cases}"]
    words = ["-q", "-rfEs", "-n", "2", "--dist", "loadfile", *marks, *PROOFS]
    running = subprocess.Popen(
        [sys.executable, "-m", "pytest", *words], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    said = []
    for line in running.stdout or ():
        print(line, end="", flush=True)
        said.append(line)
    return running.wait(), "".join(said)


def main(words: list[str]) -> int:
    """Run, and write the counts where that was asked for and nothing failed."""
    parser = ArgumentParser("scripts/faults", description=__doc__)
    parser.add_argument(
        "--cases", type=int, default=0, metavar="N", help="so many of each proof; default: few"
    )
    parser.add_argument("--every", action="store_true", help="every call, every place: an hour or more")
    parser.add_argument("--write", action="store_true", help="put the counts into README.md")
    options = parser.parse_args(words)
    code, output = run(options)
    if code == 0 and options.write:
        said = [f"--cases {options.cases}"] if options.cases else []
        command = " ".join(["scripts/faults", *(["--every"] if options.every else said)])
        README.write_text(placed(README.read_text("utf-8"), command, tried(output)), "utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
