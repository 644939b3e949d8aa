"""Appends a revision to a PDF and leaves everything else in it as it was."""

from io import BytesIO
from typing import Self

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from securedoc.signing import structure


class Revision(IncrementalPdfFileWriter):
    """An incremental writer that leaves the document's own metadata as they were finalised.

    The stock writer stamps the machine's clock and its own name into them, which would also set
    PDF/A's two copies of them apart.
    """

    @classmethod
    def over(cls, pdf: bytes) -> Self:
        """Write after the last revision of `pdf`.

        Raises:
            SignatureMalformed: it cannot be read strictly.
        """
        return cls(BytesIO(pdf), prev=structure.open_strictly(pdf))

    def _update_meta(self) -> None:
        pass

    def written(self) -> bytes:
        """Return the file with the new revision."""
        output = BytesIO()
        self.write(output)  # type: ignore[no-untyped-call]  # pyHanko types most of itself
        return output.getvalue()
