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
    path = desk.lay_out(f"{DOCUMENT}.docx", b"body")

    assert path.read_bytes() == b"body"
    assert path.name == "D-2026-000001.docx"
    assert {child.name for child in desk.root.iterdir()} == {"work", "home", "tmp", "run"}


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
    path = desk.lay_out(f"{DOCUMENT}.docx", b"body")

    program = desk.editor(None, path)

    words = list(program.argv)
    profile = desk.home / "libreoffice"
    assert words[0] == "/usr/bin/soffice"
    assert f"-env:UserInstallation=file://{profile}" in words
    assert "--norestore" in words
    assert words[-1] == str(path)
    settings = (profile / "user" / "registrymodifications.xcu").read_text("utf-8")
    for name in ("CreateBackup", "AutoSave", "RecoveryInfo", "PickListSize", "RecentDocsThumbnail"):
        assert name in settings
    for name, value in (
        ("WarnAlienFormat", "false"),
        ("RemovePersonalInfoOnSaving", "true"),
        ("DisableMacrosExecution", "true"),
        ("MacroSecurityLevel", "3"),
        ("BlockUntrustedRefererLinks", "true"),
        ("ShowTipOfTheDay", "false"),
    ):
        assert f'oor:name="{name}" oor:op="fuse"><value>{value}</value>' in settings


def test_libreoffice_can_be_asked_to_save_and_close(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "find", lambda name: Path("/usr/bin", name) if name == "soffice" else None)
    program = desk.editor(None, desk.lay_out(f"{DOCUMENT}.docx", b"body"))

    assert program.closing is not None
    assert program.closing[0] == "/usr/bin/soffice"
    assert program.closing[1] == program.argv[1]  # the same profile, and so the same instance
    assert program.closing[-1].startswith("macro:///")
    monkeypatch.undo()
    assert desk.editor("cat", Path("/x")).closing is None


def test_the_viewer_is_the_first_that_is_installed_and_libreoffice_the_last(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = desk.lay_out(f"{DOCUMENT}.pdf", b"%PDF-", mode=0o400)
    installed = {"mupdf", "xpdf", "soffice"}
    monkeypatch.setattr(process, "find", lambda name: Path("/usr/bin", name) if name in installed else None)

    assert desk.viewer(None, path).argv == ("/usr/bin/mupdf", str(path))
    installed -= {"mupdf", "xpdf"}
    assert "--view" in desk.viewer(None, path).argv
    assert path.stat().st_mode & 0o777 == 0o400


def test_windows_reach_their_screen_without_our_runtime_directory(desk: Desk) -> None:
    outside = {"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": "/run/user/1", "DISPLAY": ":0"}

    environment = desk.environment(outside)

    assert environment["WAYLAND_DISPLAY"] == "/run/user/1/wayland-0"
    assert environment["XDG_RUNTIME_DIR"] == str(desk.runtime)
    assert "WAYLAND_DISPLAY" not in desk.environment({"WAYLAND_DISPLAY": "wayland-0"})


def test_an_editor_is_found_by_name_or_path_with_its_arguments(desk: Desk, tmp_path: Path) -> None:
    program = tmp_path / "my editor"
    program.touch(mode=0o700)

    assert desk.editor("cat -n", Path("/x")).argv[1:] == ("-n", "/x")
    assert desk.editor(f"'{program}' --flag", Path("/x")).argv == (str(program), "--flag", "/x")


@pytest.mark.parametrize(
    "editor", ["", "no-such-editor-anywhere", "/none/at/all", "'unbalanced", "./none", "/etc/passwd"]
)
def test_a_missing_editor_is_named(editor: str, desk: Desk) -> None:
    with pytest.raises(HostMissing):
        desk.editor(editor, Path("/x"))


def test_without_libreoffice_an_editor_must_be_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "find", lambda _: None)

    with pytest.raises(HostMissing, match="LibreOffice is not installed"):
        desk.editor(None, Path("/x"))
