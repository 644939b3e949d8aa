"""Starts the program: confine the process first, then run the command line."""

import io
import os
import sys
from typing import Final, NoReturn

TELLS_ONLY: Final = (["--help"], ["--version"])
"""Command lines that open nothing and ask nothing; they are not made to wait for the confinement."""


def main() -> NoReturn:
    """Run the command line of this process and exit with its code."""
    if sys.argv[1:] not in TELLS_ONLY:
        from securedoc.system import confinement

        confinement.apply()
    # Loaded only now: nothing else runs before the confinement holds.
    from securedoc.cli.main import run

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # JSON and Vietnamese are UTF-8 in every locale. A file name that is not text becomes an escape,
            # which is also how JSON spells it.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    code = run(sys.argv[1:], os.environ, begin=_begin)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read stdout has left; Python would complain about it once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _begin() -> None:
    # Help needs no signal handlers, and does not wait for the module that sets them.
    from securedoc.cli.signals import raise_on_signals

    raise_on_signals()


if __name__ == "__main__":
    main()
