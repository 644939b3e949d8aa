"""Prints numbered copies of a finished document: intent first, then copy by copy, each to its end."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.documents import DocumentId, DocumentState, Kind
from securedoc.core.entries import Act
from securedoc.core.jsonvalue import JsonObject
from securedoc.core.text import Message
from securedoc.documents import pdfpages
from securedoc.documents.pdfpages import Pages
from securedoc.errors import DocumentIncomplete, DocumentRefused, DocumentUntrusted
from securedoc.ledger.rows import DocumentRow
from securedoc.office.office import Office
from securedoc.printing import accounting, lock, marking
from securedoc.printing.accounting import CopyState
from securedoc.printing.copyjob import CopyJob, Outcome, Plan
from securedoc.system import printers, spool
from securedoc.system.printers import PrintService

PRINTABLE: Final = frozenset({DocumentState.FINAL, DocumentState.SIGNED, DocumentState.REGISTERED})


@dataclass(frozen=True, slots=True)
class Asked:
    """What the officer asks for."""

    copies: int
    printer: str
    duplex: bool
    service: PrintService


@dataclass(frozen=True, slots=True)
class Printed:
    """What came of it."""

    plan: Plan
    device: str
    outcomes: tuple[Outcome, ...]
    unprinted: tuple[int, ...]
    """Copies that were asked for and of which nothing came out."""
    ended: bool
    """False: a job may still wait in the print service; the next start ends it."""
    interruption: BaseException | None

    @property
    def expected(self) -> int:
        """Sheets that the copies that were sent for printing take."""
        return self.plan.sheets * len([one for one in self.outcomes if one.state is not CopyState.UNPRINTED])

    def check(self) -> None:
        """Accept a print of which every copy is whole.

        Raises:
            DocumentIncomplete: one is not, or the paper is not accounted for.
        """
        if self.interruption is not None:
            raise self.interruption
        wrong = [one for one in self.outcomes if one.state is not CopyState.PRINTED or one.incident]
        if wrong or self.unprinted:
            first = wrong[0].copy if wrong else self.unprinted[0]
            raise DocumentIncomplete(
                "copy {copy} of {print} was not printed as it should be",
                copy=first,
                print=self.plan.print,
                hint="count the sheets, then: securedoc print reconcile {document} --copy {copy} "
                "--counted N --spoiled N",
                document=self.plan.document,
            )


def print_copies(
    office: Office, document: DocumentId, asked: Asked, note: Callable[[Message], None]
) -> Printed:
    """Print the next free copies of a document, each with its number on each page.

    Raises:
        PolicyRefused: the officer may not print a document of this level.
        DocumentRefused: it is not finished, or more copies are asked for than were approved.
        DocumentMissing, DocumentUntrusted, KeyRefused: it cannot be opened, or has other pages than it had.
        HostMissing, HostRefused: there is no such printer.
        LedgerError: nothing was printed, or what was printed is in `print.begun` and found at the next start.
    """
    row = office.ledger.document(document)
    office.permit("print", row.level)
    _require_printable(row)
    sealed = office.latest(document, Kind.FINAL, Kind.SIGNED)
    pdf = office.unseal(sealed)
    pages = _counted(office, document, pdf)
    device = printers.device(asked.service, asked.printer)
    with _begun(office, row, asked, pages, Digest.of(pdf)) as (plan, copies):
        outcomes, interruption = _print_each(office, plan, copies, (pdf, row.copies), note)
        return _end(office, plan, device, copies, outcomes=outcomes, interruption=interruption)


def _require_printable(row: DocumentRow) -> None:
    if row.state not in PRINTABLE:
        raise DocumentRefused(
            "{document} is not printed: its state is {state}",
            document=row.id,
            state=row.state,
            hint="a document is printed when it is final, signed or registered",
        )


def _counted(office: Office, document: DocumentId, pdf: bytes) -> Pages:
    pages = pdfpages.measure(pdf)
    finalised = office.ledger.latest(document, Act.DOCUMENT_FINALISED)
    if finalised is not None and finalised.facts.get("pages") != pages.count:
        raise DocumentUntrusted(
            "{document} has {found} pages; it was finalised with {pages}",
            document=document,
            found=pages.count,
            pages=str(finalised.facts.get("pages")),
            hint="nothing was printed; run `securedoc audit run`",
        )
    return pages


@contextmanager
def _begun(
    office: Office, row: DocumentRow, asked: Asked, pages: Pages, digest: Digest
) -> Iterator[tuple[Plan, list[int]]]:
    """Take the copies' numbers in one transaction, and hold the print's lock from then to its end."""
    service = asked.service
    sheets = accounting.sheets(pages.count, duplex=asked.duplex)
    with ExitStack() as stack:
        with office.write() as writing:
            name = writing.next_print(office.today().year)
            copies = _free(office, row, asked.copies)
            facts: JsonObject = {
                "print": name,
                "printer": asked.printer,
                "duplex": asked.duplex,
                "pages": pages.count,
                "sheets": sheets,
                "copies": [{"copy": copy} for copy in copies],
                "approved": row.copies,
                "digest": str(digest),
                "spool": _kept(service),
                "service": {"socket": str(service.socket), "configuration": str(service.configuration)},
            }
            writing.append(Act.PRINT_BEGUN, row.id, facts)
            # Before anybody can see the print: who finds it without its lock takes it for a dead one.
            stack.enter_context(lock.held(office, name))
        media = "A4" if pages.a4 else ""
        yield Plan(name, row.id, asked.printer, pages.count, sheets, asked.duplex, media, service), copies


def _kept(service: PrintService) -> JsonObject:
    how = spool.setup(service.configuration)
    return {"keeps_files": how.keeps_files, "keeps_history": how.keeps_history, "in_memory": how.in_memory}


def _free(office: Office, row: DocumentRow, wanted: int) -> list[int]:
    free = accounting.free_numbers(
        row.copies,
        office.ledger.copies(row.id),
        office.ledger.paper(row.id),
        destroyed_first=office.policy.copying.destroy_spoiled_at_once,
    )
    if not 0 < wanted <= len(free):
        raise DocumentRefused(
            "{count} copies of {document} are asked for; {free} of the {approved} approved may be printed",
            count=wanted,
            document=row.id,
            free=len(free),
            approved=row.copies,
            hint="see what became of each: securedoc copies {document}; a spoiled one is printed again "
            "when its sheets are counted and destroyed",
        )
    return free[:wanted]


def _print_each(
    office: Office,
    plan: Plan,
    copies: Sequence[int],
    source: tuple[bytes, int],
    note: Callable[[Message], None],
) -> tuple[list[Outcome], BaseException | None]:
    """Print copy after copy; the first that is not whole is the last."""
    outcomes: list[Outcome] = []
    for copy in copies:
        try:
            pdf = marking.marked_copy(office, plan.document, source, copy, plan.print)
            outcome, interruption = CopyJob(office, plan, copy, note).run(pdf)
        except BaseException as error:  # noqa: BLE001 - what was asked for is entered as not printed, then raised
            return outcomes, error
        outcomes.append(outcome)
        if interruption is not None or outcome.state is not CopyState.PRINTED or outcome.incident:
            return outcomes, interruption
    return outcomes, None


def _end(  # noqa: PLR0913 - all that is known at the end
    office: Office,
    plan: Plan,
    device: str,
    copies: Sequence[int],
    *,
    outcomes: Sequence[Outcome],
    interruption: BaseException | None,
) -> Printed:
    # A copy without an entry of its end still belongs to the print service: the next start goes on with it.
    open_ones = [one for one in outcomes if one.entry is None and one.state is not CopyState.UNPRINTED]
    sent = {one.copy for one in outcomes if one.state is not CopyState.UNPRINTED}
    unprinted = tuple(copy for copy in copies if copy not in sent)
    if not open_ones:
        enter_end(office, plan.document, plan.print, unprinted, how="interrupted" if interruption else "done")
    return Printed(plan, device, tuple(outcomes), unprinted, not open_ones, interruption)


def enter_end(office: Office, document: DocumentId, name: str, unprinted: Sequence[int], *, how: str) -> int:
    """Enter that a print is over; of the copies in `unprinted` nothing came out."""
    facts: JsonObject = {
        "print": name,
        "unprinted": [{"copy": copy} for copy in unprinted],
        "how": how,
    }
    with office.write() as writing:
        return writing.append(Act.PRINT_ENDED, document, facts).sequence
