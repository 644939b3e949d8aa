"""The public card of a vault: `vault.json`."""

from dataclasses import dataclass
from datetime import datetime

from securedoc.core.digests import Digest
from securedoc.core.jsonvalue import JsonObject, JsonValue
from securedoc.errors import LedgerMalformed, LedgerMissing
from securedoc.formats import canonical
from securedoc.office.place import Place
from securedoc.system import files

CARD_FORMAT = 1
MAX_CARD_BYTES = 64 * 1024
"""A card is under 2 KiB; the bound leaves room for long names."""

_TEXTS = ("vault", "office", "place", "symbol", "superior", "unit")


@dataclass(frozen=True, slots=True)
class VaultCard:
    """What everybody may know of a vault without a key."""

    vault: str
    """Vault id: 32 hexadecimal digits."""
    office: str
    place: str
    """Địa danh, for the place-and-date line."""
    symbol: str
    """Abbreviation of the agency in numbers: `UBND`."""
    superior: str
    """Agency directly above; empty where there is none."""
    unit: str
    """Symbol of the unit that keeps the file copies: `VP`."""
    training: bool
    policy_pack: str
    policy_version: str
    policy_digest: Digest
    created: datetime

    @property
    def origin(self) -> str:
        """Origin line of this vault's checkpoints."""
        return f"securedoc/{self.vault}"

    def as_json(self) -> JsonObject:
        """Return the card as it is written, and as the genesis entry repeats it."""
        return {
            "format": CARD_FORMAT,
            "vault": self.vault,
            "office": self.office,
            "place": self.place,
            "symbol": self.symbol,
            "superior": self.superior,
            "unit": self.unit,
            "training": self.training,
            "policy": {
                "pack": self.policy_pack,
                "version": self.policy_version,
                "digest": str(self.policy_digest),
            },
            "created": self.created.isoformat(),
        }

    def as_bytes(self) -> bytes:
        """Return the exact bytes of `vault.json`."""
        return canonical.encode(self.as_json())


def read(place: Place) -> VaultCard:
    """Read the card of the vault at `place`.

    Raises:
        LedgerMissing: there is no vault.
        LedgerMalformed: the card is not one, or of a later format.
    """
    try:
        untrusted_bytes = files.read_bounded(place.vault_file, MAX_CARD_BYTES)
    except FileNotFoundError:
        raise LedgerMissing(
            "there is no vault at {path}",
            path=place.root.name,
            hint="name it with --vault, or make one with: securedoc init",
        ) from None
    except OSError as error:
        raise LedgerMalformed(
            "vault.json cannot be read: {reason}", reason=error.strerror or type(error).__name__
        ) from error
    try:
        untrusted_card = canonical.decode_object(untrusted_bytes, limit=MAX_CARD_BYTES)
        _refuse_other_format(untrusted_card["format"])
        return parse(untrusted_card)
    except (ValueError, KeyError, TypeError) as error:
        raise LedgerMalformed(
            "vault.json is damaged",
            hint="restore it from the last backup, or from another copy of the vault",
        ) from error


def _refuse_other_format(untrusted_format: JsonValue) -> None:
    if isinstance(untrusted_format, int) and untrusted_format > CARD_FORMAT:
        raise LedgerMalformed(
            "this vault has format {format}, this program reads format {known}",
            format=untrusted_format,
            known=CARD_FORMAT,
            hint="use the securedoc that made it, or a later one",
        )


def parse(untrusted_card: JsonObject) -> VaultCard:
    """Make a card of its JSON.

    Raises:
        ValueError, KeyError, TypeError: something is missing or not of its form.
    """
    if untrusted_card["format"] != CARD_FORMAT or untrusted_card["format"] is True:
        raise ValueError("unknown card format")
    policy = untrusted_card["policy"]
    if not isinstance(policy, dict):
        raise TypeError("policy is not an object")
    texts = {name: _text(untrusted_card[name]) for name in _TEXTS}
    training = untrusted_card["training"]
    if not isinstance(training, bool):
        raise TypeError("training is not true or false")
    return VaultCard(
        **texts,
        training=training,
        policy_pack=_text(policy["pack"]),
        policy_version=_text(policy["version"]),
        policy_digest=Digest.parse(_text(policy["digest"])),
        created=datetime.fromisoformat(_text(untrusted_card["created"])),
    )


def _text(untrusted_value: object) -> str:
    if not isinstance(untrusted_value, str):
        raise TypeError("not a text")
    return untrusted_value
