"""What drawings, frames, pictures and narrow letters hide in a DOCX, each built here."""

from collections.abc import Callable

import pytest

from securedoc.core.findings import Severity
from securedoc.documents.inspection import inspect_docx
from securedoc.documents.observations import Action
from tests.support.docxforge import W, docx, inline_picture, paragraph, png, rels

PICTURE: dict[str, str | bytes] = {
    "word/media/image1.png": png(),
    "word/_rels/document.xml.rels": rels(("rId9", "image", "media/image1.png", False)),
}


def drawn(inner: str) -> str:
    return f"<w:p><w:r><w:drawing>{inner}</w:drawing></w:r></w:p>"


def alternate(choice: str, fallback: str) -> str:
    return (
        '<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps">'
        f"{choice}</mc:Choice><mc:Fallback>{fallback}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )


def anchor(horizontal: int, vertical: int) -> str:
    return drawn(
        f"<wp:anchor><wp:positionH><wp:posOffset>{horizontal}</wp:posOffset></wp:positionH>"
        f"<wp:positionV><wp:posOffset>{vertical}</wp:posOffset></wp:positionV>"
        '<wp:extent cx="914400" cy="914400"/></wp:anchor>'
    )


TEXT = "<w:t>chữ</w:t>"
HIDING: dict[str, tuple[str, Severity, Action, Callable[[], bytes]]] = {
    "other words for another editor": (
        "docx.alternate",
        Severity.HIGH,
        Action.REFUSE,
        lambda: docx(alternate(TEXT, "<w:t>chữ khác</w:t>")),
    ),
    "a drawing a second time": (
        "docx.alternate-drawing",
        Severity.LOW,
        Action.REMOVE,
        lambda: docx(alternate("<w:drawing/>", "<w:pict/>")),
    ),
    "a box left of the page": (
        "docx.off-page",
        Severity.HIGH,
        Action.REFUSE,
        lambda: docx(anchor(-9_000_000, 0)),
    ),
    "a box far below the page": (
        "docx.off-page",
        Severity.HIGH,
        Action.REFUSE,
        lambda: docx(anchor(0, 90_000_000)),
    ),
    "a text frame off the page": (
        "docx.off-page",
        Severity.HIGH,
        Action.REFUSE,
        lambda: docx(paragraph("ngoài trang", '<w:framePr w:x="-9000" w:y="10"/>')),
    ),
    "an old box off the page": (
        "docx.off-page",
        Severity.HIGH,
        Action.REFUSE,
        lambda: docx('<w:p><w:r><w:pict><v:shape style="margin-left:-900pt;top:3pt"/></w:pict></w:r></w:p>'),
    ),
    "a picture of no size": (
        "docx.off-page",
        Severity.HIGH,
        Action.REFUSE,
        lambda: docx(drawn('<wp:inline><wp:extent cx="1" cy="1"/></wp:inline>')),
    ),
    "what was cropped away": (
        "docx.cropped",
        Severity.MEDIUM,
        Action.REMOVE,
        lambda: docx(inline_picture(crop='<a:srcRect r="50000"/>'), parts=PICTURE),
    ),
    "a description read aloud": (
        "docx.alt-text",
        Severity.LOW,
        Action.KEEP,
        lambda: docx(inline_picture(), parts=PICTURE),
    ),
    "letters squeezed to a line": (
        "docx.narrow-text",
        Severity.HIGH,
        Action.REFUSE,
        lambda: docx(paragraph("hẹp", run='<w:w w:val="1"/>')),
    ),
    "a picture drawn by instructions": (
        "docx.vector-picture",
        Severity.HIGH,
        Action.REFUSE,
        lambda: docx(paragraph("x"), parts={"word/media/image1.svg": "<svg/>"}),
    ),
    "who commented": (
        "docx.people",
        Severity.MEDIUM,
        Action.REMOVE,
        lambda: docx(paragraph("x"), parts={"word/people.xml": "<x/>"}),
    ),
    "the digest of a password": (
        "docx.protection",
        Severity.LOW,
        Action.REMOVE,
        lambda: docx(
            paragraph("x"),
            parts={
                "word/settings.xml": f'<w:settings xmlns:w="{W}">'
                '<w:documentProtection w:hash="x"/></w:settings>'
            },
        ),
    ),
}


@pytest.mark.parametrize("name", HIDING)
def test_what_a_draft_hides_is_found_with_its_gravity_and_what_becomes_of_it(name: str) -> None:
    check, severity, action, build = HIDING[name]

    seen = {one.finding.check: (one.finding.severity, one.action) for one in inspect_docx(build())}

    assert seen[check] == (severity, action)


@pytest.mark.parametrize(
    "body",
    [
        anchor(100_000, 200_000),
        anchor(-300_000, 0),
        inline_picture(crop='<a:srcRect r="20"/>'),
        paragraph("giãn", run='<w:w w:val="90"/>'),
        paragraph("khung", '<w:framePr w:x="100" w:y="100"/>'),
    ],
)
def test_what_stands_on_the_page_is_not_called_hidden(body: str) -> None:
    checks = {one.finding.check for one in inspect_docx(docx(body, parts=PICTURE))}

    assert not checks & {"docx.off-page", "docx.cropped", "docx.narrow-text", "docx.alternate"}


def test_numbers_that_are_none_do_not_stop_the_inspection() -> None:
    broken = drawn('<wp:inline><wp:extent cx="x" cy=""/></wp:inline>') + paragraph(
        "a", run='<w:w w:val="rộng"/>'
    )

    assert "docx.off-page" in {one.finding.check for one in inspect_docx(docx(broken))}
