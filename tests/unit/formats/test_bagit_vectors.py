import contextlib
from pathlib import Path

import pytest

from securedoc.formats import bagit
from securedoc.formats.bagit import BagMalformed
from tests.vectors import generate_bagit

VECTORS = sorted((Path(__file__).parents[2] / "vectors/bagit").glob("*/*.txt"))


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_vector_is_judged_as_it_says(path: Path) -> None:
    head, _, data = path.read_bytes().partition(b"\n\n")
    fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
    expected = pytest.raises(BagMalformed) if fields["expect"] == "malformed" else contextlib.nullcontext()

    with expected:
        if fields["file"] == bagit.INFO_FILE:
            assert bagit.parse_info(data)
        else:
            assert bagit.parse_manifest(data, file=fields["file"])


def test_the_vectors_are_what_their_script_writes() -> None:
    assert {path: path.read_bytes() for path in VECTORS} == generate_bagit.files()
