"""Puts what the program says of itself into README.md: its help, and its exit codes."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from scripts.errorlist import table

REPOSITORY: Final = Path(__file__).resolve().parents[1]
README: Final = REPOSITORY / "README.md"


def help_text() -> str:
    """Return `securedoc --help` in English, as a terminal of 80 columns shows it."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SECUREDOC_")}
    shown = subprocess.run(
        [sys.executable, "-m", "securedoc", "--lang", "en", "--help"],
        cwd=REPOSITORY,
        env={**environ, "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        check=True,
    )
    return f"```\n{shown.stdout.decode('utf-8')}```\n"


def placed(text: str) -> str:
    """Return README.md's `text` with the generated blocks brought up to date."""
    for name, block in (("help", help_text()), ("exit codes", table())):
        begin, end = f"<!-- {name}: written by scripts/readme.py -->\n", f"<!-- end of {name} -->\n"
        before, found_begin, rest = text.partition(begin)
        _, found_end, after = rest.partition(end)
        if not (found_begin and found_end):
            raise ValueError("README.md has no place for this: " + name)
        text = before + begin + block + end + after
    return text


if __name__ == "__main__":
    README.write_text(placed(README.read_text("utf-8")), "utf-8")
