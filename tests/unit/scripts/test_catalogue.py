import ast
import gettext
import io

from hypothesis import given
from hypothesis import strategies as st

from scripts.catalogue import CLICK_PLURAL, Sentence, compiled, fields, read, sentences, untranslated, write
from securedoc.cli.catalogue import Catalogue

OPENING = (
    '# glossary\nmsgid ""\nmsgstr ""\n'
    '"Content-Type: text/plain; charset=UTF-8\\n"\n'
    '"Plural-Forms: nplurals=1; plural=0;\\n"'
)
texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t", exclude_characters="{}"),
    min_size=1,
)


def _said(source: str) -> list[str | int]:
    return list(sentences(ast.parse(source)))


def test_errors_hints_messages_and_help_are_collected() -> None:
    source = (
        'raise KeyRefused("no {x}", x=1, hint="ask")\n'
        'message("two")\n'
        '@click.option("--a", help="three")\n'
        '@command("n", example="securedoc n")\n'
        'def n_command() -> None:\n    """Four."""\n'
    )

    assert sorted(map(str, _said(source))) == ["Four.", "ask", "no {x}", "three", "two"]


def test_both_branches_of_a_choice_and_a_constant_are_collected() -> None:
    assert _said('HINT = "a"\nerrors.KeyRefused("b" if x else "c", hint=HINT)') == ["b", "c", "a"]


def test_a_sentence_put_together_at_run_time_is_reported_by_its_line() -> None:
    assert _said('\nmessage(f"a {b}")') == [2]
    assert _said('message("a" + b)') == [1]


def test_fields_are_found_in_both_notations() -> None:
    assert fields("{a!r} of {b}, %(prog)s") == {"a", "b", "%(prog)s"}


@given(st.dictionaries(texts.map(str.strip).filter(bool), texts, max_size=5))
def test_a_catalogue_reads_back_what_was_written(translations: dict[str, str]) -> None:
    collected = {english: Sentence(english, ("a.py",)) for english in translations}

    opening, found = read(write(OPENING, collected, translations))

    assert opening == OPENING
    assert found == translations


def test_the_compiled_catalogue_is_what_gettext_reads() -> None:
    one, many = CLICK_PLURAL[0]
    binary = compiled(OPENING, {"one": "một", one: "vật", "not yet": ""})

    catalogue = gettext.GNUTranslations(io.BytesIO(binary))

    assert catalogue.gettext("one") == "một"
    assert catalogue.ngettext(one, many, 3) == "vật"
    assert catalogue.gettext("not yet") == "not yet"


def test_a_translation_that_lost_a_field_is_named() -> None:
    collected = {"no {x}": Sentence("no {x}", ("a.py",)), "two": Sentence("two", ("a.py",))}

    lines = untranslated(collected, {"no {x}": "không"})

    assert lines == [
        "a.py: other fields in the translation of 'no {x}'",
        "a.py: not translated: 'two'",
    ]


@given(st.dictionaries(texts, texts, max_size=20), texts)
def test_the_program_finds_in_it_what_gettext_finds(translations: dict[str, str], other: str) -> None:
    binary = compiled(OPENING, translations)
    theirs, ours = gettext.GNUTranslations(io.BytesIO(binary)), Catalogue(binary)

    for english in (*translations, other):
        assert ours.translate(english) == theirs.gettext(english)
    assert ours.translate("") == ""
