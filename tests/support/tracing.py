"""Texts of made-up documents, and a vault with one, for the tests of traces."""

import shutil
import zipfile
from array import array
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest import mock

from securedoc.cli import traces as cli_traces
from securedoc.core.digests import Digest
from securedoc.documents import textbody
from securedoc.tracing.cache import Record
from securedoc.tracing.fingerprints import Printer, prints
from tests.support.cli import Ran
from tests.support.office import World, found_world

TEXT = (
    "Thực hiện chương trình công tác năm 2026 của Tỉnh ủy, Ủy ban nhân dân xã Mẫu thành lập tổ kiểm "
    "tra việc bảo vệ bí mật nhà nước tại mười hai thôn trong toàn xã (MẪU).\n\n"
    "Tổ công tác thống nhất kế hoạch, tiến hành kiểm tra thực tế tại trụ sở, thống kê tài liệu, thu "
    "hồi ba bản sao thừa và lập biên bản từng trường hợp theo thẩm quyền được giao trong tháng mười "
    "một.\n\n"
    "Về trang thiết bị, thôn Thượng thiếu két sắt, thôn Thạch thay máy tính cũ bằng máy mới thuộc "
    "nguồn kinh phí tiết kiệm, thôn Thanh thường xuyên để cửa kho không khóa vào các buổi trưa thứ "
    "năm hằng tuần.\n\n"
    "Thời gian tới, thường trực Ủy ban yêu cầu thủ trưởng các bộ phận thực hiện nghiêm quy chế, thẩm "
    "tra lý lịch cán bộ văn thư, thuê thợ làm lại hệ thống khóa và thông báo kết quả trước ngày mười "
    "lăm tháng mười hai.\n\n"
    "Theo đề nghị của công an xã, thống nhất chuyển kho tài liệu mật sang phòng số bảy tầng hai, thay "
    "thẻ ra vào, thống kê lại toàn bộ sổ sách và thực hiện chế độ trực ban hai người từ tuần thứ nhất "
    "của quý sau.\n"
)
"""The body of a secret document; every copy of it says that it is a sample."""
UNRELATED = (
    "Thông báo về việc tổ chức Tết trung thu cho thiếu nhi toàn xã (MẪU): các thôn thông báo đến từng "
    "hộ gia đình thời gian, địa điểm; đoàn thanh niên thực hiện trang trí sân khấu, thuê loa đài và "
    "chuẩn bị quà bánh.\n\n"
    "Thực hiện chỉ đạo của huyện, nhà trường phối hợp với hội phụ nữ thành lập ban tổ chức, phân công "
    "thành viên thường trực tiếp nhận đóng góp tự nguyện, thu chi công khai và thanh toán trước ngày "
    "hai mươi tháng chín.\n\n"
    "Thư viện xã mở cửa thứ bảy hằng tuần, thêm ba trăm đầu sách thiếu nhi; thành viên mới được tặng "
    "thẻ bạn đọc, thủ thư hướng dẫn cách tra cứu và thời hạn mượn trả theo nội quy đã niêm yết tại "
    "thềm nhà văn hóa.\n"
)
"""What any office writes; nobody's secret."""


def docx(text: str = TEXT) -> bytes:
    """Return a DOCX that says this."""
    return textbody.docx_from_text(text.encode())


def odt(text: str = TEXT) -> bytes:
    """Return a text document as LibreOffice would pack it, as far as its words go."""
    paragraphs = "".join(
        f'<text:p text:style-name="P1">{line.replace(" ", "<text:s/>", 1)}</text:p>'
        for line in text.split("\n\n")
    )
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text", zipfile.ZIP_STORED)
        archive.writestr("content.xml", f"<office:document-content>{paragraphs}</office:document-content>")
    return packed.getvalue()


def record(printer: Printer, text: str, digest: bytes = b"d" * 32) -> Record:
    """Return what is kept of an object that says this."""
    found = prints(printer, [text])
    whole = printer.whole()
    whole.update(text.encode())
    return Record(
        Digest(digest),
        len(text.encode()),
        whole.digest(),
        (0, 0),
        found.marked,
        array("Q", sorted(found.samples)),
    )


@dataclass(frozen=True, slots=True)
class TraceWorld:
    """A training office with one document, a person's home, and a machine around both."""

    office: World
    document: str

    @property
    def home(self) -> Path:
        """The home that is looked into."""
        return self.office.root / "home"

    @property
    def machine(self) -> Path:
        """What stands for `/`."""
        return self.office.root / "machine"

    def leave(self, name: str, data: bytes | str) -> Path:
        """Leave a file in the home."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    def run(self, what: str, *argv: str | Path, who: str = "an") -> Ran:
        """Run `traces` on this home and machine."""
        with mock.patch.object(cli_traces, "ROOT", self.machine):
            return self.office.run(who, "traces", what, "--home", self.home, *argv)

    def scan(self, *argv: str | Path, who: str = "an") -> dict[str, Any]:
        """Scan, and return the result whatever was found."""
        ran = self.run("scan", *argv, who=who)
        assert ran.code in {0, 66}, ran.err
        return ran.json

    def found(self, *argv: str | Path, who: str = "an") -> dict[str, dict[str, Any]]:
        """Scan, and return the findings by their path below the home."""
        return {
            str(Path(one["path"]).relative_to(self.home)): one
            for one in self.scan(*argv, who=who)["findings"]
            if Path(one["path"]).is_relative_to(self.home)
        }

    def draft(self, text: str, *, level: str = "mat", subject: str, who: str = "dung") -> str:
        """Make a draft that says `text`."""
        drafted = self.office.ok(
            who,
            "draft",
            "new",
            *("--type", "bao-cao", "--level", level, "--subject", subject),
            *("--to", "UBND tỉnh Mẫu", "--body", self.office.write("made.docx", docx(text))),
        )
        return str(drafted["id"])


SUBJECT = "Kiểm tra việc bảo vệ bí mật nhà nước (MẪU)"


def found_traces(root: Path) -> TraceWorld:
    """Make the office, its document, an empty home and an empty machine."""
    world = TraceWorld(found_world(root), "D-2026-000001")
    world.home.mkdir(mode=0o700)
    (world.machine / "tmp").mkdir(parents=True)
    document = world.draft(TEXT, subject=SUBJECT)
    return TraceWorld(world.office, document)


def copied(original: TraceWorld, root: Path) -> TraceWorld:
    """Return a copy of the whole that a test may change."""
    shutil.copytree(original.office.root, root, dirs_exist_ok=True)
    return TraceWorld(World(root), original.document)
