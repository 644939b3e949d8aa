"""Knows which language a person is spoken to in, and finds the words."""

import gettext
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from securedoc.cli.catalogue import Catalogue

LANGUAGES: Final = ("vi", "en")
CLICK_DOMAIN: Final = "click"
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
    path = os.path.join(CATALOGUES, language, "LC_MESSAGES", "securedoc.mo")  # noqa: PTH118 - as above
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as above
            return Catalogue(file.read()).translate
    except FileNotFoundError:
        return same


_current: Translate = same


def speak(language: str) -> Translate:
    """Let the program speak `language`, click's own sentences included, and return its translator.

    click asks gettext, and gettext asks the environment; a catalogue of its own keeps that short.
    """
    global _current  # noqa: PLW0603 - one process speaks to one person
    os.environ["LANGUAGE"] = language
    gettext.bindtextdomain(CLICK_DOMAIN, CATALOGUES)
    gettext.textdomain(CLICK_DOMAIN)
    _current = translator(language)
    return _current


def _(template: str) -> str:
    """Return a sentence of the command line itself in the language that is spoken."""
    return _current(template)
