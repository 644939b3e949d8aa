"""Knows which language a person is spoken to in, and finds the words."""

import gettext
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Final

LANGUAGES: Final = ("vi", "en")
DOMAIN: Final = "securedoc"
CATALOGUES: Final = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "locale")  # noqa: PTH100, PTH118, PTH120 - pathlib costs --help 5 ms

Translate = Callable[[str], str]


def same(template: str) -> str:
    """Return the template as it is: the English that the source is written in."""
    return template


def choose(words: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return the language asked for by `--lang`, then SECUREDOC_LANG, then the locale; else Vietnamese.

    The words are read before they are parsed, so that help and usage errors are in that language too;
    a wrong value is refused by the parser afterwards.
    """
    asked = _option(words) or environ.get("SECUREDOC_LANG", "")
    if asked in LANGUAGES:
        return asked
    settings = (environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next((setting for setting in settings if setting), "")
    return "en" if locale.startswith("en") else "vi"


def _option(words: Sequence[str]) -> str | None:
    for index, word in enumerate(words):
        if word == "--":
            return None
        if word == "--lang":
            return words[index + 1] if index + 1 < len(words) else None
        if word.startswith("--lang="):
            return word.removeprefix("--lang=")
    return None


def translator(language: str) -> Translate:
    """Return what turns an English template into `language`; a sentence nobody translated stays English."""
    catalogue = gettext.translation(DOMAIN, CATALOGUES, [language], fallback=True)

    def translate(template: str) -> str:
        # gettext keeps the catalogue's header under the empty string.
        return catalogue.gettext(template) if template else template

    return translate


def speak(language: str) -> None:
    """Make click's own sentences come out in `language`; it asks gettext, which asks the environment."""
    os.environ["LANGUAGE"] = language
    gettext.bindtextdomain(DOMAIN, CATALOGUES)
    gettext.textdomain(DOMAIN)
