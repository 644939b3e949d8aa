"""Decides every word of a document's official frame."""

from datetime import date

from securedoc.core.documents import Card, Frame
from securedoc.core.layouts import LayoutProfile
from securedoc.core.people import Officer
from securedoc.office.card import VaultCard
from securedoc.policy.policy import Policy
from securedoc.policy.vocabulary import FrameKind


def frame_of(  # noqa: PLR0913 - a frame is made of all of these
    policy: Policy,
    profile: LayoutProfile,
    vault: VaultCard,
    card: Card,
    *,
    signer: Officer | None,
    number_text: str,
    on: date,
) -> Frame:
    """Return the frame of a document that gets `number_text` on the day `on`.

    Without a signer the place of the signature holds the policy's title and no name.
    """
    kind = policy.document_type(card.type_key)
    block = policy.recipients_block(
        card.type_key,
        card.recipients,
        card.copies,
        unit=card.unit,
        drafter_name=card.drafter_name,
        copying_permitted=card.copying_permitted,
    )
    return Frame(
        layout=profile.key,
        kind=kind.frame,
        superior=vault.superior.upper(),
        agency=vault.office.upper(),
        number_line=policy.number_line(number_text),
        place_and_date=policy.place_and_date(vault.place, on),
        type_name=kind.name.upper(),
        subject=_subject(profile, kind.frame, card.subject),
        mark_text=policy.mark_text(card.level),
        level=card.level,
        recipients_to=block.to,
        recipients_block=block.lines,
        recipients_notes=block.notes,
        drafter_mark=drafter_mark(card),
        signer_capacity=policy.signature.capacity,
        signer_title=((signer and signer.title) or policy.signature.title).upper(),
        signer_name=signer.name if signer else "",
        issued_on=on,
        training=vault.training,
    )


def _subject(profile: LayoutProfile, kind: FrameKind, subject: str) -> str:
    prefix = profile.words.letter_subject if kind is FrameKind.LETTER else ""
    return subject if subject.startswith(prefix) else prefix + subject


def drafter_mark(card: Card) -> str:
    """Return component 12 of the frame: the drafter's initials and the number of copies issued."""
    initials = "".join(word[0] for word in card.drafter_name.split()).upper()
    return f"{initials}.{card.copies:02d}"
