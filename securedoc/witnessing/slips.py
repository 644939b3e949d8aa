"""The slip of the ledger's head, for the paper register."""

from collections.abc import Callable

from securedoc.core.digests import Digest
from securedoc.core.officetime import OFFICE_TIME, day_of
from securedoc.core.text import message
from securedoc.documents.slip import Slip
from securedoc.keyring import words
from securedoc.office.office import Office

Translate = Callable[[str], str]


def slip(office: Office, say: Translate) -> Slip:
    """Return the slip of the head as it is now.

    Raises:
        PolicyRefused: the officer may not hand out checkpoints.
    """
    office.permit("checkpoint")
    head = office.ledger.head()
    stated, at = head.checkpoint, office.now().astimezone(OFFICE_TIME)
    root = Digest(stated.root)
    training = message("TRAINING: this vault holds no real secrets")
    lines = (
        (message("entries in the ledger"), str(stated.size)),
        (message("head of the ledger"), _grouped(root)),
        (message("made"), at.strftime("%Y-%m-%d %H:%M +07:00")),
        (message("by"), f"{office.who.name} ({office.who.id})"),
    )
    how = message(
        "Keep this slip away from the machine. To prove that history only grew since: type or scan its "
        "three lines into a file, then run securedoc ledger verify --anchor FILE."
    )
    signers = (message("Printed by"), message("Received by"))
    return Slip(
        title=message("SLIP OF THE LEDGER").said(say),
        office=f"{office.card.office}, {office.card.place}",
        lines=tuple((name.said(say), value) for name, value in lines),
        words_title=message("the head of the ledger, to read aloud").said(say),
        words=words.spell(root).split(),
        code=stated.text(),
        code_title=message("the three lines of the code").said(say),
        how=how.said(say),
        signatures=tuple(each.said(say) for each in signers),
        day=day_of(at),
        training=training.said(say) if office.card.training else "",
    )


def _grouped(root: Digest) -> str:
    """Spell a digest so that an eye finds its place in it again."""
    digits = root.value.hex()
    return " ".join(digits[at : at + 8] for at in range(0, len(digits), 8))
