"""Puts a draft into the vault: its body as DOCX, and the card that its frame is made from."""

from dataclasses import asdict, dataclass, field

from securedoc.core.documents import Card, DocumentId, DocumentState, Extras, Kind, Level
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.officetime import OFFICE_TIME
from securedoc.documents import inspection
from securedoc.documents.modeltext import model_body
from securedoc.documents.observations import Action
from securedoc.documents.skeleton import write_docx
from securedoc.errors import DocumentBusy, DocumentRefused, PolicyRefused
from securedoc.formats import canonical
from securedoc.issuing.framing import Framing, framing_of
from securedoc.ledger.rows import DocumentRow
from securedoc.office.objectfacts import facts_of
from securedoc.office.office import Office
from securedoc.office.wording import field as field_of
from securedoc.office.wording import one_line

MAX_SUBJECT_CHARACTERS = 500
"""Decree 30/2020/NĐ-CP, Appendix VI: the field Subject."""

MAX_RECIPIENTS = 200
MAX_COPIES = 9999


@dataclass(frozen=True, slots=True)
class DraftRequest:
    """What the officer asks for."""

    type_key: str
    level: Level
    subject: str
    list_basis: str
    recipients: tuple[str, ...]
    copies: int | None
    """None: one for each recipient and one for the file."""
    copying_permitted: bool
    unit: str
    """Empty: the unit that keeps the file copies."""
    body: bytes | None
    """DOCX; None begins with the text of the model form."""
    source: str
    """`new` or `import`."""
    extras: Extras = field(default_factory=Extras)


@dataclass(frozen=True, slots=True)
class Drafted:
    """The draft that came of it."""

    document: DocumentId
    version: int


def draft(office: Office, request: DraftRequest) -> Drafted:
    """Seal a new draft and enter it in the ledger.

    Raises:
        PolicyRefused: the officer may not draft, or level, type, words or number of copies do not do.
        DocumentMalformed, DocumentRefused: the body is not a DOCX, or hides what may not be there.
    """
    office.permit("import" if request.source == "import" else "draft", request.level)
    card = _card(office, request)
    framing = framing_of(office.policy, card)
    framing.style(card)  # a mark that does not belong there is refused now, not when it is finalised
    body = request.body if request.body is not None else _model_text(framing, card)
    _refuse_hostile(body)
    year = office.today().year
    with office.write() as writing, office.new_document_key() as key:
        document = writing.next_document(year)
        made = (
            office.seal(document, 1, Kind.CARD, canonical.encode(card.as_json()), key),
            office.seal(document, 1, Kind.DRAFT, body, key),
        )
        facts: JsonObject = {
            "type": card.type_key,
            "level": card.level,
            "subject": office.policy.abstract(card.level, card.subject),
            "list_basis": card.list_basis,
            "recipients": list(card.recipients),
            "copies": card.copies,
            "copying_permitted": card.copying_permitted,
            "drafter": card.drafter,
            "drafter_name": card.drafter_name,
            "unit": card.unit,
            "source": request.source,
            "objects": facts_of(made),
        }
        writing.append(Act.DRAFT_CREATED, document, facts)
        office.keep_document_key(writing, document, card.drafter, key)
    return Drafted(document, 1)


def discard(office: Office, document: DocumentId, why: str) -> None:
    """Give a draft up: it stays in the ledger, and takes no number any more.

    Raises:
        PolicyRefused: the officer may not.
        DocumentRefused: it is not a draft any more.
        DocumentBusy: somebody edits it.
    """
    with office.write() as writing:
        row = office.ledger.document(document)
        office.permit("discard", row.level)
        refuse_unless_draft(row)
        refuse_while_open(office, document)
        writing.append(Act.DRAFT_DISCARDED, document, {"why": why})


def refuse_unless_draft(row: DocumentRow) -> None:
    """Go on only with a draft.

    Raises:
        DocumentRefused: it was finalised, given up, or never was one.
    """
    if row.state is not DocumentState.DRAFT:
        raise DocumentRefused(
            "{document} is not a draft: its state is {state}", document=row.id, state=row.state
        )


def refuse_while_open(office: Office, document: DocumentId) -> None:
    """Go on only with a draft that nobody edits, and whose last session was closed or recovered.

    Raises:
        DocumentBusy: it is open, by whom and since when.
    """
    for session in office.ledger.editing():
        if session.document == document:
            opened = office.ledger.entry(session.opened)
            raise DocumentBusy(
                "{document} is open in an editor: {officer}, {name}, since {since}",
                document=document,
                officer=opened.who,
                name=office.ledger.trusted_officer(opened.who).name,
                since=opened.at.astimezone(OFFICE_TIME).isoformat(timespec="seconds"),
                hint="close the editor first; after a crash run: securedoc recover",
            )


def _card(office: Office, request: DraftRequest) -> Card:
    policy = office.policy
    policy.level(request.level)
    policy.document_type(request.type_key)
    subject = one_line(request.subject)
    if not 0 < len(subject) <= MAX_SUBJECT_CHARACTERS:
        raise PolicyRefused(
            "a subject has 1 to {limit} characters, this one has {count}",
            limit=MAX_SUBJECT_CHARACTERS,
            count=len(subject),
        )
    if len(request.recipients) > MAX_RECIPIENTS:
        raise PolicyRefused("a document has at most {limit} recipients", limit=MAX_RECIPIENTS)
    recipients = tuple(field_of(name) for name in request.recipients)
    copies = len(recipients) + 1 if request.copies is None else request.copies
    if not 0 < copies <= MAX_COPIES:
        raise PolicyRefused("a document has 1 to {limit} copies", limit=MAX_COPIES)
    who = office.who
    card = Card(
        type_key=request.type_key,
        level=request.level,
        subject=subject,
        list_basis=one_line(request.list_basis),
        recipients=recipients,
        copies=copies,
        copying_permitted=request.copying_permitted,
        drafter=who.id,
        drafter_name=who.name,
        unit=one_line(request.unit) or office.card.unit,
        extras=Extras(**{name: one_line(value) for name, value in asdict(request.extras).items()}),
    )
    # Refuses now what could not be laid out later: fewer copies than recipients, no unit.
    policy.recipients_block(
        card.type_key,
        card.recipients,
        card.copies,
        unit=card.unit,
        drafter_name=card.drafter_name,
        copying_permitted=card.copying_permitted,
    )
    return card


def _model_text(framing: Framing, card: Card) -> bytes:
    kinds, issues = framing.policy.types, card.extras.issues
    return write_docx(model_body(framing.form, issues=kinds[issues].name.upper() if issues else ""))


def _refuse_hostile(untrusted_body: bytes) -> None:
    refused = [seen for seen in inspection.inspect_docx(untrusted_body) if seen.action is Action.REFUSE]
    if refused:
        raise DocumentRefused(
            "the document holds what must not be in it: {checks}",
            checks=", ".join(sorted({seen.finding.check for seen in refused})),
            hint="look with: securedoc inspect FILE; take it out in the editor, and try again",
        )
