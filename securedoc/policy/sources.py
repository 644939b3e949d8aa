"""Where a policy value comes from, and how sure that is."""

import re
from dataclasses import dataclass
from enum import StrEnum

_SOURCE = re.compile(r"(?P<sure>V2|V|R|I|D)(?: (?P<tags>S\d{1,3}(?:,S\d{1,3})*))?(?:: (?P<words>.+))?")


class Sureness(StrEnum):
    """How sure a value is, most sure first."""

    READ = "V"
    """Read in a copy of the legal text, or on a government agency's page."""
    REPORTED = "V2"
    """Read in a secondary source; the legal text itself was not seen."""
    INFERRED = "I"
    """Inference or arithmetic from what was read."""
    DECIDED = "D"
    """Decided by this program: no rule was found."""
    RECALLED = "R"
    """Recalled and not verified."""


@dataclass(frozen=True, slots=True)
class Source:
    """The source of one value."""

    sure: Sureness
    tags: tuple[str, ...]
    """Entries of the pack's table of references: `S58`."""
    words: str

    @classmethod
    def parse(cls, untrusted_text: str) -> "Source":
        """Read a source such as `V2 S58,S59: stamp maker's page`.

        Raises:
            ValueError: it has another form, or says nothing but how sure it is.
        """
        found = _SOURCE.fullmatch(untrusted_text)
        if found is None or not (found["tags"] or found["words"]):
            raise ValueError("not a source")
        tags = tuple(found["tags"].split(",")) if found["tags"] else ()
        return cls(Sureness(found["sure"]), tags, found["words"] or "")

    def __str__(self) -> str:
        head = " ".join((self.sure, ",".join(self.tags))).strip()
        return f"{head}: {self.words}" if self.words else head
