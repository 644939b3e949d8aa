"""How much each check of the machine matters: `policies/hardening.toml`, read strictly."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.core.findings import Severity
from securedoc.errors import PolicyMalformed
from securedoc.policy import packs, strict
from securedoc.policy.machinemodel import CheckName

FILE: Final = "hardening.toml"


@dataclass(frozen=True, slots=True)
class Hardening:
    """Every check of the machine, by how much it matters when it fails."""

    severity: Mapping[Severity, tuple[CheckName, ...]]

    def of(self, check: str) -> Severity | None:
        """Return how much a check matters; None for one that the rules do not know."""
        for severity, checks in self.severity.items():
            if check in checks:
                return severity
        return None


def load_hardening(directory: Path | None = None) -> Hardening:
    """Read the rules from a directory of packs, by default the installed one.

    Raises:
        PolicyMissing: there is no such file.
        PolicyMalformed: it does not say exactly what it must, or names a check twice.
    """
    table = strict.read_table(packs.read((directory or packs.root()) / FILE), name=FILE)
    rules = strict.build(Hardening, table, name=FILE)[0]
    named = [check for checks in rules.severity.values() for check in checks]
    for check in named:
        if named.count(check) > 1:
            raise PolicyMalformed("{file}: check {check} stands twice", file=FILE, check=check)
    return rules
