"""Draws the emergency kit: every sentence in Vietnamese and in English, commands as they are typed.

Words come from the catalogue; what people named comes as data, never as markup.
"""

from collections.abc import Callable, Sequence
from importlib import resources
from typing import Final

from securedoc.backup import layout, program
from securedoc.backup.kit import Facts, Stick
from securedoc.core.digests import Digest
from securedoc.core.officetime import OFFICE_TIME, day_of
from securedoc.core.people import HELD_BY, RoleKey
from securedoc.core.text import Message, message
from securedoc.documents.report import Column, Report, Section
from securedoc.keyring import words

Translate = Callable[[str], str]
_BLANK: Final = "…………………………"


def draw(facts: Facts, vietnamese: Translate) -> bytes:
    """Return the sheet as PDF/A.

    Raises:
        DocumentRefused: a name on it has a character that is in no font.
        DocumentFailed: the engine failed.
    """
    return _Sheet(facts, vietnamese).report().pdf()


class _Sheet:
    def __init__(self, facts: Facts, vietnamese: Translate) -> None:
        self._facts = facts
        self._vietnamese = vietnamese
        self._number = 0

    def report(self) -> Report:
        facts = self._facts
        vietnamese, *english = self._both(message("EMERGENCY KIT No. {number}", number=facts.number))
        training = message("TRAINING: this vault holds no real secrets")
        return Report(
            title=vietnamese,
            subtitle=" — ".join([*english, facts.card.office, f"{facts.card.place}, {_day(facts)}"]),
            sections=(
                *(self._about(), self._sticks(), self._shares(), self._officers(), self._compare()),
                *(self._with_securedoc(), self._checks(), self._formats(), self._ledger()),
                *(self._rescue(), self._keys(), self._rehearsals(), self._dependencies()),
            ),
            notes=self._both(
                message(
                    "There is no secret on this sheet. A digest may be read aloud; a recovery share never."
                )
            ),
            day=day_of(facts.at),
            training=self._line(training) if facts.card.training else "",
            page_label=self._line(message("Page")),
        )

    def _about(self) -> Section:
        facts = self._facts
        running = facts.program
        rows = (
            (message("vault"), facts.card.vault),
            (message("office"), f"{facts.card.office}, {facts.card.place}"),
            (message("policy"), f"{facts.card.policy_pack} {facts.card.policy_version}"),
            (message("made"), facts.at.astimezone(OFFICE_TIME).strftime("%Y-%m-%d %H:%M +07:00")),
            (message("by"), f"{facts.by.name} ({facts.by.id})"),
            (message("program"), f"securedoc {running.version}, Python {running.python}"),
            (message("digest of its files"), str(running.digest)),
        )
        return self._section(
            message("What this sheet is for"),
            message(
                "Whoever holds this sheet, one of the sticks and enough recovery shares can open the "
                "archive of this office, even when nobody is left who knows the program, and without it."
            ),
            message(
                "Keep one sheet with the sticks, one with the head of the office. Make a new one when a "
                "stick, a keeper or an officer changes: securedoc kit emergency --out FILE.pdf"
            ),
            columns=self._columns((message("what"), 0.7), (message("value"), 2.0)),
            rows=tuple((self._line(name), value) for name, value in rows),
        )

    def _sticks(self) -> Section:
        return self._section(
            message("Where the sticks are"),
            *([message("No stick is registered yet.")] if not self._facts.sticks else []),
            columns=self._columns(
                (message("label"), 0.9),
                (message("keeper"), 1.0),
                (message("medium, file system"), 1.7),
                (message("last snapshot"), 0.9),
                (message("place (by hand)"), 1.3),
            ),
            rows=tuple(self._stick(stick) for stick in self._facts.sticks),
        )

    def _stick(self, stick: Stick) -> tuple[str, ...]:
        row = stick.row
        volume = " ".join(part for part in (row.filesystem, row.volume_id) if part)
        last = "—" if stick.at is None else f"{stick.snapshot}: {stick.at.astimezone(OFFICE_TIME):%Y-%m-%d}"
        return (row.label, row.keeper, f"{row.medium}\n{volume}", last, _BLANK)

    def _shares(self) -> Section:
        quorum = self._facts.quorum
        return self._section(
            message("Who holds the recovery shares"),
            message(
                "Any {threshold} of {shares} shares open everything. Each is a sheet of 33 words (SLIP-39), "
                "made at the key ceremony; their set has the number {set}. Fill this in by hand; write no "
                "word of a share here.",
                threshold=quorum.threshold,
                shares=quorum.shares,
                set=quorum.identifier,
            ),
            columns=self._columns(
                (message("share"), 0.4),
                (message("held by"), 1.5),
                (message("place"), 1.5),
                (message("since"), 0.8),
            ),
            rows=tuple((str(number + 1), _BLANK, _BLANK, "…………") for number in range(quorum.shares)),
        )

    def _officers(self) -> Section:
        return self._section(
            message("Whose passphrase opens what"),
            message("One officer's passphrase with a stick is enough to read what that role opens."),
            columns=self._columns(
                (message("officer"), 0.7),
                (message("name"), 1.4),
                (message("role"), 1.4),
                (message("ledger"), 0.5),
                (message("documents"), 0.6),
            ),
            rows=tuple(
                (
                    officer.id,
                    officer.name,
                    self._line(officer.role.value),
                    *(
                        "+" if key in HELD_BY[officer.role] else "–"
                        for key in (RoleKey.LEDGER, RoleKey.DOCUMENTS)
                    ),
                )
                for officer in self._facts.officers
            ),
        )

    def _compare(self) -> Section:
        facts = self._facts
        head = facts.head.checkpoint
        rows = (
            (message("authority.pem on every stick, SHA-256"), facts.authority.hex),
            (message("the same, to read aloud"), words.spell(facts.authority)),
            (message("last checkpoint: entries"), str(head.size)),
            (message("last checkpoint: root"), head.root.hex()),
            (message("the same, to read aloud"), words.spell(Digest(head.root))),
        )
        return self._section(
            message("What must be the same"),
            message(
                "The authority's certificate on a stick proves nothing by itself: it must be the one named "
                "here. The ledger of a newer snapshot must have grown from this checkpoint."
            ),
            columns=self._columns((message("what"), 0.9), (message("value"), 2.0)),
            rows=tuple((self._line(name), value) for name, value in rows),
        )

    def _with_securedoc(self) -> Section:
        return self._section(
            message("Restoring with securedoc"),
            message(
                "On an offline Linux machine with the same or a newer securedoc; authority.pem is that of "
                "the stick, once it is the one of section 5. Type each share into a file of its own, in "
                "memory (/dev/shm), readable by you alone, and remove these files afterwards."
            ),
            listing=(
                "securedoc backup verify /media/usb --trust authority.pem",
                "securedoc backup drill /media/usb --share 1.txt --share 2.txt",
                "securedoc backup restore /media/usb --into vault --share 1.txt --share 2.txt",
            ),
        )

    def _checks(self) -> Section:
        name = layout.set_name(self._facts.card.vault)
        return self._section(
            message("Checking a stick without securedoc"),
            message("VERIFY.txt on every stick says more. Needed: sha256sum, openssl; better also bagit.py."),
            listing=(
                f"cd /media/usb/{name}",
                "sha256sum authority.pem",
                "for b in *-????; do openssl cms -verify -binary -inform DER -purpose any \\",
                '  -no_check_time -CAfile authority.pem -in "$b/manifest-sha256.txt.p7s" \\',
                '  -content "$b/manifest-sha256.txt" -out /dev/null; done',
                'for b in *-????; do (cd "$b" && sha256sum --check --strict --quiet \\',
                "  manifest-sha256.txt tagmanifest-sha256.txt); done",
                'for b in snapshot-????; do (cd "$b/data" && sha256sum --check --strict \\',
                "  --quiet bags.sha256); done",
            ),
        )

    def _formats(self) -> Section:
        rows = (
            (message("backup set"), "BagIt 1.0 (RFC 8493), ustar", "bagit.py, sha256sum, tar"),
            (message("signatures of manifests"), "CMS, detached (RFC 5652)", "openssl cms"),
            (message("recovery shares"), "SLIP-39, 256 bit, 33 words", "shamir-mnemonic"),
            (message("keyring"), "AES-256-GCM-SIV (RFC 8452), HPKE (RFC 9180) X-Wing", "cryptography"),
            (message("ledger"), "SQLCipher 4", "sqlcipher"),
            (message("sealed documents"), "C2SP chunked-encryption, Cobblestone-256", "cryptography"),
            (message("checkpoints"), "C2SP signed note, tlog-checkpoint (RFC 9162)", "openssl pkeyutl"),
            (message("documents"), "PDF/A-2b, PAdES; DOCX", "PDF, Word, Writer"),
        )
        return self._section(
            message("What the files are"),
            columns=self._columns(
                (message("what"), 1.0), (message("format"), 1.9), (message("opened by"), 1.2)
            ),
            rows=tuple((self._line(what), form, tools) for what, form, tools in rows),
        )

    def _ledger(self) -> Section:
        return self._section(
            message("Opening the ledger with sqlcipher"),
            message(
                "Version 4 or newer of the sqlcipher shell; older ones do not read it. The key is 32 bytes, "
                "given as they are: no derivation from a passphrase takes place, so kdf_iter does not "
                "matter. The first 16 bytes of the file are its salt, random in each copy: it need not be "
                "known. The salt below is that of the vault's own ledger."
            ),
            columns=self._columns((message("what"), 1.0), (message("value"), 2.0)),
            rows=tuple(self._facts.ledger.items()),
            listing=(
                "sqlcipher data/ledger.db",
                "PRAGMA key = \"x'<64 digits that the program below prints>'\";",
                "SELECT id, state, type, level, subject, number_text, date FROM documents;",
            ),
        )

    def _rescue(self) -> Section:
        return self._section(
            message("Opening the documents without securedoc"),
            message(
                "There is no stock command for AES-256-GCM-SIV, HPKE with X-Wing, and Cobblestone-256; "
                "there are libraries. These lines, typed into rescue.py, need Python 3.11 and three of "
                "them. They write every document in the clear into OUT: use a directory in memory on a "
                "machine without a network."
            ),
            listing=tuple(rescue().splitlines()),
        )

    def _keys(self) -> Section:
        return self._section(
            message("Where each key comes from"),
            message(
                "Recovery shares give 32 bytes. These open data/keyring/recovery.json, and in it a seed. "
                "The seed opens the grants in data/keyring/grants/recovery/: the ledger key and the "
                "documents key. The documents key opens each document's own key, in the ledger's table "
                "document_keys. A destroyed document has no key there, and nobody can open it."
            ),
            message(
                "An officer's passphrase (UTF-8, NFC) goes through Argon2id with the numbers in "
                "data/keyring/officers/ID.json, and opens the same kind of file; the grants are in "
                "data/keyring/grants/ID/."
            ),
            message("Byte for byte all this is in docs/formats.md, which comes with the program."),
        )

    def _rehearsals(self) -> Section:
        return self._section(
            message("Rehearsals"),
            message(
                "Every {days} days: securedoc backup drill PATH --share FILE … --kit {kit}. It restores "
                "into memory, opens every document, and is recorded.",
                days=self._facts.rehearsal_days,
                kit=self._facts.number,
            ),
            columns=self._columns(
                (message("date"), 0.7),
                (message("stick"), 0.8),
                (message("shares"), 0.8),
                (message("signature"), 1.6),
            ),
            rows=tuple((("…………"), "…………", "…………", _BLANK) for _ in range(4)),
        )

    def _dependencies(self) -> Section:
        running = self._facts.program
        return self._section(
            message("What the program needs"),
            message("Digest of the list, one a line: {digest}", digest=str(running.dependencies_digest)),
            ", ".join(running.dependencies),
            message("In the directory of the installed package, this gives the digest of its files:"),
            listing=program.DIGEST_COMMAND,
        )

    def _section(
        self,
        title: Message,
        *paragraphs: Message | str,
        columns: tuple[Column, ...] = (),
        rows: tuple[tuple[str, ...], ...] = (),
        listing: Sequence[str] = (),
    ) -> Section:
        self._number += 1
        return Section(
            f"{self._number}. {self._line(title)}",
            tuple(said for paragraph in paragraphs for said in self._both(paragraph)),
            columns if rows else (),
            rows,
            tuple(listing),
        )

    def _columns(self, *named: tuple[Message, float]) -> tuple[Column, ...]:
        return tuple(Column(self._line(title), width) for title, width in named)

    def _both(self, text: Message | str) -> tuple[str, ...]:
        """Return a sentence in both languages, once where they are the same."""
        if isinstance(text, Message):
            return tuple(dict.fromkeys((text.said(self._vietnamese), text.said())))
        return tuple(dict.fromkeys((self._vietnamese(text), text)))

    def _line(self, text: Message | str) -> str:
        return " / ".join(self._both(text))


def rescue() -> str:
    """Return the program that opens a snapshot without securedoc."""
    return resources.files("securedoc.backup").joinpath("rescue.txt").read_text("utf-8")


def _day(facts: Facts) -> str:
    return day_of(facts.at).isoformat()
