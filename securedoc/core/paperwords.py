"""The words of the papers that go with documents, as a layout file gives them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EnvelopeWords:
    """On an envelope."""

    addressed: str


@dataclass(frozen=True, slots=True)
class DeliveryWords:
    """On the slip that goes along with a document and comes back signed."""

    title: str
    addressed: str
    encloses: str
    """`{agency}` sends with this slip …"""
    columns: tuple[str, ...]
    """Number, date, type, level, copy."""
    request: str
    state: str
    received: str
    received_at: str
    receiver: str
    sender: str


@dataclass(frozen=True, slots=True)
class ProposalWords:
    """On the form that proposes a level."""

    addressed: str
    copying: str
    may_copy: str
    may_not_copy: str
    each_copy: str
    columns: tuple[str, ...]
    """Copy, recipient, note."""
    filed: str
    """`Lưu: {keeper}`, for the copies that stay."""
    opinion: str
    positions: str
    """`{positions}` may decide."""
    drafter: str
    head: str
    decides: str


@dataclass(frozen=True, slots=True)
class StampSheetWords:
    """On the sheet of stamps."""

    title: str
    notice: str
    scale: str
    not_drawn: str


@dataclass(frozen=True, slots=True)
class PaperWords:
    """All of them."""

    envelope: EnvelopeWords
    delivery: DeliveryWords
    proposal: ProposalWords
    stamps: StampSheetWords
    sign_here: str
    """Under the title of whoever signs by hand."""
