"""Who a backup medium is: the identity that a registration leaves on it, signed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.jsonvalue import JsonObject, JsonValue
from securedoc.core.people import OfficerId, officer_id
from securedoc.formats import canonical

IDENTITY_FORMAT: Final = 1
MAX_IDENTITY_BYTES: Final = 64 * 1024
MEDIUM_ID_BYTES: Final = 6

_MEDIUM: Final = re.compile(r"M-[0-9a-f]{12}")
_VAULT: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class VolumeFacts:
    """How a file system is told from every other one."""

    filesystem: str
    """`vfat`, `exfat`, `ext4`, …; `directory` for a directory that stands for a stick."""
    volume_id: str
    """UUID or serial of the file system."""
    device_serial: str
    """Serial number of the USB device; empty where it has none."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A registered medium: what `medium.json` says."""

    medium: str
    """`M-` and twelve hexadecimal digits."""
    vault: str
    office: str
    label: str
    """What is written on the stick."""
    keeper: str
    """Who keeps it."""
    registered_at: datetime
    registered_by: OfficerId
    volume: VolumeFacts
    files: Mapping[str, Digest]
    """The other files that the registration wrote, and their digests."""

    def as_json(self) -> JsonObject:
        """Return the identity as it is written."""
        return {
            "format": IDENTITY_FORMAT,
            "medium": self.medium,
            "vault": self.vault,
            "office": self.office,
            "label": self.label,
            "keeper": self.keeper,
            "registered_at": self.registered_at.isoformat(),
            "registered_by": self.registered_by,
            "filesystem": self.volume.filesystem,
            "volume_id": self.volume.volume_id,
            "device_serial": self.volume.device_serial,
            "files": {name: str(digest) for name, digest in self.files.items()},
        }

    def as_bytes(self) -> bytes:
        """Return the exact bytes of `medium.json`."""
        return canonical.encode(self.as_json())


def medium_id(random: bytes) -> str:
    """Spell a new medium's identifier."""
    return f"M-{random.hex()}"


def parse(untrusted_data: bytes) -> Identity:
    """Read `medium.json`.

    Raises:
        ValueError: it is not one.
    """
    value = canonical.decode_object(untrusted_data, limit=MAX_IDENTITY_BYTES)
    if value.get("format") != IDENTITY_FORMAT:
        raise ValueError("unknown format")
    text = {name: _text(value, name) for name in ("office", "label", "keeper")}
    return Identity(
        medium=_matching(value, "medium", _MEDIUM),
        vault=_matching(value, "vault", _VAULT),
        registered_at=moment(_text(value, "registered_at")),
        registered_by=officer_id(_text(value, "registered_by")),
        volume=VolumeFacts(*(_text(value, name) for name in ("filesystem", "volume_id", "device_serial"))),
        files=_files(value.get("files")),
        **text,
    )


def moment(untrusted_text: str) -> datetime:
    """Read a time with its zone.

    Raises:
        ValueError: it is none.
    """
    at = datetime.fromisoformat(untrusted_text)
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at


def _text(value: JsonObject, name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str):
        raise ValueError("not a text: " + name)  # noqa: TRY004 - what is wrong is the file
    return found


def _matching(value: JsonObject, name: str, form: re.Pattern[str]) -> str:
    found = _text(value, name)
    if not form.fullmatch(found):
        raise ValueError("not of its form: " + name)
    return found


def _files(untrusted_value: JsonValue) -> Mapping[str, Digest]:
    if not isinstance(untrusted_value, Mapping) or not untrusted_value:
        raise ValueError("files are not listed")
    return {name: Digest.parse(str(digest)) for name, digest in untrusted_value.items()}
