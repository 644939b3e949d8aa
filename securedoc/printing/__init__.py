"""Printing: numbered copies, the marks on their pages, and what a scan of one tells."""
