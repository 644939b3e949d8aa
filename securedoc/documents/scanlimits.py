"""How much of a scan is looked at: known to who asks, and to the process that looks."""

from typing import Final

MAX_PAGES: Final = 100
MAX_PIXELS: Final = 40_000_000  # a whole A4 page at 600 dpi is 35 million
