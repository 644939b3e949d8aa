"""Power is lost at any durable step of the ceremony or of a document's way into the book."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from securedoc.core.documents import DocumentState, Kind, parse_document_id
from securedoc.core.entries import Act
from securedoc.core.people import OfficerId
from securedoc.core.protocols import NoProgress
from securedoc.core.secret import Secret
from securedoc.errors import LedgerMissing
from securedoc.issuing import finalising, registering, signing, stamping
from securedoc.issuing.judging import judge
from securedoc.keyring import unlocking
from securedoc.office.founding import Founding, found
from securedoc.office.office import Office
from securedoc.office.opening import open_office
from securedoc.office.place import Place
from securedoc.signing.judgement import Judgement
from tests.faults.crash import power_cuts
from tests.support.cli import CHEAP
from tests.support.clock import SteppingClock
from tests.support.keyring import SIX, passphrase_of
from tests.support.office import found_world
from tests.support.system import tool

FOUNDING = Founding(
    office="UBND xã Mẫu",
    place="Mẫu",
    symbol="UBND",
    superior="",
    unit="VP",
    pack="vn-2026",
    people=SIX[:2],
    threshold=2,
    shares=2,
    training=True,
    cost=CHEAP,
)


@contextmanager
def opened(vault: Path, officer: str, passphrase: Secret, clock: SteppingClock) -> Iterator[Office]:
    with open_office(
        Place(vault),
        OfficerId(officer),
        passphrase,
        clock=clock,
        progress=NoProgress(),
        randomness=secrets.token_bytes,
    ) as office:
        yield office


def test_a_ceremony_cut_at_any_step_leaves_no_vault_or_a_whole_one(
    root: Path, clock: SteppingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = root / "vault"
    handed_out: list[int] = []

    def hold() -> None:
        found(
            Place(vault),
            FOUNDING,
            hand_out=lambda shares: handed_out.append(len(shares)),
            clock=clock,
            randomness=secrets.token_bytes,
        )

    cuts = whole = 0
    for _ in power_cuts(monkeypatch, hold):
        cuts += 1
        try:
            with opened(vault, "van-thu", passphrase_of("van-thu"), clock) as office:
                assert handed_out, "a vault exists and nobody was given its shares"
                assert office.ledger.size == 1
        except LedgerMissing:
            continue
        whole += 1
        shutil.rmtree(vault)

    assert cuts > 20
    assert whole <= 2  # after the rename only the sync of the directory is left
    with opened(vault, "van-thu", passphrase_of("van-thu"), clock) as office:
        assert office.ledger.size == 1


def test_a_document_cut_at_any_step_is_before_or_after_it_and_never_between(
    root: Path, clock: SteppingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each act is cut at every step, then done again: every number is given once, nothing is lost."""
    world = found_world(root)
    document = parse_document_id(world.draft())
    clock.at = clock.now().replace(year=2027)

    def as_officer(officer: str) -> Secret:
        return Secret(world.passphrase_file(officer).read_bytes().strip())

    def finalise() -> None:
        with opened(world.vault, "an", as_officer("an"), clock) as office:
            if office.ledger.document(document).state is DocumentState.DRAFT:
                finalising.finalise(office, document, OfficerId("binh"))

    def sign() -> None:
        with opened(world.vault, "binh", as_officer("binh"), clock) as office:
            if office.ledger.document(document).state is DocumentState.FINAL:
                signing.sign(office, document)

    def issue() -> None:
        with opened(world.vault, "an", as_officer("an"), clock) as office:
            if office.ledger.document(document).state is DocumentState.SIGNED:
                registering.issue(office, document)

    cuts = 0
    for act in (finalise, sign, issue):
        for _ in power_cuts(monkeypatch, act):
            cuts += 1
            assert world.run("phuc", "--now", "2028-01-01", "ledger", "verify").code == 0

    assert cuts >= 3
    with opened(world.vault, "an", as_officer("an"), clock) as office:
        row = office.ledger.document(document)
        assert (row.state, row.number_text, row.row) == (DocumentState.REGISTERED, "01/BC-UBND", 1)
        assert [number.number for number in office.ledger.numbers("di", 2027)] == [1]


def test_a_stamp_cut_at_any_step_is_there_whole_or_not_at_all(
    root: Path, clock: SteppingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = found_world(root)
    document = parse_document_id(world.issued())
    clock.at = clock.now().replace(year=2027)
    an, binh = (Secret(world.passphrase_file(who).read_bytes().strip()) for who in ("an", "binh"))

    def stamp() -> None:
        with (
            opened(world.vault, "an", an, clock) as office,
            unlocking.unlock(Place(world.vault).keyring, OfficerId("binh"), binh) as second,
        ):
            if office.ledger.latest(document, Act.DOCUMENT_STAMPED) is None:
                stamping.stamp(office, document, "giai-mat", {"date": "01/01/2028"}, second)

    cuts = 0
    for _ in power_cuts(monkeypatch, stamp):
        cuts += 1
        assert world.run("phuc", "--now", "2028-01-01", "ledger", "verify").code == 0

    assert cuts >= 1
    with opened(world.vault, "an", an, clock) as office:
        judged = judge(office, document, office.unseal(office.latest(document, Kind.SIGNED)))
        assert judged.judgement is Judgement.TRUSTED
        assert [one.field for one in judged.signatures] == ["NguoiKy", "Dau-giai-mat"]


def test_a_killed_process_loses_nothing_that_it_reported(root: Path) -> None:
    """A real process, killed by a real signal before each of its real syncs."""
    strace = tool("strace")
    world = found_world(root)
    documents = [world.draft() for _ in range(8)]

    for step, document in enumerate(documents, start=1):
        inject = f"inject=fsync,fdatasync:signal=SIGKILL:when={step}"
        killed = world.spawn_under(
            (strace, "-f", "-qq", "-o", "/dev/null", "-e", inject),
            *("an", "finalize", document, "--signer", "binh"),
        )
        state = world.ok("an", "draft", "show", document)["state"]
        assert state in {"draft", "final"}
        assert killed.code != 0 or state == "final", "it was reported done, and is not"
        if state == "draft":
            world.ok("an", "finalize", document, "--signer", "binh")

    numbers = [world.ok("an", "show", document)["number"] for document in documents]
    assert numbers == [f"{serial:02d}/BC-UBND" for serial in range(1, len(documents) + 1)]
    assert world.run("phuc", "ledger", "verify").code == 0
