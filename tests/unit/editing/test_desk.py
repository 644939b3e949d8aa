from pathlib import Path

import pytest

from securedoc.core.documents import DocumentId
from securedoc.editing.desk import Desk
from securedoc.errors import HostMissing
from securedoc.system import process

DOCUMENT = DocumentId("D-2026-000001")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_the_document_lies_under_a_name_that_tells_nothing(desk: Desk) -> None:
    path = desk.lay_out(DOCUMENT, b"body")

    assert path.read_bytes() == b"body"
    assert path.name == "D-2026-000001.docx"
    assert {child.name for child in desk.root.iterdir()} == {"work", "home", "tmp"}


def test_everything_an_editor_writes_to_is_on_the_desk(desk: Desk) -> None:
    outside = {"LANG": "vi_VN.UTF-8", "AWS_SECRET": "x", "HOME": "/home/an", "TMPDIR": "/var/tmp"}  # noqa: S108

    environment = desk.environment(outside)

    assert environment["LANG"] == "vi_VN.UTF-8"
    assert "AWS_SECRET" not in environment
    places = {value for name, value in environment.items() if name.startswith(("HOME", "XDG", "TMP", "TEMP"))}
    assert all(Path(place).is_relative_to(desk.root) for place in places)


def test_vietnamese_can_be_typed_without_the_session_bus(desk: Desk) -> None:
    environment = desk.environment({"XMODIFIERS": "@im=ibus"})

    assert (environment["GTK_IM_MODULE"], environment["QT_IM_MODULE"]) == ("xim", "xim")


def test_libreoffice_gets_a_profile_that_keeps_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "find", lambda name: Path("/usr/bin", name) if name == "soffice" else None)
    path = desk.lay_out(DOCUMENT, b"body")

    words = desk.command(None, path)

    profile = desk.home / "libreoffice"
    assert words[0] == "/usr/bin/soffice"
    assert f"-env:UserInstallation=file://{profile}" in words
    assert "--norestore" in words
    assert words[-1] == str(path)
    settings = (profile / "user" / "registrymodifications.xcu").read_text("utf-8")
    for name in ("CreateBackup", "AutoSave", "RecoveryInfo", "PickListSize", "RecentDocsThumbnail"):
        assert name in settings


def test_an_editor_is_found_by_name_or_path_with_its_arguments(desk: Desk, tmp_path: Path) -> None:
    program = tmp_path / "my editor"
    program.touch(mode=0o700)

    assert desk.command("cat -n", Path("/x"))[1:] == ["-n", "/x"]
    assert desk.command(f"'{program}' --flag", Path("/x")) == [str(program), "--flag", "/x"]


@pytest.mark.parametrize("editor", ["", "no-such-editor-anywhere", "/none/at/all", "'unbalanced", "./none"])
def test_a_missing_editor_is_named(editor: str, desk: Desk) -> None:
    with pytest.raises(HostMissing):
        desk.command(editor, Path("/x"))


def test_without_libreoffice_an_editor_must_be_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "find", lambda _: None)

    with pytest.raises(HostMissing, match="LibreOffice is not installed"):
        desk.command(None, Path("/x"))
