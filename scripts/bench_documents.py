"""Measures documents: finalising, signing, verifying, each against another program of the same run.

What is compared is processor time, of all threads and processes: what else the machine does is not ours.
"""

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization

from scripts import samples
from scripts.bench_office import BenchOffice, draft, opened
from scripts.benchlines import MS, Line, aimed, held, process
from securedoc.core.people import OfficerId
from securedoc.crypto import certificates
from securedoc.crypto.certificates import Subject, Validity
from securedoc.documents.skeleton import write_docx
from securedoc.issuing import finalising
from securedoc.office.trust import authority_certificate, officer_key
from securedoc.signing import archiving, pades, verdict
from securedoc.signing.authority import Authority, Head
from securedoc.signing.fields import AUTHOR_FIELD, Box
from securedoc.signing.keys import SigningKey
from securedoc.signing.trust import TrustStore
from securedoc.system import process as programs

BATCH: Final = 100
STOCK: Final = 5
ROUNDS: Final = 7
LONG_PAGES: Final = 200

FINALISE_RATIO: Final = 0.1
LONG_S: Final = 3.0
STOCK_RATIO: Final = 0.2
VERIFY_RATIO: Final = 1.5
MEMORY_MB: Final = 200

_BOX: Final = Box(0, 300, 560, 470, 620)
_STOCK_PROGRAM: Final = """
import sys, warnings
warnings.simplefilter("ignore")
from io import BytesIO
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers, fields
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko.keys import load_cert_from_pemder
pdf, key, cert, root = sys.argv[1:]
signer = signers.SimpleSigner.load(key, cert, ca_chain_files=(root,))
meta = signers.PdfSignatureMetadata(field_name="Ky", subfilter=fields.SigSeedSubFilter.PADES)
out = signers.sign_pdf(IncrementalPdfFileWriter(open(pdf, "rb")), meta, signer=signer)
embedded = PdfFileReader(BytesIO(out.getvalue())).embedded_regular_signatures[0]
context = ValidationContext(trust_roots=[load_cert_from_pemder(root)], allow_fetching=False)
assert validate_pdf_signature(embedded, context).bottom_line
"""


def measure(where: Path) -> Iterator[Line]:
    """Measure everything, memory first: the programs that we compare with use more."""
    with opened(where) as office:
        trust = TrustStore.of(roots=[authority_certificate(office.records)])
        key = officer_key(office.signer)
        final = _final(office, write_docx(samples.long_body()))
        signed = _signed(final, key)
        file = where / "signed.pdf"
        file.write_bytes(signed)
        root = where / "root.der"
        root.write_bytes(authority_certificate(office.records))
        yield from _one_verification(file, root)
        yield from _finalising(office, where)
        yield from _batch(final, key, trust, where)
        yield from _levels(final, key, trust)


def _final(office: BenchOffice, body: bytes) -> bytes:
    document = draft(office, body)
    return finalising.finalise(office.records, document, OfficerId("binh")).final.pdf


def _signed(pdf: bytes, key: SigningKey, stamper: Authority | None = None) -> bytes:
    return pades.sign(
        pades.prepare_fields(pdf, {AUTHOR_FIELD: _BOX}),
        AUTHOR_FIELD,
        key,
        signed_at=_now(),
        reason="Báo cáo",
        location="Mẫu",
        certify=True,
        appearance=None,
        stamper=stamper,
    ).pdf


def spent(act: Callable[[], object]) -> float:
    """Return the processor time of this process, in all its threads, that `act` takes."""
    began = time.process_time()
    act()
    return time.process_time() - began


def _now() -> datetime:
    return datetime.now(UTC)


def _one_verification(file: Path, root: Path) -> Iterator[Line]:
    """Compare `verify` of one file with importing the library alone; the two take turns."""
    command = str(Path(sys.executable).with_name("securedoc"))
    library = "import pyhanko.sign.validation"
    pairs = [
        (
            process(command, "verify", str(file), "--trust", str(root)),
            process(sys.executable, "-c", library),
        )
        for _ in range(ROUNDS)
    ]
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    ours, importing = (min(times) for times in zip(*pairs, strict=True))
    value = f"{ours * MS:.0f} ms / {importing * MS:.0f} ms = {ours / importing:.2f}"
    yield held(
        "verify one file / import of the library",
        value,
        f"≤ {VERIFY_RATIO}",
        holds=ours / importing <= VERIFY_RATIO,
    )
    yield held("    its memory", f"{memory:.0f} MB", f"≤ {MEMORY_MB} MB", holds=memory <= MEMORY_MB)


def _finalising(office: BenchOffice, where: Path) -> Iterator[Line]:
    """Freeze a document of three pages, against LibreOffice with a warm profile; then a long one."""
    body = write_docx(samples.long_body())
    times = [spent(lambda: _final(office, body)) for _ in range(5)]
    ours = statistics.median(times[1:])
    theirs = _libreoffice(body, where)
    if theirs is None:
        yield Line("finalise 3 pages / LibreOffice", f"{ours * MS:.0f} ms; soffice is not installed")
    else:
        value = f"{ours * MS:.0f} ms / {theirs * MS:.0f} ms = {ours / theirs:.2f}"
        yield aimed(
            "finalise 3 pages / LibreOffice, warm",
            value,
            f"≤ {FINALISE_RATIO}",
            holds=ours / theirs <= FINALISE_RATIO,
        )
    once = samples.long_body()
    document = draft(office, write_docx(replace(once, blocks=once.blocks * (LONG_PAGES // 3))))
    pages = 0

    def finalise() -> None:
        nonlocal pages
        pages = finalising.finalise(office.records, document, OfficerId("binh")).final.pages

    took = spent(finalise)
    yield aimed(f"finalise {pages} pages", f"{took:.2f} s", f"≤ {LONG_S} s", holds=took <= LONG_S)


def _libreoffice(body: bytes, where: Path) -> float | None:
    soffice = programs.find("soffice")
    if soffice is None:
        return None
    file = where / "body.docx"
    file.write_bytes(body)
    profile = f"-env:UserInstallation=file://{where / 'profile'}"
    convert = [str(soffice), profile, "--headless", "--convert-to", "pdf", "--outdir", str(where), str(file)]
    return min(_childs(lambda: subprocess.run(convert, check=True, capture_output=True)) for _ in range(3))


def _childs(act: Callable[[], object]) -> float:
    """Return the processor time of the programs that `act` starts and waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    act()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _batch(final: bytes, key: SigningKey, trust: TrustStore, where: Path) -> Iterator[Line]:
    """Sign and verify many documents, against pyHanko's own signer and validator, a process each."""

    def ours() -> None:
        for _ in range(BATCH):
            found = verdict.verify(_signed(final, key), trust, None, _now())
            verdict.require(found)

    took = spent(ours)
    private = serialization.load_der_private_key(key.private_key.reveal(), None)
    files = {
        "final.pdf": final,
        "key.pem": private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        "cert.der": key.certificate,
        "root.der": key.chain[0],
    }
    for name, data in files.items():
        (where / name).write_bytes(data)
    words = [str(where / name) for name in files]
    stocked = [sys.executable, "-c", _STOCK_PROGRAM, *words]
    stock = statistics.median(_childs(lambda: subprocess.run(stocked, check=True)) for _ in range(STOCK))
    value = f"{took:.1f} s / {stock * BATCH:.0f} s = {took / stock / BATCH:.2f}"
    yield held(
        f"sign and verify {BATCH} / stock pyHanko, a process each",
        value,
        f"≤ {STOCK_RATIO}",
        holds=took / stock / BATCH <= STOCK_RATIO,
    )


def _levels(final: bytes, key: SigningKey, trust: TrustStore) -> Iterator[Line]:
    """Say what each level costs, with a time-stamp authority of the same process."""
    stamping = _stamping_key()
    both = trust.merged(TrustStore.of(roots=[stamping.chain[0]]))

    def authority() -> Authority:
        return Authority(stamping, _now(), Head(1, bytes(32)))

    def b_lta() -> bytes:
        return archiving.archive(_signed(final, key, authority()), both, authority()).pdf

    whole = b_lta()
    for name, act in (
        ("sign, B-B, with reading back", lambda: _signed(final, key)),
        ("sign, B-T, with reading back", lambda: _signed(final, key, authority())),
        ("sign, B-LTA, with reading back twice", b_lta),
        ("verify, B-LTA", lambda: verdict.verify(whole, both, None, _now())),
    ):
        took = statistics.median(spent(act) for _ in range(ROUNDS))
        yield Line(f"    {name}", f"{took * MS:.0f} ms")


def _stamping_key() -> SigningKey:
    validity = Validity.years(datetime.now(UTC), 1)
    root = certificates.make_authority(Subject("MẪU", "MẪU"), validity)
    made = certificates.issue(root, Subject("Dấu thời gian MẪU", "MẪU"), validity, time_stamping=True)
    return SigningKey(made.certificate, made.private_key, (root.certificate,))
