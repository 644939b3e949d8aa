"""The second engine: LibreOffice makes PDF of a DOCX, in a sandbox, in memory, ended with all it started."""

import json
import re
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from securedoc.documents.fonts import FontSet
from securedoc.errors import DocumentFailed, DocumentRefused, HostMissing
from securedoc.system import files, libreoffice, passingspace, process, sandbox

TIMEOUT_S: Final = 300.0  # 200 pages took 60 s on a machine that was busy with much else
BUDGET_BYTES: Final = 512 * 1024 * 1024
MAX_PDF_BYTES: Final = 256 * 1024 * 1024

# Debian keeps what LibreOffice is started with there; it is the same on every machine.
_SETTINGS: Final = (Path("/etc/libreoffice"),)
_OPTIONS: Final = {
    "SelectPdfVersion": ("long", "2"),  # PDF/A-2b
    "UseLosslessCompression": ("boolean", "true"),
    "ReduceImageResolution": ("boolean", "false"),
    "UseTaggedPDF": ("boolean", "false"),
    "ExportFormFields": ("boolean", "false"),
    "ExportBookmarks": ("boolean", "false"),
    "ExportNotes": ("boolean", "false"),
    "ExportNotesPages": ("boolean", "false"),
    "IsSkipEmptyPages": ("boolean", "false"),
}
_PRODUCER: Final = re.compile(rb"/Producer<FEFF([0-9A-F]+)>|/Producer\(([^)]*)\)")


def to_pdf(docx: bytes, fonts: FontSet) -> bytes:
    """Convert a DOCX that was made by us, with no fonts but `fonts`.

    Raises:
        HostMissing: LibreOffice is not installed.
        DocumentRefused: there is no sandbox for it here, or no font that it can be held to.
        DocumentFailed: it took too long, or made nothing.
        ScratchRefused: there is no memory for it.
    """
    program = next((path for path in map(process.find, libreoffice.PROGRAMS) if path is not None), None)
    if program is None:
        raise HostMissing(
            "LibreOffice is not installed",
            hint="install libreoffice-writer, or leave --engine out",
        )
    if sandbox.probe() is not None:
        raise DocumentRefused(
            "LibreOffice is run in a sandbox only, and there is none here",
            hint="install bubblewrap, or leave --engine out",
        )
    if fonts.directory is None:
        raise DocumentRefused(
            "LibreOffice is given a font of the machine, and no Times font is installed",
            hint="install fonts-croscore or fonts-liberation2",
        )
    with passingspace.in_memory(BUDGET_BYTES) as room:
        return _converted(program, docx, fonts, room)


def version(pdf: bytes) -> str:
    """Name the engine as a FinalDocument records it: what the PDF says that made it."""
    found = _PRODUCER.search(pdf)
    if found is None:
        return "libreoffice"
    said = bytes.fromhex(found[1].decode()).decode("utf-16-be") if found[1] else found[2].decode("latin-1")
    return "".join(letter for letter in said if letter.isascii() and letter.isprintable())[:40].lower()


def _converted(program: Path, docx: bytes, fonts: FontSet, room: Path) -> bytes:
    home, temporary, out = room / "home", room / "tmp", room / "out"
    for folder in (home, temporary, out, room / "fontcache"):
        folder.mkdir(mode=0o700)
    source = out / "document.docx"
    files.write_new(source, docx)
    files.write_new(room / "fonts.conf", _font_settings(fonts, room).encode())
    profile = libreoffice.make(home)
    words = [
        *(str(program), *libreoffice.options(profile), "--headless"),
        *("--convert-to", "pdf:writer_pdf_Export:" + _filter(), "--outdir", str(out), str(source)),
    ]
    own = (program.resolve().parent.parent, *_SETTINGS, *((fonts.directory,) if fonts.directory else ()))
    argv = sandbox.wrap_bare(words, workspace=room, temporary=temporary, shown=own)
    environment = {
        **process.CLEAN_ENVIRONMENT,
        "HOME": str(home),
        "FONTCONFIG_FILE": str(room / "fonts.conf"),
        **dict.fromkeys(("TMPDIR", "TMP", "TEMP"), str(temporary)),
        "SOURCE_DATE_EPOCH": "0",
    }
    try:
        process.run(argv, cwd=room, timeout_s=TIMEOUT_S, env=environment)
    except TimeoutError as error:
        raise DocumentFailed(
            "LibreOffice did not lay the document out within {seconds} seconds; it was ended",
            seconds=round(TIMEOUT_S),
            hint="split the document, or take out what makes it large",
        ) from error
    except OSError as error:
        raise DocumentFailed("LibreOffice could not be run: {reason}", reason=error.strerror or "") from error
    try:
        return files.read_bounded(out / "document.pdf", MAX_PDF_BYTES)
    except OSError as error:
        raise DocumentFailed(
            "LibreOffice made nothing of the document",
            hint="open the draft in the editor, save it again, and try once more",
        ) from error


def _filter() -> str:
    return json.dumps({name: {"type": kind, "value": value} for name, (kind, value) in _OPTIONS.items()})


def _font_settings(fonts: FontSet, room: Path) -> str:
    """Show the engine one family, whatever a draft names: every glyph was looked for in it."""
    family = escape(fonts.family)
    return (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{escape(str(fonts.directory))}</dir><cachedir>{escape(str(room / 'fontcache'))}</cachedir>"
        '<match target="pattern"><edit name="family" mode="assign" binding="same">'
        f"<string>{family}</string></edit></match></fontconfig>"
    )
