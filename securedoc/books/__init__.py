"""The registers: shown in their official columns, exported, closed, taken over from paper, counted."""
