"""Checks what stands around the ledger: the policy, editing sessions, and this machine."""

from collections.abc import Callable, Iterator, Sequence

from securedoc.audit.outcomes import Outcome, failed, passed, unknown
from securedoc.core.entries import Act, Entry
from securedoc.core.findings import Finding, Severity, State
from securedoc.core.text import message
from securedoc.errors import (
    HostError,
    HostFailed,
    HostRefused,
    PolicyStale,
    PolicyUntrusted,
    ScratchIncomplete,
)
from securedoc.office.office import Office
from securedoc.policy import packs

Guard = Callable[[], Sequence[Finding]]
"""Looks at this machine and returns a finding for each check."""
Pending = Callable[[], Sequence[str]]
"""Returns the editing sessions whose process died and that nobody salvaged yet."""


def policy(office: Office) -> Iterator[Outcome]:
    """Check that the vault's pack is the adopted one, is in force, and is what securedoc came with."""
    card = office.policy.pack
    first = office.ledger.proven_entry(0).facts["policy"]
    adopted = first.get("digest") if isinstance(first, dict) else None
    if adopted != str(office.policy.digest):
        error = PolicyUntrusted(
            "the pack {pack} in the vault is not the one that the first entry adopted",
            pack=card.name,
            hint="restore the vault's policy from the last backup, and find out who changed it",
        )
        yield failed("policy.adopted", error)
    else:
        words = message("the pack {pack} {version} is the one adopted", pack=card.name, version=card.version)
        yield passed("policy.adopted", words)
    if office.policy.holds_on(office.today()):
        yield passed("policy.in-force", message("the pack {pack} is in force today", pack=card.name))
    else:
        error_stale = PolicyStale(
            "the pack {pack} is not in force today",
            pack=card.name,
            hint="adopt the pack that is: securedoc policy list",
        )
        yield failed("policy.in-force", error_stale)
    yield _installed(office)


def _installed(office: Office) -> Outcome:
    name = office.policy.pack.name
    if name not in packs.available():
        return unknown(
            "policy.installed",
            message("securedoc came without a pack {pack} to compare with", pack=name),
            severity=Severity.LOW,
        )
    if packs.pack(name).digest != office.policy.digest:
        return unknown(
            "policy.installed",
            message("securedoc came with another edition of the pack {pack}", pack=name),
            fix=message("compare the two with: securedoc policy show"),
            severity=Severity.LOW,
        )
    return passed("policy.installed", message("securedoc came with the same pack {pack}", pack=name))


def editing(office: Office, pending: Pending) -> Iterator[Outcome]:
    """Find sessions that a crash left open, and plaintext that could not be removed."""
    dead = pending()
    for session in dead:
        error = ScratchIncomplete(
            "the editing session {session} ended in a crash and was not recovered",
            session=session,
            hint="run: securedoc recover",
        )
        yield failed("editing.pending", error, about=session)
    running = [row for row in office.ledger.editing(open_only=True) if row.session not in dead]
    for row in running:
        yield unknown(
            "editing.open",
            message(
                "the session {session} of {document} is open now", session=row.session, document=row.document
            ),
            fix=message("close the editor and run the audit again"),
            about=row.document,
        )
    for entry in office.ledger.entries():
        traces = _traces(entry)
        if traces:
            yield unknown(
                "editing.traces",
                message(
                    "the session of entry {entry} found {count} traces of a document on this machine",
                    entry=entry.sequence,
                    count=traces,
                ),
                fix=message("look whether they are still there, and shred them"),
                about=entry.about,
            )
    if not dead:
        count = len(office.ledger.editing(open_only=False)) - len(running)
        words = message("{count} editing sessions ended, and none waits to be recovered", count=count)
        yield passed("editing.sessions", words)


def _traces(entry: Entry) -> int:
    """Count what a session saw of its document outside the workspace when it closed."""
    found = entry.facts.get("trace") if entry.act is Act.EDIT_CLOSED else None
    return sum(value for value in found.values() if isinstance(value, int)) if isinstance(found, dict) else 0


def host(office: Office, guard: Guard) -> Iterator[Outcome]:
    """Look at this machine; what policy says makes it unfit ends the audit with 82.

    A training vault is not held to it: one learns on whatever machine there is, and the report says so.
    """
    for finding in guard():
        yield Outcome(finding, None if office.card.training else _error(office, finding))
    if office.card.training:
        yield unknown(
            "host.training",
            message("training vault: what was found of this machine does not decide the result"),
            severity=Severity.LOW,
        )


def _error(office: Office, finding: Finding) -> HostError | None:
    if office.policy.makes_unfit(finding.check, finding.state):
        return HostRefused(
            "this machine is unfit for secrets: {check}",
            check=finding.check,
            hint="see: securedoc guard check",
        )
    if finding.state is State.FAIL:
        return HostFailed(
            "this machine fails {check}", check=finding.check, hint="see: securedoc guard check"
        )
    return None
