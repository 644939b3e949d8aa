"""Remnants of the vault's documents on this machine: found, attributed, cleaned, and entered."""
