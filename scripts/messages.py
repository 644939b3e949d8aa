"""Brings the Vietnamese catalogue up to date and says what is not translated yet."""

import sys

from scripts.catalogue import CATALOGUE, collect, compiled, of_click, read, untranslated, write


def main() -> int:
    """Rewrite the catalogue, keep its translations, drop what nobody says any more."""
    opening, translations = read(CATALOGUE.read_text("utf-8"))
    collected = collect()
    text = write(opening, collected, translations)
    CATALOGUE.write_text(text, "utf-8")
    opening, translations = read(text)
    CATALOGUE.with_suffix(".mo").write_bytes(compiled(opening, translations))
    CATALOGUE.with_name("click.mo").write_bytes(compiled(opening, of_click(translations)))
    missing = untranslated(collected, translations)
    print(*missing, sep="\n")
    print(f"{len(collected)} sentences, {len(missing)} to translate")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
