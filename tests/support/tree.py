"""The source tree as tests of the architecture see it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "securedoc"
MODULES = tuple(sorted(PACKAGE.rglob("*.py")))


def dotted(path: Path) -> str:
    """Spell a module of the package without `securedoc.`: `ledger.store`, `cli`, `__main__`."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def parsed(path: Path) -> ast.Module:
    """Parse a module once for all tests."""
    return ast.parse(path.read_text("utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Yield the full name of everything a module imports, also inside its functions."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def tracked() -> Iterator[Path]:
    """Yield every text file of the tree that is ours, outside caches and the virtual environment."""
    for folder in ("securedoc", "policies", "keys", "scripts", "tests", "docs", ".ci"):
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
    yield from (path for path in sorted(REPOSITORY.iterdir()) if path.is_file())
