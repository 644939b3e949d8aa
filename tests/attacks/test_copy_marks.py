"""A forged, borrowed or booby-trapped page never makes somebody else's copy the leak."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter

from securedoc.core.copies import CodeKind
from securedoc.core.entries import Act
from securedoc.documents import apart, matrix
from securedoc.documents.copymarks import PageMark, marked
from securedoc.errors import DocumentMalformed, DocumentRefused, SecuredocError
from securedoc.system import process
from tests.support import pdfattack
from tests.support.marks import codes, marks, opened, page, saved, scanned, with_codes
from tests.support.office import World, found_world
from tests.support.signing import document
from tests.support.system import needs_bwrap


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A training office with one issued document."""
    root = tmp_path_factory.mktemp("marks")
    root.chmod(0o700)
    world = found_world(root)
    world.issued()
    return world


@pytest.fixture(scope="module")
def genuine(world: World) -> tuple[str, ...]:
    """The codes of the second copy."""
    with opened(world) as office:
        return codes(office, "D-2026-000001")


def _scan(world: World, *said: str) -> Path:
    return world.write("scan.png", saved(_side_by_side(said)))


def _side_by_side(said: tuple[str, ...]) -> Image.Image:
    sheet = Image.new("L", (1654, 2339), 255)
    for number, code in enumerate(said):
        (one,) = scanned(with_codes([code]))
        sheet.paste(one.crop((0, 2180, 420, 2339)), (400 * number, 2180))
    return sheet


def _entries(world: World) -> list[str]:
    with opened(world, "phuc") as office:
        return [str(entry.about) for entry in office.ledger.entries() if entry.act is Act.COPY_IDENTIFIED]


def test_the_code_of_another_vault_names_nobody_here(world: World, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    other = found_world(tmp_path)
    other.issued()
    with opened(other) as office:
        foreign = codes(office, "D-2026-000001")[0]
    before = _entries(world)

    ran = world.run("phuc", "copy", "identify", _scan(world, foreign)).expect(34)

    assert [one["valid"] for one in ran.json["copies"]] == [False]
    assert "not made by this vault" in ran.error["message"]
    assert _entries(world) == before


def test_another_copy_number_under_the_same_tag_is_found_out(world: World, genuine: tuple[str, ...]) -> None:
    blamed = genuine[0][:13] + "001" + genuine[0][16:]

    ran = world.run("phuc", "copy", "identify", _scan(world, blamed)).expect(34)

    assert [(one["copy"], one["valid"]) for one in ran.json["copies"]] == [(1, False)]


def test_a_forged_code_beside_the_true_one_hides_nothing(world: World, genuine: tuple[str, ...]) -> None:
    blamed = genuine[0][:13] + "001" + genuine[0][16:]

    ran = world.run("phuc", "copy", "identify", _scan(world, genuine[0], blamed)).expect(34)

    assert {(one["copy"], one["valid"]) for one in ran.json["copies"]} == {(2, True), (1, False)}
    assert len(ran.json["entries"]) == 1


def test_two_true_codes_on_one_page_are_both_named(world: World, genuine: tuple[str, ...]) -> None:
    with opened(world) as office:
        third = codes(office, "D-2026-000001", copy=3)[0]

    ran = world.run("phuc", "copy", "identify", _scan(world, genuine[0], third)).expect(0)

    assert {(one["copy"], one["valid"]) for one in ran.json["copies"]} == {(2, True), (3, True)}
    assert len(ran.json["entries"]) == 2


@pytest.mark.parametrize(
    "text", ["SD1\x1b]0;x\x07", "SD1\r\n2026", "https://example.invalid/", "SD1" + "0" * 59]
)
def test_a_code_that_says_something_else_never_reaches_the_terminal(world: World, text: str) -> None:
    drawn = matrix.modules(text, CodeKind.DATA_MATRIX)
    picture = Image.new("L", (len(drawn) + 8, len(drawn) + 8), 255)
    for y, row in enumerate(drawn):
        for x, dark in enumerate(row):
            picture.putpixel((x + 4, y + 4), 0 if dark else 255)
    scan = world.write("other.png", saved(picture.resize((picture.width * 9, picture.height * 9), 0)))

    ran = world.run("phuc", "copy", "identify", scan).expect(31)

    assert ran.out == ""
    assert "\x1b" not in ran.err
    assert "no copy code could be read" in ran.error["message"]


def _answers(monkeypatch: pytest.MonkeyPatch, output: bytes, code: int = 0) -> None:
    finished = process.Finished(code, output, b"")
    monkeypatch.setattr(process, "run", lambda *_, **__: finished)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b"[" * 100_000,
        json.dumps({"pages": 1, "codes": [[2, "SD1"]], "unread": []}).encode(),
        json.dumps({"pages": 1, "codes": [[True, 7]], "unread": []}).encode(),
        json.dumps({"pages": 1, "codes": [[1, "x" * 65]], "unread": []}).encode(),
        json.dumps({"pages": 10**9, "codes": [], "unread": []}).encode(),
        json.dumps({"pages": 1, "codes": [], "unread": [-1]}).encode(),
        json.dumps({"pages": "1", "codes": [], "unread": []}).encode(),
        json.dumps({"refused": {"template": "{x}"}}).encode(),
    ],
)
def test_a_decoder_taken_over_by_its_file_answers_in_vain(
    answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answers(monkeypatch, answer)

    with pytest.raises(DocumentMalformed):
        apart.read_codes(b"scan")


@pytest.mark.parametrize(
    "answer",
    [
        {"places": []},
        {"places": [[1.0, 2.0, False], [1.0, 2.0, False]]},
        {"places": [[-1.0, 2.0, False]]},
        {"places": [[1e9, 2.0, False]]},
        {"places": [["1 0 0 rg", 2.0, False]]},
        {"places": [[float("nan"), 2.0, False]]},
        {"places": {"0": 1}},
    ],
)
def test_a_place_that_is_none_is_not_drawn_at(answer: object, monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, json.dumps(answer).encode())

    with pytest.raises(DocumentMalformed):
        apart.free_places(b"pdf", 1, 10, 10)


def test_a_decoder_that_dies_is_the_files_fault_and_nobody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, b'{"pages": 1, "codes": [], "unread": []}', code=-11)

    with pytest.raises(DocumentMalformed, match="broke the program"):
        apart.read_codes(b"scan")


@needs_bwrap
def test_the_process_that_looks_sees_no_file_of_the_vault_and_no_network(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"MAU")
    spy = (
        "import os\n"
        f"print(os.path.exists({str(secret)!r}), os.path.exists('/home'), os.path.exists('/etc/passwd'))\n"
        "print(*(line.split(':')[0].strip() for line in list(open('/proc/net/dev'))[2:]))\n"
    )

    done = process.run(apart._wrapped([sys.executable, "-I", "-c", spy]), cwd=Path("/"), timeout_s=30)

    assert done.output.decode().splitlines() == ["False False False", "lo"], done.errors


def test_a_file_that_needs_too_much_memory_ends_its_own_process_alone(tmp_path: Path) -> None:
    greedy = (
        "import resource\n"
        "from securedoc.documents import looking\n"
        "looking._answer = lambda *_: [bytes(64 << 20) for _ in range(99)]\n"
        "looking.main()\n"
    )

    done = process.run([sys.executable, "-c", greedy, "codes"], cwd=tmp_path, timeout_s=60)

    assert done.code == 0, done.errors
    assert json.loads(done.output) == {"refused": "memory"}


HARMS: dict[str, Callable[[PdfWriter], None]] = {
    "script when opened": pdfattack.add_open_action,
    "script of the page": pdfattack.add_page_action,
    "named script": pdfattack.add_named_script,
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_what_acts_does_not_reach_the_printer(harm: Callable[[PdfWriter], None]) -> None:
    pdf = pdfattack.updated(document(), harm)
    assert b"JavaScript" in pdf
    count = len(PdfReader(io.BytesIO(pdf)).pages)

    done = marked(pdf, marks(count), code=CodeKind.DATA_MATRIX)

    assert b"JavaScript" not in done
    assert b"/AA" not in done
    assert "/OpenAction" not in PdfReader(io.BytesIO(done)).root_object


def _looping() -> bytes:
    return page().replace(b"/Kids [", b"/Kids [ 1 0 R 2 0 R 1 0 R ", 1)


@pytest.mark.parametrize(
    "pdf",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"%PDF-1.7\n%%EOF", id="nothing in it"),
        pytest.param(page()[:300], id="cut off"),
        pytest.param(_looping(), id="pages in a circle"),
        pytest.param(page(pages=3000), id="thousands of pages"),
        pytest.param(b"PK\x03\x04" + bytes(99), id="no PDF"),
        pytest.param(page().replace(b"/MediaBox", b"/MediaBax"), id="no size"),
    ],
)
def test_a_hostile_pdf_is_refused_by_name(pdf: bytes) -> None:
    with pytest.raises(SecuredocError) as caught:
        marked(pdf, [PageMark("Bản số 02/05", "SD1ABC")], code=CodeKind.DATA_MATRIX)
    assert isinstance(caught.value, DocumentMalformed | DocumentRefused)


def test_a_page_that_was_marked_before_keeps_both_marks() -> None:
    """Nor does a page that only calls something of its own by the name of our mark lose the mark."""
    done = marked(page(), marks(1), code=CodeKind.DATA_MATRIX)
    again = marked(done, marks(1, copy=3), code=CodeKind.DATA_MATRIX)

    (seen,) = scanned(again)
    assert set(matrix.read(seen)) == {marks(1)[0].code, marks(1, copy=3)[0].code}
