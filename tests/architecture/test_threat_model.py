"""Every guarantee of the threat model names tests that mount the attack, and those tests exist."""

import ast
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
TEXT = (REPOSITORY / "docs" / "threat-model.md").read_text("utf-8")
SECTION = TEXT.partition("## Guarantees\n")[2].partition("\n## ")[0]
GUARANTEES = [item for item in re.split(r"\n(?=\d+\. )", SECTION) if re.match(r"\s*\d+\. ", item)]
NAMED = re.findall(r"`(tests/[a-z_/]+\.py)::(test_[a-z0-9_]+)`", TEXT)


def test_the_guarantees_are_numbered_without_gaps() -> None:
    numbers = [int(item.strip().partition(".")[0]) for item in GUARANTEES]

    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 15


@pytest.mark.parametrize("guarantee", GUARANTEES, ids=lambda item: item.strip()[:40])
def test_a_guarantee_names_the_test_that_attacks_it(guarantee: str) -> None:
    assert "::test_" in guarantee


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_named_test_exists(path: str, name: str) -> None:
    tree = ast.parse((REPOSITORY / path).read_text("utf-8"))

    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
