"""The signing tokens that this office knows: which module talks to each, and which certificates it holds."""

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.entries import Act, Entry
from securedoc.core.jsonvalue import JsonObject
from securedoc.errors import KeyMissing, KeyRefused, KeyUntrusted, LedgerUntrusted
from securedoc.keyring.session import Session
from securedoc.ledger.facts import FactError, Facts
from securedoc.office import consent, proving
from securedoc.office.office import Office
from securedoc.policy.vocabulary import Right
from securedoc.signing import tokens
from securedoc.signing.tokens import Held, Token

MAX_NAME: Final = 64
MAX_WHY: Final = 200


@dataclass(frozen=True, slots=True)
class Known:
    """A token, as the ledger names it."""

    name: str
    module: Path
    module_digest: Digest
    serial: str
    label: str
    certificates: tuple[Digest, ...]
    entry: int


def listed(office: Office) -> tuple[Known, ...]:
    """Return the tokens that are known now, oldest first; each entry is proven.

    Raises:
        LedgerUntrusted: an entry was made by somebody who may not.
    """
    found: dict[str, Known] = {}
    entries = [*office.ledger.newest(Act.TOKEN_ADDED), *office.ledger.newest(Act.TOKEN_REMOVED)]
    for entry in sorted(entries, key=lambda one: one.sequence):
        proven = proving.proven(office, entry, Right.KEYS)
        if proven.act is Act.TOKEN_REMOVED:
            found.pop(str(proven.facts["name"]), None)
        else:
            one = _known(proven)
            found[one.name] = one
    return tuple(found.values())


def find(office: Office, name: str) -> Known:
    """Return the token of that name.

    Raises:
        KeyMissing: there is none.
    """
    for one in listed(office):
        if one.name == name:
            return one
    raise KeyMissing("there is no token {name}", name=name, hint="see the tokens with: securedoc keys list")


def add(office: Office, module: Path, slot: int | None, name: str | None, second: Session | None) -> Known:
    """Make a token known that is plugged in; its module is code that will see PINs, so two officers agree.

    Without a name it is called by its label.

    Raises:
        PolicyRefused: the officer may not, or nobody confirmed.
        KeyRefused: the module can be changed by others, the name does not do or is taken, or the token
            holds no certificate.
        KeyMissing: there is no such module, or no one token to choose.
        KeyFailed, KeyMalformed: the module does not work.
    """
    office.permit(Right.KEYS)
    _refuse_open_to_others(module)
    token = _chosen(tokens.look(module), slot)
    name = token.label if name is None else name
    _refuse_name(name, listed(office))
    if not token.held:
        raise KeyRefused(
            "the token {token} holds no certificate",
            token=token.label,
            hint="have the issuer put the certificate onto the token",
        )
    facts: JsonObject = {
        "name": name,
        "module": str(module.resolve()),
        "module_digest": str(tokens.module_digest(module)),
        "serial": token.serial,
        "label": token.label,
        "certificates": [str(one.digest) for one in token.held],
    }
    consented = consent.second(office, Right.KEYS, Act.TOKEN_ADDED, None, facts, session=second)
    with office.write() as writing:
        entry = writing.append(Act.TOKEN_ADDED, None, facts, consented)
    return _known(entry)


def remove(office: Office, name: str, why: str, second: Session | None) -> Known:
    """Sign with a token no more.

    Raises:
        PolicyRefused: the officer may not, or nobody confirmed.
        KeyMissing: there is no such token.
        KeyRefused: the reason does not do.
    """
    office.permit(Right.KEYS)
    if not why.strip() or len(why) > MAX_WHY or not why.isprintable():
        raise KeyRefused("a reason is one line of at most {limit} characters", limit=MAX_WHY)
    one = find(office, name)
    facts: JsonObject = {"name": name, "why": why}
    consented = consent.second(office, Right.KEYS, Act.TOKEN_REMOVED, None, facts, session=second)
    with office.write() as writing:
        writing.append(Act.TOKEN_REMOVED, None, facts, consented)
    return one


def plugged_in(known: Known) -> Token:
    """Return the token as it stands now; no PIN is tried.

    Raises:
        KeyMissing: it, or its module, is not there.
        KeyUntrusted: the module is not the one that was made known.
        KeyFailed, KeyMalformed: the module does not work.
    """
    if tokens.module_digest(known.module) != known.module_digest:
        raise KeyUntrusted(
            "the module of {name} is not the one that two officers made known",
            name=known.name,
            hint="if the vendor's software was updated, remove the token and add it again: "
            "securedoc keys token remove",
        )
    _refuse_open_to_others(known.module)
    for token in tokens.look(known.module):
        if token.serial == known.serial:
            return token
    raise KeyMissing("the token {token} is not plugged in", token=known.name, hint="plug it in")


def certificate_on(token: Token, known: Known, wanted: str | None) -> Held:
    """Choose the certificate to sign with: the only one for a person, or the one that is named.

    Raises:
        KeyMissing: none, or more than one, does.
        KeyUntrusted: it was not on the token when two officers made it known.
    """
    signers = [one for one in token.held if not tokens.is_authority(one)]
    found = [one for one in signers if wanted is None or wanted in {one.label, one.name, one.id}]
    if len(found) != 1:
        raise KeyMissing(
            "{count} certificates on the token {token} could sign: {names}",
            count=len(found),
            token=known.name,
            names="; ".join(f"{one.name} ({one.label}, {one.id})" for one in signers) or "-",
            hint="name one of them with --certificate",
        )
    if found[0].digest not in known.certificates:
        raise KeyUntrusted(
            "the certificate {name} came onto the token {token} after it was made known",
            name=found[0].name,
            token=known.name,
            hint="remove the token and add it again: securedoc keys token remove",
        )
    return found[0]


def _refuse_name(name: str, known: tuple[Known, ...]) -> None:
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise KeyRefused("the name of a token is one line of at most {limit} characters", limit=MAX_NAME)
    if any(one.name == name for one in known):
        raise KeyRefused("there is a token {name} already", name=name, hint="choose another with --name")


def _refuse_open_to_others(module: Path) -> None:
    """Refuse a module that anybody but its owner can exchange: it is started with a PIN in its hands."""
    try:
        mode = module.resolve().stat().st_mode
    except OSError as error:
        raise KeyMissing(
            "there is no PKCS#11 module {name}",
            name=module.name,
            hint="install the vendor's software; modules end in .so",
        ) from error
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise KeyRefused(
            "other users of this machine can change the module {name}",
            name=module.name,
            hint="install it as the vendor's package does: writable by root alone",
        )


def _chosen(found: tuple[Token, ...], slot: int | None) -> Token:
    chosen = [one for one in found if slot is None or one.slot == slot]
    if len(chosen) != 1:
        raise KeyMissing(
            "{count} tokens are in that place; plugged in are: {names}",
            count=len(chosen),
            names="; ".join(f"{one.label} (slot {one.slot})" for one in found) or "-",
            hint="plug the token in, and name its place with --slot",
        )
    return chosen[0]


def _known(entry: Entry) -> Known:
    facts = Facts(entry.facts)
    try:
        return Known(
            name=facts.text("name"),
            module=Path(facts.text("module")),
            module_digest=Digest.parse(facts.digest("module_digest")),
            serial=facts.text("serial"),
            label=facts.text("label"),
            certificates=tuple(Digest.parse(one) for one in facts.texts("certificates")),
            entry=entry.sequence,
        )
    except (FactError, ValueError) as error:
        raise LedgerUntrusted("entry {n} makes no token known", n=entry.sequence) from error
