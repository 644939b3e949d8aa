"""The text of VERIFY.txt: how anybody checks a medium with stock tools, in Vietnamese and English."""

from importlib import resources

from securedoc.core.digests import Digest


def instructions(  # noqa: PLR0913 - one field of the text each
    *, vault: str, medium: str, label: str, office: str, directory: str, authority: Digest
) -> bytes:
    """Return the text for one medium; written once, when it is registered."""
    text = resources.files("securedoc.backup").joinpath("VERIFY.txt").read_text("utf-8")
    return text.format(
        vault=vault, medium=medium, label=label, office=office, directory=directory, authority=authority.hex
    ).encode()
