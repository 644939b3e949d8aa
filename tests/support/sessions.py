"""Sessions of editing and viewing: scripted editors, real processes, and what the vault then holds."""

import io
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from securedoc.app import App, SystemClock
from securedoc.cli.prompter import FilePrompter
from securedoc.core.documents import DocumentId, Kind
from securedoc.core.entries import Entry
from securedoc.core.protocols import NoProgress
from securedoc.documents import textbody
from securedoc.office.office import Office
from securedoc.system import workspace
from tests.support.cli import ENGLISH, REPOSITORY
from tests.support.office import World

ONE, TWO, THREE = (textbody.docx_from_text(f"Bản sửa số {n} (MẪU).\n".encode()) for n in (1, 2, 3))
PRELUDE = """#!/usr/bin/python3
import os, shutil, signal, sys, time
from pathlib import Path
draft, here = Path(sys.argv[1]), Path(__file__).parent
one, two, three = (Path(__file__).with_name(name).read_bytes() for name in ("1.docx", "2.docx", "3.docx"))
def by_rename(data):
    new = draft.with_name("luA1.tmp")
    new.write_bytes(data)
    new.rename(draft)
"""


def editor(directory: Path, script: str) -> str:
    """Write an editor that does what `script` says, with three complete documents at hand."""
    tools = directory / "tools"
    tools.mkdir(exist_ok=True)
    for number, data in enumerate((ONE, TWO, THREE), 1):
        (tools / f"{number}.docx").write_bytes(data)
    program = tools / "editor.py"
    program.write_text(PRELUDE + script)
    program.chmod(0o755)
    return str(program)


@contextmanager
def opened(world: World) -> Iterator[Office]:
    """Open the vault with the records officer's keys."""
    prompter = FilePrompter(world.passphrase_file("an"))
    app = App(world.vault, "an", SystemClock(), prompter, NoProgress(), os.urandom)
    with app.open(read_only=True) as office:
        yield office


def latest(world: World, document: str) -> bytes:
    """Return the newest draft."""
    with opened(world) as office:
        return office.unseal(office.latest(DocumentId(document), Kind.DRAFT))


def text_of(docx: bytes) -> str:
    """Return the words of a DOCX, runs joined."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        xml = archive.read("word/document.xml").decode("utf-8")
    return "".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)</w:t>", xml))


def drafts(world: World, document: str) -> list[bytes]:
    """Return every version of a draft, oldest first."""
    with opened(world) as office:
        objects = [one for one in office.ledger.objects(DocumentId(document)) if one.kind is Kind.DRAFT]
        return [office.unseal(one) for one in sorted(objects, key=lambda one: one.version)]


def entries(world: World, document: str) -> list[Entry]:
    """Return the entries about a document, in order."""
    with opened(world) as office:
        return list(office.ledger.entries(document=DocumentId(document)))


def records(world: World) -> list[Path]:
    """Return the records of open sessions."""
    return list((world.vault / "journal").glob("*.json"))


def acts(world: World, document: str) -> list[str]:
    """Return what was done with a document, in order."""
    with opened(world) as office:
        return [str(entry.act) for entry in office.ledger.entries(document=DocumentId(document))]


UNCONFINED = """
from securedoc.system import sandbox
missing = sandbox._broken("switched off")
sandbox.probe = lambda: missing
from securedoc.__main__ import main
main()
"""


LIMITED = """
from securedoc.editing.supervision import Limits
Limits.of = classmethod(lambda cls, rules: cls(idle_s={idle}, total_s={total}, grace_s={grace}))
from securedoc.__main__ import main
main()
"""


def limited(idle: float, total: float, grace: float = 10) -> list[str]:
    """Return how to start a program whose policy sets limits of seconds."""
    return ["-c", LIMITED.format(idle=idle, total=total, grace=grace)]


def spawned(  # noqa: PLR0913 - ways of starting
    world: World,
    officer: str,
    *argv: str,
    confined: bool = True,
    program: list[str] | None = None,
    env: Mapping[str, str] | None = None,
    wrapper: tuple[str, ...] = (),
) -> "subprocess.Popen[bytes]":
    """Start a command as a process of its own and do not wait for it."""
    program = program or (["-m", "securedoc"] if confined else ["-c", UNCONFINED])
    return subprocess.Popen(
        [*wrapper, sys.executable, *program, *map(str, world.words(officer, *argv))],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **ENGLISH, **(env or {})},
        cwd=REPOSITORY,
    )


def wait_for_save(world: World, document: str, count: int) -> None:
    """Wait until so many saves of a document are in the vault."""
    for _ in range(100):
        if acts(world, document).count("draft.saved") >= count:
            return
        time.sleep(0.2)
    raise AssertionError("the save was not sealed")


def wait_until_ready(world: World) -> str:
    """Return the one open session, once its editor has said that it is ready."""
    while not (records := list((world.vault / "journal").glob("*.json"))):
        time.sleep(0.01)
    session = records[0].stem
    while (place := workspace.find(session)) is None or not (place / "work" / "ready").exists():
        time.sleep(0.002)
    return session
