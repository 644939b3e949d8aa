"""Sentences for people, kept apart from the facts in them so that they can be translated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from securedoc.errors import Fact, same, spoken


@dataclass(frozen=True, slots=True)
class Message:
    """A constant English template with `{name}` fields, and the facts that fill them."""

    template: str
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.said()

    def said(self, translate: Callable[[str], str] = same) -> str:
        """Return the sentence in the language of `translate`."""
        return translate(self.template).format_map(spoken(self.facts, translate))


def message(template: str, **facts: Fact) -> Message:
    """Make a Message; the form that `scripts/messages` collects for translation."""
    return Message(template, facts)
