"""Numbered copies on paper: printed, watched, counted, spoiled, destroyed."""
