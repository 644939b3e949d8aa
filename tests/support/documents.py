"""Frames, marks and bodies for the tests of the documents package."""

from dataclasses import replace
from datetime import date

from securedoc.core.documents import Frame, Level
from securedoc.core.layouts import LayoutProfile, MarkShape
from securedoc.policy import packs

MARKS = {
    "mat": MarkShape(20.0, 8.0, 1.0, 0.5, 13.0, "#c00000"),
    "toi-mat": MarkShape(30.0, 8.0, 1.0, 0.5, 13.0, "#c00000"),
    "tuyet-mat": MarkShape(40.0, 8.0, 1.0, 0.5, 13.0, "#c00000"),
}


def nd30() -> LayoutProfile:
    """Load the layout of decree 30/2020."""
    return packs.layout("nd30")


REPORT = Frame(
    layout="nd30",
    kind="typed",
    superior="Ủy ban nhân dân tỉnh Sơn Thanh",
    agency="Ủy ban nhân dân xã Tân Hòa",
    number_line="Số: 05/BC-UBND",
    place_and_date="Tân Hòa, ngày 05 tháng 02 năm 2027",
    type_name="Báo cáo",
    subject="Công tác bảo vệ bí mật nhà nước năm 2026",
    mark_text="MẬT",
    level=Level("mat"),
    recipients_to=(),
    recipients_block=(
        "- Ủy ban nhân dân tỉnh (Bản số 01);",
        "- Công an tỉnh (Bản số 02);",
        "- Lưu: VT, VP (Bản số 03).",
    ),
    recipients_notes=(
        "Số lượng: 03 bản; người soạn thảo: Trần Thị Bình;",
        "không được phép sao, chụp.",
    ),
    drafter_mark="TTB.03",
    signer_capacity="TM. Ủy ban nhân dân",
    signer_title="Chủ tịch",
    signer_name="Nguyễn Văn An",
    issued_on=date(2027, 2, 5),
    training=True,
)

LETTER = replace(
    REPORT,
    kind="letter",
    number_line="Số: 12/UBND-VP",
    type_name="Công văn",
    subject="V/v triển khai phương án bảo vệ cuộc diễn tập khu vực phòng thủ năm 2027",
    mark_text="TỐI MẬT",
    level=Level("toi-mat"),
    recipients_to=("Công an tỉnh Sơn Thanh", "Bộ Chỉ huy Quân sự tỉnh Sơn Thanh"),
    recipients_block=("- Như trên (Bản số 01, 02);", "- Lưu: VT, VP (Bản số 03)."),
    signer_capacity="KT. Chủ tịch",
    signer_title="Phó Chủ tịch",
    signer_name="Lê Thị Hồng Hạnh",
)

DECISION = replace(
    REPORT,
    number_line="Số: 02/QĐ-UBND",
    type_name="Quyết định",
    subject="Về việc thành lập Tổ công tác bảo vệ bí mật nhà nước trong cuộc diễn tập KT-27",
    mark_text="TUYỆT MẬT",
    level=Level("tuyet-mat"),
    training=False,
)
