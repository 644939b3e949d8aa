"""The policy commands, without any vault."""

from pathlib import Path

import pytest

from securedoc.policy import packs
from tests.support.cli import run
from tests.support.office import World, found_world

REPOSITORY = Path(__file__).resolve().parents[2]


def test_list_names_the_packs_and_which_is_in_force() -> None:
    ran = run("--json", "policy", "list").expect()

    assert [pack["pack"] for pack in ran.json["packs"]] == ["vn-2020", "vn-2026"]
    assert ran.json["packs"][0]["effective_until"] == "2026-02-28"


def test_show_gives_every_value_with_its_source_and_how_sure_it_is() -> None:
    shown = run("--json", "policy", "show", "vn-2026").expect().json

    assert shown["pack"] == "vn-2026"
    assert shown["effective_from"] == "2026-03-01"
    assert shown["digest"] == str(packs.pack("vn-2026").digest)
    assert len(shown["values"]) == len(packs.pack("vn-2026").sources)
    assert {value["sure"] for value in shown["values"]} == {"V", "V2", "I", "D", "R"}
    by_path = {value["path"]: value for value in shown["values"]}
    assert by_path["levels.mat.term_years"] == {
        "path": "levels.mat.term_years",
        "value": "10",
        "sure": "V2",
        "sources": ["S7"],
        "words": "",
    }


def test_show_can_be_narrowed_to_a_part() -> None:
    shown = run("--json", "policy", "show", "vn-2020", "--only", "levels.tuyet-mat").expect().json

    assert all(value["path"].startswith("levels.tuyet-mat.") for value in shown["values"])
    assert run("policy", "show", "vn-2020", "--only", "nothing").code == 11


def test_show_without_a_name_is_the_pack_in_force_or_the_vaults(root: Path) -> None:
    world: World = found_world(root)

    assert run("--json", "policy", "show").expect().json["pack"] == "vn-2026"
    assert run("--vault", world.vault, "--json", "policy", "show").expect().json["pack"] == "vn-2026"


def test_show_of_an_unknown_pack_names_the_known_ones() -> None:
    ran = run("--json", "policy", "show", "vn-1999")

    assert ran.code == 11
    assert ran.error["hint"] == "use one of: vn-2020, vn-2026"


def test_check_accepts_a_pack_and_counts_its_values() -> None:
    checked = run("--json", "policy", "check", REPOSITORY / "policies" / "vn-2026.toml").expect().json

    assert checked["valid"] is True
    assert checked["values"] > 1000


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("rank = 1", "rank = 1\nrang = 2"), "levels.mat.rang is not a key of this format"),
        (("rank = 1\n", ""), "levels.mat.rank is missing"),
        (("term_years = 10", 'term_years = "10"'), "levels.mat.term_years: expected a whole number"),
        (("term_years = 10", "term_years = 10\nterm_years = 11"), "is not TOML at line"),
    ],
    ids=["unknown", "missing", "type", "twice"],
)
def test_check_names_the_first_mistake_with_its_path(root: Path, change: tuple[str, str], told: str) -> None:
    path = root / "vn-2026.toml"
    text = (REPOSITORY / "policies" / "vn-2026.toml").read_text("utf-8")
    path.write_text(text.replace(*change, 1), "utf-8")

    ran = run("--json", "policy", "check", path)

    assert ran.code == 13
    assert ran.error["where"] == "policy"
    assert ran.error["what"] == "malformed"
    assert told in ran.error["message"]


def test_check_of_a_missing_file_is_missing_and_names_no_directory(root: Path) -> None:
    ran = run("--json", "policy", "check", root / "none.toml")

    assert ran.code == 11
    assert str(root) not in ran.err


def test_people_read_a_table_and_the_addresses_of_the_sources() -> None:
    out = run("policy", "show", "vn-2026", "--only", "levels.mat").expect().out

    assert "levels.mat.harm" in out
    assert "R " in out
    assert "S21 https://" in out
