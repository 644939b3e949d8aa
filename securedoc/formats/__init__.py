"""Exact bytes to values and back: notes, checkpoints, canonical JSON, Merkle trees, bags; pure."""
