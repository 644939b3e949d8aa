"""What holds for every file: size, words, annotations, nothing secret."""

import ast
import re
from pathlib import Path

import pytest

from tests.support.tree import MODULES, PACKAGE, REPOSITORY, dotted, parsed, tracked

MOST_LINES = 400
MOST_LINES_OF_A_TEST = 700  # a table of attacks may be long; a program may not
SCRIPTS = tuple(sorted((REPOSITORY / "scripts").glob("*.py")))
TESTS = tuple(sorted((REPOSITORY / "tests").rglob("*.py")))
PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS, *TESTS], ids=lambda path: path.name)
def test_no_file_carries_the_whole_program(path: Path) -> None:
    most = MOST_LINES_OF_A_TEST if path in TESTS else MOST_LINES

    assert len(path.read_text("utf-8").splitlines()) <= most


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_module_opens_with_one_sentence(path: Path) -> None:
    said = ast.get_docstring(parsed(path))

    assert said, f"{path} does not say what it knows"
    assert said.splitlines()[0].endswith("."), f"{path}: the first line is one sentence"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_every_public_function_is_annotated_and_documented(path: Path) -> None:
    for node in parsed(path).body:
        functions = [node] if isinstance(node, ast.FunctionDef) else []
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            functions = [item for item in node.body if isinstance(item, ast.FunctionDef)]
        for function in functions:
            if function.name.startswith("_"):
                continue
            where = f"{path}:{function.lineno}"
            arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
            assert function.returns is not None, where
            assert all(a.annotation or a.arg in {"self", "cls"} for a in arguments), where
            assert ast.get_docstring(function), where


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_nothing_waits_to_be_done(path: Path) -> None:
    text = path.read_text("utf-8")

    for word in ("TO" + "DO", "FIX" + "ME", "X" * 3, "NotImplemented" + "Error"):
        assert word not in text, f"{path}: {word}"


def test_no_private_key_lies_in_the_tree() -> None:
    for path in tracked():
        if "vectors" in path.parts:
            continue
        assert not PRIVATE_KEY.search(path.read_bytes()), f"{path} holds a private key"


def test_no_path_of_a_machine_is_written_down() -> None:
    machine = re.compile(rb"/(?:home|root|work|Users)/[a-z]")

    for path in (
        *PACKAGE.rglob("*.py"),
        *(REPOSITORY / "scripts").iterdir(),
        *(REPOSITORY / "docs").rglob("*.md"),
    ):
        if path.is_file():
            assert not machine.search(path.read_bytes()), f"{path} names a path of one machine"
