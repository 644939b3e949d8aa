"""Write the vectors of BagIt manifests and bag-info files; run again, the same bytes come out.

Each file: `expect:`, `comment:`, `file:` headers, an empty line, and the exact bytes. What is expected:
`valid` or `malformed`; `file` says which tag file the bytes are offered as.
"""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
ONE = hashlib.sha256(b"one").hexdigest()
TWO = hashlib.sha256(b"two").hexdigest()
MANIFEST, TAGS, INFO = "manifest-sha256.txt", "tagmanifest-sha256.txt", "bag-info.txt"

Vector = tuple[str, str, str, str, bytes]
"""Path without suffix, expectation, comment, file, bytes."""


def line(path: str, digest: str = ONE, between: str = "  ") -> bytes:
    """Spell one line of a manifest."""
    return f"{digest}{between}{path}\n".encode()


def vectors() -> Iterator[Vector]:
    """Yield every vector."""
    good = line("data/a") + line("data/b", TWO)
    valid = {
        "two-files": ("as sha256sum writes it", MANIFEST, good),
        "binary-mode": ("the star of sha256sum -b", MANIFEST, line("data/a", between=" *")),
        "percent": ("RFC 8493 2.1.3: a percent sign is %25", MANIFEST, line("data/100%25.txt")),
        "vietnamese": ("UTF-8 in a path", MANIFEST, line("data/Báo cáo.txt")),
        "tag-manifest": ("tag files are outside data/", TAGS, line("bagit.txt")),
        "info": ("fields, one continued", INFO, b"Source-Organization: A\n  B\nPayload-Oxum: 1.1\n"),
    }
    malformed = {
        "empty": ("no bytes", MANIFEST, b""),
        "cut-off": ("the last line has no end", MANIFEST, good[:-1]),
        "empty-line": ("a line that names nothing", MANIFEST, line("data/a") + b"\n" + line("data/b")),
        "comment": ("BagIt knows no comments", MANIFEST, b"# a comment\n" + good),
        "crlf": ("we write LF, and a path may end in CR", MANIFEST, good.replace(b"\n", b"\r\n")),
        "upper-case": ("two spellings of one digest", MANIFEST, line("data/a", ONE.upper())),
        "short-digest": ("63 digits", MANIFEST, line("data/a", ONE[1:])),
        "one-space": ("sha256sum would not read it", MANIFEST, line("data/a", between=" ")),
        "twice": ("two digests for one file", MANIFEST, line("data/a") + line("data/a", TWO)),
        "case": ("one file on FAT", MANIFEST, line("data/a") + line("data/A", TWO)),
        "dot-dot": ("leaves the bag", MANIFEST, line("data/../../x")),
        "absolute": ("leaves the bag", MANIFEST, line("/etc/passwd")),
        "backslash": ("leaves the bag on Windows", MANIFEST, line("data\\..\\x")),
        "drive": ("leaves the bag on Windows", MANIFEST, line("C:/x")),
        "encoded-newline": ("a name that no stick can hold", MANIFEST, line("data/a%0Ab")),
        "bare-percent": ("%41 is another spelling of A", MANIFEST, line("data/%41")),
        "not-payload": ("a tag file in the payload manifest", MANIFEST, line("bagit.txt")),
        "payload-in-tags": ("a payload file in the tag manifest", TAGS, line("data/a")),
        "not-utf8": ("bytes that are not UTF-8", MANIFEST, line("data/a").replace(b"/a", b"/\xff")),
        "nul": ("a control character in a path", MANIFEST, line("data/a\0")),
        "bidi": ("a path that reads backwards on a screen", MANIFEST, line("data/\u202etxt.exe")),
        "trailing-dot": ("FAT drops it: another file", MANIFEST, line("data/a.")),
        "info-no-colon": ("not a field", INFO, b"Payload-Oxum 1.1\n"),
        "info-continuation-first": ("continues nothing", INFO, b"  1.1\n"),
    }
    for name, (comment, file, data) in valid.items():
        yield f"bagit/valid/{name}", "valid", comment, file, data
    for name, (comment, file, data) in malformed.items():
        yield f"bagit/invalid/{name}", "malformed", comment, file, data


def files() -> dict[Path, bytes]:
    """Return every vector as the file it is kept in."""
    return {
        HERE / f"{path}.txt": f"expect: {expect}\ncomment: {comment}\nfile: {file}\n\n".encode() + data
        for path, expect, comment, file, data in vectors()
    }


def main() -> int:
    """Write them all."""
    for path, data in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
