"""The journey of a document from draft to registered."""
