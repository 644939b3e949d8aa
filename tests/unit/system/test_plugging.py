import pytest

from securedoc.system.plugging import Plugging, again


@pytest.mark.parametrize(
    ("before", "now", "answer"),
    [
        (Plugging("a", 7), Plugging("a", 7), False),
        (Plugging("a", 7), Plugging("a", 8), True),
        (Plugging("a", 7), Plugging("b", 7), True),
        (Plugging("a", None), Plugging("b", None), True),
        (Plugging("a", None), Plugging("a", 8), None),
        (Plugging("a", 7), Plugging("a", None), None),
        (Plugging("", 7), Plugging("b", 8), None),
        (Plugging("a", 7), Plugging("", 8), None),
    ],
)
def test_only_another_start_or_another_device_number_is_plugging_in_again(
    before: Plugging,
    now: Plugging,
    answer: bool | None,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert again(before, now) is answer
