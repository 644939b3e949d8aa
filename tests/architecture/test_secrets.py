"""No secret is in any repr, and what holds one hides it."""

import ast
from pathlib import Path

import pytest

from securedoc.core.secret import Secret
from tests.support.tree import MODULES, dotted, parsed

# Names of fields that would hold secret bytes; such a field has the type Secret, which formats as nothing.
SECRET_NAMES = {"passphrase", "private_key", "seed", "mnemonic", "share", "kek", "role_key", "document_key"}


def test_a_secret_formats_as_nothing() -> None:
    secret = Secret(b"correct horse")

    assert "correct" not in f"{secret!r} {secret}"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_field_that_holds_a_secret_has_the_type_secret(path: Path) -> None:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ClassDef):
            for field in node.body:
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                    named = field.target.id.lstrip("_")
                    if named in SECRET_NAMES:
                        assert "Secret" in ast.unparse(field.annotation), f"{path}:{field.lineno}: {named}"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_secret_is_never_opened_inside_a_message(path: Path) -> None:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FormattedValue | ast.keyword):
            opened = [
                call
                for call in ast.walk(node)
                if isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr == "reveal"
            ]
            in_text = isinstance(node, ast.FormattedValue)
            assert not (opened and in_text), f"{path}:{node.lineno}"
