"""docs/formats.md says which facts each act carries; the journey's own entries are held against it."""

import re
from pathlib import Path

import pytest

from securedoc.app import SystemClock
from securedoc.core.entries import Act
from securedoc.core.people import OfficerId
from securedoc.core.protocols import NoProgress
from securedoc.core.secret import Secret
from securedoc.ledger import entrybytes
from securedoc.office.card import read
from securedoc.office.opening import open_office
from securedoc.office.place import Place
from tests.support.office import World, found_world

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "formats.md").read_text("utf-8")
TABLE = TEXT.partition("### Facts of each act")[2].partition("\n## ")[0]
CARD = {"format", "vault", "office", "place", "symbol", "superior", "unit", "training", "policy"}


def documented() -> dict[str, set[str]]:
    """Read the table: the first word of each comma-separated part, braces and brackets left out."""
    acts = {}
    for act, cell in re.findall(r"^\| `([a-z.]+)` \| (.+) \|$", TABLE, re.MULTILINE):
        plain = re.sub(r"\{[^}]*\}|\([^)]*\)|\[[^\]]*\]|`", "", cell.partition(";")[0])
        acts[act] = {part.split()[0] for part in plain.split(",") if part.strip()}
    return acts


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """An office that issued, received, registered a medium, backed up and audited."""
    root = tmp_path_factory.mktemp("formats")
    root.chmod(0o700)
    world = found_world(root)
    world.issued("tuyet-mat")
    world.ok(
        "an",
        *("receive", "--from", "UBND tỉnh Mẫu", "--number", "01/CV", "--date", "2026-11-20"),
        *("--level", "mat", "--type", "cong-van", "--subject", "Về việc mẫu"),
    )
    stick = root / "stick"
    stick.mkdir()
    world.ok("em", "media", "register", stick, "--label", "USB 1", "--keeper", "Đỗ Thị Em")
    world.ok("em", "backup", "run", "--to", stick)
    world.run("phuc", "audit", "run", "--without", "host")
    return world


def test_every_act_is_documented() -> None:
    assert set(documented()) == {act.value for act in Act}


def test_the_entries_of_the_journey_carry_exactly_the_documented_facts(world: World) -> None:
    told = documented()
    seen = set()
    phrase = Secret(world.passphrase_file("phuc").read_bytes().strip())
    with open_office(
        Place(world.vault),
        OfficerId("phuc"),
        phrase,
        clock=SystemClock(),
        progress=NoProgress(),
        randomness=bytes,
        read_only=True,
    ) as office:
        for entry in office.ledger.entries():
            seen.add(entry.act)
            if entry.act is Act.VAULT_CREATED:
                wanted = CARD | {
                    fact for fact in told[entry.act] if fact not in {"the", "policy.levels_without_abstract"}
                }
            else:
                wanted = told[entry.act]
            assert set(entry.facts) == wanted, entry.act
            assert entrybytes.decode(entrybytes.encode(entry)) == entry
    assert len(seen) >= 9


def test_the_card_is_what_the_document_says(world: World) -> None:
    assert set(read(Place(world.vault)).as_json()) == CARD | {"created"}
