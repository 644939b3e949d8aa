"""Writes the sample bodies of the demonstration, the bench and the tests: text made up for this project."""

import io
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

from securedoc.documents.body import (
    Align,
    Block,
    Body,
    Borders,
    Cell,
    ListMark,
    PageBreak,
    Paragraph,
    Picture,
    Row,
    Script,
    Span,
    Table,
    Vertical,
)
from securedoc.documents.skeleton import write_docx

RULED: Final = Borders(0.5, 0.5, 0.5, 0.5)
SAMPLE_NOTICE: Final = "MẪU – Văn bản giả định, dùng để huấn luyện; mọi tên riêng và số liệu đều là giả định."


def text(words: str, *, italic: bool = False, bold: bool = False, align: Align | None = None) -> Paragraph:
    """Make a paragraph of running text."""
    return Paragraph((Span(words, bold=bold, italic=italic),), align=align)


def notice() -> Paragraph:
    """Make the line that says what these bodies are."""
    return text(SAMPLE_NOTICE, italic=True)


def heading(words: str, level: int = 1) -> Paragraph:
    """Make a bold heading."""
    return Paragraph((Span(words, bold=True),), heading=level, keep_with_next=True)


def basis(words: str) -> Paragraph:
    """Make a line of the legal basis, in italics."""
    return text(words, italic=True)


def article(label: str, words: str) -> Paragraph:
    """Make an article whose number is bold."""
    return Paragraph((Span(f"{label} ", bold=True), Span(words)))


def item(label: str, words: str, level: int = 0) -> Paragraph:
    """Make a list item that hangs from its label."""
    left = 54.0 + 22.0 * level
    return Paragraph((Span(words),), left_pt=left, first_pt=-18.0, mark=ListMark(label, level))


def cell(
    words: str, align: Align = Align.LEFT, *, bold: bool = False, columns: int = 1, rows: int = 1
) -> Cell:
    """Make a ruled cell of one paragraph."""
    paragraph = Paragraph((Span(words, bold=bold, size_pt=12.0),), align=align)
    return Cell((paragraph,), columns, rows, Vertical.CENTER, RULED)


def head(words: str, columns: int = 1, rows: int = 1) -> Cell:
    """Make a cell of a table's head."""
    return cell(words, Align.CENTER, bold=True, columns=columns, rows=rows)


def bao_cao() -> Body:
    """Make the report: classified MẬT, with a table whose head is merged."""
    figures = (
        ("1", "Tài liệu độ Tuyệt mật", "0", "1", "1"),
        ("2", "Tài liệu độ Tối mật", "6", "9", "14"),
        ("3", "Tài liệu độ Mật", "41", "53", "87"),
    )
    table = Table(
        (34.0, 190.0, 78.0, 78.0, 88.0),
        (
            Row(
                (
                    head("TT", rows=2),
                    head("Loại tài liệu bí mật nhà nước", rows=2),
                    head("Số lượng trong năm", columns=2),
                    head("Đang lưu giữ", rows=2),
                ),
                header=True,
            ),
            Row((head("Đi"), head("Đến")), header=True),
            *(
                Row(
                    (
                        cell(serial, Align.CENTER),
                        cell(name),
                        *(cell(value, Align.CENTER) for value in values),
                    )
                )
                for serial, name, *values in figures
            ),
            Row(
                (
                    head("Tổng cộng", columns=2),
                    head("47"),
                    head("63"),
                    head("102"),
                )
            ),
        ),
        Align.CENTER,
    )
    return Body(
        (
            notice(),
            text(
                "Thực hiện Kế hoạch số 15/KH-UBND ngày 12 tháng 01 năm 2026 của Ủy ban nhân dân xã về "
                "công tác bảo vệ bí mật nhà nước, Ủy ban nhân dân xã Mẫu báo cáo kết quả thực hiện "
                "mười tháng đầu năm 2026 như sau:"
            ),
            heading("I. KẾT QUẢ THỰC HIỆN"),
            heading("1. Công tác chỉ đạo, phổ biến pháp luật", 2),
            text(
                "Ủy ban nhân dân xã đã tổ chức quán triệt Luật Bảo vệ bí mật nhà nước năm 2025 đến toàn "
                "thể cán bộ, công chức; phân công một đồng chí Phó Chủ tịch trực tiếp phụ trách và một "
                "cán bộ văn thư kiêm nhiệm công tác bảo mật. Trong năm đã mở hai lớp tập huấn với 36 "
                "lượt người tham dự."
            ),
            heading("2. Soạn thảo, phát hành và quản lý tài liệu", 2),
            text(
                "Toàn bộ văn bản có nội dung bí mật nhà nước được soạn thảo trên một máy tính độc lập, "
                "không kết nối mạng. Việc đăng ký, giao nhận được ghi vào sổ theo đúng mẫu; kết quả "
                "đến ngày 31 tháng 10 năm 2026 như sau:"
            ),
            table,
            heading("II. TỒN TẠI, HẠN CHẾ"),
            item("a)", "Phòng làm việc của bộ phận văn thư còn chật, chưa bố trí được nơi tiếp nhận riêng;"),
            item("b)", "Một số cán bộ mới được phân công chưa qua tập huấn nghiệp vụ."),
            heading("III. PHƯƠNG HƯỚNG NĂM 2027"),
            text(
                "Ủy ban nhân dân xã tiếp tục rà soát, kiểm kê tài liệu mỗi quý một lần; sao lưu dự phòng "
                "dữ liệu theo định kỳ; đề nghị Công an tỉnh hỗ trợ tập huấn cho cán bộ mới trong quý I "
                "năm 2027."
            ),
            text("Trên đây là báo cáo của Ủy ban nhân dân xã Mẫu, kính trình Ủy ban nhân dân tỉnh./."),
        )
    )


def cong_van() -> Body:
    """Make the letter: classified TỐI MẬT, to two addressees."""
    return Body(
        (
            notice(),
            text(
                "Thực hiện Kế hoạch diễn tập khu vực phòng thủ ký hiệu TH-27 của Ủy ban nhân dân tỉnh, Ủy "
                "ban nhân dân xã Mẫu đề nghị Công an tỉnh và Bộ Chỉ huy Quân sự tỉnh phối hợp thực "
                "hiện một số nội dung sau:"
            ),
            item(
                "1.",
                "Thống nhất thời gian diễn tập thực binh tại xã trong hai ngày 09 và 10 tháng 3 năm 2027.",
            ),
            item(
                "2.",
                "Cử lực lượng bảo vệ các mục tiêu A1, A2 và tuyến hành quân từ điểm cao M1 đến cầu M2; "
                "mỗi mục tiêu không ít hơn hai tổ, thay phiên theo ca sáu giờ.",
            ),
            item(
                "3.",
                "Cung cấp cho Ủy ban nhân dân xã bản đồ bố trí lực lượng trước ngày 25 tháng 02 năm 2027; "
                "việc giao nhận thực hiện trực tiếp, có ký sổ chuyển giao.",
            ),
            text(
                "Tài liệu, phương án trao đổi giữa các đơn vị được quản lý theo chế độ Tối mật; không "
                "truyền đưa qua mạng viễn thông, mạng máy tính dưới mọi hình thức."
            ),
            text("Ủy ban nhân dân xã Mẫu trân trọng đề nghị quý cơ quan quan tâm phối hợp./."),
        )
    )


def quyet_dinh() -> Body:
    """Make the decision: classified TUYỆT MẬT, with its bases and three articles."""
    return Body(
        (
            text("CHỦ TỊCH ỦY BAN NHÂN DÂN XÃ MẪU", bold=True, align=Align.CENTER),
            notice(),
            basis("Căn cứ Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025;"),
            basis("Căn cứ Luật Bảo vệ bí mật nhà nước ngày 10 tháng 12 năm 2025;"),
            basis("Xét đề nghị của Trưởng Công an xã."),
            text("QUYẾT ĐỊNH:", bold=True, align=Align.CENTER),
            article(
                "Điều 1.",
                "Phê duyệt Phương án bảo vệ mục tiêu TH-27/A1 trong thời gian diễn tập khu vực phòng thủ năm "
                "2027, gồm phương án lực lượng, phương án thông tin liên lạc và phương án xử lý tình huống.",
            ),
            article("Điều 2.", "Thành lập Tổ công tác thực hiện phương án gồm các thành viên sau:"),
            item("a)", "Ông Lê Văn Bình, Chủ tịch Ủy ban nhân dân xã, Tổ trưởng;"),
            item("b)", "Ông Phạm Quốc Dũng, Trưởng Công an xã, Tổ phó thường trực;"),
            item("c)", "Bà Lê Thị Hồng Hạnh, Chỉ huy trưởng Ban Chỉ huy Quân sự xã, thành viên."),
            text(
                "Tổ công tác tự giải thể khi hoàn thành nhiệm vụ; toàn bộ tài liệu giao lại cho cán bộ "
                "bảo mật trong thời hạn 05 ngày làm việc."
            ),
            article(
                "Điều 3.",
                "Quyết định này có hiệu lực kể từ ngày ký. Chánh Văn phòng, Trưởng Công an xã và các cá "
                "nhân có tên tại Điều 2 chịu trách nhiệm thi hành Quyết định này./.",
            ),
        )
    )


def chart() -> bytes:
    """Draw a small bar chart as PNG."""
    image = Image.new("RGB", (900, 420), "white")
    draw = ImageDraw.Draw(image)
    for index, value in enumerate((120, 180, 150, 240, 300, 270)):
        left = 90 + index * 130
        draw.rectangle((left, 380 - value, left + 80, 380), fill="#5b7fa6", outline="black", width=2)
    draw.line((60, 380, 870, 380), fill="black", width=3)
    draw.line((60, 30, 60, 380), fill="black", width=3)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def long_body() -> Body:
    """Make three pages with everything the layout knows: headings, lists, a picture, merged cells, breaks."""
    blocks: list[Block] = [notice()]
    for number, title in enumerate(("TÌNH HÌNH CHUNG", "KẾT QUẢ CỤ THỂ", "ĐÁNH GIÁ"), 1):
        blocks.append(heading(f"{'I' * number}. {title}"))
        blocks += [
            text(
                "Trong kỳ báo cáo, bộ phận văn thư đã tiếp nhận, đăng ký và chuyển giao tài liệu đúng "
                "quy định; không để xảy ra lộ, mất bí mật nhà nước. Việc kiểm tra máy tính độc lập, "
                "thiết bị lưu giữ và tủ bảo quản được thực hiện vào ngày làm việc cuối cùng của mỗi "
                "tháng, có biên bản kèm theo."
            )
            for _ in range(3)
        ]
    blocks += [
        item("1.", "Công tác đăng ký:"),
        item("a)", "Sổ đăng ký bí mật nhà nước đi;", 1),
        item("b)", "Sổ đăng ký bí mật nhà nước đến.", 1),
        item("2.", "Công tác lưu trữ:"),
        item("-", "Kho số 1 (diện tích 24 m²);", 1),
        item("-", "Kho số 2.", 1),
        Paragraph(
            (
                Span("Diện tích sử dụng là 24 m"),
                Span("2", script=Script.SUPER),
                Span("; hóa chất bảo quản có ký hiệu H"),
                Span("2", script=Script.SUB),
                Span("O; "),
                Span("nội dung gạch chân", underline=True),
                Span(" và "),
                Span("nội dung đã bỏ", strike=True),
                Span("."),
            )
        ),
        Paragraph((Picture(chart(), 300.0, 140.0, "Biểu đồ số lượng tài liệu theo tháng"),), Align.CENTER),
        text("Hình 1. Số lượng tài liệu đăng ký theo tháng", italic=True, align=Align.CENTER),
        PageBreak(),
        heading("IV. BẢNG TỔNG HỢP"),
        _long_table(),
        text(
            "Số liệu trong bảng được tính từ ngày 15 tháng 12 năm trước đến ngày 14 tháng 12 năm báo cáo./."
        ),
    ]
    return Body(tuple(blocks))


def _long_table() -> Table:
    rows = [
        Row(
            (
                head("Quý", rows=2),
                head("Tháng", rows=2),
                head("Tài liệu", columns=2),
                head("Ghi chú", rows=2),
            ),
            header=True,
        ),
        Row((head("Đi"), head("Đến")), header=True),
    ]
    for month in range(1, 13):
        quarter = (cell(f"Quý {(month + 2) // 3}", Align.CENTER, rows=3),) if month % 3 == 1 else ()
        rows.append(
            Row(
                (
                    *quarter,
                    cell(f"Tháng {month:02d}", Align.CENTER),
                    cell(str(3 + month % 4), Align.RIGHT),
                    cell(str(5 + month % 5), Align.RIGHT),
                    cell("Đã kiểm tra, đối chiếu với sổ"),
                )
            )
        )
    return Table((60.0, 80.0, 60.0, 60.0, 200.0), tuple(rows), Align.CENTER)


SAMPLES: Final[Mapping[str, Callable[[], Body]]] = {
    "bao-cao.docx": bao_cao,
    "cong-van.docx": cong_van,
    "quyet-dinh.docx": quyet_dinh,
    "long.docx": long_body,
}


def main(directory: Path) -> None:
    """Write every sample into `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, make in SAMPLES.items():
        (directory / name).write_bytes(write_docx(make()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
