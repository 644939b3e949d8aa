import pytest

from securedoc.formats import names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("vn-2026.toml", "vn-2026.toml"),
        ("Văn thư", "=56=c4=83n=20th=c6=b0"),
        ("con", "=63on"),
        ("con.json", "=63on.json"),
        ("console.json", "console.json"),
        (".hidden", "=2ehidden"),
        ("..", "=2e=2e"),
        ("a.", "a=2e"),
        ("a=b", "a=3db"),
        ("../../etc", "=2e.=2f..=2fetc"),
    ],
)
def test_a_text_has_one_portable_name_and_the_name_gives_the_text_back(text: str, name: str) -> None:
    assert names.encode(text) == name
    assert names.decode(name) == text


@pytest.mark.parametrize("text", ["", "a" * (names.MAX_NAME_BYTES + 1), "ă" * 41])
def test_a_text_that_no_name_can_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="file name"):
        names.encode(text)


@pytest.mark.parametrize("name", ["=61", "A", "con", "=2Fx", "x.", ".x", "=c4", "a/b", "%41", ""])
def test_a_name_that_encode_never_writes_is_refused(name: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - UnicodeDecodeError is one of them
        names.decode(name)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/data/a",
        "data//a",
        "data/",
        "data/./a",
        "data/../a",
        "..",
        "C:/a",
        "data\\a",
        "data/a\nb",
        "data/a\x7f",
        "data/a\u202eb",
        "data/a.",
        "data/a ",
        "data/con?",
    ],
)
def test_a_path_that_could_leave_the_medium_or_no_stick_can_hold_is_unsafe(path: str) -> None:
    assert not names.is_safe_relative(path)


@pytest.mark.parametrize("path", ["data/pack-0001.tar", "bagit.txt", "data/keyring/=63on.json", "a/Ă b/c%"])
def test_an_ordinary_path_is_safe(path: str) -> None:
    assert names.is_safe_relative(path)


def test_paths_that_differ_only_in_case_are_the_same_file_on_a_stick() -> None:
    assert names.fold("data/Ă.TXT") == names.fold("data/ă.txt")
