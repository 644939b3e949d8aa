"""Decides what a copy of a document says of itself: kind, number, date, recipients, who signs, marks."""

from dataclasses import dataclass
from datetime import date

from securedoc.core.documents import Card, Frame
from securedoc.core.people import Officer
from securedoc.documents.copies import CopyMarks
from securedoc.errors import PolicyRefused
from securedoc.issuing.framing import framing_of
from securedoc.office.card import VaultCard
from securedoc.policy.policy import Policy


@dataclass(frozen=True, slots=True)
class CopyOrder:
    """One copy, as it was allowed."""

    kind: str
    """Key of the kind in the policy: `sao-y`, `sao-luc`, `trich-sao`."""
    number: int
    """Of this copying, in the series that all kinds share."""
    copy: int
    copies: int
    recipients: tuple[str, ...]
    authority: str
    """Who allowed it, by position."""
    on: date


def number_text(policy: Policy, vault: VaultCard, order: CopyOrder) -> str:
    """Spell number and notation of a copy: `05/SY-UBND`.

    Raises:
        PolicyRefused: there is no such kind, or it is not numbered.
    """
    kind = policy.copying.kinds.get(order.kind)
    if kind is None or not kind.abbreviation:
        raise PolicyRefused(
            "there is no kind of copy {kind}",
            kind=order.kind,
            hint="use one of: {known}",
            known=", ".join(key for key, one in policy.copying.kinds.items() if one.abbreviation),
        )
    digits = policy.numbering.series["sao"].least_digits if "sao" in policy.numbering.series else 2
    return f"{order.number:0{digits}d}/{kind.abbreviation}-{vault.symbol}"


def frame_of(
    policy: Policy, vault: VaultCard, card: Card, order: CopyOrder, *, signer: Officer
) -> tuple[Frame, CopyMarks]:
    """Return the words under a copy, and its two marks.

    Raises:
        PolicyRefused: there is no such kind of copy, or the policy gives a mark no size.
    """
    framing = framing_of(policy, card)
    text, kind = number_text(policy, vault, order), policy.copying.kinds[order.kind]
    lines = [f"- {name};" for name in order.recipients]
    lines.append(f"- Lưu: {policy.recipients.file_office}.")
    frame = Frame(
        layout=framing.profile.key,
        kind="typed",
        superior="",
        agency=vault.office.upper(),
        number_line=framing.number_line(text),
        place_and_date=policy.place_and_date(vault.place, order.on),
        type_name=kind.heading,
        subject="",
        mark_text=policy.mark_text(card.level),
        level=card.level,
        recipients_to=(),
        recipients_block=tuple(lines),
        recipients_notes=(),
        drafter_mark="",
        signer_capacity=policy.signature.capacity,
        signer_title=(signer.title or policy.signature.title).upper(),
        signer_name=signer.name,
        issued_on=order.on,
        training=vault.training,
    )
    facts = {
        "copy": f"{order.copy:0{policy.recipients.copy_digits}d}",
        "copies": f"{order.copies:0{policy.recipients.copy_digits}d}",
        "kind": kind.name,
        "date": order.on.strftime("%d/%m/%Y"),
        "recipients": "; ".join(order.recipients),
        "authority": order.authority,
    }
    copying = policy.copying
    return frame, CopyMarks(
        policy.stamp(copying.first_page_mark, **facts), policy.stamp(copying.last_page_mark, **facts)
    )
