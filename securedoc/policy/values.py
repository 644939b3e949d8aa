"""Every value of a policy on a line of its own, with its source: what `policy show` prints."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from securedoc.policy.policy import Policy
from securedoc.policy.sources import Source
from securedoc.policy.strict import join


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a pack."""

    path: str
    value: str
    source: Source


def values(policy: Policy) -> tuple[Value, ...]:
    """Return the values of a policy in the order of its file's format."""
    return tuple(
        Value(path, text, policy.sources[path])
        for path, text in _leaves(policy, "")
        if path in policy.sources
    )


def _leaves(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Walk a policy as the strict reader walked its file, so that the paths are the same."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _leaves(getattr(value, field.name), join(path, field.name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, join(path, str(key)))
    elif isinstance(value, tuple) and value:
        for index, item in enumerate(value, 1):
            yield from _leaves(item, f"{path}[{index}]")
    elif value is not None:
        yield path, _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, StrEnum):
        return value.value
    if value == ():
        return "[]"
    return f"{value:g}" if isinstance(value, float) else str(value)
