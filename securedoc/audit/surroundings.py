"""Checks what stands around the ledger: the policy, editing sessions, and this machine."""

import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from securedoc.audit.history import Survey
from securedoc.audit.outcomes import Outcome, failed, passed, unknown
from securedoc.core.entries import Act
from securedoc.core.findings import Finding, Severity, State
from securedoc.core.text import message
from securedoc.errors import (
    HostError,
    HostFailed,
    HostRefused,
    LedgerIncomplete,
    LedgerRefused,
    PolicyStale,
    PolicyUntrusted,
    ScratchIncomplete,
    SecuredocError,
    SignatureUntrusted,
)
from securedoc.office import trusting
from securedoc.office.office import Office
from securedoc.office.place import Place
from securedoc.policy import packs
from securedoc.signing.described import Kind

OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
Guard = Callable[[], Sequence[Finding]]
"""Looks at this machine and returns a finding for each check."""
Pending = Callable[[], Sequence[str]]
"""Returns the editing sessions whose process died and that nobody salvaged yet."""


def vault(office: Office) -> Iterator[Outcome]:
    """Find what lies in the vault and is no part of it, and what other users of the machine could read."""
    root = office.place.root
    strange = sorted(path.name for path in root.iterdir() if path.name not in _parts(office.place))
    for name in strange:
        error = LedgerIncomplete(
            "{path} in the vault is no part of it",
            path=name,
            hint="find out who put it there; if it is plaintext, shred it: securedoc shred PATH",
        )
        yield failed("vault.strange", error, about=name, severity=Severity.MEDIUM)
    if not strange:
        yield passed("vault.strange", message("nothing lies in the vault that is no part of it"))
    yield from _private(root)


def trusted_files(office: Office) -> Iterator[Outcome]:
    """Hold the trust directory against the entries: what none names is somebody's try."""
    try:
        known = {one.file_name: one for one in trusting.listed(office)}
        trusting.store(office)
    except SecuredocError as error:
        yield failed("policy.trust", error)
        return
    strange = sorted(path for path in office.place.trust.iterdir() if path.name not in known)
    for path in strange:
        stranger = SignatureUntrusted(
            "{name} in the trust directory was entered by nobody; it is not believed",
            name=path.name,
            hint="find out who put it there, and remove it",
        )
        yield failed("policy.trust", stranger, about=path.name, severity=Severity.MEDIUM)
    for name, one in known.items():
        words = message(
            "{name} is trusted since entry {entry}, by two officers", name=one.name, entry=one.entry
        )
        if one.kind is Kind.CRL:
            words = message("the list of {name} is here since entry {entry}", name=one.name, entry=one.entry)
        yield passed("policy.trust", words, about=name)
    if not known and not strange:
        yield passed("policy.trust", message("no outside certificate was added to the trust store"))


def _parts(place: Place) -> frozenset[str]:
    paths = (
        *(place.vault_file, place.keyring, place.ledger, place.objects, place.policy),
        *(place.journal, place.trust, place.anchors, place.backup_lock, place.backup_scratch),
        *(place.fingerprints, place.due_note, place.unrecorded),
    )
    database = place.ledger.name
    return frozenset({path.name for path in paths} | {f"{database}-wal", f"{database}-shm"})


def _private(root: Path) -> Iterator[Outcome]:
    """Everything of weight is sealed; still nobody else needs to see how much there is, or to swap it."""
    open_to_others = sorted(
        path.relative_to(root).as_posix()
        for path in (root, *root.rglob("*"))
        if not path.is_symlink() and path.stat().st_mode & OTHERS
    )
    if open_to_others:
        error = LedgerRefused(
            "{count} files of the vault are open to other users of this machine, the first is {path}",
            count=len(open_to_others),
            path=open_to_others[0],
            hint="take the rights away: chmod -R go= VAULT",
        )
        yield failed("vault.private", error)
    else:
        yield passed("vault.private", message("no file of the vault is open to other users"))


def policy(office: Office) -> Iterator[Outcome]:
    """Check that the vault's pack is the adopted one, is in force, and is what securedoc came with."""
    card = office.policy.pack
    first = office.ledger.proven_entry(0).facts["policy"]
    adopted = {first.get("digest") if isinstance(first, dict) else None}
    adopted |= {entry.facts["digest"] for entry in office.ledger.of_acts({Act.POLICY_ADOPTED})}
    if str(office.policy.digest) not in adopted:
        error = PolicyUntrusted(
            "the pack {pack} in the vault is not one that the ledger adopted",
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


def editing(office: Office, found: Survey, pending: Pending) -> Iterator[Outcome]:
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
    for entry, count in found.traces:
        yield unknown(
            "editing.traces",
            message(
                "the session of entry {entry} saw {count} traces of its document on this machine",
                entry=entry.sequence,
                count=count,
            ),
            fix=message("look whether they are still there, and shred them"),
            about=entry.about,
        )
    if not dead:
        count = len(office.ledger.editing(open_only=False)) - len(running)
        words = message("{count} editing sessions ended, and none waits to be recovered", count=count)
        yield passed("editing.sessions", words)
    yield _scanned(office)


def _scanned(office: Office) -> Outcome:
    """Say when this machine was last scanned for traces, and whether words of a document were left."""
    scan, clean = office.ledger.last(Act.TRACES_SCANNED), office.ledger.last(Act.TRACES_CLEANED)
    last = max((one for one in (scan, clean) if one is not None), key=lambda one: one.sequence, default=None)
    if last is None:
        return unknown(
            "editing.scan",
            message("this machine was never scanned for traces of documents"),
            fix=message("run: securedoc traces scan"),
            severity=Severity.LOW,
        )
    left = last.facts.get("plaintext")
    if left != 0:
        error = ScratchIncomplete(
            "entry {entry}: {count} files outside the vault hold words of its documents",
            entry=last.sequence,
            count=left if isinstance(left, int) else "?",
            hint="run: securedoc traces clean",
        )
        return failed("editing.scan", error, severity=Severity.MEDIUM)
    days = (office.now() - last.at).days
    return passed(
        "editing.scan",
        message("the last scan for traces, {days} days ago, left no words of a document", days=days),
    )


def host(office: Office, guard: Guard) -> Iterator[Outcome]:
    """Look at this machine; what policy says makes it unfit ends the audit with 82.

    A training vault is not held to it: one learns on whatever machine there is, and the report says so.
    """
    for finding in guard():
        error = None if office.card.training else _error(office, finding)
        # What the policy calls unfit decides, whatever the guard thinks of its weight.
        yield Outcome(_weighty(finding) if isinstance(error, HostRefused) else finding, error)
    if office.card.training:
        yield unknown(
            "host.training",
            message("training vault: what was found of this machine does not decide the result"),
            severity=Severity.LOW,
        )


def _weighty(finding: Finding) -> Finding:
    light = finding.severity in {Severity.LOW, Severity.INFO}
    return replace(finding, severity=Severity.HIGH) if light else finding


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
