"""Who holds which copy: handed over, lent, carried out, asked back, copied, counted."""
