"""One entry is proven by a small file, without the vault; what it rests on is said."""

import base64
from pathlib import Path

import pytest

from securedoc.formats import merkle
from tests.support.cli import Ran, run
from tests.support.office import World, found_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = found_world(tmp_path_factory.mktemp("proofs"))
    for _ in range(3):
        world.draft()
    return world


def proven(world: World, name: str, entry: int = 2, *more: str | Path) -> tuple[Path, str]:
    out = world.root / name
    said = world.ok("an", "ledger", "prove", str(entry), "--out", out, *more)
    return out, str(said["signer_key"])


def verify(proof: Path, *more: str | Path) -> Ran:
    return run("--json", "ledger", "verify", "--proof", proof, *more)


def test_a_proof_rests_on_the_key_of_who_signed(world: World) -> None:
    proof, key = proven(world, "by-key")

    done = verify(proof, "--signer", key).expect().json

    assert (done["entry"], done["act"]) == (2, "draft.created")
    assert done["signed_by"] == [key.partition("+")[0]]


def test_a_proof_rests_on_a_checkpoint_that_somebody_kept(world: World) -> None:
    kept = world.root / "kept.txt"
    world.ok("phuc", "ledger", "checkpoint", "--out", kept)
    world.draft()
    late, _ = proven(world, "late")
    fitting, _ = proven(world, "fitting", 2, "--at", kept)

    verify(late, "--anchor", kept).expect(56)
    done = verify(fitting, "--anchor", kept).expect().json

    assert (done["anchored"], done["signed_by"]) == (True, [])


def test_a_proof_that_rests_on_nothing_is_no_proof(world: World) -> None:
    proof, _ = proven(world, "nothing")

    said = verify(proof).expect(56)

    assert "could not be checked" in said.err


def test_an_entry_after_the_checkpoint_is_not_proven_under_it(world: World) -> None:
    kept = world.root / "early.txt"
    world.ok("phuc", "ledger", "checkpoint", "--out", kept)
    world.draft()
    newest = world.ok("phuc", "ledger", "entries")["size"] - 1

    world.run("an", "ledger", "prove", str(newest), "--at", kept, "--out", world.root / "none").expect(51)


def test_another_officers_key_proves_nothing(world: World) -> None:
    proof, key = proven(world, "another")
    name, _, _ = key.partition("+")
    material = bytes([1]) + bytes(32)
    from securedoc.formats.note import Algorithm, key_id  # noqa: PLC0415 - forges one key

    forged = (
        f"{name}+{key_id(name, Algorithm.ED25519, bytes(32)).hex()}+{base64.b64encode(material).decode()}"
    )

    verify(proof, "--signer", forged).expect(54)
    verify(proof, "--signer", "no key at all").expect(53)


@pytest.mark.parametrize("line", ["extra", "index", "hash", "checkpoint"])
def test_a_proof_altered_in_any_part_is_refused(world: World, line: str) -> None:
    proof, key = proven(world, f"altered-{line}")
    lines = proof.read_text("utf-8").split("\n")
    if line == "extra":
        body = (
            base64.b64decode(lines[1].removeprefix("extra "))
            .replace(b'"an"', b'"em"')
            .replace(b'"dung"', b'"binh"')
        )
        lines[1] = "extra " + base64.b64encode(body).decode()
    elif line == "index":
        lines[2] = "index 1"
    elif line == "hash":
        lines[3] = base64.b64encode(bytes(merkle.HASH_BYTES)).decode()
    else:
        at = lines.index("") + 3
        lines[at] = base64.b64encode(bytes(merkle.HASH_BYTES)).decode()
    proof.write_text("\n".join(lines), "utf-8")

    assert verify(proof, "--signer", key).code in {53, 54}


def test_what_is_no_proof_is_named(world: World) -> None:
    other = world.write("other.txt", b"not a proof")

    verify(other).expect(53)
    verify(world.root / "absent").expect(51)


def test_a_signer_belongs_to_a_proof(world: World) -> None:
    world.run("an", "ledger", "verify", "--signer", "x").expect(2)
