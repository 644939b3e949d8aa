"""Reads the body of a document from the file that was named for it."""

from pathlib import Path

from securedoc.cli.reading import read_input
from securedoc.errors import DocumentRefused


def read_body(path: Path) -> bytes:
    """Return a body as DOCX: as it is, or made from Markdown or plain text.

    Raises:
        DocumentMissing, DocumentRefused: the file cannot be read, or is of another kind.
        DocumentMalformed: a text is not UTF-8.
    """
    from securedoc.documents import textbody

    untrusted = read_input(path)
    match path.suffix.lower():
        case ".docx":
            return untrusted
        case ".md":
            return textbody.docx_from_markdown(untrusted)
        case ".txt":
            return textbody.docx_from_text(untrusted)
        case _:
            raise DocumentRefused(
                "{name} is no body of a document",
                name=path.name,
                hint="a body is a .docx, .md or .txt file",
            )
