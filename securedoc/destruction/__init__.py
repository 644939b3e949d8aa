"""Destroys documents: proposed, decided by two, carried out before witnesses, proven, on paper."""
