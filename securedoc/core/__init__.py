"""The vocabulary of the field: values without I/O that every other package speaks in."""
