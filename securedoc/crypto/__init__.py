"""The only door to `cryptography`: keys, sealing, signatures, certificates."""
