"""Prints the exit codes as a table, from the error classes themselves."""

from typing import Final

from securedoc import errors

MEANINGS: Final = {
    "failed": "failed otherwise",
    "missing": "not there",
    "refused": "policy, permission or passphrase says no",
    "malformed": "not of its form",
    "untrusted": "**a signature, digest or chain does not hold**",
    "stale": "expired, rolled back, out of sequence",
    "incomplete": "part done; residue or defects remain",
    "busy": "locked by another process",
}


def table() -> str:
    """Return the exit codes: one column for where, one row for what."""
    wheres = errors.WHERE[1:]
    lines = [
        "| | what | " + " | ".join(f"{number}x {where}" for number, where in enumerate(wheres, 1)) + " |",
        "|---" * (len(wheres) + 2) + "|",
    ]
    for unit, what in enumerate(errors.WHAT):
        codes = " | ".join(str(ten * 10 + unit) for ten in range(1, len(wheres) + 1))
        lines.append(f"| x{unit} | {what}: {MEANINGS[what]} | {codes} |")
    lines += [
        "",
        "0 success · 1 a bug (a trace with `--debug` only) · 2 usage · 129, 130, 141, 143 interrupted.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(), end="")
