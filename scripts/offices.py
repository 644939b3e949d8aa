"""Makes offices with years of registers: entries as the journeys write them, without the documents."""

import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from scripts import samples
from scripts.bench_office import BenchOffice, draft
from securedoc.core.documents import Level
from securedoc.core.entries import Act, Entry
from securedoc.core.jsonvalue import JsonObject, JsonValue
from securedoc.core.people import OfficerId
from securedoc.documents.skeleton import write_docx
from securedoc.issuing import finalising, registering, signing

INCOMING_A_YEAR: Final = 143_628
OUTGOING_A_YEAR: Final = 20_562
"""Twice what one district registered in half a year: 71,814 incoming and 10,281 outgoing."""
_STEP: Final = timedelta(days=365) / (INCOMING_A_YEAR + OUTGOING_A_YEAR)
_SHARE_IN: Final = INCOMING_A_YEAR / (INCOMING_A_YEAR + OUTGOING_A_YEAR)
_KEY_BYTES: Final = 1200
_PROSE: Final = """
báo cáo kế hoạch kiểm tra bảo vệ bí mật nhà nước xã huyện tỉnh công tác quý năm đề nghị phối hợp triển khai
thực hiện nghị quyết chỉ thị thông báo kết luận rà soát thống kê tài liệu vật chứa an ninh trật tự đất đai
dân cư hộ khẩu diễn tập phòng cháy cứu nạn ngân sách dự toán quyết toán thanh tra khiếu nại tố cáo
"""
_SYLLABLES: Final = tuple(_PROSE.split())


class OfficeClock:
    """A clock that only the generator moves."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """Return the time of the office."""
        return self._at

    def step(self) -> None:
        """Let the time pass that lies between two documents of a busy district."""
        self._at += _STEP


def district_clock(years: int = 8) -> OfficeClock:
    """Return a clock that stands some years before a day in 2026."""
    return OfficeClock(datetime(2026, 11, 1, 1, 0, tzinfo=UTC) - timedelta(days=365 * years))


@dataclass(slots=True)
class District:
    """An office that registers what a district does; one real document gives the facts of the others."""

    office: BenchOffice
    clock: OfficeClock
    _pattern: dict[Act, Entry] = field(default_factory=dict)
    _chance: random.Random = field(default_factory=lambda: random.Random(2026))  # noqa: S311 - made-up registers

    def grow(self, entries: int) -> None:
        """Let the office work until its ledger has so many entries, at least."""
        if not self._pattern:
            self._pattern = dict(_life(self.office))
        while self.office.records.ledger.size < entries:
            self.clock.step()
            if self._chance.random() < _SHARE_IN:
                self._receive()
            else:
                self._issue()

    def subject(self) -> str:
        """Return a made-up abstract."""
        return "V/v " + " ".join(self._chance.choices(_SYLLABLES, k=12)) + " (MẪU)"

    def _receive(self) -> None:
        records, today = self.office.records, self.office.records.today()
        with records.write() as writing:
            document = writing.next_document(today.year)
            writing.append(
                Act.DOCUMENT_RECEIVED,
                document,
                {
                    "book": "den",
                    "year": today.year,
                    "row": writing.next_row("den", today.year),
                    "arrived": today.isoformat(),
                    "from": f"UBND xã Mẫu {self._chance.randrange(200)}",
                    "number_text": f"{self._chance.randrange(1, 3000)}/BC-UBND",
                    "date": (today - timedelta(days=self._chance.randrange(9))).isoformat(),
                    "type": "bao-cao",
                    "level": self._chance.choice(("mat", "mat", "mat", "toi-mat")),
                    "subject": self.subject(),
                    "copies": 1,
                    "unit": "VP",
                    "note": "",
                    "ends": records.policy.term_end(Level("mat"), today).isoformat(),
                    "objects": [],
                },
            )

    def _issue(self) -> None:
        """Take one document through four transactions, each by the officer whose part it is."""
        records, today = self.office.records, self.office.records.today()
        day, subject = today.isoformat(), self.subject()
        with self.office.drafter.write() as writing:
            document = writing.next_document(today.year)
            writing.append(Act.DRAFT_CREATED, document, self._facts(Act.DRAFT_CREATED, subject=subject))
            copies = {OfficerId("dung"): secrets.token_bytes(_KEY_BYTES)}
            writing.put_document_key(document, secrets.token_bytes(_KEY_BYTES), copies)
        with records.write() as writing:
            number = writing.next_number("di", today.year)
            text = f"{number:02d}/BC-UBND"
            place: JsonObject = {"year": today.year, "number": number, "date": day}
            reserved = self._facts(Act.NUMBER_RESERVED, text=text, **place)
            writing.append(Act.NUMBER_RESERVED, document, reserved)
            finalised = self._facts(Act.DOCUMENT_FINALISED, number_text=text, date=day)
            writing.append(Act.DOCUMENT_FINALISED, document, finalised)
        with self.office.signer.write() as writing:
            writing.append(Act.DOCUMENT_SIGNED, document, self._facts(Act.DOCUMENT_SIGNED))
        with records.write() as writing:
            row = writing.next_row("di", today.year)
            registered = self._facts(
                Act.DOCUMENT_REGISTERED, number_text=text, subject=subject, row=row, **place
            )
            writing.append(Act.DOCUMENT_REGISTERED, document, registered)

    def _facts(self, act: Act, **others: JsonValue) -> JsonObject:
        """Return the facts of the real document, with these instead, and objects of their own."""
        facts = {**self._pattern[act].facts, **others}
        objects = facts.get("objects")
        if isinstance(objects, list):
            facts["objects"] = [
                {**one, "digest": f"sha256:{secrets.token_hex(32)}"}
                for one in objects
                if isinstance(one, dict)
            ]
        return facts


def _life(office: BenchOffice) -> Iterator[tuple[Act, Entry]]:
    """Yield the entries of one real document, from draft to book."""
    document = draft(office, write_docx(samples.cong_van()))
    finalising.finalise(office.records, document, OfficerId("binh"))
    signing.sign(office.signer, document)
    registering.issue(office.records, document)
    for entry in office.records.ledger.entries(document=document):
        yield entry.act, entry
