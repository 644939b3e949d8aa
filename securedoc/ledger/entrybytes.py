"""The exact bytes of an entry, and of what a second officer signs; canonical JSON both."""

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import Final

from securedoc.core.documents import DocumentId, parse_document_id
from securedoc.core.entries import ENTRY_FORMAT, Act, Confirmation, Entry
from securedoc.core.jsonvalue import JsonObject, JsonValue
from securedoc.core.people import OfficerId, officer_id
from securedoc.formats import canonical

MAX_ENTRY_BYTES: Final = 256 * 1024
CONFIRMATION_LABEL: Final = b"securedoc/confirmation/v1\n"

_FIELDS = frozenset({"v", "seq", "first", "at", "who", "act", "about", "facts", "second"})
# One spelling of a time: fixed width and zone, so that text order is time order.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_SIGNATURE_BYTES = 64


class EntryError(ValueError):
    """Bytes that are not an entry."""


def encode(entry: Entry) -> bytes:
    """Spell an entry: these bytes are hashed into the tree, and never change.

    Raises:
        EntryError: beyond the limit, or a value that canonical JSON cannot spell.
    """
    second: JsonValue = None
    if entry.second is not None:
        signature = base64.b64encode(entry.second.signature).decode()
        second = {"officer": entry.second.officer, "signature": signature}
        if entry.second.request is not None:
            second = {**second, "request": entry.second.request}
    value: JsonObject = {
        "v": ENTRY_FORMAT,
        "seq": entry.sequence,
        "first": entry.first,
        "at": spell_time(entry.at),
        "who": entry.who,
        "act": entry.act.value,
        "about": entry.about,
        "facts": entry.facts,
        "second": second,
    }
    try:
        spelled = canonical.encode(value)
    except canonical.CanonicalError as error:
        raise EntryError("an entry's facts are not JSON without floats") from error
    if len(spelled) > MAX_ENTRY_BYTES:
        raise EntryError("an entry is longer than the limit")
    return spelled


def decode(untrusted: bytes) -> Entry:
    """Read an entry.

    Raises:
        EntryError: not canonical, a field missing or unknown, an act we do not know.
    """
    try:
        value = canonical.decode_object(untrusted, limit=MAX_ENTRY_BYTES)
    except canonical.CanonicalError as error:
        raise EntryError("an entry is not canonical JSON") from error
    if value.keys() != _FIELDS or value["v"] != ENTRY_FORMAT or value["v"] is True:
        raise EntryError("an entry of another format")
    sequence, first, facts = _number(value["seq"]), _number(value["first"]), value["facts"]
    if first > sequence:
        raise EntryError("a transaction that begins after its entry")
    if not isinstance(facts, dict):
        raise EntryError("facts that are not an object")
    try:
        return Entry(
            sequence=sequence,
            at=read_time(_text(value["at"])),
            who=officer_id(_text(value["who"])),
            act=Act(_text(value["act"])),
            about=_about(value["about"]),
            facts=facts,
            second=_second(value["second"]),
            first=first,
        )
    except ValueError as error:
        raise EntryError("a field of an entry is malformed") from error


def confirmation_message(
    vault: str, act: Act, about: DocumentId | None, facts: JsonObject, request: str | None = None
) -> bytes:
    """Return what the second officer signs: the act itself, whoever does it and whenever.

    With a `request` the consent answers that one alone: it cannot be used for another, nor twice.
    """
    proposal: JsonObject = {"vault": vault, "act": act.value, "about": about, "facts": facts}
    if request is not None:
        proposal = {**proposal, "request": request}
    return CONFIRMATION_LABEL + canonical.encode(proposal)


def spell_time(at: datetime) -> str:
    """Spell an aware time as entries do: UTC, whole microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def read_time(untrusted_text: str) -> datetime:
    """Read a time as entries spell it.

    Raises:
        ValueError: any other spelling.
    """
    if not _TIME.fullmatch(untrusted_text):
        raise ValueError("not a time as entries spell it")
    return datetime.fromisoformat(untrusted_text)


def _number(value: JsonValue) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise EntryError("a sequence number that is none")
    return value


def _text(value: JsonValue) -> str:
    if not isinstance(value, str):
        raise EntryError("a field of an entry is not text")
    return value


def _about(value: JsonValue) -> DocumentId | None:
    return None if value is None else parse_document_id(_text(value))


def _second(value: JsonValue) -> Confirmation | None:
    if value is None:
        return None
    if not isinstance(value, dict) or value.keys() - {"request"} != {"officer", "signature"}:
        raise EntryError("a second confirmation of another format")
    encoded = _text(value["signature"])
    try:
        signature = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise EntryError("a second confirmation is not base64") from error
    if len(signature) != _SIGNATURE_BYTES or base64.b64encode(signature).decode() != encoded:
        raise EntryError("a second confirmation of the wrong length")
    request = _text(value["request"]) if "request" in value else None
    return Confirmation(OfficerId(officer_id(_text(value["officer"]))), signature, request)
