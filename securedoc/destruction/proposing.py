"""The steps before anything is destroyed: a proposal with its council, then the decision of another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, Level
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.destruction import conditions, dossier
from securedoc.destruction.conditions import Item
from securedoc.destruction.dossier import Dossier
from securedoc.errors import PolicyRefused, PolicyStale
from securedoc.ledger.entrybytes import spell_time
from securedoc.office import consent, deferred, wording
from securedoc.office.deferred import Second
from securedoc.office.office import Office
from securedoc.policy.vocabulary import AuthorityAct


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be destroyed, why, and who looks at it first."""

    documents: tuple[DocumentId, ...]
    reason: str
    council: tuple[str, ...]
    """The first chairs."""
    here: Mapping[DocumentId, Iterable[str]] = field(default_factory=dict)
    """Copies on paper that lie here and go with their document."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal that waits for its decision."""

    request: str
    items: tuple[Item, ...]
    until: datetime
    entry: int


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on paper: its number, and the position it is made in; both may be left for the ink."""

    number_text: str = ""
    position: str | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that may be carried out."""

    request: str
    documents: tuple[DocumentId, ...]
    entry: int


def propose(office: Office, wish: Wish) -> Proposed:
    """Propose the destruction of documents.

    Raises:
        PolicyRefused: the officer may not, the council is too small, or a word cannot be read.
        DocumentError: a document may not be destroyed; see `conditions.items`.
    """
    rules = office.policy.destruction
    reason = wording.field(wish.reason)
    council = [wording.field(name) for name in wish.council]
    if rules.council and len(set(council)) < rules.least_council:
        raise PolicyRefused(
            "the council has {count} members, and needs {least}",
            count=len(set(council)),
            least=rules.least_council,
            hint="name each with --council; the first chairs",
        )
    ends = deferred.until(office)
    with office.write() as writing:
        found = conditions.items(office, wish.documents, wish.here)
        for item in found:
            office.permit("destroy-propose", item.row.level)
        request = writing.next_request(office.today().year)
        facts: JsonObject = {
            "request": request,
            "reason": reason,
            "council": council,
            "documents": [item.facts() for item in found],
            "until": spell_time(ends),
        }
        entry = writing.append(Act.DESTRUCTION_PROPOSED, None, facts)
    return Proposed(request, found, ends, entry.sequence)


def decide(office: Office, request: str, decision: Decision, second: Second) -> Decided:
    """Decide a proposal: by another than who proposed it, and with a second officer where policy says so.

    Raises:
        PolicyRefused: the officer may not, or proposed it, or nobody confirmed.
        PolicyStale: it expired, or was decided or refused before.
        DocumentError: a document changed in between, and may not be destroyed any more.
        Asked: a second officer was asked, and the decision waits.
    """
    found = dossier.read(office, request)
    proposal = found.proposed
    if proposal is None or found.row.stage != "proposed":
        raise PolicyStale(
            "destruction {request} waits for no decision: {stage}", request=request, stage=found.row.stage
        )
    if office.ledger.request(request).expired(office.now()):
        raise PolicyStale(
            "the proposal {request} expired",
            request=request,
            hint="propose it again: securedoc destroy propose",
        )
    if proposal.author.id == office.session.officer:
        raise PolicyRefused(
            "{officer} cannot decide a proposal of their own",
            officer=proposal.author.id,
            hint="let another officer decide it",
        )
    levels = {Level(str(item["level"])) for item in found.items.values()}
    for level in sorted(levels):
        office.permit("destroy-decide", level)
        _require_authority(office, level, decision.position)
    facts: JsonObject = {
        "request": request,
        "decision": wording.one_line(decision.number_text),
        "position": decision.position,
        "proposal": str(Digest.of(office.ledger.entry_bytes(proposal.entry.sequence))),
    }
    require_still_ready(office, found)
    confirmed = consent.second(office, "destroy-decide", Act.DESTRUCTION_DECIDED, None, facts, session=second)
    with office.write() as writing:
        require_still_ready(office, found)
        entry = writing.append(Act.DESTRUCTION_DECIDED, None, facts, confirmed)
    return Decided(request, found.row.documents, entry.sequence)


def require_still_ready(office: Office, found: Dossier) -> None:
    """Look again at what was proposed.

    Raises:
        DocumentError: a document may not be destroyed now; see `conditions.require_ready`, `require_unmoved`.
    """
    for document, item in found.items.items():
        conditions.require_ready(office, document)
        conditions.require_unmoved(office, document, item)


def _require_authority(office: Office, level: Level, position: str | None) -> None:
    holders = {held.key: held for held in office.policy.authority_for(AuthorityAct.DESTROY, level)}
    if position is not None and position not in holders:
        raise PolicyRefused(
            "the position {position} may not decide the destruction of level {level}",
            position=position,
            level=office.policy.level(level).name,
            hint="those who may: {known}",
            known=", ".join(holders),
        )
