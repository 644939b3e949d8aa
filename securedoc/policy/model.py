"""A policy pack as frozen values: every rule of the office that a law may change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from securedoc.core.bounds import FROM_KEY, MAY_BE_EMPTY, PARTIAL, Between, Like
from securedoc.core.copies import CodeKind
from securedoc.core.people import Role
from securedoc.policy.destruction import Destruction, Requests
from securedoc.policy.machinemodel import ClockRules, Days, Editing, HostRules, Witnessing
from securedoc.policy.mediarules import Media
from securedoc.policy.vocabulary import (
    Abstract,
    AuthorityAct,
    BookFact,
    BookUse,
    Border,
    CoverField,
    FrameKind,
    Keep,
    Position,
    Right,
    Series,
    Shape,
)

Key = Annotated[str, FROM_KEY]
Colour = Annotated[str, Like(r"#[0-9a-f]{6}")]
Millimetres = Annotated[float, Between(0, 300)]
Points = Annotated[float, Between(4, 72)]
MonthDay = Annotated[str, Like(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")]


@dataclass(frozen=True, slots=True)
class PackCard:
    """Which rules these are, and for which days."""

    name: Annotated[str, Like(r"[a-z]+(-[a-z0-9]+)*")]
    """Also its file's name."""
    version: Annotated[str, Like(r"\d+(\.\d+){0,2}")]
    title: str
    language: Annotated[str, Like(r"[a-z]{2}")]
    """Of what is printed on documents."""
    rests_on: tuple[str, ...]
    """Laws and decrees, by number."""
    effective_from: date
    effective_until: date | None = None
    """Last day, included."""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class LevelRule:
    """One level of secrecy."""

    key: Key
    rank: Annotated[int, Between(1, 9)]
    """1 is the lowest."""
    name: str
    mark_text: str
    letter: Annotated[str, Like(r"[A-Z]")]
    """On the envelope and, where an office prefers it, in the books."""
    term_years: Annotated[int, Between(1, 100)]
    harm: str
    """The test that a secret of this level meets."""
    register_abstract: Abstract
    forbidden: Annotated[tuple[Right, ...], MAY_BE_EMPTY]
    """Acts nobody may do to a document of this level."""
    mark: str
    """Key of its stamp in `marks`."""
    envelope_mark: str
    envelopes: Annotated[int, Between(1, 2)]


@dataclass(frozen=True, slots=True)
class MarkLine:
    """One line of text in a stamp; `{…}` is filled in."""

    text: str
    size_pt: Points
    bold: bool


@dataclass(frozen=True, slots=True)
class Stamp:
    """A stamp or mark; a size that no source gives is absent, and such a stamp is not drawn."""

    key: Key
    shape: Shape
    border: Border
    line_pt: Annotated[float, Between(0.1, 5)]
    colour: Colour
    position: Position
    lines: tuple[MarkLine, ...]
    gap_mm: Millimetres
    """Between the two borders; 0 for a single one."""
    inset_mm: Millimetres
    """From the outer border to capitals without accents."""
    width_mm: Millimetres | None = None
    """Outside; the diameter of a circle."""
    height_mm: Millimetres | None = None
    slot: Annotated[str, Like(r"[a-z-]{1,32}")] | None = None
    """Place kept on each document for putting it on after signing; stamps of one size may share it."""
    right: Right | None = None
    """Who may do the act that it shows, puts it on after signing."""


@dataclass(frozen=True, slots=True)
class DocumentType:
    """One type of document."""

    key: Key
    name: str
    abbreviation: Annotated[str, MAY_BE_EMPTY]
    """Empty where the decree gives none: công văn, thư công."""
    frame: FrameKind
    addressed: bool
    """Whether it opens with Kính gửi."""
    notation: str
    form: Annotated[str, MAY_BE_EMPTY]
    """Number of the model form; empty where there is none."""


@dataclass(frozen=True, slots=True)
class CopyType:
    """One kind of copy and the notation it is numbered with."""

    key: Key
    name: str
    abbreviation: Annotated[str, MAY_BE_EMPTY]
    heading: str
    """Printed over the copy's own particulars."""


@dataclass(frozen=True, slots=True)
class NumberSeries:
    """How one series of numbers runs."""

    key: Key
    secret_only: bool
    """Kept apart from the numbers of ordinary documents."""
    resets: Series
    first: Annotated[int, Between(1, 1)]
    least_digits: Annotated[int, Between(1, 6)]
    """Shorter numbers get leading zeros."""
    suffix: Annotated[str, MAY_BE_EMPTY, Like(r"[A-Za-z()]{0,4}")]
    """After the digits, where an office has the habit."""


@dataclass(frozen=True, slots=True)
class Numbering:
    """Numbers and the line they are printed in."""

    line: str
    """For example `Số: {number}`."""
    place_and_date: str
    pad_day_below: Annotated[int, Between(1, 32)]
    """Days below this get a leading zero."""
    pad_month_below: Annotated[int, Between(1, 13)]
    series: Mapping[str, NumberSeries]


@dataclass(frozen=True, slots=True)
class Column:
    """One official column of a book."""

    number: Annotated[int, Between(1, 40)]
    title: str
    fill: str
    """How to fill it, as the form says."""
    facts: tuple[BookFact, ...]
    signed: bool
    """Whether somebody signs in it by hand."""


@dataclass(frozen=True, slots=True)
class Book:
    """One register."""

    key: Key
    title: str
    use: BookUse
    series: str
    """Which series its rows are numbered in."""
    cover: Annotated[tuple[CoverField, ...], MAY_BE_EMPTY]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class OfficePosition:
    """A position that the law gives an authority to."""

    key: Key
    title: str
    title_en: str


@dataclass(frozen=True, slots=True)
class Copying:
    """Rules for copies and extracts."""

    kinds: Mapping[str, CopyType]
    first_page_mark: str
    last_page_mark: str
    copy_number: str
    """For example `Bản số {copy}/{copies}`."""
    seal_red: bool
    """The agency's seal on a copy is red even where the stamps are photocopied."""
    destroy_spoiled_at_once: bool
    extract_carries_level: bool


@dataclass(frozen=True, slots=True)
class Printing:
    """Numbered copies on paper."""

    copy_code: CodeKind
    """The small code beside the copy's number."""
    every_page: bool
    """Whether each page carries the mark, or the first alone."""
    job_limit_s: Annotated[int, Between(10, 86_400)]
    """A job that did not end by then is cancelled: nothing is printed when nobody is there."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Protection terms and their extension."""

    counted_from: Annotated[str, Like("level-determined")]
    extension_at_most_level_term: bool
    extend_before_end_days: Days
    expired_is_declassified: bool


@dataclass(frozen=True, slots=True)
class Notices:
    """Days within which holders are told."""

    extend_days: Days
    adjust_days: Days
    declassify_days: Days


@dataclass(frozen=True, slots=True)
class LevelMarks:
    """Which stamps say that a level or a term was changed."""

    raised: str
    lowered: str
    extended: str
    declassified: str


@dataclass(frozen=True, slots=True)
class Reports:
    """The periodical report."""

    period_first: MonthDay
    period_last: MonthDay
    every_years: tuple[Annotated[int, Between(1, 10)], ...]


@dataclass(frozen=True, slots=True)
class Retention:
    """How long one kind of record is kept."""

    key: Key
    name: str
    keep: Keep
    years: Annotated[int, Between(1, 100)] | None = None


@dataclass(frozen=True, slots=True)
class Backup:
    """Backups on removable media."""

    interval_days: Days
    drill_interval_days: Days
    rehearsal_interval_days: Days
    parity_percent: Annotated[int, Between(0, 50)]
    prune: bool
    """Whether a backup removes what is not to be kept; where not, snapshots stay until somebody says so."""
    keep_snapshots: Annotated[int, Between(2, 100)]
    """How many of the newest stay on each medium."""
    keep_years: Annotated[int, Between(0, 100)]
    """All that are younger stay, however many."""
    least_media: Annotated[int, Between(1, 20)]
    read_back: bool


@dataclass(frozen=True, slots=True)
class FrameChoice:
    """Which official frame documents are laid out in."""

    profile: Annotated[str, Like(r"[a-z0-9-]{1,32}")]
    """File in `policies/layout/`."""
    others: Annotated[tuple[Annotated[str, Like(r"[a-z0-9-]{1,32}")], ...], MAY_BE_EMPTY]
    """Frames that a single document may be laid out in instead."""


@dataclass(frozen=True, slots=True)
class RecipientsWording:
    """The recipients block."""

    as_above: str
    line: str
    file_line: str
    file_office: str
    """Whom the file copy is kept by: VT."""
    copy_digits: Annotated[int, Between(1, 4)]
    line_end: str
    last_line_end: str
    count: str
    may_copy: str
    may_not_copy: str
    least_file_copies: Annotated[int, Between(1, 9)]


@dataclass(frozen=True, slots=True)
class SignatureWording:
    """What stands over the signature when nothing else is said."""

    capacities: tuple[str, ...]
    capacity: Annotated[str, MAY_BE_EMPTY]
    title: str


@dataclass(frozen=True, slots=True)
class Drafts:
    """Unfinished documents."""

    protected_as_issued: bool
    unneeded_after_days: Days
    """A draft untouched so long is named by the due list."""


@dataclass(frozen=True, slots=True)
class Rules:
    """A whole pack, as its file says it."""

    pack: PackCard
    levels: Mapping[str, LevelRule]
    marks: Mapping[str, Stamp]
    types: Mapping[str, DocumentType]
    numbering: Numbering
    books: Mapping[str, Book]
    rights: Mapping[Right, Annotated[tuple[Role, ...], MAY_BE_EMPTY]]
    confirmed_by: Annotated[Mapping[Right, tuple[Role, ...]], PARTIAL]
    """Acts that need a second officer, and which roles may be that officer."""
    positions: Mapping[str, OfficePosition]
    authority: Mapping[AuthorityAct, Mapping[str, tuple[str, ...]]]
    copying: Copying
    printing: Printing
    terms: Terms
    notices: Notices
    level_marks: LevelMarks
    reports: Reports
    retention: Mapping[str, Retention]
    backup: Backup
    media: Media
    layout: FrameChoice
    recipients: RecipientsWording
    signature: SignatureWording
    drafts: Drafts
    editing: Editing
    destruction: Destruction
    witnessing: Witnessing
    clock: ClockRules
    requests: Requests
    host: HostRules
    references: Mapping[str, str]
    """S-numbers of the sources, and where they are."""
