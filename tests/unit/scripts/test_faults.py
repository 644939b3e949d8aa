"""The counts in README.md are those that the proofs printed."""

import pytest

from scripts.faults import BEGIN, END, README, placed, table, tried

SAID = """..                                                      [100%]
==================================== tried =====================================
  1,024  backup run: killed at a call
     12  stick with exfat pulled out while a backup is written
2 passed in 3.21s
"""


def test_what_was_tried_is_read_from_what_the_tests_say() -> None:
    assert tried(SAID) == [
        ("backup run: killed at a call", "1,024"),
        ("stick with exfat pulled out while a backup is written", "12"),
    ]
    assert tried("1 passed in 0.1s\n") == []


def test_the_counts_replace_those_in_the_readme_and_nothing_else() -> None:
    text = f"before\n{BEGIN}old\n{END}after\n"

    after = placed(text, "scripts/faults", tried(SAID))

    assert after == f"before\n{BEGIN}{table('scripts/faults', tried(SAID))}{END}after\n"
    assert "| backup run: killed at a call | 1,024 |" in after
    assert placed(README.read_text("utf-8"), "scripts/faults", tried(SAID)).count(BEGIN) == 1


def test_nothing_counted_is_no_count() -> None:
    with pytest.raises(ValueError, match="nothing was counted"):
        placed(f"{BEGIN}{END}", "scripts/faults", [])
