"""Reads the forms of a destruction's papers: their words and tables, beside the policy packs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

from securedoc.core.bounds import FROM_KEY, Between, Like
from securedoc.errors import PolicyMalformed, PolicyMissing
from securedoc.policy import packs, strict

Key = Annotated[str, FROM_KEY]
_NAME: Final = "tieu-huy"
_FIELD: Final = re.compile(r"\{([a-z_-]+)\}")
FIELDS: Final = frozenset(
    {
        *("office", "place", "law", "request", "reason", "day", "count", "keeper", "chair", "decision"),
        *("position", "method", "device", "copies_here", "copies_out"),
        *("entry", "pages", "pieces", "found", "objects", "residue"),
    }
)
"""What a line may ask to be filled in."""


class Stage(StrEnum):
    """How far a destruction must have come before a paper can be written."""

    PROPOSED = "proposed"
    DECIDED = "decided"
    ENDED = "ended"


class Fact(StrEnum):
    """What stands in a column."""

    NO = "no"
    NUMBER_DATE = "number_date"
    TYPE = "type"
    LEVEL = "level"
    COPIES = "copies"
    HERE = "here"
    OUT = "out"
    TERM = "term"
    DESTROYED = "destroyed"
    NAME = "name"
    DUTY = "duty"
    BLANK = "blank"
    WHAT = "what"
    RESULT = "result"
    MEDIUM = "medium"
    KEEPER = "keeper"
    STATE = "state"
    SNAPSHOTS = "snapshots"


class PaperSigner(StrEnum):
    """Who signs a paper below its text."""

    HEAD = "head"
    """Whoever heads the office: the paper is drawn up before somebody is known to have signed it."""
    DECIDER = "decider"
    KEEPER = "keeper"
    """Who proposed it, or carried it out."""


@dataclass(frozen=True, slots=True)
class FormColumn:
    """One column of a table."""

    title: str
    width: Annotated[float, Between(0.2, 10)]
    fact: Fact


@dataclass(frozen=True, slots=True)
class FormTable:
    """A table of a paper."""

    key: Key
    columns: tuple[FormColumn, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper of the dossier."""

    key: Key
    title: str
    """As the policy pack names it."""
    file: Annotated[str, Like(r"[0-9a-z]+(-[0-9a-z]+)*")]
    stage: Stage
    urgent: bool
    """Also written for a destruction without council and decision."""
    type: str
    """A document type of the policy pack: it gives the abbreviation in the number."""
    subject: str
    signer: PaperSigner
    lines: tuple[str, ...]
    recipients: tuple[str, ...]
    name: str | None = None
    """Stands over the subject where it is not the type's own."""


@dataclass(frozen=True, slots=True)
class Words:
    """Single words and sentences of the papers."""

    chair: str
    member: str
    done_by: str
    confirmed_by: str
    witness: str
    keeper_title: str
    nothing: str
    none_of_them: str
    keys: str
    keys_result: str
    pages: str
    pages_result: str
    pages_unknown: str
    objects: str
    objects_result: str
    fingerprints: str
    fingerprints_result: str
    fingerprints_none: str
    article: str
    """What a line begins with that is set apart."""


@dataclass(frozen=True, slots=True)
class Forms:
    """Every paper of a dossier."""

    papers: Mapping[str, Paper]
    tables: Mapping[str, FormTable]
    words: Words
    states: Mapping[str, str]
    """What the papers call the state of a medium."""

    def paper(self, title: str) -> Paper:
        """Return the form of the paper that a policy pack names so.

        Raises:
            PolicyMissing: there is none.
        """
        for paper in self.papers.values():
            if paper.title == title:
                return paper
        raise PolicyMissing("there is no form for the paper {title}", title=title)


def destruction(directory: Path | None = None) -> Forms:
    """Return the forms of the papers of a destruction.

    Raises:
        PolicyMissing, PolicyFailed: they are not installed, or cannot be read.
        PolicyMalformed: they break the format, or a line asks for what nobody fills in.
    """
    name = f"{_NAME}.toml"
    path = (directory or packs.root()) / "forms" / name
    forms, _ = strict.build(Forms, strict.read_table(packs.read(path), name=name), name=name)
    for paper in forms.papers.values():
        for line in (*paper.lines, *paper.recipients):
            _require_known(forms, paper, line, name)
    return forms


def table_of(line: str) -> str | None:
    """Return the name of the table that a line stands for, or None for words."""
    alone = _FIELD.fullmatch(line)
    return None if alone is None else alone[1]


def _require_known(forms: Forms, paper: Paper, line: str, name: str) -> None:
    table = table_of(line)
    unknown = (
        {table} - set(forms.tables)
        if table is not None
        else {found[1] for found in _FIELD.finditer(line)} - FIELDS
    )
    if unknown or line.count("{") != len(_FIELD.findall(line)) or line.count("}") != line.count("{"):
        raise PolicyMalformed(
            "{file}: papers.{path}: nothing fills in {field}",
            file=name,
            path=paper.key,
            field=", ".join(sorted(map(str, unknown))) or line,
        )
