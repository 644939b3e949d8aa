"""Every sentence is a literal, and every sentence has its Vietnamese."""

from pathlib import Path

import pytest

from scripts.catalogue import CATALOGUE, collect, compiled, read, sentences, untranslated
from tests.support.tree import MODULES, dotted, parsed

# They hand on sentences that were collected where they were written.
HAND_ON = {"cli.command", "cli.errors", "cli.groups", "core.text"}


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_sentence_is_a_literal_where_it_is_said(path: Path) -> None:
    if dotted(path) in HAND_ON:
        return

    dynamic = [line for line in sentences(parsed(path)) if isinstance(line, int)]

    assert not dynamic, f"{path}: lines {dynamic}"


def test_every_sentence_has_its_vietnamese() -> None:
    _, translations = read(CATALOGUE.read_text("utf-8"))

    missing = untranslated(collect(), translations)

    assert not missing, "\n".join(missing)


def test_the_binary_catalogue_is_made_from_the_readable_one() -> None:
    opening, translations = read(CATALOGUE.read_text("utf-8"))

    assert CATALOGUE.with_suffix(".mo").read_bytes() == compiled(opening, translations), (
        "run: scripts/messages"
    )
