"""The papers that go with a document: envelope, slip that goes along, proposal of a level; the stamps."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from securedoc.core.documents import Card, DocumentId
from securedoc.core.layouts import LayoutProfile
from securedoc.documents import papers
from securedoc.documents.papers import Envelope, Head, Paper, Signer
from securedoc.errors import DocumentRefused, PolicyRefused
from securedoc.office.card import VaultCard
from securedoc.office.office import Office
from securedoc.policy import packs
from securedoc.policy.policy import Policy
from securedoc.policy.vocabulary import AuthorityAct, BookUse, Position, Shape

_OPEN: Final = "…"
"""Where the example of a stamp has a date or a name."""


def envelopes(office: Office, document: DocumentId, *, to: Sequence[str], size: str, named: bool) -> Paper:
    """Draw the envelopes of a document, two for each addressee where its level asks for two.

    `named`: only the person named may open it. Neither level nor subject stands on an outer envelope,
    only the letter that the law gives the level.

    Raises:
        PolicyRefused: there is no such size, or the policy gives a mark no size.
        DocumentRefused: it has no number yet, or nobody to be sent to.
    """
    if size not in papers.ENVELOPES:
        raise PolicyRefused(
            "there is no envelope {size}",
            size=size,
            hint="use one of: {known}",
            known=", ".join(papers.ENVELOPES),
        )
    row = office.ledger.document(document)
    office.permit("print", row.level)
    if not row.number_text:
        raise DocumentRefused("{document} has no number yet", document=document, hint="finalise it first")
    names = tuple(to) or row.recipients
    if not names:
        raise DocumentRefused("nobody is named to send it to", hint="name one with --to")
    drawn = [
        envelope.paper()
        for name in names
        for envelope in _envelopes_for(office, row.level, row.number_text, name, size=size, named=named)
    ]
    return papers.in_one(drawn)


def _envelopes_for(  # noqa: PLR0913 - what stands on an envelope
    office: Office, level: str, number: str, name: str, *, size: str, named: bool
) -> list[Envelope]:
    policy, vault = office.policy, office.card
    rule = policy.level(level)
    inner_marks = [policy.stamp(rule.mark)] if rule.envelopes > 1 else []
    personal = [policy.stamp(_personal(policy))] if named else []
    sender = tuple(words for words in (vault.superior.upper(), vault.office.upper()) if words)

    def envelope(stamps: Sequence[object]) -> Envelope:
        return Envelope(
            sender=sender,
            number=policy.number_line(number),
            addressee=(packs.paper_words().envelope.addressed, name),
            stamps=tuple(stamps),  # type: ignore[arg-type]  # stamps they are
            size=size,
            day=office.today(),
            training=_notice(vault, packs.layout(policy.layout.profile)),
        )

    outer = [policy.stamp(rule.envelope_mark)]
    if rule.envelopes > 1:
        return [envelope([*inner_marks, *personal]), envelope(outer)]
    return [envelope([*outer, *personal])]


def _personal(policy: Policy) -> str:
    found = [stamp.key for stamp in policy.marks.values() if stamp.position is Position.ENVELOPE_INNER]
    if not found:
        raise PolicyRefused("the policy has no mark for an envelope that one person opens")
    return found[0]


def proposal(office: Office, document: DocumentId) -> Paper:
    """Draw the form on which the drafter proposes a level, and whoever may decides it.

    Raises:
        PolicyRefused: the officer may not.
        KeyRefused: this officer may not open the document.
    """
    row = office.ledger.document(document)
    office.permit("draft", row.level)
    card = office.card_of(document)
    return proposal_of(office.policy, office.card, card, office.today())


def proposal_of(policy: Policy, vault: VaultCard, card: Card, day: date) -> Paper:
    """Draw the proposal of a level: the columns of its form, filled in as far as they are known."""
    form = policy.book_for(BookUse.PROPOSAL)
    known = {
        "type": policy.document_type(card.type_key).name,
        "subject": card.subject,
        "unit": card.unit,
        "drafter_name": card.drafter_name,
        "level": policy.level(card.level).name,
        "list_basis": card.list_basis,
        "copies": f"{card.copies:02d}",
    }
    fields = [
        papers.filled(
            column.title, " - ".join(filter(None, (known.get(str(fact), "") for fact in column.facts)))
        )
        for column in form.columns
        if not column.signed and "recipients" not in column.facts
    ]
    positions = "; ".join(one.title for one in policy.authority_for(AuthorityAct.CLASSIFY, card.level))
    words, sign = packs.paper_words().proposal, packs.paper_words().sign_here
    digits, filed = policy.recipients.copy_digits, words.filed.format(keeper=policy.recipients.file_office)
    keepers = [*card.recipients, *[filed] * (card.copies - len(card.recipients))]
    rows = [(f"{number:0{digits}d}", name, "") for number, name in enumerate(keepers, start=1)]
    blocks = (
        _head(vault, packs.layout(policy.layout.profile), place=policy.place_and_date(vault.place, day)),
        papers.title(form.title),
        papers.filled(words.addressed),
        *fields,
        papers.filled(words.copying, words.may_copy if card.copying_permitted else words.may_not_copy),
        papers.text(words.each_copy),
        papers.table(words.columns, rows, (1.0, 4.0, 2.0)),
        papers.filled(words.opinion),
        papers.text(words.positions.format(positions=positions)),
        papers.signatures(
            (
                Signer(words.drafter, card.drafter_name, sign),
                Signer(words.head, "", sign),
                Signer(words.decides, "", sign),
            )
        ),
    )
    return Paper(form.title, papers.A4, blocks, day, _notice(vault, packs.layout(policy.layout.profile)))


def delivery(office: Office, document: DocumentId, *, to: Sequence[str]) -> Paper:
    """Draw the slip that goes along with a document and comes back signed, one page an addressee.

    It names number, date, level and copies; the subject does not stand on it.

    Raises:
        PolicyRefused: the officer may not.
        DocumentRefused: it has no number yet, or nobody to be sent to.
    """
    row = office.ledger.document(document)
    office.permit("print", row.level)
    if not row.number_text or row.date is None:
        raise DocumentRefused("{document} has no number yet", document=document, hint="finalise it first")
    policy, vault = office.policy, office.card
    names = tuple(to) or row.recipients
    if not names:
        raise DocumentRefused("nobody is named to send it to", hint="name one with --to")
    profile, day = packs.layout(policy.layout.profile), office.today()
    kind, level = policy.document_type(row.type_key).name, policy.level(row.level).name
    digits = policy.recipients.copy_digits
    words, sign = packs.paper_words().delivery, packs.paper_words().sign_here
    sheets = []
    for number, name in enumerate(names, start=1):
        copy = f"{row.recipients.index(name) + 1 if name in row.recipients else number:0{digits}d}"
        cells = (row.number_text, _day(row.date), kind, level, copy)
        blocks = (
            _head(vault, profile, place=policy.place_and_date(vault.place, day)),
            papers.title(words.title),
            papers.filled(words.addressed, name),
            papers.text(words.encloses.format(agency=vault.office)),
            papers.table(words.columns, (cells,), (2.0, 1.6, 1.8, 1.4, 1.0)),
            papers.text(words.request),
            papers.filled(words.state),
            papers.filled(words.received, words.received_at),
            papers.signatures(
                (Signer(words.receiver, "", sign), Signer(words.sender, office.who.name, sign))
            ),
        )
        sheets.append(Paper(words.title, papers.A4, blocks, day, _notice(vault, profile)))
    return papers.in_one(sheets)


def stamp_sheet(policy: Policy, day: date, *, training: str = "") -> Paper:
    """Draw every stamp of a policy in its true size, with a rule by which the printer is checked.

    A stamp without a size in the policy is named, and not drawn.
    """
    fields = ("date", "term", "until", "level", "copy", "copies", "kind", "recipients", "authority")
    facts = dict.fromkeys((*fields, "agency", "row", "to", "file"), _OPEN)
    words = packs.paper_words().stamps
    blocks: list[papers.Block] = [
        papers.title(f"{words.title} - {policy.pack.title}"),
        papers.text(words.notice),
        papers.scale(words.scale),
    ]
    for stamp in policy.marks.values():
        if stamp.width_mm is None or stamp.height_mm is None:
            blocks.append(papers.text(words.not_drawn.format(mark=stamp.key)))
            continue
        size = f"{stamp.width_mm:g} x {stamp.height_mm:g} mm"
        if stamp.shape is Shape.CIRCLE:
            size = f"Ø {stamp.width_mm:g} mm"
        sources = policy.sources[f"marks.{stamp.key}.width_mm"]
        blocks.append(papers.captioned(f"{stamp.key}\n{size} ({sources})", policy.stamp(stamp.key, **facts)))
    return Paper(words.title, papers.A4, tuple(blocks), day, training)


def _head(vault: VaultCard, profile: LayoutProfile, *, place: str) -> papers.Block:
    return Head(vault.superior, vault.office, profile.words.nation, profile.words.motto, place=place).block()


def _notice(vault: VaultCard, profile: LayoutProfile) -> str:
    return profile.words.training if vault.training else ""


def _day(day: date) -> str:
    return day.strftime("%d/%m/%Y")
