"""Findings and books as files a person reads."""
