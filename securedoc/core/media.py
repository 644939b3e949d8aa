"""What becomes of a backup medium."""

from enum import StrEnum


class MediumState(StrEnum):
    """Where a medium stands in its life."""

    REGISTERED = "in use"
    """Backups may be written to it."""
    RETIRED = "retired"
    """No longer written to; what is on it still is."""
    SANITISING = "sanitising"
    """Being overwritten, or interrupted while it was: nobody may rely on anything about it."""
    SANITISED = "sanitised"
    """Overwritten as a whole, and read back."""
    UNSANITISED = "not sanitised"
    """It did not give back what was written over it: to be destroyed."""
    DESTROYED = "destroyed"
    """Physically, before witnesses."""
