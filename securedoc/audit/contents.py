"""Checks the vault's sealed objects and the signatures of its documents."""

from collections.abc import Callable, Iterator
from pathlib import Path

from securedoc.audit.outcomes import Outcome, failed, passed, unknown
from securedoc.core.documents import DocumentId, DocumentState, Kind, SealedObject
from securedoc.core.findings import Severity
from securedoc.core.people import RoleKey
from securedoc.core.text import message
from securedoc.errors import DocumentIncomplete, DocumentUntrusted, SecuredocError
from securedoc.office.office import Office
from securedoc.signing import verdict
from securedoc.signing.verdict import Verdict

Judge = Callable[[Office, DocumentId, bytes], Verdict]
"""Judges a document's PDF by what the ledger says should be in it."""

SIGNED_STATES = (DocumentState.SIGNED, DocumentState.REGISTERED, DocumentState.DECLASSIFIED)


def objects(office: Office) -> Iterator[Outcome]:
    """Read every sealed object: there, whole, of the digest and size recorded; and nothing beside them."""
    recorded = tuple(office.ledger.objects())
    office.progress.start(message("reading sealed objects"), sum(one.size_bytes for one in recorded))
    sound = 0
    for one in recorded:
        error = _damage(office, one)
        office.progress.advance(one.size_bytes)
        if error is None:
            sound += 1
        else:
            yield failed("objects.fixity", error, about=one.document)
    office.progress.finish()
    if sound:
        total = sum(one.size_bytes for one in recorded)
        yield passed(
            "objects.fixity",
            message(
                "{count} sealed objects are there, unaltered; {bytes} bytes recorded",
                count=sound,
                bytes=total,
            ),
        )
    elif not recorded:
        yield passed("objects.fixity", message("the vault holds no objects yet"))
    yield from _strangers(office, recorded)
    yield from _openings(office, recorded)


def _damage(office: Office, one: SealedObject) -> SecuredocError | None:
    try:
        size = office.objects.check(one.digest)
    except SecuredocError as error:
        return error
    if size != one.size_bytes:
        return DocumentUntrusted(
            "object {digest} of {document} has {found} bytes, not {expected}",
            digest=one.digest.hex,
            document=one.document,
            found=size,
            expected=one.size_bytes,
        )
    return None


def _strangers(office: Office, recorded: tuple[SealedObject, ...]) -> Iterator[Outcome]:
    """Name what lies among the objects and no entry knows: a crash's leftover, or somebody's hiding place."""
    expected = {office.objects.path(one.digest) for one in recorded}
    # What a destruction left is found under its own name.
    for destroyed in office.ledger.documents(DocumentState.DESTROYED):
        expected |= {office.objects.path(one.digest) for one in office.ledger.objects(destroyed.id)}
    strange = sorted(path for path in _files(office.place.objects) if path not in expected)
    for path in strange:
        name = path.relative_to(office.place.objects).as_posix()
        error = DocumentIncomplete(
            "{path} among the objects is not in the ledger",
            path=name,
            hint="run: securedoc recover; if it stays, ask who put it there",
        )
        yield failed("objects.strange", error, about=name, severity=Severity.MEDIUM)
    if not strange:
        yield passed(
            "objects.strange", message("nothing lies among the objects that the ledger does not know")
        )


def _files(root: Path) -> Iterator[Path]:
    for path in root.rglob("*"):
        if path.is_symlink() or not path.is_dir():
            yield path


def _openings(office: Office, recorded: tuple[SealedObject, ...]) -> Iterator[Outcome]:
    """Decrypt every object, where this officer holds the key that can."""
    if not office.session.holds(RoleKey.DOCUMENTS):
        yield unknown(
            "objects.opened",
            message("not opened: the role {role} holds no document key", role=office.session.role),
            fix=message("let a records officer or a signer run the audit too"),
            severity=Severity.LOW,
        )
        return
    opened = 0
    for one in recorded:
        try:
            office.unseal(one)
            opened += 1
        except SecuredocError as error:
            yield failed("objects.opened", error, about=one.document)
    yield passed("objects.opened", message("{count} sealed objects open with their keys", count=opened))


def signatures(office: Office, judge: Judge) -> Iterator[Outcome]:
    """Judge the signatures of every signed document against what the ledger says of them."""
    # What came in, and what was taken over from an older book, was never signed here.
    ours = office.ledger.documents(*SIGNED_STATES)
    signed = [row for row in ours if row.drafter is not None]
    if not signed:
        yield passed("signatures.documents", message("no document is signed yet"))
        return
    if not office.session.holds(RoleKey.DOCUMENTS):
        yield unknown(
            "signatures.documents",
            message(
                "the signatures of {count} documents: the role {role} holds no document key",
                count=len(signed),
                role=office.session.role,
            ),
            fix=message("let a records officer or a signer run the audit too"),
            severity=Severity.LOW,
        )
        return
    sound = 0
    for row in signed:
        try:
            pdf = office.unseal(office.latest(row.id, Kind.SIGNED))
            verdict.require_registered(judge(office, row.id, pdf))
            sound += 1
        except SecuredocError as error:
            yield failed("signatures.documents", error, about=row.id)
    if sound:
        yield passed(
            "signatures.documents",
            message("{count} documents carry the signatures that the ledger names", count=sound),
        )
