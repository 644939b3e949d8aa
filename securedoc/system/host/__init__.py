"""What this machine shows of itself: one observation a check, read from /proc, /sys and /etc, nothing run."""
