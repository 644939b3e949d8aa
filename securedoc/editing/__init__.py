"""Editing a draft: in memory, confined, sealed at each save, and nothing left afterwards."""
