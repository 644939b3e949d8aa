"""Measures which copies can still be named: marked pages, degraded as copiers and scanners do, and read.

    python -m scripts.bench_marks [--seeds N] [--only WORD]

Every degradation is made from a seed: the same run gives the same pictures. What was measured, and when,
stands in docs/copy-marks.md.
"""

import argparse
import io
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from scripts import samples
from securedoc.core.copies import CodeKind
from securedoc.core.documents import Frame, Level
from securedoc.core.layouts import MarkShape
from securedoc.documents import copymarks, raster, scanning
from securedoc.documents.layout import Style, render
from securedoc.policy import packs

PPI: Final = 200
COPIER_PPI: Final = 300
MM_PER_INCH: Final = 25.4
SEEDS: Final = 10
_NOISE_OF_FOUR: Final = 36.8  # standard deviation of the mean of four even bytes

MARK: Final = MarkShape(20.0, 8.0, 1.0, 0.5, 13.0, "#c00000")
FRAME: Final = Frame(
    layout="nd30",
    kind="typed",
    superior="UBND tỉnh Mẫu",
    agency="UBND xã Mẫu",
    number_line="Số: 05/BC-UBND",
    place_and_date="Mẫu, ngày 05 tháng 02 năm 2027",
    type_name="Báo cáo",
    subject="Công tác bảo vệ bí mật nhà nước (MẪU)",
    mark_text="MẬT",
    level=Level("mat"),
    recipients_to=(),
    recipients_block=("- UBND tỉnh Mẫu (Bản số 01);", "- Lưu: VT (Bản số 02)."),
    recipients_notes=("Số lượng: 02 bản; không được phép sao, chụp.",),
    drafter_mark="",
    signer_capacity="TM. Ủy ban nhân dân",
    signer_title="Chủ tịch",
    signer_name="Lê Văn Mẫu",
    issued_on=date(2027, 2, 5),
    training=True,
)

Degrade = Callable[[Image.Image, random.Random], Image.Image]


# ---------------------------------------------------------------- what copiers and scanners do


def noisy(sigma: float) -> Degrade:
    """Add grey noise."""

    def degrade(page: Image.Image, rng: random.Random) -> Image.Image:
        count = page.width * page.height
        layers = [Image.frombytes("L", page.size, rng.randbytes(count)) for _ in range(4)]
        pairs = Image.blend(layers[0], layers[1], 0.5), Image.blend(layers[2], layers[3], 0.5)
        grain = Image.blend(*pairs, 0.5)
        grain = grain.point(
            [min(255, max(0, round(128 + (v - 128) * sigma / _NOISE_OF_FOUR))) for v in range(256)]
        )
        return ImageChops.add(page, grain, 1, -128)

    return degrade


def speckled(share: float) -> Degrade:
    """Turn a share of the pixels black or white."""

    def degrade(page: Image.Image, rng: random.Random) -> Image.Image:
        hit = Image.frombytes("L", page.size, rng.randbytes(page.width * page.height))
        salt = hit.point([255 if v < share * 128 else 0 for v in range(256)])
        pepper = hit.point([255 if v >= 256 - share * 128 else 0 for v in range(256)])
        return Image.composite(
            Image.new("L", page.size, 0), Image.composite(Image.new("L", page.size, 255), page, salt), pepper
        )

    return degrade


def turned(degrees: float) -> Degrade:
    """Lay the page crookedly, to either side."""

    def degrade(page: Image.Image, rng: random.Random) -> Image.Image:
        return page.rotate(
            rng.choice((-1, 1)) * degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=255
        )

    return degrade


def quarter(degrees: int) -> Degrade:
    """Put the page in sideways or upside down."""
    return lambda page, _: page.rotate(degrees, expand=True)


def scaled(share: float) -> Degrade:
    """Copy smaller or larger."""
    return lambda page, _: page.resize(
        (round(page.width * share), round(page.height * share)), Image.Resampling.BICUBIC
    )


def jpeg(quality: int) -> Degrade:
    """Save as JPEG."""

    def degrade(page: Image.Image, _: random.Random) -> Image.Image:
        out = io.BytesIO()
        page.save(out, "JPEG", quality=quality)
        return Image.open(out).convert("L")

    return degrade


def levels(black: int, white: int) -> Degrade:
    """Press the whole range between two greys."""
    return lambda page, _: page.point([round(black + v * (white - black) / 255) for v in range(256)])


def blurred(radius: float) -> Degrade:
    """Scan out of focus."""
    return lambda page, _: page.filter(ImageFilter.GaussianBlur(radius))


def two_tone(threshold: int) -> Degrade:
    """Scan as line art."""
    return lambda page, _: page.point([0 if v < threshold else 255 for v in range(256)])


def sheared(share: float) -> Degrade:
    """Pull the page askew, as a feeder does."""

    def degrade(page: Image.Image, rng: random.Random) -> Image.Image:
        pull = rng.choice((-1, 1)) * share
        shift = -pull * page.height / 2
        return page.transform(
            page.size,
            Image.Transform.AFFINE,
            (1, pull, shift, 0, 1, 0),
            Image.Resampling.BICUBIC,
            fillcolor=255,
        )

    return degrade


def folded(page: Image.Image, rng: random.Random) -> Image.Image:
    """Fold the lower left corner: a dark crease, lighter beside it, across the mark."""
    page = page.copy()
    draw = ImageDraw.Draw(page)
    y = page.height - round(rng.uniform(8, 16) / MM_PER_INCH * PPI)
    draw.line((0, y, page.width, y + rng.randint(-30, 30)), fill=150, width=2)
    draw.line((0, y + 3, page.width, y + 3 + rng.randint(-30, 30)), fill=225, width=2)
    return page


def torn(page: Image.Image, rng: random.Random) -> Image.Image:
    """Keep the lower left part of the page alone."""
    return page.crop(
        (
            0,
            round(page.height * rng.uniform(0.4, 0.8)),
            round(page.width * rng.uniform(0.4, 0.7)),
            page.height,
        )
    )


def stained(page: Image.Image, rng: random.Random) -> Image.Image:
    """Let a drop of coffee fall on the mark: a tenth of it in dark grey."""
    stain = Image.new("L", page.size, 255)
    x, y = rng.uniform(9, 21), 297 - rng.uniform(6, 18)
    box = [side / MM_PER_INCH * PPI for side in (x - 2.5, y - 2.5, x + 2.5, y + 2.5)]
    ImageDraw.Draw(stain).ellipse(box, fill=120)
    return ImageChops.multiply(page, stain.filter(ImageFilter.GaussianBlur(2)))


def photocopy(page: Image.Image, rng: random.Random) -> Image.Image:
    """Print and copy once more: optics, toner that runs or starves, grain, a slight turn, another size."""
    share = rng.uniform(0.985, 1.015)
    done = page.resize(
        (round(page.width * COPIER_PPI / PPI * share), round(page.height * COPIER_PPI / PPI * share)),
        Image.Resampling.BICUBIC,
    )
    done = done.filter(ImageFilter.GaussianBlur(rng.uniform(0.8, 1.3)))  # 0.07 to 0.11 mm
    done = done.rotate(rng.uniform(-0.7, 0.7), Image.Resampling.BICUBIC, fillcolor=255)
    done = noisy(18)(done, rng)
    middle = rng.randint(105, 165)
    done = done.point([min(255, max(0, round((v - middle) * 3 + 128))) for v in range(256)])
    done = done.filter(ImageFilter.GaussianBlur(0.6))
    return done.resize(
        (round(done.width * PPI / COPIER_PPI), round(done.height * PPI / COPIER_PPI)), Image.Resampling.BOX
    )


def after(*steps: Degrade) -> Degrade:
    """Take one step after another."""

    def degrade(page: Image.Image, rng: random.Random) -> Image.Image:
        for step in steps:
            page = step(page, rng)
        return page

    return degrade


CLASSES: Final[Mapping[str, Degrade]] = {
    "as printed": lambda page, _: page,
    "noise, σ 20": noisy(20),
    "noise, σ 40": noisy(40),
    "noise, σ 60": noisy(60),
    "2 % of pixels black or white": speckled(0.02),
    "5 % of pixels black or white": speckled(0.05),
    "turned 0.5°": turned(0.5),
    "turned 1°": turned(1),
    "turned 2°": turned(2),
    "turned 3°": turned(3),
    "turned 5°": turned(5),
    "sideways": quarter(90),
    "upside down": quarter(180),
    "other side": quarter(270),
    "scaled to 70 %": scaled(0.70),
    "scaled to 85 %": scaled(0.85),
    "scaled to 120 %": scaled(1.20),
    "scaled to 141 %": scaled(1.41),
    "JPEG, quality 80": jpeg(80),
    "JPEG, quality 50": jpeg(50),
    "JPEG, quality 30": jpeg(30),
    "greys 100 to 180 only": levels(100, 180),
    "faded to greys 170 to 250": levels(170, 250),
    "blur, 1 pixel": blurred(1),
    "blur, 1.5 pixels": blurred(1.5),
    "blur, 2 pixels": blurred(2),
    "line art, threshold 90": after(blurred(0.7), two_tone(90)),
    "line art, threshold 190": after(blurred(0.7), two_tone(190)),
    "askew by 2 %": sheared(0.02),
    "askew by 5 %": sheared(0.05),
    "folded across the mark": folded,
    "lower left part only": torn,
    "a stain on the mark": stained,
    "photocopy": photocopy,
    "photocopy of a photocopy": after(photocopy, photocopy),
    "third photocopy": after(photocopy, photocopy, photocopy),
    "second photocopy as line art": after(photocopy, photocopy, two_tone(128)),
    "second photocopy, JPEG 50": after(photocopy, photocopy, jpeg(50)),
    "second photocopy, turned 3°": after(photocopy, photocopy, turned(3)),
    "second photocopy, noise σ 30": after(photocopy, photocopy, noisy(30)),
    "second photocopy, at 70 %": after(scaled(0.7), photocopy, photocopy),
}


# ---------------------------------------------------------------- the pages, and reading them


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one class."""

    name: str
    pages: int
    read: int
    """Pages whose own code was read."""
    false: int
    """Codes read that were on no page."""
    slowest_s: float


def code_of(copy: int, page: int) -> str:
    """Return a code as long as real ones; its tag is made up."""
    tag = random.Random(copy * 1000 + page)  # noqa: S311 - for a sample
    end = "".join(tag.choice("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(12))
    return f"SD12026000123{copy:03d}{page:03d}P2026000017{end}"


@lru_cache(maxsize=1)
def plain() -> tuple[bytes, int]:
    """Lay out a report of three pages in the official frame."""
    final = render(samples.long_body(), FRAME, Style(packs.layout("nd30"), MARK)).final
    return final.pdf, final.pages


@lru_cache(maxsize=8)
def printed(kind: CodeKind, copy: int) -> tuple[tuple[str, Image.Image], ...]:
    """Print one copy: each page's code, and the page as a scanner of 200 dpi sees it."""
    pdf, pages = plain()
    codes = [code_of(copy, page) for page in range(1, pages + 1)]
    done = copymarks.marked(
        pdf, [copymarks.PageMark(f"Bản số {copy:02d}/05", code) for code in codes], code=kind
    )
    with raster.opened(done) as drawn:
        return tuple((code, drawn.draw(index, PPI)) for index, code in enumerate(codes))


def measure(
    kind: CodeKind = CodeKind.DATA_MATRIX, seeds: int = SEEDS, names: Iterable[str] = CLASSES
) -> Iterator[Row]:
    """Degrade and read pages, class by class."""
    copies = [printed(kind, copy) for copy in range(1, 4)]
    for name in names:
        yield _row(name, CLASSES[name], copies, seeds)


def _row(name: str, degrade: Degrade, copies: list[tuple[tuple[str, Image.Image], ...]], seeds: int) -> Row:
    read = false = 0
    slowest_s = 0.0
    for seed in range(seeds):
        pages = copies[seed % len(copies)]
        code, page = pages[seed // len(copies) % len(pages)]
        rng = random.Random(f"{name} {seed}")  # noqa: S311 - the same picture on every run
        worn = degrade(page, rng)
        began = time.perf_counter()
        said = scanning.codes(worn)
        slowest_s = max(slowest_s, time.perf_counter() - began)
        read += code in said
        false += len(said - {code})
    return Row(name, seeds, read, false, slowest_s)


def main() -> int:
    """Print a row for each class; end with 1 when a code was read that is on no page."""
    parser = argparse.ArgumentParser(description="Measure which copies can still be named.")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--only", default="", help="classes whose name holds this")
    parser.add_argument("--code", default="data-matrix", choices=["data-matrix", "qr"])
    said = parser.parse_args()
    false = 0
    print("| page | read | false | slowest |\n|---|---|---|---|")
    for row in measure(CodeKind(said.code), said.seeds, [name for name in CLASSES if said.only in name]):
        false += row.false
        print(f"| {row.name} | {row.read}/{row.pages} | {row.false} | {row.slowest_s:.1f} s |", flush=True)
    return 1 if false else 0


if __name__ == "__main__":
    sys.exit(main())
