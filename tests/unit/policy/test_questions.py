"""What a policy answers."""

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securedoc.core.findings import State
from securedoc.core.people import Role
from securedoc.errors import PolicyRefused
from securedoc.policy import packs
from securedoc.policy.schedule import due
from securedoc.policy.vocabulary import Right

POLICY = packs.pack("vn-2026")
NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)


def refusal(error: pytest.ExceptionInfo[PolicyRefused]) -> tuple[int, str]:
    return error.value.exit_code, str(error.value)


@pytest.mark.parametrize(
    ("role", "right"),
    [
        (Role.DRAFTER, "draft"),
        (Role.RECORDS, "issue"),
        (Role.SIGNER, "sign"),
        (Role.OPERATOR, "backup"),
        (Role.AUDITOR, "audit"),
        (Role.SECURITY, "enrol"),
    ],
)
def test_each_role_may_do_its_work(role: Role, right: str) -> None:
    POLICY.may(role, right, "mat")


@pytest.mark.parametrize(
    ("role", "right"),
    [
        (Role.DRAFTER, "issue"),
        (Role.DRAFTER, "sign"),
        (Role.RECORDS, "sign"),
        (Role.OPERATOR, "open"),
        (Role.AUDITOR, "backup"),
        (Role.SECURITY, "open"),
        (Role.SIGNER, "enrol"),
        (Role.RECOVERY, "issue"),
    ],
)
def test_no_role_may_do_the_work_of_another(role: Role, right: str) -> None:
    with pytest.raises(PolicyRefused) as caught:
        POLICY.may(role, right)

    assert refusal(caught) == (12, f"the role {role} may not {right}")


def test_nobody_digitises_top_secrets() -> None:
    POLICY.may(Role.RECORDS, "digitise", "toi-mat")

    with pytest.raises(PolicyRefused) as caught:
        POLICY.may(Role.RECORDS, "digitise", "tuyet-mat")

    assert str(caught.value) == "nobody may digitise a document of level Tuyệt mật"


def test_what_the_pack_does_not_know_is_refused_and_the_known_are_named() -> None:
    with pytest.raises(PolicyRefused):
        POLICY.may(Role.RECORDS, "fly")
    with pytest.raises(PolicyRefused) as caught:
        POLICY.level("secret")
    assert caught.value.hint() == "use one of: mat, toi-mat, tuyet-mat"
    with pytest.raises(PolicyRefused):
        POLICY.document_type("cv")
    with pytest.raises(PolicyRefused):
        POLICY.book("x")
    assert POLICY.book("den").title == "SỔ ĐĂNG KÝ BÍ MẬT NHÀ NƯỚC ĐẾN"


def test_a_second_officer_is_one_whose_role_may_confirm() -> None:
    POLICY.may_confirm(Role.SIGNER, "enrol")

    with pytest.raises(PolicyRefused):
        POLICY.may_confirm(Role.OPERATOR, "enrol")
    with pytest.raises(PolicyRefused):
        POLICY.may_confirm(Role.SIGNER, "search")


def test_the_recovery_shares_are_two_people_already() -> None:
    assert POLICY.needs_second(Role.SECURITY, "restore")
    assert not POLICY.needs_second(Role.RECOVERY, "restore")
    assert not POLICY.needs_second(Role.RECORDS, "search")


@pytest.mark.parametrize(
    ("type_key", "number", "unit", "text"),
    [
        ("bao-cao", 5, "", "05/BC-UBND"),
        ("bao-cao", 123, "NC", "123/BC-UBND"),
        ("quyet-dinh", 10, "", "10/QĐ-UBND"),
        ("cong-van", 7, "VP", "07/UBND-VP"),
        ("thu-cong", 1, "", "01/UBND"),
    ],
)
def test_numbers_are_spelt_as_the_layout_decree_has_them(
    type_key: str, number: int, unit: str, text: str
) -> None:
    assert POLICY.number_text(type_key, number, agency="UBND", unit=unit) == text
    assert POLICY.number_line(text) == f"Số: {text}"


def test_a_letter_without_its_unit_gets_no_number() -> None:
    with pytest.raises(PolicyRefused, match="drafting unit"):
        POLICY.number_text("cong-van", 7, agency="UBND")


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2026, 1, 5), "Xã Mẫu, ngày 05 tháng 01 năm 2026"),
        (date(2026, 2, 10), "Xã Mẫu, ngày 10 tháng 02 năm 2026"),
        (date(2026, 3, 9), "Xã Mẫu, ngày 09 tháng 3 năm 2026"),
        (date(2026, 12, 31), "Xã Mẫu, ngày 31 tháng 12 năm 2026"),
    ],
)
def test_days_below_ten_and_the_first_two_months_get_a_zero(day: date, text: str) -> None:
    assert POLICY.place_and_date("Xã Mẫu", day) == text


@pytest.mark.parametrize(
    ("level", "start", "end"),
    [
        ("mat", date(2026, 11, 22), date(2036, 11, 22)),
        ("toi-mat", date(2026, 11, 22), date(2046, 11, 22)),
        ("tuyet-mat", date(2026, 11, 22), date(2056, 11, 22)),
        ("mat", date(2028, 2, 29), date(2038, 2, 28)),
        ("toi-mat", date(2028, 2, 29), date(2048, 2, 29)),
    ],
)
def test_a_term_ends_on_the_same_day_years_later(level: str, start: date, end: date) -> None:
    assert POLICY.term_end(level, start) == end


@given(st.text(min_size=1))
def test_no_text_offered_as_a_top_secret_abstract_reaches_a_book(text: str) -> None:
    assert POLICY.abstract("tuyet-mat", text) is None
    with pytest.raises(PolicyRefused):
        POLICY.refuse_abstract("tuyet-mat", text)


def test_abstracts_of_the_other_levels_do() -> None:
    assert POLICY.levels_without_abstract() == ("tuyet-mat",)
    assert POLICY.abstract("mat", "Công tác quý IV") == "Công tác quý IV"
    POLICY.refuse_abstract("mat", "Công tác quý IV")
    POLICY.refuse_abstract("tuyet-mat", None)
    POLICY.refuse_abstract("tuyet-mat", "")


def test_the_recipients_block_counts_every_copy_once() -> None:
    block = POLICY.recipients_block(
        "bao-cao",
        ["UBND tỉnh Mẫu", "Công an tỉnh Mẫu"],
        4,
        unit="NC",
        drafter_name="Nguyễn Văn A",
        copying_permitted=False,
    )

    assert block.to == ()
    assert block.lines == (
        "- UBND tỉnh Mẫu (Bản số 01);",
        "- Công an tỉnh Mẫu (Bản số 02);",
        "- Lưu: VT, NC (Bản số 03, 04).",
    )
    assert block.notes == (
        "Số lượng: 04 bản; người soạn thảo: Nguyễn Văn A;",
        "không được phép sao, chụp.",
    )


def test_a_letter_names_its_recipients_above_and_refers_to_them_below() -> None:
    block = POLICY.recipients_block(
        "cong-van", ["Sở A", "Sở B"], 3, unit="", drafter_name="B", copying_permitted=True
    )

    assert block.to == ("Sở A", "Sở B")
    assert block.lines == ("- Như trên (Bản số 01, 02);", "- Lưu: VT (Bản số 03).")
    assert block.notes[-1] == "được phép sao, chụp."


def test_fewer_copies_than_recipients_and_the_file_are_refused() -> None:
    with pytest.raises(PolicyRefused) as caught:
        POLICY.recipients_block("bao-cao", ["A", "B"], 2, unit="", drafter_name="B", copying_permitted=True)

    assert caught.value.hint() == "issue at least 3"


@given(recipients=st.lists(st.text(min_size=1), max_size=30), spare=st.integers(1, 9))
def test_copy_numbers_run_from_one_without_gaps(recipients: list[str], spare: int) -> None:
    names = [f"n{index}" for index, _ in enumerate(recipients)]

    block = POLICY.recipients_block(
        "bao-cao", names, len(names) + spare, unit="", drafter_name="B", copying_permitted=True
    )

    numbers = [
        int(number)
        for line in block.lines
        for number in line.rpartition("Bản số ")[2].rstrip(".;").rstrip(")").split(", ")
    ]
    assert numbers == list(range(1, len(names) + spare + 1))
    assert all(line.endswith(";") for line in block.lines[:-1])
    assert block.lines[-1].endswith(".")


def test_a_connected_machine_is_unfit_and_a_check_that_could_not_run_never_passes() -> None:
    assert POLICY.makes_unfit("host.N-06", State.FAIL)
    assert POLICY.makes_unfit("host.N-06", State.UNKNOWN)
    assert not POLICY.makes_unfit("host.N-06", State.PASS)
    assert not POLICY.makes_unfit("host.B-01", State.FAIL)


def test_a_backup_is_due_ninety_days_after_the_last_and_at_once_when_there_was_none() -> None:
    days = POLICY.backup.interval_days

    assert days == 90
    assert due(None, days, NOW).overdue
    assert not due(NOW - timedelta(days=90), days, NOW).overdue
    assert due(NOW - timedelta(days=90, seconds=1), days, NOW).overdue
    with pytest.raises(ValueError, match="at least a day"):
        due(None, 0, NOW)


@given(st.datetimes(timezones=st.just(UTC)), st.integers(1, 3650), st.timedeltas(timedelta(0)))
def test_what_is_overdue_stays_overdue(last: datetime, days: int, later: timedelta) -> None:
    try:
        at = last + timedelta(days=days) + later
        later_still = at + timedelta(days=1)
    except OverflowError:
        return

    assert due(last, days, at).overdue == (later > timedelta(0))
    assert due(last, days, later_still).overdue


def test_numbers_start_at_one() -> None:
    with pytest.raises(ValueError, match="start at 1"):
        POLICY.number_text("bao-cao", 0, agency="UBND")


def test_a_mark_without_a_size_is_never_drawn() -> None:
    """The pack would have been refused; a policy made by hand must not draw a mark of no size."""
    unsized = dataclasses.replace(POLICY.marks["mat"], width_mm=None)
    policy = dataclasses.replace(POLICY, marks={**POLICY.marks, "mat": unsized})

    with pytest.raises(AssertionError):
        policy.mark_shape("mat")


def test_every_right_is_somebodys() -> None:
    assert all(POLICY.rights[right] for right in Right)
