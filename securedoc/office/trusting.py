"""Which outside certificates and revocation lists this office trusts: each an entry, each a file.

The file alone is worth nothing: whoever can write to the disk could put one there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.entries import Act, Entry
from securedoc.core.jsonvalue import JsonObject
from securedoc.errors import (
    LedgerUntrusted,
    SignatureMissing,
    SignatureRefused,
    SignatureUntrusted,
)
from securedoc.ledger.facts import FactError, Facts
from securedoc.office import consent, proving
from securedoc.office.deferred import Second
from securedoc.office.office import Office
from securedoc.policy.vocabulary import Right
from securedoc.signing import described
from securedoc.signing.described import Described, Kind
from securedoc.signing.trust import MAX_FILE_BYTES, TrustStore
from securedoc.system import files

MAX_TRUSTED: Final = 256
MAX_WHY: Final = 200
SUFFIX: Final = ".der"
_RIGHTS: Final = {
    Act.TRUST_ADDED: Right.TRUST,
    Act.TRUST_REMOVED: Right.TRUST,
    Act.CRL_ADDED: Right.TRUST_CRL,
}


@dataclass(frozen=True, slots=True)
class Trusted:
    """One certificate or list, as the ledger names it."""

    digest: Digest
    kind: Kind
    name: str
    issuer: str
    begins: datetime
    ends: datetime | None
    """None: a list that names no next one."""
    entry: int

    @property
    def file_name(self) -> str:
        """Name of its file in the trust directory."""
        return _file_name(self.digest)


def listed(office: Office) -> tuple[Trusted, ...]:
    """Return what is trusted now, oldest first; each entry is proven.

    Raises:
        LedgerUntrusted: an entry was made by somebody who may not.
    """
    found: dict[Digest, Trusted] = {}
    entries = [entry for act in _RIGHTS for entry in office.ledger.newest(act)]
    for entry in sorted(entries, key=lambda one: one.sequence):
        proven = proving.proven(office, entry, _RIGHTS[entry.act])
        if proven.act is Act.TRUST_REMOVED:
            found.pop(Digest.parse(str(proven.facts["digest"])), None)
        else:
            found |= {one.digest: one for one in _of_its_kind(proven)}
    return tuple(found.values())


def store(office: Office) -> TrustStore:
    """Read what is trusted from its files, each of which must be the very one that was entered.

    Raises:
        SignatureMissing, SignatureUntrusted: a file is gone, or is another.
        SignatureMalformed: it cannot be read.
        LedgerUntrusted: an entry was made by somebody who may not.
    """
    known = listed(office)
    data = {one.digest: _read(office.place.trust, one) for one in known}

    def of(kind: Kind) -> Iterable[bytes]:
        return [data[one.digest] for one in known if one.kind is kind]

    return TrustStore.of(roots=of(Kind.ROOT), intermediates=of(Kind.INTERMEDIATE), crls=of(Kind.CRL))


def add(office: Office, untrusted_data: bytes, second: Second) -> tuple[Trusted, ...]:
    """Trust the certificates of a file; two officers have compared them with what they know another way.

    Raises:
        PolicyRefused: the officer may not, or nobody confirmed.
        SignatureMalformed: it holds something else than certificates of authorities.
        SignatureRefused: everything in it is trusted already, or there is no room.
    """
    office.permit(Right.TRUST)
    untrusted = TrustStore.parse(untrusted_data)
    if untrusted.crls:
        raise SignatureRefused(
            "the file holds a revocation list", hint="add it with: securedoc trust crl add FILE"
        )
    return _enter(office, Act.TRUST_ADDED, described.described(untrusted), second)


def add_crl(office: Office, untrusted_data: bytes, known: TrustStore) -> tuple[Trusted, ...]:
    """Take in revocation lists of authorities in `known`; the issuer's signature is the proof.

    Raises:
        PolicyRefused: the officer may not.
        SignatureMalformed: it holds something else than revocation lists.
        SignatureUntrusted: no authority that is known here signed one.
        SignatureStale: a newer list of the same authority is here already.
        SignatureRefused: it is here already, or there is no room.
    """
    office.permit(Right.TRUST_CRL)
    untrusted = TrustStore.parse(untrusted_data)
    if untrusted.roots or untrusted.intermediates:
        raise SignatureRefused(
            "the file holds a certificate", hint="add certificates with: securedoc trust add FILE"
        )
    described.require_lists_of(untrusted, known)
    return _enter(office, Act.CRL_ADDED, described.described(untrusted), None)


def remove(office: Office, name: str, why: str, second: Second) -> Trusted:
    """Trust one of them no more; named by its digest, the start of it, or its name.

    Raises:
        PolicyRefused: the officer may not, or nobody confirmed.
        SignatureMissing: nothing, or more than one, is named so.
        SignatureRefused: the reason does not do.
    """
    office.permit(Right.TRUST)
    if not why.strip() or len(why) > MAX_WHY or not why.isprintable():
        raise SignatureRefused("a reason is one line of at most {limit} characters", limit=MAX_WHY)
    one = find(office, name)
    facts: JsonObject = {"digest": str(one.digest), "why": why}
    consented = consent.second(office, Right.TRUST, Act.TRUST_REMOVED, None, facts, session=second)
    with office.write() as writing:
        writing.append(Act.TRUST_REMOVED, None, facts, consented)
    files.remove(office.place.trust / one.file_name)
    return one


def find(office: Office, name: str) -> Trusted:
    """Return the one that is named by its digest, the start of it, or its name.

    Raises:
        SignatureMissing: nothing, or more than one, is named so.
    """
    wanted = name.removeprefix("sha256:").removesuffix("…")
    known = listed(office)
    found = [one for one in known if name == one.name or (wanted and one.digest.hex.startswith(wanted))]
    if len(found) != 1:
        raise SignatureMissing(
            "{count} certificates or lists are named {name}",
            count=len(found),
            name=name,
            hint="see the digests with: securedoc trust list",
        )
    return found[0]


def _enter(
    office: Office,
    act: Act,
    wanted: tuple[Described, ...],
    second: Second,
) -> tuple[Trusted, ...]:
    known = {one.digest for one in listed(office)}
    fresh = [one for one in wanted if one.digest not in known]
    if not fresh:
        raise SignatureRefused("everything in this file is in the trust store already")
    if len(known) + len(fresh) > MAX_TRUSTED:
        raise SignatureRefused(
            "the trust store holds at most {limit} certificates and lists",
            limit=MAX_TRUSTED,
            hint="remove what is not needed with: securedoc trust remove NAME --why TEXT",
        )
    facts: JsonObject = {"items": [_as_facts(one) for one in fresh]}
    consented = consent.second(office, _RIGHTS[act], act, None, facts, session=second)
    # The files first: what no entry names is not believed, and the next attempt writes it again.
    for one in fresh:
        files.replace(office.place.trust / _file_name(one.digest), one.der)
    with office.write() as writing:
        entry = writing.append(act, None, facts, consented)
    return _items(entry)


def _of_its_kind(entry: Entry) -> tuple[Trusted, ...]:
    """Return what an entry adds: a list needs one officer, so an entry about lists must add nothing else."""
    items = _items(entry)
    is_about_lists = entry.act is Act.CRL_ADDED
    if any((one.kind is Kind.CRL) is not is_about_lists for one in items):
        raise LedgerUntrusted(
            "entry {n} adds to the trust store what an entry of its kind may not",
            n=entry.sequence,
            hint="run `securedoc audit run`, and ask {officer} how it came about",
            officer=entry.who,
        )
    return items


def _items(entry: Entry) -> tuple[Trusted, ...]:
    try:
        return tuple(
            Trusted(
                digest=Digest.parse(one.text("digest")),
                kind=Kind(one.text("kind")),
                name=one.text("name"),
                issuer=one.text("issuer"),
                begins=datetime.fromisoformat(one.text("begins")),
                ends=_moment(one.maybe_text("ends")),
                entry=entry.sequence,
            )
            for one in Facts(entry.facts).each("items")
        )
    except (FactError, ValueError) as error:
        raise LedgerUntrusted("entry {n} names nothing to trust", n=entry.sequence) from error


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _as_facts(one: Described) -> JsonObject:
    return {
        "digest": str(one.digest),
        "kind": one.kind.value,
        "name": one.name,
        "issuer": one.issuer,
        "begins": one.begins.isoformat(),
        "ends": None if one.ends is None else one.ends.isoformat(),
    }


def _file_name(digest: Digest) -> str:
    return digest.hex + SUFFIX


def _read(directory: Path, one: Trusted) -> bytes:
    try:
        data = files.read_bounded(directory / one.file_name, MAX_FILE_BYTES)
    except OSError as error:
        raise SignatureMissing(
            "the file of {name} is not in the trust directory",
            name=one.name,
            hint="restore it from the last backup, or add it again after: securedoc trust remove",
        ) from error
    if Digest.of(data) != one.digest:
        raise SignatureUntrusted(
            "the file of {name} in the trust directory is not the one that was entered",
            name=one.name,
            hint="restore it from the last backup, and find out who changed it",
        )
    return data
