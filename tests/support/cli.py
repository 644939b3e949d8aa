"""Runs the command line in a test: in this process, or as a real one."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from securedoc.cli.main import run as run_words
from securedoc.crypto.passphrase import KdfCost

CHEAP = KdfCost(memory_kib=64, iterations=1, lanes=1)
"""For tests only: the cost is a value, and unlocking reads it from the key file."""
REPOSITORY = Path(__file__).resolve().parents[2]
ENGLISH = {"SECUREDOC_LANG": "en"}


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command line ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def error(self) -> dict[str, Any]:
        """The one JSON object on stderr: its last line, after what was only remarked."""
        found: dict[str, Any] = json.loads(self.err.splitlines()[-1])
        return found

    def expect(self, code: int = 0) -> "Ran":
        """Return self when the command ended with `code`; else show what it said."""
        assert self.code == code, f"ended with {self.code}, not {code}:\n{self.out}\n{self.err}"
        return self


def run(
    *argv: str | Path, stdin: bytes = b"", env: Mapping[str, str] | None = None, kdf: KdfCost | None = CHEAP
) -> Ran:
    """Run a command line in this process, in English unless `--lang` says otherwise."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    environ = _environ(env)
    with (
        mock.patch.dict(os.environ, environ, clear=True),
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8")),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = run_words([str(word) for word in argv], environ, kdf_cost=kdf)
    return Ran(code, _text(out), _text(err))


def spawn(
    *argv: str | Path,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    timeout_s: float = 60,
    wrapper: tuple[str, ...] = (),
) -> Ran:
    """Run a command line as a process of its own, as a person would, or under another program."""
    done = subprocess.run(
        [*wrapper, sys.executable, "-m", "securedoc", *map(str, argv)],
        input=stdin,
        capture_output=True,
        env=_environ(env),
        cwd=REPOSITORY,
        timeout=timeout_s,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


def _environ(env: Mapping[str, str] | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SECUREDOC_")}
    return {**kept, **ENGLISH, **(env or {})}


def _text(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode("utf-8")
