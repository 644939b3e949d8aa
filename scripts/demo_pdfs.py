"""Opens the signed PDFs of a training vault and writes them out to be looked at."""

import secrets
from collections.abc import Iterable
from pathlib import Path

from securedoc.app import App, SystemClock
from securedoc.cli.prompter import FilePrompter
from securedoc.core.documents import DocumentId, Kind
from securedoc.core.protocols import NoProgress


def take_out(vault: Path, passphrase: Path, documents: Iterable[str], into: Path) -> list[Path]:
    """Write the signed PDF of each document into `into`; return their paths."""
    app = App(
        vault=vault,
        officer="binh",
        clock=SystemClock(),
        prompter=FilePrompter(passphrase),
        progress=NoProgress(),
        randomness=secrets.token_bytes,
    )
    into.mkdir()
    written = []
    with app.open(read_only=True) as office:
        if not office.card.training:
            raise ValueError("only what a training vault holds is written out")
        for document in documents:
            path = into / f"{document}.pdf"
            path.write_bytes(office.unseal(office.latest(DocumentId(document), Kind.SIGNED)))
            written.append(path)
    return written
