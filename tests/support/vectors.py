"""Published known answers, as they lie under tests/vectors."""

import json
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[1] / "vectors"


def known_answers(name: str) -> Any:
    """Load one file of known answers, for example `crypto/hpke`."""
    return json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
