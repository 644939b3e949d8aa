"""Reading a scan: every kind of file, every bound, and pages as worn as was measured."""

import io
import random

import pytest
from PIL import Image

from scripts import bench_marks
from securedoc.core.copies import CodeKind
from securedoc.documents import apart, scanlimits
from securedoc.documents.copymarks import marked
from securedoc.errors import DocumentMalformed, DocumentRefused
from securedoc.system import sandbox
from tests.support.docxforge import picture_bomb
from tests.support.marks import marks, page, report, saved, scanned

CODE = marks(1)[0].code or ""


@pytest.fixture(scope="module")
def scan() -> Image.Image:
    """One marked page of the report, as a scanner of 200 dpi sees it."""
    pdf, count = report()
    return scanned(marked(pdf, marks(count), code=CodeKind.DATA_MATRIX))[0]


MODES = {
    "PNG": ("1", "L", "RGB", "P", "RGBA", "I;16"),
    "JPEG": ("1", "L", "RGB", "CMYK"),
    "TIFF": ("1", "L", "RGB", "CMYK", "P", "RGBA", "I;16"),
    "PDF": ("1", "L", "RGB", "CMYK", "P"),
}
"""What Pillow can write; a scanner writes fewer."""


@pytest.mark.parametrize(("form", "mode"), [(form, mode) for form, modes in MODES.items() for mode in modes])
def test_every_kind_of_scan_is_read(scan: Image.Image, form: str, mode: str) -> None:
    wide = scan.convert("I").point(lambda value: value * 256) if mode == "I;16" else scan
    data = saved(wide.convert(mode), form, **({"resolution": 200} if form == "PDF" else {}))

    assert apart.read_codes(data) == apart.Seen(1, ((1, CODE),), ())


def test_a_scan_of_many_pages_says_which_had_no_code(scan: Image.Image) -> None:
    blank = Image.new("L", scan.size, 255)
    out = io.BytesIO()
    scan.save(out, "TIFF", save_all=True, append_images=[blank, scan])

    assert apart.read_codes(out.getvalue()) == apart.Seen(3, ((1, CODE), (3, CODE)), (2,))


def test_two_codes_on_one_page_are_both_reported(scan: Image.Image) -> None:
    pdf, count = report()
    other = scanned(marked(pdf, marks(count, copy=3), code=CodeKind.DATA_MATRIX))[0]
    both = scan.copy()
    both.paste(other.crop((0, 2180, 420, 2339)), (1000, 20))

    assert {said for _, said in apart.read_codes(saved(both)).codes} == {CODE, marks(1, copy=3)[0].code}


def test_the_answer_comes_from_a_sandboxed_process_where_there_is_one(
    scan: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_sandbox = apart.read_codes(saved(scan))
    monkeypatch.setattr(sandbox, "probe", lambda: "no bubblewrap")

    assert apart.read_codes(saved(scan)) == with_sandbox


def _pages_tiff(count: int) -> bytes:
    out = io.BytesIO()
    tiny = Image.new("1", (8, 8), 1)
    tiny.save(out, "TIFF", save_all=True, append_images=[tiny] * (count - 1))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(picture_bomb(60_000, 60_000), "more than 40000000 pixels", id="picture bomb"),
        pytest.param(_pages_tiff(scanlimits.MAX_PAGES + 1), "more than 100 pages", id="TIFF of many pages"),
        pytest.param(page(10, 10, pages=3000), "more than 100 pages", id="PDF of thousands of pages"),
        pytest.param(page(5000, 5000), "more than 40000000 pixels", id="PDF page of five metres"),
    ],
)
def test_a_scan_beyond_a_bound_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(DocumentRefused, match=said):
        apart.read_codes(data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param("Kính gửi".encode() * 9, id="text"),
        pytest.param(saved(Image.new("L", (99, 99)), "GIF"), id="GIF"),
        pytest.param(saved(Image.effect_noise((99, 99), 9), "PNG")[:900], id="cut off"),
        pytest.param(saved(Image.effect_noise((99, 99), 9), "TIFF")[:900], id="TIFF cut off"),
        pytest.param(b"%PDF-1.7\nnothing", id="PDF of nothing"),
        pytest.param(b"%PDF-1.7\n" + bytes(range(256)) * 999, id="PDF of noise"),
    ],
)
def test_what_is_no_scan_is_malformed(data: bytes) -> None:
    with pytest.raises(DocumentMalformed):
        apart.read_codes(data)


@pytest.mark.parametrize("seed", range(30))
def test_a_damaged_scan_ends_in_an_answer_or_a_named_error(scan: Image.Image, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - the same damage on every run
    data = bytearray(saved(scan, ("PNG", "JPEG", "TIFF")[seed % 3]))
    for _ in range(20):
        data[rng.randrange(min(len(data), 2000))] = rng.randrange(256)

    try:
        said = {text for _, text in apart.read_codes(bytes(data)).codes}
    except (DocumentMalformed, DocumentRefused):
        return
    assert said <= {CODE}


# ---------------------------------------------------------------- what was measured, with a margin

ALWAYS = (
    "as printed",
    "noise, σ 40",
    "2 % of pixels black or white",
    "turned 2°",
    "turned 5°",
    "sideways",
    "upside down",
    "scaled to 70 %",
    "scaled to 141 %",
    "JPEG, quality 30",
    "greys 100 to 180 only",
    "blur, 1.5 pixels",
    "line art, threshold 90",
    "line art, threshold 190",
    "askew by 2 %",
    "lower left part only",
    "photocopy",
)


def test_an_ordinary_scan_is_always_named() -> None:
    for row in bench_marks.measure(seeds=1, names=ALWAYS):
        assert (row.read, row.false) == (row.pages, 0), row.name


def test_a_photocopy_of_a_photocopy_is_named() -> None:
    (row,) = bench_marks.measure(seeds=4, names=["photocopy of a photocopy"])

    assert row.false == 0
    assert row.read >= 3


@pytest.mark.slow
@pytest.mark.parametrize("kind", [CodeKind.DATA_MATRIX, CodeKind.QR])
def test_no_degradation_ever_names_another_copy(kind: CodeKind) -> None:
    rows = list(bench_marks.measure(kind))

    assert len(rows) == len(bench_marks.CLASSES)
    assert sum(row.false for row in rows) == 0
    assert sum(row.read for row in rows) >= 0.95 * sum(row.pages for row in rows)
