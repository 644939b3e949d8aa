"""What is said of a document before it is drafted: the options that three commands share."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Final

import click

from securedoc.cli.types import DATE
from securedoc.core.documents import Extras, Level
from securedoc.core.text import message

if TYPE_CHECKING:
    from securedoc.issuing.drafting import DraftRequest


@dataclass(frozen=True, slots=True)
class Particulars:
    """What the options said; type, level and subject are None where they were left out."""

    type_key: str | None
    level: str | None
    subject: str | None
    list_basis: str
    recipients: tuple[str, ...]
    copies: int | None
    no_copying: bool
    unit: str
    layout: str
    authority: str
    capacity: str
    urgency: str
    circulation: str
    until: date | None
    contact: str
    partner: str
    partner_title: str
    issues: str

    @property
    def complete(self) -> bool:
        """Whether type, level and subject were given."""
        return None not in {self.type_key, self.level, self.subject}

    @property
    def extras(self) -> Extras:
        """What only some documents say."""
        return Extras(
            layout=self.layout,
            authority=self.authority,
            capacity=self.capacity,
            urgency=self.urgency,
            circulation=self.circulation,
            until=self.until.strftime("%d/%m/%Y") if self.until else "",
            contact=self.contact,
            partner=self.partner,
            partner_title=self.partner_title,
            issues=self.issues,
        )

    def request(self, body: bytes | None, *, source: str) -> "DraftRequest":
        """Ask for a draft of a document with these particulars.

        Raises:
            UsageError: type, level or subject is missing.
        """
        from securedoc.issuing.drafting import DraftRequest

        if self.type_key is None or self.level is None or self.subject is None:
            raise click.UsageError("give --type, --level and --subject")
        return DraftRequest(
            type_key=self.type_key,
            level=Level(self.level),
            subject=self.subject,
            list_basis=self.list_basis,
            recipients=self.recipients,
            copies=self.copies,
            copying_permitted=not self.no_copying,
            unit=self.unit,
            body=body,
            source=source,
            extras=self.extras,
        )


# Metavar and help of what only some documents say, in the order that --help shows from its end.
_EXTRAS: Final = (
    ("layout", "KEY", message("Another official frame than the office's own, such as dang.")),
    ("issues", "TYPE", message("Type of the document that this decision issues, such as quy-che.")),
    ("partner-title", "TEXT", message("What stands over the name at left.")),
    ("partner", "NAME", message("Who signs at left: the secretary of a meeting, the other party.")),
    ("contact", "TEXT", message("Address, telephone, e-mail at the foot of the first page.")),
    ("circulation", "MARK", message("Mark at the top right: thu-hoi, xem-xong-tra-lai, luu-hanh-noi-bo.")),
    ("urgency", "MARK", message("Mark under the level: khan, thuong-khan, hoa-toc.")),
    ("capacity", "TEXT", message("Stands over the signer's title, such as 'TM. ỦY BAN NHÂN DÂN'.")),
    ("authority", "TEXT", message("Who decides, over the text of a decision; the office when left out.")),
)


def particulars(function: Callable[..., object]) -> Callable[..., object]:
    """Add the options; the command is given them as `particulars`."""

    @functools.wraps(function)
    def gathered(*args: object, **said: object) -> None:
        given = {field.name: said.pop(field.name) for field in fields(Particulars)}
        function(*args, particulars=Particulars(**given), **said)  # type: ignore[arg-type]  # click made them

    for option in (
        *(
            click.option(f"--{name}", name.replace("-", "_"), default="", metavar=metavar, help=said.template)
            for name, metavar, said in _EXTRAS
        ),
        click.option(
            "--return-by",
            "until",
            type=DATE,
            metavar="DATE",
            help="By when a document to be recalled comes back.",
        ),
        click.option("--unit", default="", metavar="TEXT", help="Symbol of the drafting unit."),
        click.option("--no-copying", is_flag=True, help="Recipients may not copy it."),
        click.option(
            "--copies", type=int, metavar="N", help="Copies issued; default: one a recipient and one to file."
        ),
        click.option(
            "--to", "recipients", multiple=True, metavar="NAME", help="A recipient; give it once for each."
        ),
        click.option(
            "--list-basis",
            default="",
            metavar="TEXT",
            help="Item of the list of secrets that the level rests on.",
        ),
        click.option("--subject", metavar="TEXT", help="What the document is about (trích yếu)."),
        click.option("--level", metavar="LEVEL", help="Level of secrecy, such as mat."),
        click.option("--type", "type_key", metavar="TYPE", help="Type of document, such as bao-cao."),
    ):
        gathered = option(gathered)
    return gathered
