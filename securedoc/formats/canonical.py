"""Canonical JSON (RFC 8785) without its floating-point numbers: one value, one spelling."""

import json
import re
from typing import Any, Final, NoReturn

from securedoc.core.jsonvalue import JsonObject, JsonValue

MAX_INTEGER: Final = 2**53 - 1
"""Beyond it, a reader that keeps numbers as IEEE doubles would read another value (RFC 8785, appendix B)."""
MAX_DEPTH: Final = 64
DEFAULT_LIMIT: Final = 1 << 20

# A numeral of fewer digits cannot be out of range; where none is longer, the quicker decoder serves.
_LONG_NUMERAL = re.compile(rb"[0-9]{16}")
_MAX_DIGITS = len(str(MAX_INTEGER)) + 1
# Keys sort by UTF-16 code unit. Python sorts by code point, which differs only where a character
# from U+E000 on meets one beyond U+FFFF: both begin, in UTF-8, with a byte from 0xEE on.
_SORT_NEVER_MATTERS = bytes(range(0xEE))
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_STEPS = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}


class CanonicalError(ValueError):
    """A value that has no canonical spelling here, or bytes that are not one."""


def encode(value: JsonValue) -> bytes:
    """Spell `value` canonically, as UTF-8.

    Raises:
        CanonicalError: it holds a float, an integer beyond 2^53 - 1, a key that is not text,
            a lone surrogate, or is nested deeper than `MAX_DEPTH`.
    """
    _require_plain(value, MAX_DEPTH)
    return _spell(value)


def decode(untrusted: bytes, *, limit: int = DEFAULT_LIMIT) -> JsonValue:
    """Read canonical JSON; bytes that `encode` would not have written are refused.

    Raises:
        CanonicalError: longer than `limit`, not UTF-8, not JSON, a float, an integer out of range,
            a key given twice, or another spelling of the same value.
    """
    if len(untrusted) > limit:
        raise CanonicalError("longer than the limit")
    if untrusted.count(b"[") + untrusted.count(b"{") > MAX_DEPTH:
        _require_shallow(untrusted)
    decoder = _CAREFUL if _LONG_NUMERAL.search(untrusted) else _QUICK
    try:
        value: JsonValue = decoder.decode(untrusted.decode("utf-8"))
        respelled = _spell(value)
    except CanonicalError:
        raise
    except ValueError as error:
        raise CanonicalError("not JSON in UTF-8") from error
    # One comparison refuses every other spelling: spaces, escapes, key order, a key given twice.
    if respelled != untrusted:
        raise CanonicalError("not canonical")
    return value


def decode_object(untrusted: bytes, *, limit: int = DEFAULT_LIMIT) -> JsonObject:
    """Read canonical JSON whose outermost value is an object.

    Raises:
        CanonicalError: as `decode`, or the value is not an object.
    """
    value = decode(untrusted, limit=limit)
    if not isinstance(value, dict):
        raise CanonicalError("not a JSON object")
    return value


def _spell(value: JsonValue) -> bytes:
    try:
        spelled = _SORTED(value).encode("utf-8")
    except UnicodeEncodeError as error:
        raise CanonicalError("a lone surrogate") from error
    if spelled.translate(None, _SORT_NEVER_MATTERS):
        return _IN_ORDER(_sorted_by_utf16(value)).encode("utf-8")
    return spelled


def _require_shallow(untrusted: bytes) -> None:
    # Before the library recurses: near the end of the stack, anything else may fail instead.
    depth = 0
    for token in _TOKENS.finditer(untrusted):
        depth += _STEPS.get(token[0], 0)
        if depth > MAX_DEPTH:
            raise CanonicalError("nested too deeply")


def _require_plain(value: JsonValue, depth: int) -> None:
    if value is None or isinstance(value, str | bool):
        return
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise CanonicalError("an integer beyond 2^53 - 1")
    elif depth == 0:
        raise CanonicalError("nested too deeply")
    elif isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise CanonicalError("a key that is not text")
            _require_plain(inner, depth - 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            _require_plain(inner, depth - 1)
    else:
        raise CanonicalError("a value that is not JSON without floats")


def _sorted_by_utf16(value: Any) -> Any:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return {key: _sorted_by_utf16(value[key]) for key in keys}
    if isinstance(value, list | tuple):
        return [_sorted_by_utf16(inner) for inner in value]
    return value


def _integer(digits: str) -> int:
    # The length first: int() of a very long numeral is slow, and Python refuses it with its own error.
    if len(digits) > _MAX_DIGITS or abs(value := int(digits)) > MAX_INTEGER:
        raise CanonicalError("an integer beyond 2^53 - 1")
    return value


def _no_float(_: str) -> NoReturn:
    raise CanonicalError("a number that is not an integer")


_SORTED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
_IN_ORDER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_QUICK = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float)
_CAREFUL = json.JSONDecoder(parse_float=_no_float, parse_int=_integer, parse_constant=_no_float)
