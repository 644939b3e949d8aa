"""The journey of a draft through an editor and back into the vault."""
