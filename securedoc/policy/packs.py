"""Find, read and check policy packs, in a wheel and in a checkout."""

import dataclasses
from pathlib import Path
from typing import Final

from securedoc.core.digests import Digest
from securedoc.core.layouts import LayoutProfile
from securedoc.core.paperwords import PaperWords
from securedoc.errors import PolicyFailed, PolicyMalformed, PolicyMissing
from securedoc.policy import references, strict
from securedoc.policy.model import Rules
from securedoc.policy.policy import Policy

_PACKAGE: Final = Path(__file__).resolve().parent.parent
_NO_PACKS: Final = frozenset({"hardening"})
"""TOML files in the directory that hold other rules."""
_PAPERS: Final = "papers"
"""The file beside the layouts that is none."""


def root() -> Path:
    """Return the directory of the packs: beside the package in a wheel, `policies/` in a checkout.

    Raises:
        PolicyMissing: there is neither.
    """
    for directory in (_PACKAGE / "_policies", _PACKAGE.parent / "policies"):
        if directory.is_dir():
            return directory
    raise PolicyMissing("the policy packs are not installed", hint="install securedoc again from its package")


def available(directory: Path | None = None) -> tuple[str, ...]:
    """Return the names of the packs there are, in order."""
    place = directory or root()
    return tuple(sorted({path.stem for path in place.glob("*.toml")} - _NO_PACKS))


def pack(name: str, directory: Path | None = None) -> Policy:
    """Return the pack of that name.

    Raises:
        PolicyMissing: there is none.
        PolicyMalformed: there is, and it breaks the format.
    """
    place = directory or root()
    # The name comes from the command line or a vault: it selects among what is there, it is no path.
    if name not in available(place):
        raise PolicyMissing(
            "there is no policy pack {pack}",
            pack=name,
            hint="use one of: {known}",
            known=", ".join(available(place)),
        )
    return load(place / f"{name}.toml")


def load(path: Path) -> Policy:
    """Read the pack in the file at `path`.

    Raises:
        PolicyMissing: there is no such file.
        PolicyFailed: it cannot be read.
        PolicyMalformed: it breaks the format, or has another name than the pack in it.
    """
    policy = parse(read(path), name=path.name)
    if policy.pack.name != path.stem:
        raise PolicyMalformed(
            "{file}: {path}: the file and the pack in it have different names",
            file=path.name,
            path="pack.name",
        )
    return policy


def read(path: Path) -> bytes:
    """Return the bytes of a policy file, never more than one byte over the largest allowed.

    Raises:
        PolicyMissing: there is no such file.
        PolicyFailed: it cannot be read, or is not a plain file.
    """
    try:
        if path.exists() and not path.is_file():
            raise PolicyFailed("{file} is not a file", file=path.name)
        with path.open("rb") as stream:
            return stream.read(strict.MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise PolicyMissing("there is no file {file}", file=path.name) from error
    except OSError as error:
        raise PolicyFailed(
            "{file} cannot be read: {reason}", file=path.name, reason=error.strerror or "unknown"
        ) from error


def parse(untrusted: bytes, *, name: str) -> Policy:
    """Read the bytes of a pack that is called `name` in messages.

    Raises:
        PolicyMalformed: they break the format.
    """
    table = strict.read_table(untrusted, name=name)
    for key in strict.SOURCE_KEYS:
        # A source for the whole file would let a value in without anyone having looked for its own.
        if key in table:
            raise PolicyMalformed("{file}: {path} is not a key of this format", file=name, path=key)
    rules, sources = strict.build(Rules, table, name=name)
    references.check(rules, sources, name=name)
    values = {field.name: getattr(rules, field.name) for field in dataclasses.fields(Rules)}
    return Policy(**values, digest=Digest.of(untrusted), sources=sources)


def layout(key: str, directory: Path | None = None) -> LayoutProfile:
    """Return the measures and the template of an official frame.

    Raises:
        PolicyMissing: the frame or its template is not there.
        PolicyMalformed: it breaks the format.
    """
    place = (directory or root()) / "layout"
    if key not in {path.stem for path in place.glob("*.toml")} - {_PAPERS}:
        raise PolicyMissing("there is no layout {layout}", layout=key)
    name = f"{key}.toml"
    profile, _ = strict.build(LayoutProfile, strict.read_table(read(place / name), name=name), name=name)
    if profile.template not in {path.name for path in place.glob("*.typ")}:
        raise PolicyMissing("there is no template {file}", file=profile.template)
    try:
        template = read(place / profile.template).decode("utf-8")
    except UnicodeDecodeError as error:
        raise PolicyMalformed(
            "{file} is not UTF-8 at byte {offset}", file=profile.template, offset=error.start
        ) from error
    return dataclasses.replace(profile, template=template)


def paper_words(directory: Path | None = None) -> PaperWords:
    """Return the words of the papers that go with documents.

    Raises:
        PolicyMissing: the file is not there.
        PolicyMalformed: it breaks the format.
    """
    path = (directory or root()) / "layout" / f"{_PAPERS}.toml"
    words, _ = strict.build(PaperWords, strict.read_table(read(path), name=path.name), name=path.name)
    return words
