"""Printing as an ordinary user, under the print service's own rules; what nobody saw is said to be unseen."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import spawn
from tests.support.cups import OWN_JOBS, Cups, cups, needs_cups
from tests.support.office import World, found_world
from tests.support.printing import begin, fates, final, ordinary, until
from tests.support.system import needs_bwrap, tool

pytestmark = [needs_cups, needs_bwrap]


@pytest.fixture(scope="module")
def service() -> Iterator[Cups]:
    with cups() as made:
        yield made


@pytest.fixture
def world() -> Iterator[World]:
    tool("setpriv")
    # Not below pytest's directory, which is closed to others.
    root = Path(tempfile.mkdtemp(prefix="user-"))
    try:
        yield found_world(root)
    finally:
        shutil.rmtree(root)


@pytest.mark.parametrize(("files", "history"), [("No", "No"), ("Yes", "Yes")])
def test_an_ordinary_user_prints_and_is_told_that_nobody_looked_into_the_spool(
    world: World, service: Cups, files: str, history: str
) -> None:
    service.again(files=files, history=history, limits=OWN_JOBS)
    document = final(world, copies=2)
    before = service.left()
    as_user = ordinary(world)
    words = ("print", document, "--copies", "2", "--printer", "good", *service.options)

    done = world.spawn_under(as_user, "an", *words).expect()

    assert [(one["state"], one["incident"]) for one in done.json["copies"]] == [("printed", None)] * 2
    for one in done.json["copies"]:
        assert (one["spool"]["overwritten"], one["spool"]["remains"], one["spool"]["clean"]) == (
            0,
            None,
            False,
        )
    assert service.jobs() == []
    kept = [name for name in service.left() if name not in before and name.startswith("d")]
    # What the service keeps is its administrator's to remove: nobody claims that it is gone.
    assert len(kept) == (0 if files == "No" else 2)
    assert ("keeps what it prints" in done.err) is (files == "Yes")


def test_an_ordinary_user_reads_that_only_root_may_look(world: World, service: Cups) -> None:
    service.again(limits=OWN_JOBS)
    document = final(world)
    words = ("print", document, "--copies", "1", "--printer", "good", *service.options)
    as_user = ordinary(world)
    plain = [word for word in world.words("an", *words) if word != "--json"]

    told = spawn(*plain, wrapper=as_user).expect()

    assert "nobody may look: run as root" in told.out


def test_an_ordinary_user_killed_while_printing_ends_the_own_job_with_the_next_command(
    world: World, service: Cups
) -> None:
    service.again(limits=OWN_JOBS)
    (service.out / "slow").write_text("20")
    document, draft = final(world, copies=2), world.draft()
    as_user = ordinary(world)
    begun, before = set(service.papers("slow-*.begun")), service.left()
    running = begin(world, service, document, "slow", 2, wrapper=as_user)
    until(lambda: set(service.papers("slow-*.begun")) - begun)

    running.kill()
    running.communicate()
    told = world.spawn_under(as_user, "dung", "draft", "discard", draft, "--why", "thử").expect()

    assert "was cut off" in told.err
    assert service.jobs() == []
    assert service.left() == before
    assert fates(world, document) == [(1, "unknown", "unknown"), (2, "unprinted", None)]
