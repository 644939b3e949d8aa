"""Draws one page over another: for paper, so only what is drawn is carried over."""

from collections.abc import Iterator
from itertools import count
from typing import Any, Final

from pypdf import PageObject, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, RectangleObject, StreamObject

_NAME: Final = "/SecuredocMark"
_KEPT_OF_ANNOTATIONS: Final = ("/Rect", "/AP", "/AS", "/F", "/OC")


def leave_what_is_drawn(page: PageObject) -> None:
    """Take out of a page what acts, and make every annotation a plain picture of itself."""
    for name in ("/AA", "/B", "/Metadata", "/PieceInfo", "/StructParents", "/Thumb", "/Tabs"):
        page.pop(name, None)
    kept = ArrayObject()
    for annotation in page.pop("/Annots", ArrayObject()).get_object():
        old = annotation.get_object()
        if "/AP" in old and "/Rect" in old:
            new = DictionaryObject({NameObject("/Type"): NameObject("/Annot")})
            # As a stamp it is drawn alike by every program, whatever that one does with form fields.
            new[NameObject("/Subtype")] = NameObject("/Stamp")
            for key in _KEPT_OF_ANNOTATIONS:
                if key in old:
                    new[NameObject(key)] = old.raw_get(key)
            kept.append(new)
    if kept:
        page[NameObject("/Annots")] = kept


def as_form(writer: PdfWriter, overlay: PageObject) -> Any:
    """Make a page a form that another page can draw."""
    contents = overlay.get_contents()
    form = StreamObject()
    form.set_data(b"" if contents is None else contents.get_data())
    box = overlay.mediabox
    form.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Form"),
            NameObject("/BBox"): RectangleObject((0, 0, float(box.width), float(box.height))),
            NameObject("/Resources"): overlay["/Resources"].clone(writer),
        }
    )
    return writer._add_object(form.flate_encode())  # noqa: SLF001 - the library offers no other way


def put(writer: PdfWriter, page: PageObject, form: Any, matrix: tuple[float, ...]) -> None:
    """Draw a form over a page; `matrix` takes its coordinates to those of the page."""
    resources_ = page.get("/Resources", DictionaryObject()).get_object()
    # Pages share their resources; what one page adds must not appear on all.
    own = DictionaryObject(resources_)
    forms = DictionaryObject(own.get("/XObject", DictionaryObject()).get_object())
    # A page that was marked before, or means to be taken for one, has that name already.
    name = next(NameObject(free) for free in _names() if free not in forms)
    forms[name] = form
    own[NameObject("/XObject")] = forms
    page[NameObject("/Resources")] = own
    numbers = " ".join(f"{number:.4f}" for number in matrix)
    before, after = StreamObject(), StreamObject()
    before.set_data(b"q\n")
    after.set_data(f"\nQ\nq {numbers} cm {name} Do Q\n".encode())
    drawn = page.raw_get("/Contents") if "/Contents" in page else ArrayObject()
    whole = drawn.get_object()
    between = list(whole) if isinstance(whole, ArrayObject) else [drawn]
    page[NameObject("/Contents")] = ArrayObject(
        [writer._add_object(before), *between, writer._add_object(after)]  # noqa: SLF001 - as above
    )


def _names() -> Iterator[str]:
    yield _NAME
    for number in count(2):
        yield f"{_NAME}{number}"
