"""The journey of a vault onto a stick, and back from it."""
