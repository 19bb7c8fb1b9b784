"""The marks a document brings along: read, and taken out of the picture of its pages.

What is taken stands in a layer from then on and must not be drawn twice; the file itself is never
written. Objects are walked within bounds, because a file may nest, repeat and circle as it likes.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from annotations.imported import Imported
from annotations.limits import MAX_FOREIGN_DEPTH
from annotations.pdf_import import PagePlace, RawMark, count_rest, import_marks
from annotations.pdf_values import PdfName, PdfRef, PdfValue
from server.sandbox.child.mupdf import pymupdf
from server.sandbox.child.page_frame import frame_of
from server.sandbox.child.typeface import EmbeddedFont
from server.sandbox.limits import SandboxLimits

_mupdf: Any = pymupdf.mupdf
_NOT_FOLLOWED = frozenset({"P", "Parent", "Popup", "IRT"})
_PASSED_OVER = frozenset({"AP", "A", "AA", "PA", "FS", "Sound", "Movie", "StructParent"})
MAX_VALUES = 60_000
"""Of one annotation: three strokes of the most points."""
MAX_TEXT = 65_536
"""Characters of one string: three times the longest body."""


class _TooMuch(Exception):
    """An annotation with more values than any pen makes."""


class _Reader:
    """Plain values of one annotation."""

    def __init__(self) -> None:
        self._left = MAX_VALUES

    def entries(self, annotation: Any) -> dict[str, PdfValue]:
        found: dict[str, PdfValue] = {}
        for key, value in _items(annotation):
            if key in _PASSED_OVER:
                continue
            number = _mupdf.pdf_to_num(value) if _mupdf.pdf_is_indirect(value) else 0
            if key in _NOT_FOLLOWED:
                found[key] = PdfRef(number)
            else:
                found[key] = self._value(value, MAX_FOREIGN_DEPTH)
        return found

    def _value(self, value: Any, depth: int) -> PdfValue:
        self._left -= 1
        if self._left < 0:
            raise _TooMuch
        if _mupdf.pdf_is_int(value):
            return int(_mupdf.pdf_to_int64(value))
        if _mupdf.pdf_is_real(value):
            return float(_mupdf.pdf_to_real(value))
        if _mupdf.pdf_is_name(value):
            return PdfName(_clean(_mupdf.pdf_to_name(value)))
        if _mupdf.pdf_is_string(value):
            return _clean(_mupdf.pdf_to_text_string(value))[:MAX_TEXT]
        if _mupdf.pdf_is_bool(value):
            return bool(_mupdf.pdf_to_bool(value))
        if depth == 0 or _mupdf.pdf_is_stream(value):
            return PdfRef(int(_mupdf.pdf_to_num(value)))
        if _mupdf.pdf_is_array(value):
            count = _mupdf.pdf_array_len(value)
            if count > self._left:
                raise _TooMuch
            return [self._value(_mupdf.pdf_array_get(value, n), depth - 1) for n in range(count)]
        if _mupdf.pdf_is_dict(value):
            return {key: self._value(one, depth - 1) for key, one in _items(value)}
        return None


def _items(dictionary: Any) -> Iterator[tuple[str, Any]]:
    for place in range(min(_mupdf.pdf_dict_len(dictionary), MAX_VALUES)):
        key = _clean(_mupdf.pdf_to_name(_mupdf.pdf_dict_get_key(dictionary, place)))
        yield key, _mupdf.pdf_dict_get_val(dictionary, place)


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _name(dictionary: Any, key: str) -> str:
    value = _mupdf.pdf_dict_gets(dictionary, key)
    return _clean(_mupdf.pdf_to_name(value))[:40] if _mupdf.pdf_is_name(value) else "?"


def _raw(pdf: Any, page: int, index: int, annotation: Any) -> RawMark:
    number = int(_mupdf.pdf_to_num(annotation)) if _mupdf.pdf_is_indirect(annotation) else 0
    group = _mupdf.pdf_dict_gets(annotation, "OC")
    shown = not (
        _mupdf.pdf_is_dict(group)
        and _mupdf.pdf_is_ocg_hidden(pdf, _mupdf.PdfResourceStack(), "View", group)
    )
    return RawMark(
        page, index, number, _name(annotation, "Subtype"), _Reader().entries(annotation), shown
    )


def _annotations(pdf: Any, pages: int) -> Iterator[tuple[int, int, Any]]:
    """(page, place in its /Annots, annotation) of all that are dictionaries."""
    for page in range(pages):
        listed = _mupdf.pdf_dict_gets(_mupdf.pdf_lookup_page_obj(pdf, page), "Annots")
        for index in range(_mupdf.pdf_array_len(listed) if _mupdf.pdf_is_array(listed) else 0):
            annotation = _mupdf.pdf_array_get(listed, index)
            if _mupdf.pdf_is_dict(annotation):
                yield page, index, annotation


class Places(dict[int, PagePlace]):
    """How the pages lie, each looked at when it is first asked for."""

    def __init__(self, pdf: Any, count: int) -> None:
        self._pdf = pdf
        self._count = count

    def __missing__(self, page: int) -> PagePlace:
        if not 0 <= page < self._count:
            raise KeyError(page)
        obj = _mupdf.pdf_lookup_page_obj(self._pdf, page)
        boxes = []
        for key in ("MediaBox", "CropBox"):
            value = _mupdf.pdf_dict_gets_inheritable(obj, key)
            box = [_mupdf.pdf_to_real(_mupdf.pdf_array_get(value, n)) for n in range(4)]
            boxes.append(box if _mupdf.pdf_array_len(value) == 4 else None)
        unit = _mupdf.pdf_to_real(_mupdf.pdf_dict_gets(obj, "UserUnit"))
        turn = _mupdf.pdf_to_int(_mupdf.pdf_dict_gets_inheritable(obj, "Rotate"))
        # MuPDF takes the nearest quarter.
        quarter = 90 * ((turn % 360 + 45) // 90) % 360
        self[page] = PagePlace(frame_of(boxes[0], boxes[1], unit), quarter)
        return self[page]


def take_marks(document: Any, limits: SandboxLimits) -> Imported:
    """Read the marks of `document` and take those that became records out of its pages, as they
    are held in this process. Before any page is loaded."""
    pdf = pymupdf._as_pdf_document(document)
    found = Imported()
    unreadable = 0

    def raws() -> Iterator[RawMark]:
        nonlocal unreadable
        for page, index, annotation in every:
            try:
                raw = _raw(pdf, page, index, annotation)
            except Exception:  # one broken annotation must not cost the others
                unreadable += 1
                continue
            yield raw

    with contextlib.suppress(pymupdf.mupdf.FzErrorBase):
        every = _annotations(pdf, document.page_count)
        places = Places(pdf, document.page_count)
        found = import_marks(raws(), places, EmbeddedFont(), limits.max_imported_marks)
        count_rest(found, (_name(annotation, "Subtype") for _, _, annotation in every))
        for _ in range(unreadable):
            found.leave("?")
        _take_out(pdf, found)
    return found


def _take_out(pdf: Any, found: Imported) -> None:
    for page in {page for page, _ in found.taken}:
        obj = _mupdf.pdf_lookup_page_obj(pdf, page)
        listed = _mupdf.pdf_dict_gets(obj, "Annots")
        kept = _mupdf.pdf_new_array(pdf, 1)
        for index in range(_mupdf.pdf_array_len(listed)):
            if (page, index) not in found.taken:
                _mupdf.pdf_array_push(kept, _mupdf.pdf_array_get(listed, index))
        _mupdf.pdf_dict_puts(obj, "Annots", kept)
