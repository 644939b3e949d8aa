"""A training office made by the real ceremony, driven through the command line."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from securedoc.documents import textbody
from tests.support.cli import Ran, run, spawn

PEOPLE = {
    "an": ("records", "Trần Thị An", ""),
    "binh": ("signer", "Lê Văn Bình", "Chủ tịch"),
    "chi": ("security", "Phạm Thị Chi", ""),
    "dung": ("drafter", "Vũ Văn Dũng", ""),
    "em": ("operator", "Đỗ Thị Em", ""),
    "phuc": ("auditor", "Hồ Văn Phúc", ""),
}
BODY = textbody.docx_from_text(
    "Thực hiện chương trình công tác năm, Ủy ban nhân dân xã Mẫu báo cáo như sau (MẪU).\n\n"
    "Kết quả đạt được cơ bản đúng tiến độ; không có vướng mắc lớn.\n".encode()
)


@dataclass(frozen=True, slots=True)
class World:
    """A vault, and everybody's obviously fake passphrase."""

    root: Path

    @property
    def vault(self) -> Path:
        """Where the vault is."""
        return self.root / "vault"

    @property
    def passphrases(self) -> Path:
        """Directory of `ID.txt` files."""
        return self.root / "passphrases"

    @property
    def shares(self) -> Path:
        """Directory of the recovery shares."""
        return self.root / "shares"

    def write(self, name: str, data: bytes) -> Path:
        """Put a file beside the vault."""
        path = self.root / name
        path.write_bytes(data)
        return path

    def passphrase_file(self, officer: str) -> Path:
        """Return the file with an officer's passphrase, making it on first use."""
        self.passphrases.mkdir(mode=0o700, exist_ok=True)
        path = self.passphrases / f"{officer}.txt"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(f"correct horse of {officer}\n", encoding="utf-8")
        return path

    def words(self, officer: str, *argv: str | Path) -> tuple[str | Path, ...]:
        """Return a whole command line of one officer."""
        return (
            "--vault",
            self.vault,
            "--as",
            officer,
            "--passphrase-file",
            self.passphrase_file(officer),
            "--json",
            *argv,
        )

    def run(self, officer: str, *argv: str | Path) -> Ran:
        """Run a command as one officer, in this process, with JSON."""
        return run(*self.words(officer, *argv))

    def spawn_under(self, wrapper: tuple[str, ...], officer: str, *argv: str | Path) -> Ran:
        """Run a command as a real process under another program, such as strace."""
        return spawn(*self.words(officer, *argv), wrapper=wrapper)

    def ok(self, officer: str, *argv: str | Path) -> dict[str, Any]:
        """Run a command that must succeed, and return its JSON."""
        return self.run(officer, *argv).expect().json

    def draft(self, level: str = "mat", type_key: str = "bao-cao", *, who: str = "dung") -> str:
        """Make a draft and return its identifier."""
        drafted = self.ok(
            who,
            "draft",
            "new",
            *("--type", type_key, "--level", level, "--subject", "Kết quả công tác quý IV (MẪU)"),
            *("--to", "UBND tỉnh Mẫu", "--body", self.write("body.docx", BODY)),
        )
        return str(drafted["id"])

    def signed(self, level: str = "mat", type_key: str = "bao-cao") -> str:
        """Take a document as far as the author's signature."""
        document = self.draft(level, type_key)
        self.ok("an", "finalize", document, "--signer", "binh")
        self.ok("binh", "sign", document)
        return document

    def issued(self, level: str = "mat", type_key: str = "bao-cao") -> str:
        """Take a document into the outgoing book."""
        document = self.signed(level, type_key)
        self.ok("an", "issue", document)
        return document


def ceremony(world: World, *extra: str) -> Ran:
    """Hold the ceremony of a training office with its six officers."""
    for officer in PEOPLE:
        world.passphrase_file(officer)
    people: list[str] = [
        word
        for officer, (role, name, title) in PEOPLE.items()
        for word in ("--officer", f"{officer}:{role}:{name}" + (f":{title}" if title else ""))
    ]
    return run(
        *("--vault", str(world.vault), "--json", "init", "--office", "UBND xã Mẫu", "--place", "Mẫu"),
        *("--policy", "vn-2026", *people, "--recovery", "2of3", "--training"),
        *("--shares-dir", str(world.shares), "--passphrase-dir", str(world.passphrases), *extra),
    )


def found_world(root: Path) -> World:
    """Make a training office."""
    world = World(root)
    ceremony(world).expect()
    return world
