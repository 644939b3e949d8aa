"""Examines one bag: every rule of BagIt and of ours, every defect collected, nothing trusted early."""

import os
import stat
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from securedoc.backup import card, layout
from securedoc.backup.defects import DefectKind
from securedoc.backup.examined import Examined, Info, found_files, reason, why
from securedoc.backup.layout import BagKind, BagName
from securedoc.backup.packing import pack_size
from securedoc.core.digests import Digest
from securedoc.core.protocols import NoProgress, Progress
from securedoc.core.text import message
from securedoc.errors import SignatureError
from securedoc.formats import bagit
from securedoc.formats.bagit import BagMalformed, ManifestLine, Oxum
from securedoc.signing import cms
from securedoc.signing.trust import TrustStore

MAX_SIGNATURE_BYTES: Final = 256 * 1024

_TAG_FILES: Final = frozenset({bagit.DECLARATION_FILE, bagit.INFO_FILE, bagit.MANIFEST, layout.SIGNATURE})
"""What our tag manifest lists, no more and no less; that of a parity bag also the copies."""


class Depth(StrEnum):
    """How much of a medium is read."""

    NAMES = "names"
    """Signatures, tag files, and that every named file is there, of its size, and no other."""
    QUICK = "quick"
    """Also the bytes of everything but the packs and the recovery data."""
    FULL = "full"
    """Every byte."""


@dataclass(frozen=True, slots=True)
class Look:
    """How an examination looks: with whose trust, as of when, how deep, and who watches."""

    trust: TrustStore
    now: datetime
    """For signatures that do not say of when they are."""
    depth: Depth = Depth.FULL
    progress: Progress = field(default_factory=NoProgress)
    office: str | None = None
    """Name of the office whose medium it is, as its identity says; None where that is not known."""


def examine(directory: Path, bag: BagName, look: Look) -> Examined:
    """Examine the bag in `directory`; whatever is wrong with it is in the result, nothing is raised."""
    seen = Examined(directory, str(bag))
    if not _is_directory(seen):
        return seen
    # (1) What lies there: regular files only.
    seen.sizes = found_files(seen)
    # (2) The manifest, strictly: a line that was skipped would be a file that nobody checks.
    tag_lines = _read_tag_manifest(seen)
    untrusted_manifest = _read_manifest(seen)
    # (3) Complete: every named file is there, and every file there is named.
    _check_complete(seen)
    # (4) The bag says which it is: an older one, renamed, is complete and validly signed too.
    _read_card(seen)
    # (5) Somebody we trust signed the manifest, as of the time that the bag says it was made.
    if untrusted_manifest is not None:
        _check_signature(seen, untrusted_manifest, look)
    # (6) The tag files. Nobody signs the tag manifest: bag-info.txt must follow from the signed card.
    _read_info(seen, look)
    _check_tag_files(seen, tag_lines)
    # (7) Sizes, then bytes, as deep as asked.
    _count(seen)
    _check_sizes(seen)
    if look.depth is not Depth.NAMES:
        _check_bytes(seen, look)
    return seen


def _is_directory(seen: Examined) -> bool:
    try:
        mode = os.lstat(seen.directory).st_mode
    except OSError as error:
        seen.report(DefectKind.UNREADABLE, "", found=reason(error))
        return False
    if not stat.S_ISDIR(mode):
        # A link may lead to the machine's own disk: what it names is on no medium.
        seen.report(DefectKind.UNEXPECTED, "", found=message("not a directory"))
    return stat.S_ISDIR(mode)


def _read_tag_manifest(seen: Examined) -> tuple[ManifestLine, ...]:
    untrusted_data = seen.read(bagit.TAG_MANIFEST, bagit.MAX_TAG_FILE_BYTES)
    if untrusted_data is None:
        return ()
    try:
        lines = bagit.parse_manifest(untrusted_data, file=bagit.TAG_MANIFEST)
    except BagMalformed as error:
        # A mismatch, not only another form: these bytes follow from the tag files, and are not they.
        seen.report(DefectKind.MISMATCH, bagit.TAG_MANIFEST, found=why(error.line, error.why))
        return ()
    seen.counts.checked_files += 1
    seen.counts.checked_octets += len(untrusted_data)
    named, expected = {line.path for line in lines}, _tag_files(seen)
    for path in sorted(expected - named):
        seen.report(DefectKind.MISSING, bagit.TAG_MANIFEST, expected=path)
    # Another line, order or spelling: whoever adds a file could add its line too.
    if named > expected or (named == expected and untrusted_data != bagit.format_manifest(lines)):
        seen.report(DefectKind.MISMATCH, bagit.TAG_MANIFEST, found=message("not as it was written"))
    for path in seen.sizes:
        if not path.startswith(bagit.PAYLOAD) and path not in {bagit.TAG_MANIFEST, *expected}:
            seen.report(DefectKind.UNEXPECTED, path)
    return tuple(line for line in lines if line.path in expected)


def _tag_files(seen: Examined) -> frozenset[str]:
    return _TAG_FILES | (set(layout.COPIES.values()) if seen.bag.kind is BagKind.PARITY else set())


def _read_info(seen: Examined, look: Look) -> None:
    untrusted_data = seen.read(bagit.INFO_FILE, bagit.MAX_TAG_FILE_BYTES)
    if untrusted_data is None:
        return
    try:
        fields = dict(bagit.parse_info(untrusted_data))
        oxum = Oxum.parse(fields.get("Payload-Oxum", ""))
        office = fields.get("Source-Organization", "") if look.office is None else look.office
        expected = bagit.format_info(seen.card.info(office, oxum)) if seen.card else None
    except BagMalformed as error:
        seen.report(DefectKind.MALFORMED, error.file, found=why(error.line, error.why))
        return
    seen.info = Info(oxum, exact=expected == untrusted_data)
    if expected is not None and expected != untrusted_data:
        wanted, found = Digest.of(expected), Digest.of(untrusted_data)
        seen.report(DefectKind.MISMATCH, bagit.INFO_FILE, str(wanted), str(found))


def _check_tag_files(seen: Examined, lines: tuple[ManifestLine, ...]) -> None:
    for line in lines:
        data = seen.read(line.path, bagit.MAX_TAG_FILE_BYTES)
        if data is None:
            continue
        seen.counts.checked_files += 1
        seen.counts.checked_octets += len(data)
        if Digest.of(data) != line.digest:
            _blame(seen, line, data)


def _blame(seen: Examined, line: ManifestLine, data: bytes) -> None:
    """Say which of two files that disagree is the damaged one."""
    found = Digest.of(data)
    # The signature proves the manifest, and has not one bit that could differ and still prove it.
    copied = [name for name, copy in layout.COPIES.items() if copy == line.path]
    sound = data == bagit.DECLARATION or (
        seen.signer is not None
        and (not copied or data == seen.read(copied[0], bagit.MAX_TAG_FILE_BYTES))
        and (
            line.path != bagit.INFO_FILE
            or (seen.info is not None and seen.info.exact and seen.info.oxum == _oxum(seen))
        )
    )
    if not sound:
        seen.report(DefectKind.MISMATCH, line.path, str(line.digest), str(found))
    if sound:
        seen.report(
            DefectKind.MISMATCH,
            bagit.TAG_MANIFEST,
            expected=f"{found.hex}  {line.path}",
            found=f"{line.digest.hex}  {line.path}",
        )


def _read_manifest(seen: Examined) -> bytes | None:
    declaration = seen.read(bagit.DECLARATION_FILE, bagit.MAX_TAG_FILE_BYTES)
    untrusted_data = seen.read(bagit.MANIFEST, bagit.MAX_TAG_FILE_BYTES)
    try:
        if declaration is not None:
            bagit.check_declaration(declaration)
        if untrusted_data is not None:
            lines = bagit.parse_manifest(untrusted_data)
            seen.manifest = {line.path: line.digest for line in lines}
    except BagMalformed as error:
        seen.report(DefectKind.MALFORMED, error.file, found=why(error.line, error.why))
    if untrusted_data is not None:
        seen.manifest_digest = Digest.of(untrusted_data)
    return untrusted_data


def _check_complete(seen: Examined) -> None:
    if not seen.manifest:
        return  # said already; every file would be unexpected
    found = {path for path in seen.sizes if path.startswith(bagit.PAYLOAD)}
    for path in sorted(seen.manifest.keys() - found):
        seen.report(DefectKind.MISSING, path, str(seen.manifest[path]))
    for path in sorted(found - seen.manifest.keys()):
        seen.report(DefectKind.UNEXPECTED, path)


def _read_card(seen: Examined) -> None:
    data = seen.content(layout.CARD, card.MAX_CARD_BYTES)
    if data is None:
        return
    try:
        seen.card = card.parse(data)
    except ValueError as error:
        seen.report(DefectKind.MALFORMED, layout.CARD, found=str(error))
        return
    if seen.card.bag != seen.bag:
        seen.report(DefectKind.STALE, "", expected=seen.name, found=str(seen.card.bag))


def _check_signature(seen: Examined, manifest: bytes, look: Look) -> None:
    untrusted_signature = seen.read(layout.SIGNATURE, MAX_SIGNATURE_BYTES)
    if untrusted_signature is None:
        return
    at = seen.card.at if seen.card else look.now
    try:
        signer = cms.verify_detached(manifest, untrusted_signature, look.trust, at)
    except SignatureError as error:
        seen.report(
            DefectKind.SIGNATURE,
            layout.SIGNATURE,
            expected=message("a signature that leads to the trust file"),
            found=message(error.template, **error.facts),
        )
        return
    # A colleague's certificate leads to the same root: the bag says whose it must be.
    if seen.card is not None and signer.identifier != seen.card.by:
        expected, found = seen.card.by, signer.identifier or signer.name
        seen.report(DefectKind.SIGNATURE, layout.SIGNATURE, expected, found)
        return
    seen.signer = signer


def _count(seen: Examined) -> None:
    named = {bagit.TAG_MANIFEST, *_tag_files(seen), *seen.manifest}
    seen.counts.files = len(named)
    seen.counts.octets = sum(seen.sizes.get(path, 0) for path in named)


def _check_sizes(seen: Examined) -> None:
    if seen.info is not None:
        _check_oxum(seen, seen.info.oxum)
    if seen.bag.kind is BagKind.OBJECTS:
        _check_pack_sizes(seen)


def _check_oxum(seen: Examined, expected: Oxum) -> None:
    found = _oxum(seen)
    payload = {path for path in seen.sizes if path.startswith(bagit.PAYLOAD)}
    # A file too many or too few has been named already, and says more than their sum.
    if found != expected and payload == seen.manifest.keys():
        seen.report(DefectKind.MISMATCH, "data", str(expected), str(found))


def _oxum(seen: Examined) -> Oxum:
    sizes = [size for path, size in seen.sizes.items() if path.startswith(bagit.PAYLOAD)]
    return Oxum(sum(sizes), len(sizes))


def _check_pack_sizes(seen: Examined) -> None:
    packs: dict[str, list[int]] = {}
    for one in seen.placed(layout.PACK_INDEX) or ():
        packs.setdefault(one.path, []).append(one.size_bytes)
    for path, sizes in packs.items():
        expected, found = pack_size(sizes), seen.sizes.get(path)
        if found is not None and found != expected:
            seen.missized.add(path)
            seen.report(DefectKind.MISMATCH, path, str(expected), str(found))


def _check_bytes(seen: Examined, look: Look) -> None:
    paths = [
        path
        for path in sorted(seen.manifest)
        # What is wrong by its size is not read: a sparse file of any size takes no room on a stick.
        if path in seen.sizes.keys() - seen.missized
        and (look.depth is Depth.FULL or not layout.is_bulk(path))
    ]
    look.progress.start(message("reading {bag}", bag=seen.name), sum(seen.sizes[path] for path in paths))
    for path in paths:
        seen.digest(path, seen.manifest[path], look.progress)
    look.progress.finish()
