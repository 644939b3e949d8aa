"""Durable file operations have two doors, and nobody starts a program or evaluates text on the side."""

import ast
import re
from pathlib import Path

import pytest

from tests.support.tree import MODULES, PACKAGE, dotted, parsed

DURABLE = {
    "fsync",
    "fdatasync",
    "replace",
    "rename",
    "renames",
    "unlink",
    "remove",
    "rmdir",
    "removedirs",
    "link",
}
DURABLE_DOORS = {
    "system.files",
    "system.shred",
    "system.overwriting",
    "system.workspace",
    "system.confinement",
    "system.traces.removing",
}
NEVER_CALLED = {"eval", "exec", "compile", "__import__", "breakpoint"}
OF_PATHS = {"unlink", "rename", "rmdir", "write_bytes", "hardlink_to", "symlink_to"}


def _calls(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)]


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_durable_steps_are_taken_in_system_files_and_shred_alone(path: Path) -> None:
    if dotted(path) in DURABLE_DOORS:
        return

    for call in _calls(path):
        function = call.func
        if isinstance(function, ast.Attribute):
            of_os = isinstance(function.value, ast.Name) and function.value.id in {"os", "shutil"}
            assert not (of_os and function.attr in DURABLE | {"rmtree", "move"}), f"{path}:{call.lineno}"
            assert function.attr not in OF_PATHS, f"{path}:{call.lineno}: {function.attr}"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_nothing_is_evaluated_and_no_shell_is_started(path: Path) -> None:
    for call in _calls(path):
        function = call.func
        if isinstance(function, ast.Name):
            assert function.id not in NEVER_CALLED, f"{path}:{call.lineno}"
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            named = f"{function.value.id}.{function.attr}"
            assert named not in {"os.system", "os.popen", "os.execv", "os.spawnv"}, f"{path}:{call.lineno}"
        assert not any(word.arg == "shell" for word in call.keywords), f"{path}:{call.lineno}"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_programs_are_imported_never_asked_from_the_environment(path: Path) -> None:
    if dotted(path) in {"__main__", "cli.language", "system.confinement", "system.process"}:
        return

    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            assert node.attr not in {"environ", "getenv", "environb"}, f"{path}:{node.lineno}"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_the_office_s_time_has_one_door(path: Path) -> None:
    """A day that is cut from a moment in UTC is yesterday until seven in the morning."""
    text = path.read_text("utf-8")

    if path.relative_to(PACKAGE).as_posix() == "core/officetime.py":
        return
    assert "hours=7" not in text, f"{path}: use securedoc.core.officetime"
    assert not re.search(r"(_at|\bat|now\(\)|\.begins|\.ends)\.date\(\)", text), f"{path}: use day_of"
