"""Measures a scan for traces over a home of 100,000 files, and that it finds what was hidden there."""

import base64
import gzip
import io
import json
import os
import random
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from scripts.bench_office import PASSPHRASE, BenchOffice, draft, opened
from scripts.benchlines import REPOSITORY, Line, held
from securedoc.documents import textbody

FILES: Final = 100_000
DOCUMENTS: Final = 200
HOLD_S: Final = 20
HOLD_MB: Final = 200
FOLDER: Final = 200
KIB: Final = 1024
# Syllables of official prose: texts made of them look like an office's, and say nothing.
_PROSE: Final = """
thực hiện kế hoạch công tác năm của tỉnh ủy ủy ban nhân dân xã mẫu báo cáo kết quả đạt được trong quý tổ chức
kiểm tra việc quản lý tài liệu trang thiết bị tại các thôn đơn vị bộ phận văn thư lưu trữ tiếp tục tăng cường
tuyên truyền tập huấn cho cán bộ chiến sĩ bảo đảm an ninh trật tự địa bàn giao thông đường nước điện trường
lớp học sinh giáo viên y tế dân số đất đai xây dựng nông thôn mới thu chi ngân sách
"""
_SYLLABLES: Final = tuple(_PROSE.split())
_CODE: Final = b"def value(self, key: str) -> int:\n    return self.table.get(key, 0) + 1  # cached\n"


def text_of(chance: random.Random, words: int) -> str:
    """Return made-up prose of so many syllables, marked as a sample."""
    said = [chance.choice(_SYLLABLES) for _ in range(words)]
    return "MẪU. " + "\n".join(" ".join(said[at : at + 60]) for at in range(0, words, 60)) + "\n"


def disguises(text: str) -> dict[str, bytes]:
    """Return a document's text as programs leave it behind."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content.xml", f"<x><text:p>{text}</text:p></x>")
    raw = text.encode()
    return {
        "plain.txt": raw,
        "wide.txt": text.encode("utf-16"),
        "upper.txt": text.upper().encode(),
        "saved.odt": packed.getvalue(),
        "old.gz": gzip.compress(raw),
        "old.z": zlib.compress(raw),
        "mail.eml": b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(raw),
        "page.html": f"<html><p>{text}</p></html>".encode(),
        "data.json": json.dumps({"text": text}).encode(),
        "body.docx": textbody.docx_from_text(raw),
    }


def fill(home: Path, files: int) -> int:
    """Put so many files into a home, of the kinds that a home has; return their bytes."""
    chance = random.Random(2026)  # noqa: S311 - what the files say does not matter
    noise = chance.randbytes(256 * KIB)
    size = 0
    for number in range(files):
        folder = home / f".cache/app/{number // FOLDER:04d}"
        if number % FOLDER == 0:
            folder.mkdir(parents=True)
        data, suffix = _ordinary(chance, noise)
        (folder / f"{number:06d}{suffix}").write_bytes(data)
        size += len(data)
    return size


def _ordinary(chance: random.Random, noise: bytes) -> tuple[bytes, str]:
    kind = chance.random()
    at = chance.randrange(len(noise) - 64 * KIB)
    if kind < 0.60:  # noqa: PLR2004 - shares of the kinds
        return _CODE * chance.randrange(4, 90), ".py"
    if kind < 0.75:  # noqa: PLR2004
        return b"\x89PNG\r\n\x1a\n" + noise[at : at + chance.randrange(4 * KIB, 60 * KIB)], ".png"
    if kind < 0.86:  # noqa: PLR2004
        return b"\0\1" + noise[at : at + chance.randrange(KIB, 30 * KIB)], ".bin"
    text = text_of(chance, chance.randrange(100, 2000))
    if kind < 0.94:  # noqa: PLR2004
        return text.encode(), ".txt"
    if kind < 0.98:  # noqa: PLR2004
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("word/document.xml", f"<w:p><w:t>{text}</w:t></w:p>")
        return packed.getvalue(), ".docx"
    return gzip.compress(text.encode()), ".gz"


def measure(where: Path) -> Iterator[Line]:
    """Scan a home of many files from the command line, as a process of its own."""
    with opened(where) as office:
        yield from _tracing(office, where)


def _tracing(office: BenchOffice, where: Path) -> Iterator[Line]:
    chance = random.Random(7)  # noqa: S311 - made-up documents
    texts = [text_of(chance, 900) for _ in range(DOCUMENTS)]
    for text in texts:
        draft(office, textbody.docx_from_text(text.encode()))
    home, size = where / "home", 0
    home.mkdir()
    size = fill(home, FILES)
    hidden = home / "Documents"
    hidden.mkdir()
    planted = disguises(texts[DOCUMENTS // 2])
    for name, data in planted.items():
        (hidden / name).write_bytes(data)
    first, *_ = _scan(office, where, home)
    (took, cpu, peak_mb, found) = _scan(office, where, home)
    named = {
        Path(one["path"]).name for one in found["findings"] if one["recognised"] in {"content", "digest"}
    }
    yield Line(
        "traces: home", f"{FILES} files, {size / 1e6:.0f} MB, {DOCUMENTS} documents, first {first:.1f} s"
    )
    yield held(
        "traces scan, wall", f"{took:.1f} s, {cpu:.1f} s of processor", f"≤ {HOLD_S} s", holds=took <= HOLD_S
    )
    yield held("traces scan, memory", f"{peak_mb:.0f} MB", f"≤ {HOLD_MB} MB", holds=peak_mb <= HOLD_MB)
    yield held(
        "traces scan, hidden copies found",
        f"{len(named & set(planted))} of {len(planted)}, {len(named - set(planted))} others",
        "all, none",
        holds=named == set(planted),
    )


def _scan(
    office: BenchOffice, where: Path, home: Path
) -> tuple[float, float, float, dict[str, list[dict[str, str]]]]:
    secret = where / "an.txt"
    secret.write_bytes(PASSPHRASE)
    secret.chmod(0o600)
    machine = where / "machine"
    machine.mkdir(exist_ok=True)
    # An empty machine: how much lies in /tmp here is not what is measured.
    code = (
        "import sys, pathlib\nfrom securedoc.cli import traces\n"
        f"traces.ROOT = pathlib.Path({str(machine)!r})\n"
        "from securedoc.__main__ import main\nsys.exit(main())"
    )
    argv = [sys.executable, "-c", code, "--vault", str(office.vault), "--as", "an", "--json"]
    argv += ["--passphrase-file", str(secret), "traces", "scan", "--home", str(home)]
    out = where / "scan.json"
    began = time.perf_counter()
    with out.open("wb") as stream:
        child = subprocess.Popen(argv, cwd=REPOSITORY, stdout=stream, stderr=subprocess.DEVNULL)
        _pid, status, usage = os.wait4(child.pid, 0)
    took = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    return took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, json.loads(out.read_bytes())
