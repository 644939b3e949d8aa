"""Documents in and out: DOCX, inspection, the official frame, PDF."""
