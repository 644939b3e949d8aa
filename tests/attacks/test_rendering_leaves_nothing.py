"""Rendering happens in memory: nothing is written, and nobody is called."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import os
from scripts.samples import bao_cao, long_body
from securedoc.documents.layout import Style, render
from tests.support.documents import MARKS, REPORT, nd30
style = Style(nd30(), MARKS["mat"])
render(bao_cao(), REPORT, style)
os.write(2, b"from here on")
render(long_body(), REPORT, style)
"""
WRITES = re.compile(r"O_CREAT|O_WRONLY|O_RDWR|\b(?:mkdir|rename|link|symlink|creat)\w*\(")


@pytest.mark.strace
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_document_is_drawn_without_a_trace_on_disk_or_network(tmp_path: Path) -> None:
    log = tmp_path / "calls"
    root = Path(__file__).parents[2]

    subprocess.run(
        [
            "strace",
            "-f",
            "-e",
            "trace=file,network,write",
            "-s",
            "16",
            "-o",
            log,
            sys.executable,
            "-B",
            "-c",
            SCRIPT,
        ],
        check=True,
        cwd=root,
        capture_output=True,
    )

    calls = log.read_text("utf-8").splitlines()
    begun = next(number for number, call in enumerate(calls) if "from here on" in call)
    assert not [call for call in calls[begun:] if WRITES.search(call)]
    assert not [call for call in calls if re.search(r"AF_INET|connect\(|sendto\(", call)]
