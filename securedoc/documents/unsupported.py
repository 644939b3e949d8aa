"""Names what a draft may hold that the layout cannot take over faithfully."""

from typing import Final, NoReturn

from securedoc.core.text import Message, message
from securedoc.errors import DocumentRefused

_NAMED: Final[dict[str, Message]] = {
    "w:pict": message("paragraph {number} holds an old-style drawing or text box"),
    "w:object": message("paragraph {number} holds an embedded object"),
    "wps:wsp": message("paragraph {number} holds a text box or a shape"),
    "wpg:wgp": message("paragraph {number} holds a group of shapes"),
    "wpc:wpc": message("paragraph {number} holds a drawing canvas"),
    "wp:anchor": message("paragraph {number} holds a floating picture or shape"),
    "c:chart": message("paragraph {number} holds a chart"),
    "dgm:relIds": message("paragraph {number} holds a diagram"),
    "m:oMath": message("paragraph {number} holds an equation"),
    "m:oMathPara": message("paragraph {number} holds an equation"),
    "w:footnoteReference": message("paragraph {number} holds a footnote"),
    "footnote-content": message("a footnote at paragraph {number} holds more than words"),
    "w:endnoteReference": message("paragraph {number} holds an endnote"),
    "w:ruby": message("paragraph {number} holds text over text"),
    "w:sym": message("paragraph {number} holds a character of a symbol font"),
    "w:framePr": message("paragraph {number} stands in a text frame"),
    "w:bdo": message("paragraph {number} turns the direction of its text"),
    "nested-table": message("the table at paragraph {number} holds a table"),
    "cell-direction": message("the table at paragraph {number} holds text turned on its side"),
    "hidden-cell": message("the table at paragraph {number} hides text in a merged cell"),
    "table-shape": message("the rows of the table at paragraph {number} do not fit its columns"),
    "table-size": message("the table at paragraph {number} is larger than 60 columns or 5000 rows"),
    "landscape": message("the section that ends at paragraph {number} is in landscape"),
    "columns": message("the section that ends at paragraph {number} has several text columns"),
    "column-break": message("paragraph {number} holds a column break"),
    "rotation": message("paragraph {number} holds a picture that is turned or mirrored"),
    "linked-picture": message("paragraph {number} holds a picture that lies outside the file"),
    "field-text": message("paragraph {number} holds a field that is not well formed"),
}

_HINTS: Final[dict[str, Message]] = {
    "wp:anchor": message("set the picture to stand in line with text"),
    "w:footnoteReference": message("write the note into the text, or set it in brackets"),
    "w:endnoteReference": message("write the note into the text, or set it in brackets"),
    "nested-table": message("split the inner table off"),
    "landscape": message("make the wide part an appendix of its own"),
    "c:chart": message("insert the chart as a picture"),
    "m:oMath": message("insert the equation as a picture"),
    "m:oMathPara": message("insert the equation as a picture"),
}

_ANY_HINT: Final = message("take it out of the draft, or write it as text, a table or a picture in line")


def refuse(name: str, number: int) -> NoReturn:
    """Refuse the draft for element or trait `name` at paragraph `number`, counted from 1.

    Raises:
        DocumentRefused: always.
    """
    said = _NAMED.get(name)
    if said:
        raise DocumentRefused(said.template, hint=_HINTS.get(name, _ANY_HINT).template, number=number)
    raise DocumentRefused(
        "paragraph {number} holds {element}, which is not supported",
        hint=_ANY_HINT.template,
        number=number,
        element=_plain(name),
    )


def refuse_field(keyword: str, number: int) -> NoReturn:
    """Refuse a field whose text the editor computes.

    Raises:
        DocumentRefused: always.
    """
    raise DocumentRefused(
        "paragraph {number} holds a field {field}, which the editor computes",
        hint="turn the field into plain text (Ctrl+Shift+F9 in Word)",
        number=number,
        field=_plain(keyword),
    )


def _plain(untrusted_name: str) -> str:
    """Return a name from the file, short and without surprises."""
    local = untrusted_name.rpartition("}")[2]
    return "".join(letter for letter in local if letter.isascii() and (letter.isalnum() or letter in ":-."))[
        :40
    ]
