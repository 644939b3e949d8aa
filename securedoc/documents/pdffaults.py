"""Names what pypdf raises on a file that was made to hurt it."""

from typing import Final

from pypdf.errors import PyPdfError

# A hostile file reaches every corner of a parser: what it raises there is "damaged" to us.
PARSER_FAILS: Final = (
    PyPdfError,
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
