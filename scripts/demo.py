"""Walks the whole main job through the real command line, in a training office made for it."""

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from scripts import samples

REPOSITORY: Final = Path(__file__).resolve().parents[1]
SECUREDOC: Final = (sys.executable, "-m", "securedoc")
PEOPLE: Final = {
    "an": ("records", "Trần Thị An", ""),
    "binh": ("signer", "Lê Văn Bình", "CHỦ TỊCH"),
    "chi": ("security", "Phạm Thị Chi", ""),
    "dung": ("drafter", "Vũ Văn Dũng", ""),
    "giang": ("operator", "Đỗ Thị Giang", ""),
    "hoa": ("auditor", "Ngô Văn Hòa", ""),
}
OFFICE: Final = (
    "--office",
    "Ủy ban nhân dân xã Mẫu",
    "--place",
    "Mẫu",
    "--symbol",
    "UBND",
    "--superior",
    "UBND tỉnh Mẫu",
)
DOCUMENTS: Final = (
    (
        "bao-cao",
        "mat",
        "Công tác bảo vệ bí mật nhà nước mười tháng đầu năm 2026 (MẪU)",
        ("Ủy ban nhân dân tỉnh Mẫu",),
        "bao-cao.docx",
    ),
    (
        "cong-van",
        "toi-mat",
        "triển khai phương án bảo vệ cuộc diễn tập khu vực phòng thủ năm 2027 (MẪU)",
        ("Công an tỉnh Mẫu", "Bộ Chỉ huy Quân sự tỉnh Mẫu"),
        "cong-van.docx",
    ),
    (
        "quyet-dinh",
        "tuyet-mat",
        "Về việc phê duyệt Phương án bảo vệ mục tiêu TH-27/A1 (MẪU)",
        ("Công an xã",),
        "quyet-dinh.docx",
    ),
)
DAMAGED: Final = 74
MOST_LINES: Final = 26


@dataclass
class Demo:
    """One walk: where it takes place, and in which language the program speaks."""

    root: Path
    lang: str
    began: float = field(default_factory=time.monotonic)

    @property
    def vault(self) -> Path:
        """Where the training vault is."""
        return self.root / "kho"

    @property
    def sticks(self) -> tuple[Path, Path]:
        """Two directories that stand for USB sticks."""
        return self.root / "usb-1", self.root / "usb-2"

    def say(self, vietnamese: str, english: str) -> None:
        """Tell what comes next."""
        print(
            f"\n\033[1m{vietnamese}\033[0m\n{english}"
            if sys.stdout.isatty()
            else f"\n{vietnamese}\n{english}"
        )

    def run(
        self, officer: str | None, *words: str | Path, vault: Path | None = None, ends: Iterable[int] = (0,)
    ) -> str:
        """Run a command as a person would, show it, and return what it printed."""
        return self._run(officer, words, vault, tuple(ends), shown=True)

    def ask(self, officer: str | None, *words: str | Path, vault: Path | None = None) -> dict[str, Any]:
        """Run a command for its JSON."""
        answer: dict[str, Any] = json.loads(self._run(officer, ("--json", *words), vault, (0,), shown=False))
        return answer

    def _run(
        self,
        officer: str | None,
        words: tuple[str | Path, ...],
        vault: Path | None,
        ends: tuple[int, ...],
        *,
        shown: bool,
    ) -> str:
        said = [str(word) for word in words]
        who = [] if officer is None else ["--as", officer, "--passphrase-file", str(self.passphrase(officer))]
        where = [] if (officer or vault) is None else ["--vault", str(vault or self.vault)]
        if shown:
            spoken = ["--as", officer, *said] if officer else said
            print("  $ securedoc " + shlex.join(spoken).replace(str(self.root) + "/", ""))
        done = subprocess.run(
            [*SECUREDOC, "--lang", self.lang, *where, *who, *said],
            capture_output=True,
            cwd=REPOSITORY,
            check=False,
        )
        out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
        if shown:
            lines = (out + err).splitlines()
            for line in lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 4], "  …", *lines[-3:]]:
                print("    " + line)
        if done.returncode not in ends:
            sys.exit(f"{out}{err}securedoc ended with {done.returncode}: " + shlex.join(said))
        return out

    def passphrase(self, officer: str) -> Path:
        """Return the file with an officer's obviously fake passphrase."""
        path = self.root / "cum-mat-khau" / f"{officer}.txt"
        if not path.exists():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(f"năm con ngựa của {officer} chạy\n", encoding="utf-8")
        return path


def ceremony(demo: Demo) -> None:
    """Hold the key ceremony."""
    demo.say(
        "1. Lễ tạo khóa: một cơ quan TẬP HUẤN, sáu cán bộ, mảnh khôi phục 2 trên 3.",
        "1. The key ceremony: a TRAINING office, six officers, 2-of-3 recovery shares.",
    )
    people = [
        word
        for officer, (role, name, title) in PEOPLE.items()
        for word in ("--officer", f"{officer}:{role}:{name}" + (f":{title}" if title else ""))
    ]
    for officer in PEOPLE:
        demo.passphrase(officer)
    demo.run(
        None,
        *("--vault", demo.vault, "init", "--training", *OFFICE),
        *("--policy", "vn-2026", *people, "--recovery", "2of3"),
        *("--shares-dir", demo.root / "manh-khoi-phuc", "--passphrase-dir", demo.root / "cum-mat-khau"),
    )


def documents(demo: Demo) -> list[str]:
    """Take three documents from draft to the outgoing book; return their identifiers."""
    demo.say(
        "2. Ba văn bản: soạn thảo, chốt PDF/A, ký, đóng dấu, kiểm tra, phát hành.",
        "2. Three documents: drafted, finalised as PDF/A, signed, sealed, verified, issued.",
    )
    bodies = demo.root / "noi-dung"
    samples.main(bodies)
    issued = []
    for type_key, level, subject, recipients, body in DOCUMENTS:
        to = [word for name in recipients for word in ("--to", name)]
        unit = ("--unit", "VP") if type_key == "cong-van" else ()
        drafted = demo.ask(
            "dung",
            *("draft", "new", "--type", type_key, "--level", level, "--subject", subject, *to, *unit),
            *("--list-basis", "Mục 1 danh mục giả định", "--no-copying", "--body", bodies / body),
        )
        document = str(drafted["id"])
        print(f"  dung → {document}: {type_key}, {level}")
        demo.run("an", "finalize", document, "--signer", "binh")
        demo.run("binh", "sign", document)
        demo.run("an", "sign", document, "--seal")
        demo.run("an", "issue", document)
        issued.append(document)
    demo.run("binh", "verify", issued[0])
    return issued


def registers(demo: Demo) -> None:
    """Register what came in, search, and show the book."""
    demo.say(
        "3. Văn bản đến, tìm kiếm không dấu, sổ đăng ký.",
        "3. An incoming document, a search without diacritics, the register.",
    )
    demo.run(
        "an",
        *("receive", "--from", "Sở Nội vụ tỉnh Mẫu", "--number", "12/SNV-VP", "--date", "2026-11-20"),
        *("--level", "mat", "--type", "cong-van", "--subject", "V/v rà soát danh mục giả định (MẪU)"),
    )
    demo.run("an", "search", "bao ve bi mat")
    demo.run("an", "book", "show", "di")


def backup(demo: Demo) -> None:
    """Back up to a stick, verify it without a key, and find one flipped bit."""
    demo.say(
        "4. Sao lưu ra hai USB (ở đây là thư mục), rồi ai cũng kiểm tra được mà không cần khóa.",
        "4. Backups to two sticks (here directories), then anybody verifies one without a key.",
    )
    for number, stick in enumerate(demo.sticks, 1):
        stick.mkdir()
        label = ("--label", f"USB {number}", "--keeper", "Đỗ Thị Giang")
        demo.run("giang", "media", "register", stick, *label)
        demo.run("giang", "backup", "run", "--to", stick)
    demo.run("giang", "media", "list")
    stick = demo.sticks[0]
    authority = demo.vault / "keyring" / "certificates" / "authority.der"
    demo.run(None, "backup", "verify", stick, "--trust", authority)
    demo.say("Đảo một bit trên USB: phải bị phát hiện.", "One bit of the stick is flipped: it must be found.")
    victim = max((path for path in stick.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    whole = victim.read_bytes()
    middle = len(whole) // 2
    victim.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    demo.run(None, "backup", "verify", stick, "--trust", authority, ends=(DAMAGED,))
    victim.write_bytes(whole)
    print("  (đã trả lại bit / the bit is put back)")
    demo.say(
        "Tờ khẩn cấp, rồi diễn tập khôi phục trong bộ nhớ bằng hai mảnh; máy sẽ nhắc khi đến hạn.",
        "The emergency kit, and a restore rehearsed in memory with two shares.",
    )
    demo.run("an", "kit", "emergency", "--out", demo.root / "to-khan-cap.pdf")
    shares = sorted((demo.root / "manh-khoi-phuc").iterdir())[:2]
    demo.run(
        None,
        *("backup", "drill", stick, "--kit", "1"),
        *(word for share in shares for word in ("--share", str(share))),
        vault=demo.vault,
    )
    demo.run("giang", "backup", "schedule", "install", "--root", demo.root / "may")
    demo.run("giang", "backup", "due")


def audit(demo: Demo) -> None:
    """Let the auditor check everything."""
    demo.say(
        "5. Kiểm tra viên: sổ cái, điểm kiểm, máy tính, toàn bộ kho.",
        "5. The auditor: the ledger, its checkpoint, the machine, the whole vault.",
    )
    slip = demo.root / "diem-kiem.txt"
    slip.write_text(demo.ask("hoa", "ledger", "checkpoint")["note"], encoding="utf-8")
    demo.run("hoa", "ledger", "verify", "--anchor", slip)
    # This machine has a network, and the audit says so; in a training vault that does not decide the result.
    demo.run(
        "hoa",
        *(
            "audit",
            "run",
            "--report",
            demo.root / "kiem-tra.html",
            "--media",
            demo.sticks[0],
            "--anchor",
            slip,
        ),
    )


def restore(demo: Demo, issued: Iterable[str]) -> None:
    """Restore into an empty place with two shares, and open every document."""
    demo.say(
        "6. Khôi phục vào nơi trống bằng USB và hai mảnh; mọi văn bản đều mở được.",
        "6. Restored into an empty place from the stick and two shares; every document opens.",
    )
    shares = sorted((demo.root / "manh-khoi-phuc").iterdir())[:2]
    restored = demo.root / "kho-khoi-phuc"
    demo.run(
        None,
        *("backup", "restore", demo.sticks[0], "--into", restored),
        *(word for share in shares for word in ("--share", str(share))),
    )
    demo.run("hoa", "ledger", "verify", vault=restored)
    for document in issued:
        judged = demo.ask("an", "verify", document, vault=restored)
        print(f"  {document}: {judged['verdict']}")


def main() -> None:
    """Walk the main job and say where to look."""
    parser = argparse.ArgumentParser(description="Walk the whole main job in a training office.")
    parser.add_argument("directory", nargs="?", type=Path, help="a new directory; one under /tmp by default")
    parser.add_argument("--lang", choices=("vi", "en"), default="vi", help="language of the program")
    said = parser.parse_args()
    if said.directory is None:
        root = Path(tempfile.mkdtemp(prefix="securedoc-demo-"))
    else:
        root = said.directory.resolve()
        root.mkdir(mode=0o700, parents=True)
    demo = Demo(root, said.lang)
    ceremony(demo)
    issued = documents(demo)
    registers(demo)
    backup(demo)
    audit(demo)
    restore(demo, issued)
    pdfs = take_out(demo, issued)
    demo.say("Xong. Xem ở đây:", "Done. Look here:")
    for path in (*pdfs, root / "kiem-tra.html", root / "to-khan-cap.pdf", *demo.sticks, demo.vault):
        print(f"  {path}")
    print(f"  {time.monotonic() - demo.began:.0f} s")


def take_out(demo: Demo, issued: Iterable[str]) -> list[Path]:
    """Take the signed documents out of the restored vault, by two people, to be looked at."""
    demo.say(
        "7. Đưa ba văn bản ra ngoài để xem: hai người, có ghi vào sổ cái.",
        "7. The three documents are taken out to be looked at: two people, and an entry each.",
    )
    confirm = ("--second", "binh", "--second-passphrase-file", demo.passphrase("binh"))
    return [
        Path(
            demo.ask(
                *("an", "export", document, "--out", demo.root / "pdf", *confirm),
                vault=demo.root / "kho-khoi-phuc",
            )["file"]
        )
        for document in issued
    ]


if __name__ == "__main__":
    main()
