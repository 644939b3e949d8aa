"""Decides every word of a document's official frame, and the form that it is drawn in."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from securedoc.core.documents import Card, Frame
from securedoc.core.forms import Form, OpeningKind
from securedoc.core.layouts import LayoutProfile
from securedoc.core.people import Officer
from securedoc.documents.layout import Style
from securedoc.errors import PolicyRefused
from securedoc.office.card import VaultCard
from securedoc.policy import packs
from securedoc.policy.policy import Policy
from securedoc.policy.vocabulary import FrameKind, Position

ISSUING: Final = "-ban-hanh"
"""Ends the key of the form of a decision that issues another document."""


@dataclass(frozen=True, slots=True)
class Framing:
    """The layout and the form of one document, and the rules behind them."""

    policy: Policy
    profile: LayoutProfile
    form: Form

    def number_text(self, card: Card, number: int, agency: str) -> str:
        """Spell the number of a document as its layout does.

        Raises:
            PolicyRefused: the notation needs the drafting unit and none is given.
        """
        notation = self.profile.numbers.notation
        # A type without an abbreviation keeps its own notation, in which the unit stands.
        own = notation if self.policy.document_type(card.type_key).abbreviation else ""
        return self.policy.number_text(card.type_key, number, agency=agency, unit=card.unit, notation=own)

    def number_line(self, number_text: str) -> str:
        """Return the line of the frame that holds the number."""
        line = self.profile.numbers.line
        return line.format(number=number_text) if line else self.policy.number_line(number_text)

    def style(self, card: Card) -> Style:
        """Return how the frame of a document looks: measures and marks.

        Raises:
            PolicyRefused: urgency or circulation is not a mark that belongs there.
        """
        extras, policy = card.extras, self.policy
        return Style(
            self.profile,
            policy.mark_shape(card.level),
            urgency=policy.stamp_at(extras.urgency, Position.BOX_10B) if extras.urgency else None,
            circulation=(
                policy.stamp_at(
                    extras.circulation, Position.BOX_11, **({"until": extras.until} if extras.until else {})
                )
                if extras.circulation
                else None
            ),
            slots=policy.slots(),
        )


def framing_of(policy: Policy, card: Card) -> Framing:
    """Choose the layout and the form of a document.

    Raises:
        PolicyRefused: the policy does not allow the layout, or it has no form for this type.
    """
    chosen, allowed = (
        card.extras.layout or policy.layout.profile,
        (policy.layout.profile, *policy.layout.others),
    )
    if chosen not in allowed:
        raise PolicyRefused(
            "the policy has no layout {layout}",
            layout=chosen,
            hint="use one of: {known}",
            known=", ".join(allowed),
        )
    profile = packs.layout(chosen)
    kind, issues = policy.document_type(card.type_key), card.extras.issues
    if issues:
        policy.document_type(issues)
    form = profile.forms.get(card.type_key + (ISSUING if issues else ""))
    if form is None and issues:
        raise PolicyRefused("a {type} issues no other document", type=kind.name)
    if form is None:
        raise PolicyRefused(
            "the layout {layout} has no form for {type}",
            layout=profile.key,
            type=kind.name,
            hint="choose another type, or another --layout",
        )
    _refuse_capacity(policy, profile, card.extras.capacity)
    return Framing(policy, profile, form)


def _refuse_capacity(policy: Policy, profile: LayoutProfile, capacity: str) -> None:
    known = profile.numbers.capacities or policy.signature.capacities
    if capacity and capacity.split(maxsplit=1)[0] not in known:
        raise PolicyRefused(
            "nobody signs in the capacity {capacity}",
            capacity=capacity,
            hint="begin it with one of: {known}",
            known=", ".join(known),
        )


def frame_of(  # noqa: PLR0913 - a frame is made of all of these
    framing: Framing,
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
    policy, profile, form = framing.policy, framing.profile, framing.form
    kind, extras = policy.document_type(card.type_key), card.extras
    block = policy.recipients_block(
        card.type_key,
        card.recipients,
        card.copies,
        unit=card.unit,
        drafter_name=card.drafter_name,
        copying_permitted=card.copying_permitted,
    )
    authority = extras.authority or vault.office
    issued = policy.document_type(extras.issues).name if extras.issues else ""
    return Frame(
        layout=profile.key,
        kind=kind.frame,
        superior=vault.superior.upper(),
        agency=vault.office.upper(),
        number_line=framing.number_line(number_text),
        place_and_date=policy.place_and_date(vault.place, on),
        type_name=kind.name.upper(),
        subject=_subject(profile, kind.frame, card.subject),
        mark_text=policy.mark_text(card.level),
        level=card.level,
        recipients_to=block.to if form.opening is not OpeningKind.NONE else (),
        recipients_block=block.lines,
        recipients_notes=block.notes,
        drafter_mark=drafter_mark(card),
        signer_capacity=extras.capacity or policy.signature.capacity,
        signer_title=((signer and signer.title) or policy.signature.title).upper(),
        signer_name=signer.name if signer else "",
        issued_on=on,
        training=vault.training,
        form=form.key,
        opening=form.opening_words.format(authority=authority),
        authority=authority if form.authority else "",
        partner=extras.partner,
        partner_title=extras.partner_title,
        contact=extras.contact,
        reference=profile.words.reference.format(
            type=kind.name,
            number=number_text,
            date=policy.place_and_date("", on).lstrip(", "),
            agency=vault.office,
        ),
        issues=issued.upper(),
    )


def _subject(profile: LayoutProfile, kind: FrameKind, subject: str) -> str:
    prefix = profile.words.letter_subject if kind is FrameKind.LETTER else ""
    return subject if subject.startswith(prefix) else prefix + subject


def drafter_mark(card: Card) -> str:
    """Return component 12 of the frame: the drafter's initials and the number of copies issued."""
    initials = "".join(word[0] for word in card.drafter_name.split()).upper()
    return f"{initials}.{card.copies:02d}"
