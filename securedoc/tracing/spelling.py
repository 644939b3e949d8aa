"""Reads letters as texts and programs spell them: wide, decomposed, escaped, between marks."""

import binascii
import codecs
import html
import re
from collections.abc import Iterator
from typing import Final

_VIETNAMESE: Final = re.compile(rb"\xe1[\xb8-\xbb]")  # U+1E00 to U+1EFF in UTF-8
_COMBINING: Final = re.compile(rb"\xcc[\x80-\xa9]")
# Letters of Vietnamese and what stands between them have no other upper byte; longer than a sample.
_WIDE_RUN: Final = re.compile(rb"(?:[\x09-\xff][\x00\x01\x03\x1e\x20]){30,}")
_ESCAPES: Final = re.compile(rb"E1=B|[eE]1%[bB]|\\u(?:1[eE]|7)|&#(?:7|[xX]1[eE])")
_PERCENT: Final = re.compile(rb"%([0-9a-fA-F]{2})")
_JSON: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_RTF: Final = re.compile(r"\\u(\d{2,5}) ?(?:\?|\\'[0-9a-f]{2})")
_BREAKS: Final = re.compile(
    r"</(?:w:p|text:p|text:h|p|div|li|td|tr|th|h[1-6]|pre)>|<(?:w:tab|w:br|text:s|text:tab|text:line-break|br)\b[^<>]*>"
)
_TAGS: Final = re.compile(r"<[^<>]*>")
_ZEROS: Final = 0.3
_HEAD: Final = 2048
_BESIDE_BYTES: Final = 1024
_FEWEST_LETTERS: Final = 3


def texts(piece: bytes, markup: str, *, marked_only: bool) -> Iterator[str]:
    """Yield what a piece of a file says in UTF-8 and in escapes; of `marked_only`, where it is Vietnamese."""
    if b"\0" in piece:  # no text as a whole, but there may be some in it
        for part in _around_letters(piece) if marked_only else (piece,):
            yield part.decode("utf-8", "replace")
        return
    # Most files of a home are programs' own, in ASCII: told so at the speed of memory.
    if not marked_only or (not piece.isascii() and (_VIETNAMESE.search(piece) or _COMBINING.search(piece))):
        yield unmarked(piece.decode("utf-8", "replace"), markup)
    if _may_be_escaped(piece) and _ESCAPES.search(piece):
        for text in _unescaped(piece):
            yield unmarked(text, markup)


def _may_be_escaped(piece: bytes) -> bool:
    """Tell fast that there is no escape: one byte is looked for at the speed of memory, a pattern is not."""
    return (
        (b"\\" in piece and b"\\u" in piece)
        or (b"&" in piece and b"&#" in piece)
        or (b"%" in piece and (b"1%b" in piece or b"1%B" in piece))
        or (b"=" in piece and b"E1=B" in piece)
    )


def wide_anywhere(piece: bytes) -> Iterator[str]:
    """Yield what a database or memory dump says in UTF-16, wherever that begins; little end first."""
    for run in _WIDE_RUN.findall(piece):
        yield run.decode("utf-16-le", "replace")


def is_markup(piece: bytes) -> bool:
    """Tell whether a file that begins so is XML or HTML."""
    return piece[:_HEAD].lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")


def _around_letters(piece: bytes) -> Iterator[bytes]:
    """Yield the parts of a piece with some letters of Vietnamese, and what a sample may need beside them.

    One such letter alone is chance. Decomposed letters are not looked for: in noise, they are everywhere.
    """
    begin, end, letters = 0, -1, 0
    for match in _VIETNAMESE.finditer(piece):
        if match.start() > end:
            if letters >= _FEWEST_LETTERS:
                yield piece[begin:end]
            begin, letters = max(0, match.start() - _BESIDE_BYTES), 0
        letters += 1
        end = match.end() + _BESIDE_BYTES
    if letters >= _FEWEST_LETTERS:
        yield piece[begin:end]


def wide(piece: bytes) -> str:
    """Return the spelling of UTF-16 that a text is in, or nothing."""
    if piece.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if piece.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    head = piece[:_HEAD]
    if b"\0" not in head:
        return ""
    even, odd = head[::2], head[1::2]
    if odd.count(0) > _ZEROS * len(odd) and even.count(0) < len(even) // 20:
        return "utf-16-le"
    if even.count(0) > _ZEROS * len(even) and odd.count(0) < len(odd) // 20:
        return "utf-16-be"
    return ""


def unmarked(text: str, markup: str) -> str:
    """Return a text without the tags in it, where it has `markup`, and with its entities as letters."""
    if markup and "<" in text:
        text = _TAGS.sub("", _BREAKS.sub(" ", text))
    return html.unescape(text) if "&" in text else text


def _unescaped(piece: bytes) -> Iterator[str]:
    if b"=E1=B" in piece:
        yield binascii.a2b_qp(piece).decode("utf-8", "replace")
    if b"%E1%B" in piece or b"%e1%b" in piece:
        yield _PERCENT.sub(lambda match: bytes((int(match[1], 16),)), piece).decode("utf-8", "replace")
    text = piece.decode("utf-8", "replace")
    if "\\u1e" in text or "\\u1E" in text:
        yield _JSON.sub(lambda match: chr(int(match[1], 16)), text)
    if "\\u7" in text:
        yield _RTF.sub(lambda match: chr(min(int(match[1]), 0xFFFF)), text)
    if "&#" in text:
        yield html.unescape(text)
