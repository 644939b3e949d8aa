"""LibreOffice's profile for one session: nothing kept, nothing asked, nothing loaded from outside.

Measured on LibreOffice 7.4: with these settings, and the profile in the workspace, it leaves nothing
outside, asks nothing at the first start or at a save, and can be told to save and close.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

PROGRAMS: Final = ("soffice", "libreoffice")

_COMMON: Final = "org.openoffice.Office.Common"
_INFOBAR: Final = "org.openoffice.Office.UI.Infobar/Enabled"
_SETTINGS: Final = (
    # No second copies of plaintext: our sealing of each save does what they are for. CreateBackup must be
    # set although the schema says false; AutoSave would leave a document behind after a crash.
    ("org.openoffice.Office.Recovery/AutoSave", "Enabled", "false"),
    ("org.openoffice.Office.Recovery/AutoSave", "UserAutoSaveEnabled", "false"),
    ("org.openoffice.Office.Recovery/RecoveryInfo", "Enabled", "false"),
    (f"{_COMMON}/Save/Document", "CreateBackup", "false"),
    (f"{_COMMON}/Save/Document", "GenerateThumbnail", "false"),
    (f"{_COMMON}/History", "PickListSize", "0"),
    (f"{_COMMON}/History", "RecentDocsThumbnail", "false"),
    # Who wrote it is in the ledger, not in the file.
    (f"{_COMMON}/Security/Scripting", "RemovePersonalInfoOnSaving", "true"),
    # No macros of documents, no links to outside, no plug-ins.
    (f"{_COMMON}/Security/Scripting", "DisableMacrosExecution", "true"),
    (f"{_COMMON}/Security/Scripting", "MacroSecurityLevel", "3"),
    (f"{_COMMON}/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    (f"{_COMMON}/Security/Scripting", "DisableActiveContent", "true"),
    (f"{_COMMON}/Security/Scripting", "ExecutePlugins", "false"),
    ("org.openoffice.Office.Writer/Content/Update", "Link", "2"),
    ("org.openoffice.Office.Calc/Content/Update", "Link", "2"),
    ("org.openoffice.Office.Java/VirtualMachine", "Enable", "false"),
    # A save keeps the format of the draft, without asking each time.
    (f"{_COMMON}/Save/Document", "WarnAlienFormat", "false"),
    # Nothing to click away at the start, nothing reported to anybody.
    ("org.openoffice.Setup/Office", "ooSetupInstCompleted", "true"),
    (f"{_COMMON}/Misc", "FirstRun", "false"),
    (f"{_COMMON}/Misc", "ShowTipOfTheDay", "false"),
    (f"{_COMMON}/Misc", "CrashReport", "false"),
    (f"{_COMMON}/Misc", "CollectUsageInformation", "false"),
    (_INFOBAR, "WhatsNew", "false"),
    (_INFOBAR, "GetInvolved", "false"),
    (_INFOBAR, "Donate", "false"),
    (
        "org.openoffice.Office.Jobs/Jobs/org.openoffice.Office.Jobs:Job['UpdateCheck']/Arguments",
        "AutoCheckEnabled",
        "false",
    ),
)
# Ours, in our own profile: no document can change it, and with macros of documents switched off it is the
# one thing that a second start of the program can have the first one do.
_LIBRARY, _MODULE, _MACRO = "Standard", "Closing", "SaveAndClose"
_BASIC: Final = f"""Sub {_MACRO}
  On Error Resume Next
  Dim all, one
  all = StarDesktop.Components.createEnumeration()
  While all.hasMoreElements()
    one = all.nextElement()
    If one.isModified() And Not one.isReadonly() Then one.store()
  Wend
  StarDesktop.terminate()
End Sub
"""
_DTD: Final = "-//OpenOffice.org//DTD OfficeDocument 1.0//EN"
_XML: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMES: Final = (
    'xmlns:library="http://openoffice.org/2000/library" xmlns:xlink="http://www.w3.org/1999/xlink"'
)


def is_libreoffice(program: Path) -> bool:
    """Tell whether a program is LibreOffice, and takes a profile from us."""
    return program.name in PROGRAMS


def make(home: Path) -> Path:
    """Put the profile below `home` and return where it is."""
    profile = home / "libreoffice"
    library = profile / "user" / "basic" / _LIBRARY
    library.mkdir(parents=True, mode=0o700)
    _write(profile / "user" / "registrymodifications.xcu", _registry(_SETTINGS))
    _write(
        library.parent / "script.xlc",
        f'<!DOCTYPE library:libraries PUBLIC "{_DTD}" "libraries.dtd">\n'
        f'<library:libraries {_NAMES}><library:library library:name="{_LIBRARY}" library:link="false"/>'
        "</library:libraries>\n",
    )
    _write(
        library / "script.xlb",
        f'<!DOCTYPE library:library PUBLIC "{_DTD}" "library.dtd">\n'
        f'<library:library {_NAMES} library:name="{_LIBRARY}" library:readonly="true"'
        f' library:passwordprotected="false"><library:element library:name="{_MODULE}"/></library:library>\n',
    )
    _write(
        library / f"{_MODULE}.xba",
        f'<!DOCTYPE script:module PUBLIC "{_DTD}" "module.dtd">\n'
        f'<script:module xmlns:script="http://openoffice.org/2000/script" script:name="{_MODULE}"'
        f' script:language="StarBasic">{_BASIC}</script:module>\n',
    )
    return profile


def options(profile: Path) -> list[str]:
    """Return the options that every start with this profile needs."""
    return [f"-env:UserInstallation=file://{profile}", "--norestore", "--nologo"]


def save_and_close(profile: Path, program: Path) -> list[str]:
    """Return the command that has the instance running with this profile save and close."""
    return [str(program), *options(profile), f"macro:///{_LIBRARY}.{_MODULE}.{_MACRO}()"]


def _write(path: Path, text: str) -> None:
    path.write_text(_XML + text, "utf-8")


def _registry(settings: Sequence[tuple[str, str, str]]) -> str:
    items = "".join(
        f'<item oor:path="/{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>\n"
        for path, name, value in settings
    )
    return f'<oor:items xmlns:oor="http://openoffice.org/2001/registry">\n{items}</oor:items>\n'
