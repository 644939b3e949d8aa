"""A document's card as it is sealed: read as it was written, nothing else accepted."""

import pytest

from securedoc.core.documents import Card, Extras, Level
from securedoc.core.people import officer_id

PLAIN = Card(
    *("bao-cao", Level("mat"), "Văn bản MẪU", "", ("Cơ quan MẪU",), 2),
    copying_permitted=False,
    drafter=officer_id("dung"),
    drafter_name="Trần Văn Soạn",
    unit="VP",
)
SAID = Extras(layout="dang", urgency="khan", partner="Lê Thị Quyên", issues="quy-che")


@pytest.mark.parametrize("extras", [Extras(), SAID])
def test_a_card_is_read_as_it_was_sealed(extras: Extras) -> None:
    card = Card(**{**{name: getattr(PLAIN, name) for name in Card.__slots__}, "extras": extras})

    assert Card.from_json(card.as_json()) == card


def test_a_card_without_anything_special_says_nothing_of_it() -> None:
    assert "extras" not in PLAIN.as_json()
    assert SAID.as_json() == {
        "layout": "dang",
        "urgency": "khan",
        "partner": "Lê Thị Quyên",
        "issues": "quy-che",
    }


@pytest.mark.parametrize("extras", [{"unknown": "x"}, {"urgency": 1}, ["khan"], "khan", None])
def test_extras_of_another_form_are_refused(extras: object) -> None:
    with pytest.raises(ValueError, match="not a document card"):
        Card.from_json({**PLAIN.as_json(), "extras": extras})  # type: ignore[dict-item]
