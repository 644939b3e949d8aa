"""PAdES and CMS signatures, and our own verdict on them."""

from securedoc.signing import offline

offline.install()  # before any module here imports pyHanko
