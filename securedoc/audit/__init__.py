"""The journey that checks everything."""
