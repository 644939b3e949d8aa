"""Which fonts are trusted with Vietnamese."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from securedoc.documents.engine import Drawing
from securedoc.documents.fonts import NEEDED_LETTERS, choose
from securedoc.errors import DocumentRefused

TINOS = ("Tinos-Regular.ttf", "Tinos-Bold.ttf", "Tinos-Italic.ttf", "Tinos-BoldItalic.ttf")
LIBERATION = tuple(name.replace("Tinos", "LiberationSerif") for name in TINOS)
CROSCORE = Path("/usr/share/fonts/truetype/croscore")
LIBERATION_2 = Path("/usr/share/fonts/truetype/liberation2")

needs_tinos = pytest.mark.skipif(not CROSCORE.is_dir(), reason="fonts-croscore is not installed")
needs_liberation = pytest.mark.skipif(not LIBERATION_2.is_dir(), reason="fonts-liberation2 is not installed")


def copied(source: Path, names: tuple[str, ...], into: Path) -> Path:
    """Copy font files into a directory of their own."""
    into.mkdir(parents=True)
    for name in names:
        shutil.copyfile(source / name, into / name)
    return into


def test_every_letter_with_every_tone_is_needed() -> None:
    assert {"Ệ", "ậ", "ỡ", "Ữ", "ỵ", "đ", "₫"} <= NEEDED_LETTERS


@needs_tinos
def test_a_complete_family_is_chosen_and_pinned(tmp_path: Path) -> None:
    copied(CROSCORE, TINOS, tmp_path / "fonts")

    found = choose((tmp_path,))

    assert found.family == "Tinos"
    assert [file.path.name for file in found.files] == list(TINOS)
    assert found.warning is None


@needs_tinos
def test_a_family_that_lacks_a_style_is_passed_over(tmp_path: Path) -> None:
    copied(CROSCORE, TINOS[:3], tmp_path / "fonts")

    assert choose((tmp_path,)).warning is not None


@needs_liberation
def test_liberation_serif_2_is_good_enough(tmp_path: Path) -> None:
    copied(LIBERATION_2, LIBERATION, tmp_path / "fonts")

    assert choose((tmp_path,)).family == "Liberation Serif"


@needs_liberation
def test_liberation_serif_1_is_never_used(tmp_path: Path) -> None:
    into = copied(LIBERATION_2, LIBERATION, tmp_path / "fonts")
    with TTFont(into / LIBERATION[0]) as font:
        font["head"].fontRevision = 1.07
        font.save(into / LIBERATION[0])

    assert choose((tmp_path,)).files == ()


@needs_tinos
def test_a_font_that_lacks_vietnamese_letters_is_never_used(tmp_path: Path) -> None:
    into = copied(CROSCORE, TINOS, tmp_path / "fonts")
    with TTFont(into / TINOS[1]) as font:
        for table in font["cmap"].tables:
            table.cmap.pop(ord("Ệ"), None)
        font.save(into / TINOS[1])

    assert choose((tmp_path,)).files == ()


@needs_tinos
def test_a_font_that_may_not_be_embedded_is_never_used(tmp_path: Path) -> None:
    into = copied(CROSCORE, TINOS, tmp_path / "fonts")
    with TTFont(into / TINOS[0]) as font:
        font["OS/2"].fsType = 2
        font.save(into / TINOS[0])

    assert choose((tmp_path,)).files == ()


@needs_tinos
def test_a_file_that_only_bears_the_name_is_never_used(tmp_path: Path) -> None:
    into = copied(CROSCORE, TINOS, tmp_path / "fonts")
    (into / TINOS[2]).write_bytes(b"not a font")

    assert choose((tmp_path,)).files == ()


@needs_tinos
def test_a_second_file_of_the_same_family_is_refused(tmp_path: Path) -> None:
    into = copied(CROSCORE, TINOS, tmp_path / "fonts")
    found = choose((tmp_path,))
    shutil.copyfile(CROSCORE / TINOS[0], into / "old-tinos.ttf")

    with pytest.raises(DocumentRefused, match="gives the family Tinos a second time"):
        Drawing("x", {}, found, date(2027, 1, 1)).pdf()


def test_a_directory_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    assert choose((tmp_path / "nothing",)).directory is None
