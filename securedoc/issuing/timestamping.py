"""Has the internal time-stamp authority stamp signatures and documents: another officer holds its key."""

from collections.abc import Mapping, Sequence

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, Level
from securedoc.core.entries import Act, Confirmation, Entry
from securedoc.core.jsonvalue import JsonObject, JsonValue
from securedoc.core.people import RoleKey
from securedoc.errors import LedgerUntrusted, PolicyRefused
from securedoc.keyring.session import Session
from securedoc.ledger.facts import FactError, Facts
from securedoc.office.office import Office
from securedoc.office.opening import commitments
from securedoc.office.trust import authority_certificate, time_certificate
from securedoc.policy.vocabulary import Right
from securedoc.signing.archiving import TIME_STAMP_FIELD
from securedoc.signing.authority import Authority, Head
from securedoc.signing.keys import SigningKey

SIGNATURE = "signature"
DOCUMENT = "document"


def authority(office: Office, level: Level, keeper: Session | None) -> Authority:
    """Return the authority, working at this moment, chained to the ledger's head as it is now.

    Raises:
        PolicyRefused: the officer may not, nobody confirmed, or not one who may.
        KeyRefused: the second officer does not hold the authority's key.
        KeyUntrusted: a key of theirs was exchanged.
        SignatureRefused: the authority's certificate is not in order.
    """
    office.permit(Right.TIME_STAMP, level)
    if keeper is None:
        raise PolicyRefused(
            "a time-stamp needs a second officer, who holds the key of the time-stamp authority",
            hint="add --second OFFICER, a security officer; that officer's passphrase is asked too",
        )
    office.policy.may_confirm(office.ledger.trusted_officer(keeper.officer).role, Right.TIME_STAMP)
    # The second officer was only unlocked: what stamps must be the office's own key.
    keeper.check_commitments(commitments(office.ledger.proven_entry(0).facts))
    key = SigningKey(
        time_certificate(office), keeper.role_key(RoleKey.TIME), (authority_certificate(office),)
    )
    head = office.ledger.head().checkpoint
    return Authority(key, office.now(), Head(head.size, head.root), office.randomness)


def confirmed(
    office: Office, act: Act, document: DocumentId, facts: JsonObject, keeper: Session | None
) -> Confirmation | None:
    """Return the keeper's consent to the entry that names the tokens; None where none were made."""
    if keeper is None:
        return None
    return office.confirmation(act, document, facts, keeper)


def as_facts(made: Authority, places: Sequence[tuple[str, str]]) -> list[JsonValue]:
    """Return how an entry names the tokens; `places` says of each what it is over, and the field.

    Raises:
        ValueError: there are more or fewer places than tokens.
    """
    return [
        {
            "kind": kind,
            "field": field,
            "serial": one.serial,
            "imprint": str(one.imprint),
            "at": one.at.isoformat(),
            "certificate": str(one.certificate),
        }
        for one, (kind, field) in zip(made.made, places, strict=True)
    ]


def fields(office: Office, entry: Entry) -> Mapping[str, Digest]:
    """Return the fields of the document time-stamps that an entry names, and whose certificate is in each.

    Raises:
        LedgerUntrusted: it does not name them as an entry does, or names another field or certificate.
    """
    if "time_stamps" not in entry.facts:
        return {}
    try:
        stamps = list(Facts(entry.facts).each("time_stamps"))
        named = {
            one.text("field"): Digest.parse(one.digest("certificate"))
            for one in stamps
            if one.text("kind") == DOCUMENT
        }
    except FactError as error:
        raise LedgerUntrusted("entry {n} names no time-stamps", n=entry.sequence) from error
    # What an entry says of time-stamps must not decide whose signature is expected in another field.
    own = Digest.of(time_certificate(office))
    if any(not field.startswith(TIME_STAMP_FIELD) or digest != own for field, digest in named.items()):
        raise LedgerUntrusted(
            "entry {n} names a time-stamp that is not the office's own",
            n=entry.sequence,
            hint="run `securedoc audit run`, and ask {officer} how it came about",
            officer=entry.who,
        )
    return named
