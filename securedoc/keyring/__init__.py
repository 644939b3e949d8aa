"""Officers' keys: the ceremony, key files, grants, recovery shares, unlocking."""
