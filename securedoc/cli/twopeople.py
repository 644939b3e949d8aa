"""What waits for a second officer, and what a destruction still owes: lines of `status`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from securedoc.core.text import Message, message

if TYPE_CHECKING:
    from securedoc.office.office import Office


@dataclass(frozen=True, slots=True)
class Waiting:
    """Numbers of requests and destructions that somebody must see to."""

    requests: list[str]
    """That somebody may answer, or that were approved and not used."""
    cut_off: list[str]
    reports_owed: list[str]

    @property
    def lines(self) -> list[Message]:
        """Return what people are told."""
        said = [
            message("destruction {request} was cut off; run: securedoc recover", request=request)
            for request in self.cut_off
        ]
        said += [
            message(
                "THE REPORT IS OWED of the urgent destruction {request}: securedoc destroy report {request}",
                request=request,
            )
            for request in self.reports_owed
        ]
        if self.requests:
            count = len(self.requests)
            said.append(
                message("{count} requests wait for a second officer: securedoc request list", count=count)
            )
        return said


def waiting(office: "Office") -> Waiting:
    """Return what waits now."""
    now = office.now()
    return Waiting(
        [row.request for row in office.ledger.requests() if not row.expired(now)],
        [row.request for row in office.ledger.destructions(begun_only=True)],
        list(office.ledger.reports_owed()),
    )
