import pytest

from securedoc.cli.language import choose, translator


@pytest.mark.parametrize(
    ("words", "environ", "language"),
    [
        ([], {}, "vi"),
        ([], {"LANG": "C.UTF-8"}, "vi"),
        ([], {"LANG": "en_GB.UTF-8"}, "en"),
        ([], {"LC_ALL": "vi_VN.UTF-8", "LANG": "en_GB.UTF-8"}, "vi"),
        ([], {"LC_MESSAGES": "en_US", "LANG": "vi_VN"}, "en"),
        ([], {"SECUREDOC_LANG": "en", "LANG": "vi_VN"}, "en"),
        (["--lang", "vi"], {"SECUREDOC_LANG": "en"}, "vi"),
        (["status", "--lang=en"], {}, "en"),
        (["--lang"], {}, "vi"),
        (["--lang", "fr"], {"LANG": "en_GB"}, "en"),
        (["--", "--lang", "en"], {}, "vi"),
    ],
)
def test_the_nearest_word_decides_the_language(
    words: list[str], environ: dict[str, str], language: str
) -> None:
    assert choose(words, environ) == language


def test_what_nobody_translated_stays_english() -> None:
    assert translator("vi")("a sentence that is in no catalogue") == "a sentence that is in no catalogue"


def test_the_empty_sentence_does_not_print_the_catalogue_header() -> None:
    assert translator("vi")("") == ""
