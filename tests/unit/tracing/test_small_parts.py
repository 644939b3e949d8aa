import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securedoc.core.documents import DocumentId
from securedoc.core.secret import Secret
from securedoc.crypto import objects
from securedoc.system.traces.places import Holds, Place, Sign
from securedoc.system.traces.reaching import Identity
from securedoc.system.traces.walk import Met
from securedoc.tracing import remnants, scanning
from securedoc.tracing.cleaning import plan
from securedoc.tracing.fingerprints import Match
from securedoc.tracing.gathering import plain_sizes
from securedoc.tracing.names import Named
from securedoc.tracing.past import Opening, Past
from securedoc.tracing.remnants import Certainty, Cleaning
from tests.support.system import fake_tree

ONE = DocumentId("D-2026-000001")


def met(sign: Sign, holds: Holds, name: str = "a") -> Met:
    home = Path("/home/x")
    return Met(str(home / name), home, Place(sign, holds), Identity(1, 1, 1, 1), 0.0, shared=False)


@given(size=st.one_of(st.integers(0, 70_000), st.sampled_from([16383, 16384, 16385, 32768])))
def test_the_size_of_a_sealed_object_tells_the_size_it_had(size: int) -> None:
    sealed = sum(map(len, objects.encrypt(Secret(b"k" * 32), b"", [bytes(size)])))

    assert size in list(plain_sizes(sealed))


@pytest.mark.parametrize(
    ("own", "of_text", "of_document", "holds", "certainty"),
    [
        (20, 22, 24, Holds.FILE, Certainty.CERTAIN),
        (20, 100, 24, Holds.FILE, Certainty.LIKELY),  # a file with much else in it
        (20, 22, 100, Holds.FILE, Certainty.LIKELY),  # a page of a long document
        (3, 3, 3, Holds.FILE, Certainty.LIKELY),  # too little to be sure
        (20, 22, 100, Holds.COPY, Certainty.CERTAIN),
        (3, 40, 100, Holds.COPY, Certainty.LIKELY),
        (20, 22, 24, Holds.STORE, Certainty.CERTAIN),
    ],
)
def test_what_is_removed_unasked_is_little_but_the_document(
    own: int, of_text: int, of_document: int, holds: Holds, certainty: Certainty
) -> None:
    match = Match(0, own, own, of_text, of_document)

    assert remnants.by_content(met(Sign.EDITOR_BACKUP, holds), ONE, match).certainty is certainty


@pytest.mark.parametrize(
    ("sign", "holds", "named", "certainty", "clean"),
    [
        (Sign.RECENT_FILES, Holds.LIST, Named.IDENTIFIER, Certainty.CERTAIN, Cleaning.REWRITE),
        (Sign.RECENT_FILES, Holds.LIST, Named.NUMBER, Certainty.LIKELY, Cleaning.REWRITE),
        (Sign.EDITOR_LOCK, Holds.COPY, Named.IDENTIFIER, Certainty.CERTAIN, Cleaning.SHRED),
        (Sign.COPY, Holds.FILE, Named.IDENTIFIER, Certainty.LIKELY, Cleaning.SHRED),
        (Sign.SYSTEM_LOG, Holds.STORE, Named.IDENTIFIER, Certainty.CERTAIN, Cleaning.BY_HAND),
    ],
)
def test_a_name_alone_makes_no_persons_file_certain(
    sign: Sign, holds: Holds, named: Named, certainty: Certainty, clean: Cleaning
) -> None:
    remnant = remnants.by_name(met(sign, holds), ONE, named)

    assert (remnant.certainty, remnant.clean) == (certainty, clean)
    assert not remnant.plaintext


def test_everything_that_no_program_can_clean_says_what_to_do() -> None:
    for sign in Sign:
        remnant = remnants.by_place(sign, Path("/x"))

        assert remnant.cannot is not None


def test_a_plan_puts_every_remnant_in_one_group() -> None:
    found = [
        remnants.by_name(met(Sign.EDITOR_LOCK, Holds.COPY, "1"), ONE, Named.IDENTIFIER),
        remnants.by_name(met(Sign.RECENT_FILES, Holds.LIST, "2"), ONE, Named.IDENTIFIER),
        remnants.by_name(met(Sign.COPY, Holds.FILE, "3"), ONE, Named.NUMBER),
        remnants.by_time(met(Sign.TRASH, Holds.FILE, "4"), ONE),
        remnants.by_place(Sign.SWAP, Path("/dev/sda2")),
    ]

    planned = plan(found)

    groups = (planned.shred, planned.rewrite, planned.ask, planned.by_hand)
    assert [len(group) for group in groups] == [1, 1, 2, 1]


def test_a_moment_falls_into_the_sessions_that_were_open() -> None:
    past = Past([Opening(ONE, 10, 20), Opening(ONE, 15, float("inf")), Opening(ONE, 90, 100)], {})

    assert [one.begins_s for one in past.during(12)] == [10]
    assert [one.begins_s for one in past.during(18)] == [10, 15]
    assert [one.begins_s for one in past.during(50)] == [15]
    assert list(past.during(5)) == []


def test_root_looks_into_the_homes_of_people_and_each_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwd = (
        "root:x:0:0::/root:/bin/sh\ndaemon:x:1:1::/usr/sbin:/bin/sh\nan:x:1000:1000::/home/an:/bin/sh\n"
        "inner:x:1001:1001::/home/an/inner:/bin/sh\nnone:x:1002:1002::/home/none:/bin/sh\nbad line\n"
        "top:x:1003:1003::/:/bin/sh\n"
    )
    root = fake_tree(
        tmp_path, {"etc/passwd": passwd, "root": "/", "home/an": "/", "home/an/inner": "/", "usr/sbin": "/"}
    )
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    homes = {str(home.relative_to(root)) for home in scanning.homes_of(root)}

    assert homes == {"root", "home/an"}


def test_nobody_else_looks_into_other_homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert scanning.homes_of(tmp_path) == ()
