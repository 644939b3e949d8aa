"""The words a policy pack is written in: rights, uses of books, facts of columns, and a few choices."""

from enum import StrEnum


class Right(StrEnum):
    """What a role may do; one for each act of the program that a person starts."""

    DRAFT = "draft"
    EDIT = "edit"
    IMPORT = "import"
    DISCARD = "discard"
    FINALIZE = "finalize"
    SIGN = "sign"
    INITIAL = "initial"
    """Signing before the author, in the order that finalising named."""
    SEAL = "seal"
    TIME_STAMP = "time-stamp"
    """Having the internal time-stamp authority stamp a signature or a document; its keeper confirms."""
    ISSUE = "issue"
    RECEIVE = "receive"
    VOID = "void"
    SEARCH = "search"
    OPEN = "open"
    EXPORT = "export"
    PRINT = "print"
    IDENTIFY = "identify"
    """Naming the printed copy that a scan shows."""
    INCIDENT_CLOSE = "incident-close"
    """Closing a difference of paper that counting cannot explain."""
    PAPER_DESTROY = "paper-destroy"
    """Recording that spoiled sheets went through the shredder."""
    COPY = "copy"
    HANDOVER = "handover"
    LEND = "lend"
    RECALL = "recall"
    CARRY = "carry"
    EXTEND = "extend"
    ADJUST = "adjust"
    DECLASSIFY = "declassify"
    DESTROY_PROPOSE = "destroy-propose"
    DESTROY_DECIDE = "destroy-decide"
    DESTROY_CARRY_OUT = "destroy-carry-out"
    DESTROY_URGENT = "destroy-urgent"
    """Destroying at once what would do harm otherwise; reported in writing afterwards."""
    REQUEST = "request"
    """Asking for, approving or refusing an act of two people at another time."""
    STATISTICS = "statistics"
    BACKUP = "backup"
    BACKUP_VERIFY = "backup-verify"
    DRILL = "drill"
    RESTORE = "restore"
    RESTORE_DOCUMENT = "restore-document"
    """Taking one document out of a backup as a file."""
    KIT = "kit"
    """Printing the emergency kit: it says who holds what."""
    MEDIA = "media"
    SANITISE = "sanitise"
    AUDIT = "audit"
    WITNESS = "witness"
    WITNESS_KEEP = "witness-keep"
    """Taking into the ledger what a witness said of it elsewhere."""
    CHECKPOINT = "checkpoint"
    LEDGER_VERIFY = "ledger-verify"
    ENROL = "enrol"
    RECOVER = "recover"
    """Finishing or undoing what a crash left."""
    KEYS = "keys"
    KEY_RECOVERY = "key-recovery"
    TRUST = "trust"
    TRUST_CRL = "trust-crl"
    """Taking in a revocation list: its issuer signed it, so nobody has to be believed."""
    POLICY_ADOPT = "policy-adopt"
    GUARD = "guard"
    TRACES = "traces"
    """Looking for remnants of documents on this machine."""
    TRACES_CLEAN = "traces-clean"
    DIGITISE = "digitise"
    CLOCK = "clock"
    NOTIFY = "notify"
    """Telling holders of a change of level or term."""
    BOOK_CLOSE = "book-close"
    """Ending a book at the end of its year: nothing is entered in it after that."""
    BOOK_EXPORT = "book-export"
    """Writing a book as a file, to be printed, signed and bound."""
    BOOK_IMPORT = "book-import"
    """Taking over an office's registers of former years."""
    INVENTORY = "inventory"
    """Walking the safe, and comparing what lies there with what should."""


class AuthorityAct(StrEnum):
    """What the law lets only holders of certain positions decide, level by level."""

    CLASSIFY = "classify"
    COPY = "copy"
    EXTEND = "extend"
    ADJUST = "adjust"
    DECLASSIFY = "declassify"
    DESTROY = "destroy"


class CopiesOut(StrEnum):
    """What copies on paper mean for the destruction of their document."""

    REFUSE = "refuse"
    """Each must lie here, to be destroyed with it."""
    LIST = "list"
    """Those that recipients hold are named in the dossier, and stay theirs to destroy."""


class Abstract(StrEnum):
    """Whether a level's abstracts stand in the books."""

    WRITTEN = "written"
    WITH_CONSENT = "with-consent"
    """Only with the consent of whoever classified it; without a record of that, not written."""
    NEVER = "never"


class FrameKind(StrEnum):
    """The two arrangements of the official frame."""

    TYPED = "typed"
    """Name of the type over the abstract, in the middle."""
    LETTER = "letter"
    """Công văn: abstract under the number, addressees over the text."""


class BookUse(StrEnum):
    """What a book is kept for."""

    OUTGOING = "outgoing"
    INCOMING = "incoming"
    HANDOVER = "handover"
    COPYING = "copying"
    STATISTICS = "statistics"
    PROPOSAL = "proposal"
    DESTRUCTION = "destruction"
    CARRYING = "carrying"
    LOANS = "loans"
    MEDIA = "media"


class CoverField(StrEnum):
    """What the cover of a book says."""

    SUPERIOR = "superior"
    AGENCY = "agency"
    YEAR = "year"
    PERIOD = "period"
    """Dates of its first and last row."""
    SERIALS = "serials"
    """Its first and last serial number."""
    BOOK_NUMBER = "book-number"


class BookFact(StrEnum):
    """A fact of an entry that a column shows; `NONE` is a column filled by hand, mostly a signature."""

    NONE = "none"
    ROW = "row"
    NUMBER_TEXT = "number_text"
    DATE = "date"
    TYPE = "type"
    SUBJECT = "subject"
    LEVEL = "level"
    SIGNER_NAME = "signer_name"
    RECIPIENTS = "recipients"
    UNIT = "unit"
    COPIES = "copies"
    NOTE = "note"
    ARRIVED = "arrived"
    FROM = "from"
    MOVED_ON = "moved_on"
    RETURNED_ON = "returned_on"
    HOLDER = "holder"
    COPY_KIND = "copy_kind"
    COPIES_ALLOWED = "copies_allowed"
    COPIES_MADE = "copies_made"
    COPIES_SPOILED = "copies_spoiled"
    COPY_SERIALS = "copy_serials"
    COPIED_BY = "copied_by"
    ALLOWED_BY = "allowed_by"
    AUTHORITY_BASIS = "authority_basis"
    PLACE = "place"
    DEVICE = "device"
    DRAFTER_NAME = "drafter_name"
    LIST_BASIS = "list_basis"
    PERIOD = "period"
    COUNT_OUT = "count_out"
    COUNT_IN = "count_in"
    COUNT_HELD = "count_held"
    COUNT_RECALLED = "count_recalled"
    COUNT_DECLASSIFIED = "count_declassified"
    COUNT_DESTROYED = "count_destroyed"
    METHOD = "method"
    REASON = "reason"
    DECISION = "decision"
    WITNESSES = "witnesses"
    OUT_AT = "out_at"
    BACK_AT = "back_at"
    CHECKED_ON_RETURN = "checked_on_return"
    MADE_ON = "made_on"
    MEDIUM = "medium"
    LABEL = "label"
    KEEPER = "keeper"
    STATE = "state"


class Shape(StrEnum):
    """Outline of a stamp."""

    RECTANGLE = "rectangle"
    CIRCLE = "circle"


class Border(StrEnum):
    """Border of a stamp."""

    SINGLE = "single"
    DOUBLE = "double"


class Position(StrEnum):
    """Where a stamp goes; the boxes are those of the layout decree's diagram."""

    BOX_10A = "box-10a"
    BOX_10B = "box-10b"
    BOX_11 = "box-11"
    BESIDE_10A = "beside-10a"
    FIRST_PAGE = "first-page"
    LAST_PAGE = "last-page"
    ENVELOPE_INNER = "envelope-inner"
    ENVELOPE_OUTER = "envelope-outer"


class Series(StrEnum):
    """When a series of numbers starts again from its first."""

    YEARLY = "yearly"
    PER_TERM = "per-term"
    """Of a congress, as Party documents count."""


class Turn(StrEnum):
    """Which backup medium is the next one."""

    LONGEST_UNWRITTEN = "longest-unwritten"
    """The one whose newest backup is the oldest; one that was never written to comes first."""
    REGISTERED = "as-registered"
    """In the order of registration, after the one that was written to last."""


class MediumRule(StrEnum):
    """What is done where a medium is not as it should be."""

    ALLOW = "allow"
    WARN = "warn"
    """Said, and gone on with."""
    REFUSE = "refuse"


class Keep(StrEnum):
    """How long something is kept."""

    FOREVER = "forever"
    YEARS = "years"
