"""An office with a document on paper, for tests of custody and of the books."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.cli import Ran, run
from tests.support.office import World, found_world

SUBJECT = "Kết quả công tác quý IV (MẪU)"


def in_days(days: float) -> str:
    """Spell a moment some days from now, for `--now` and for dates."""
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def day(days: float) -> str:
    """Spell a day some days from now."""
    return (datetime.now(UTC) + timedelta(hours=7, days=days)).date().isoformat()


def at(world: World, days: float, officer: str, *argv: str | Path) -> Ran:
    """Run a command as one officer some days from now; a training vault's clock may be set."""
    return run("--now", in_days(days), *world.words(officer, *argv))


def inked(world: World, level: str = "mat", *more: str) -> str:
    """Take a document into the outgoing book with its original signed in ink: its copies are on paper."""
    body = world.write("body.txt", "Nội dung văn bản mẫu (MẪU).\n".encode())
    drafted = world.ok(
        "dung",
        *("draft", "new", "--type", "bao-cao", "--level", level, "--subject", SUBJECT),
        *("--to", "UBND tỉnh Mẫu", "--copies", "4", *more),
        *("--body", body),
    )
    document = str(drafted["id"])
    world.ok("an", "finalize", document, "--signer", "binh")
    world.ok("an", "issue", document, "--wet-signed", "--signed-by", "binh")
    return document


def received(world: World, level: str = "mat", number: str = "12/CV-SM", copies: int = 1) -> str:
    """Register a document that came in."""
    subject = () if level == "tuyet-mat" else ("--subject", "V/v rà soát (MẪU)")
    done = world.ok(
        "an",
        *("receive", "--from", "Sở Mẫu", "--number", number, "--date", day(-3), "--level", level),
        *("--type", "cong-van", "--copies", str(copies), *subject),
    )
    return str(done["id"])


def second(world: World, officer: str) -> tuple[str | Path, str | Path, str | Path, str | Path]:
    """Return the words with which a second officer confirms."""
    return ("--second", officer, "--second-passphrase-file", world.passphrase_file(officer))


def copied(original: World, root: Path) -> World:
    """Return a copy of an office that a test may change."""
    shutil.copytree(original.root, root, dirs_exist_ok=True)
    return World(root)


def office_with_paper(root: Path) -> tuple[World, str]:
    """Make an office with one document whose copies are on paper."""
    root.chmod(0o700)
    world = found_world(root)
    return world, inked(world)


def entries(world: World, document: str) -> list[dict[str, Any]]:
    """Return the entries about a document."""
    found: list[dict[str, Any]] = world.ok("an", "ledger", "entries", "--document", document)["entries"]
    return found
