"""Every error securedoc ends with, and its exit code: two digits, where and then what."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import ClassVar, Final

Fact = str | int

WHERE: Final = ("", "policy", "keys", "documents", "signatures", "ledger", "scratch", "backup", "host")
WHAT: Final = (
    "failed",
    "missing",
    "refused",
    "malformed",
    "untrusted",
    "stale",
    "incomplete",
    "busy",
)

# Which of several failures decides the exit code (STYLE.md section 4): the first that occurred.
GRAVITY: Final = (
    "untrusted",
    "residue",
    "stale",
    "incomplete",
    "malformed",
    "missing",
    "refused",
    "busy",
    "failed",
)


def same(template: str) -> str:
    """Return the template as it is: the English that the source is written in."""
    return template


def spoken(facts: Mapping[str, Fact], translate: Callable[[str], str]) -> dict[str, Fact]:
    """Return the facts with the words of our own enums translated: a state is said, a name is not."""
    return {name: translate(str(fact)) if isinstance(fact, Enum) else fact for name, fact in facts.items()}


class SecuredocError(Exception):
    """A failure that a person can act on: a message template, its facts, and the next step.

    The template is a constant in English with `{name}` fields, so that it can be translated;
    the facts fill the fields. A fact names an object; it is never a secret or document text.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, template: str, *, hint: str | None = None, **facts: Fact) -> None:
        super().__init__(template)
        self.template = template
        self.hint_template = hint
        self.facts: Mapping[str, Fact] = facts

    def __str__(self) -> str:
        return self.message()

    def message(self, translate: Callable[[str], str] = same) -> str:
        """Return the message in the language of `translate`."""
        return translate(self.template).format_map(spoken(self.facts, translate))

    def hint(self, translate: Callable[[str], str] = same) -> str | None:
        """Return the next step in the language of `translate`, or None where there is none."""
        if self.hint_template is None:
            return None
        return translate(self.hint_template).format_map(spoken(self.facts, translate))

    @property
    def where(self) -> str:
        """The part of the product that failed, as the JSON error object names it."""
        return WHERE[self.exit_code // 10]

    @property
    def what(self) -> str:
        """How it failed, as the JSON error object names it."""
        return WHAT[self.exit_code % 10]


def worst(errors: list[SecuredocError]) -> SecuredocError:
    """Return the failure whose code a command that met several ends with.

    Raises:
        ValueError: `errors` is empty.
    """
    if not errors:
        raise ValueError("no errors to choose from")

    def gravity(error: SecuredocError) -> int:
        return GRAVITY.index("residue" if error.exit_code == ScratchIncomplete.exit_code else error.what)

    return min(errors, key=gravity)


class PolicyError(SecuredocError):
    """Something about policy packs and what they permit."""

    exit_code: ClassVar[int] = 10


class PolicyFailed(PolicyError):
    exit_code = 10


class PolicyMissing(PolicyError):
    exit_code = 11


class PolicyRefused(PolicyError):
    exit_code = 12


class PolicyMalformed(PolicyError):
    exit_code = 13


class PolicyUntrusted(PolicyError):
    exit_code = 14


class PolicyStale(PolicyError):
    exit_code = 15


class PolicyIncomplete(PolicyError):
    exit_code = 16


class PolicyBusy(PolicyError):
    exit_code = 17


class KeysError(SecuredocError):
    """Something about key files, passphrases, grants, shares."""

    exit_code: ClassVar[int] = 20


class KeyFailed(KeysError):
    exit_code = 20


class KeyMissing(KeysError):
    exit_code = 21


class KeyRefused(KeysError):
    exit_code = 22


class KeyMalformed(KeysError):
    exit_code = 23


class KeyUntrusted(KeysError):
    exit_code = 24


class KeyStale(KeysError):
    exit_code = 25


class KeyIncomplete(KeysError):
    exit_code = 26


class KeyBusy(KeysError):
    exit_code = 27


class DocumentError(SecuredocError):
    """Something about drafts, DOCX, PDF, rendering."""

    exit_code: ClassVar[int] = 30


class DocumentFailed(DocumentError):
    exit_code = 30


class DocumentMissing(DocumentError):
    exit_code = 31


class DocumentRefused(DocumentError):
    exit_code = 32


class DocumentMalformed(DocumentError):
    exit_code = 33


class DocumentUntrusted(DocumentError):
    exit_code = 34


class DocumentStale(DocumentError):
    exit_code = 35


class DocumentIncomplete(DocumentError):
    exit_code = 36


class DocumentBusy(DocumentError):
    exit_code = 37


class SignatureError(SecuredocError):
    """Something about document and manifest signatures."""

    exit_code: ClassVar[int] = 40


class SignatureFailed(SignatureError):
    exit_code = 40


class SignatureMissing(SignatureError):
    exit_code = 41


class SignatureRefused(SignatureError):
    exit_code = 42


class SignatureMalformed(SignatureError):
    exit_code = 43


class SignatureUntrusted(SignatureError):
    exit_code = 44


class SignatureStale(SignatureError):
    exit_code = 45


class SignatureIncomplete(SignatureError):
    exit_code = 46


class SignatureBusy(SignatureError):
    exit_code = 47


class LedgerError(SecuredocError):
    """Something about the ledger and its checkpoints."""

    exit_code: ClassVar[int] = 50


class LedgerFailed(LedgerError):
    exit_code = 50


class LedgerMissing(LedgerError):
    exit_code = 51


class LedgerRefused(LedgerError):
    exit_code = 52


class LedgerMalformed(LedgerError):
    exit_code = 53


class LedgerUntrusted(LedgerError):
    exit_code = 54


class LedgerStale(LedgerError):
    exit_code = 55


class LedgerIncomplete(LedgerError):
    exit_code = 56


class LedgerBusy(LedgerError):
    exit_code = 57


class ScratchError(SecuredocError):
    """Something about plaintext workspaces and their residue."""

    exit_code: ClassVar[int] = 60


class ScratchFailed(ScratchError):
    exit_code = 60


class ScratchMissing(ScratchError):
    exit_code = 61


class ScratchRefused(ScratchError):
    exit_code = 62


class ScratchMalformed(ScratchError):
    exit_code = 63


class ScratchUntrusted(ScratchError):
    exit_code = 64


class ScratchStale(ScratchError):
    exit_code = 65


class ScratchIncomplete(ScratchError):
    exit_code = 66


class ScratchBusy(ScratchError):
    exit_code = 67


class BackupError(SecuredocError):
    """Something about media, snapshots, restore."""

    exit_code: ClassVar[int] = 70


class BackupFailed(BackupError):
    exit_code = 70


class BackupMissing(BackupError):
    exit_code = 71


class BackupRefused(BackupError):
    exit_code = 72


class BackupMalformed(BackupError):
    exit_code = 73


class BackupUntrusted(BackupError):
    exit_code = 74


class BackupStale(BackupError):
    exit_code = 75


class BackupIncomplete(BackupError):
    exit_code = 76


class BackupBusy(BackupError):
    exit_code = 77


class HostError(SecuredocError):
    """Something about the machine itself."""

    exit_code: ClassVar[int] = 80


class HostFailed(HostError):
    exit_code = 80


class HostMissing(HostError):
    exit_code = 81


class HostRefused(HostError):
    exit_code = 82


class HostMalformed(HostError):
    exit_code = 83


class HostUntrusted(HostError):
    exit_code = 84


class HostStale(HostError):
    exit_code = 85


class HostIncomplete(HostError):
    exit_code = 86


class HostBusy(HostError):
    exit_code = 87
