"""Draws the model form of a type of document, filled with nobody's names, without a vault."""

from datetime import date, datetime, time
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.documents import Card, Extras, Level
from securedoc.core.people import officer_id
from securedoc.documents.layout import render
from securedoc.documents.modeltext import model_body
from securedoc.issuing.framing import frame_of, framing_of
from securedoc.office.card import VaultCard
from securedoc.policy.policy import Policy

_NAME: Final = "MẪU"
_AGENCY: Final = "Cơ quan MẪU"
_SYMBOL: Final = "MAU"


def sample(policy: Policy, type_key: str, layout: str, day: date) -> bytes:
    """Return the model form of a type as PDF; every page says that it is no real document.

    Raises:
        PolicyRefused: there is no such type or layout, or the layout has no form for it.
    """
    key, _, issues = type_key.partition("+")
    lowest = min(policy.levels.values(), key=lambda level: level.rank)
    chosen = "" if layout == policy.layout.profile else layout
    card = Card(
        type_key=key,
        level=Level(lowest.key),
        subject=f"Trích yếu nội dung văn bản {_NAME}",
        list_basis="",
        recipients=(_AGENCY,),
        copies=2,
        copying_permitted=False,
        drafter=officer_id("mau"),
        drafter_name=_NAME,
        unit="VP",
        extras=Extras(layout=chosen, issues=issues, partner=_NAME),
    )
    framing = framing_of(policy, card)
    vault = VaultCard(
        vault="0" * 32,
        office=_AGENCY,
        place=_NAME,
        symbol=_SYMBOL,
        superior="Cơ quan chủ quản MẪU",
        unit="VP",
        training=True,
        policy_pack=policy.pack.name,
        policy_version=policy.pack.version,
        policy_digest=Digest.of(b""),
        created=datetime.combine(day, time.min),
    )
    frame = frame_of(
        framing, vault, card, signer=None, number_text=framing.number_text(card, 1, _SYMBOL), on=day
    )
    issued = policy.document_type(issues).name.upper() if issues else ""
    return render(model_body(framing.form, issues=issued), frame, framing.style(card)).final.pdf
