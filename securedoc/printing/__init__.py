"""Numbered copies on paper: printed, marked, watched, counted, spoiled, destroyed, and named from a scan."""
