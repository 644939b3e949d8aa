"""PAdES and CMS signatures, and our own verdict on them."""
