"""What the policy calls a level, a type or a book; its key where a later policy has none of that name."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from securedoc.policy.policy import Policy


def level_name(policy: "Policy", key: str) -> str:
    """Return a level as people call it."""
    return policy.levels[key].name if key in policy.levels else key


def type_name(policy: "Policy", key: str) -> str:
    """Return a document type as people call it."""
    return policy.types[key].name if key in policy.types else key
