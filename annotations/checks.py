"""Is this value a geometry, a style, an anchor, a text? Plain functions: a push is the hot path.

Each raises AnnotationError with the field's path; each returns the weight of the value on the
wire in bytes, roughly, for the bounds of a record and a push.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from annotations.errors import AnnotationError
from annotations.limits import (
    MAX_BODY,
    MAX_CONTEXT,
    MAX_COORDINATE,
    MAX_FONT_SIZE,
    MAX_PAGE,
    MAX_QUADS,
    MAX_QUOTE,
    MAX_REV,
    MAX_WIDTH,
)
from annotations.model import BOX_KINDS, INK_KINDS, LINE_KINDS, TEXT_KINDS

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_UUID7: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_COLOR: Final = re.compile(r"#[0-9a-f]{6}")
_NAME: Final = re.compile(r"[a-z0-9_]{1,40}")
_TURNS: Final = frozenset({0, 90, 180, 270})
NUMBER_WEIGHT: Final = 8
"""Characters of a typical coordinate in JSON with its comma."""


def check_uuid(value: object, field: str) -> str:
    """A UUID in canonical lower case (RFC 9562 §4), or `bad_id`."""
    if type(value) is not str or _UUID.fullmatch(value) is None:
        raise AnnotationError("bad_id", field)
    return value


def check_uuid7(value: object, field: str) -> str:
    """A version 7 UUID (RFC 9562 §5.7), or `bad_id`."""
    if type(value) is not str or _UUID7.fullmatch(value) is None:
        raise AnnotationError("bad_id", field)
    return value


def check_count(value: object, field: str, low: int = 0, high: int = MAX_REV) -> int:
    """A whole number within bounds (true is not one), or `wrong_type`, `out_of_range`."""
    if type(value) is not int:
        raise AnnotationError("wrong_type", field)
    if not low <= value <= high:
        raise AnnotationError("out_of_range", field)
    return value


def check_page(value: object) -> int:
    """A page index from 0."""
    return check_count(value, "page", 0, MAX_PAGE)


def check_text(value: object, field: str, most: int) -> int:
    """Text of at most `most` characters that UTF-8 and every database can hold: no NUL and no
    half of a surrogate pair (`bad_text`)."""
    if type(value) is not str:
        raise AnnotationError("wrong_type", field)
    if len(value) > most:
        raise AnnotationError("too_large", field)
    if "\0" in value:
        raise AnnotationError("bad_text", field)
    if value.isascii():
        return len(value)
    try:
        return len(value.encode("utf-8"))
    except UnicodeEncodeError:
        raise AnnotationError("bad_text", field) from None


def check_body(value: object) -> int:
    """The text of a note or free text, or the remark on another mark."""
    return check_text(value, "body", MAX_BODY)


def _numbers(value: object, count: int, field: str) -> list[float]:
    if type(value) is not list or len(value) != count:
        raise AnnotationError("wrong_type", field)
    for number in value:
        if type(number) is not float and type(number) is not int:
            raise AnnotationError("wrong_type", field)
        # NaN fails this comparison too.
        if not -MAX_COORDINATE <= number <= MAX_COORDINATE:
            raise AnnotationError("out_of_range", field)
    return value


def _rect(value: object) -> None:
    x0, y0, x1, y1 = _numbers(value, 4, "geometry.rect")
    if x0 > x1 or y0 > y1:
        raise AnnotationError("out_of_range", "geometry.rect")


def _rotate(value: object) -> None:
    if type(value) is not int or value not in _TURNS:
        raise AnnotationError("out_of_range", "geometry.rotate")


def _matrix(value: object) -> None:
    a, b, c, d, _, _ = _numbers(value, 6, "geometry.matrix")
    # A matrix without an inverse would flatten the stroke for ever.
    if abs(a * d - b * c) < 1e-6:
        raise AnnotationError("out_of_range", "geometry.matrix")


def _quads(value: object) -> None:
    if type(value) is not list or not 1 <= len(value) <= MAX_QUADS:
        raise AnnotationError("too_large" if value else "missing", "geometry.quads")
    for quad in value:
        _numbers(quad, 8, "geometry.quads")


def _point(value: object) -> None:
    _numbers(value, 2, "geometry.point")


def _from(value: object) -> None:
    _numbers(value, 2, "geometry.from")


def _to(value: object) -> None:
    _numbers(value, 2, "geometry.to")


_Checks = dict[str, Callable[[Any], None]]
_INK: _Checks = {"rect": _rect, "matrix": _matrix}
_BOX: _Checks = {"rect": _rect}
_TURNED_BOX: _Checks = {"rect": _rect, "rotate": _rotate}
_TEXT: _Checks = {"quads": _quads}
_LINE: _Checks = {"from": _from, "to": _to}
_NOTE: _Checks = {"point": _point, "rotate": _rotate}
_OPTIONAL: Final = frozenset({"matrix", "rotate"})
_GEOMETRY: Final[dict[str, _Checks]] = {
    **dict.fromkeys(INK_KINDS, _INK),
    **dict.fromkeys(TEXT_KINDS, _TEXT),
    **dict.fromkeys(BOX_KINDS, _BOX),
    **dict.fromkeys(LINE_KINDS, _LINE),
    "free_text": _TURNED_BOX,
    "stamp": _TURNED_BOX,
    "note": _NOTE,
}


def check_geometry(kind: str, value: object) -> int:
    """The geometry of a mark of this kind (shapes: model.py)."""
    if type(value) is not dict:
        raise AnnotationError("wrong_type", "geometry")
    checks = _GEOMETRY[kind]
    for key, part in value.items():
        check = checks.get(key)
        if check is None:
            raise AnnotationError("unknown_field", "geometry")
        check(part)
    for key in checks:
        if key not in value and key not in _OPTIONAL:
            raise AnnotationError("missing", f"geometry.{key}")
    quads = value.get("quads")
    return 80 if quads is None else len(quads) * 8 * NUMBER_WEIGHT


def _color(value: object, field: str) -> None:
    if type(value) is not str or _COLOR.fullmatch(value) is None:
        raise AnnotationError("wrong_type", field)


def _name(value: object, field: str) -> None:
    if type(value) is not str or _NAME.fullmatch(value) is None:
        raise AnnotationError("wrong_type", field)


def _measure(low: float, high: float) -> Callable[[object, str], None]:
    def check(value: object, field: str) -> None:
        if type(value) is not float and type(value) is not int:
            raise AnnotationError("wrong_type", field)
        if not low <= value <= high:
            raise AnnotationError("out_of_range", field)

    return check


_STYLE: Final[dict[str, Callable[[object, str], None]]] = {
    "color": _color,
    "fill": _color,
    "width": _measure(0.0, MAX_WIDTH),
    "opacity": _measure(0.0, 1.0),
    "font_size": _measure(1.0, MAX_FONT_SIZE),
    "stamp": _name,
    "icon": _name,
}


def check_style(value: object) -> int:
    """Colours, measures and names; every key is optional, none other is known."""
    if type(value) is not dict:
        raise AnnotationError("wrong_type", "style")
    for key, part in value.items():
        check = _STYLE.get(key)
        if check is None:
            raise AnnotationError("unknown_field", "style")
        check(part, f"style.{key}")
    return 24 * len(value)


_SELECTORS: Final[dict[str, frozenset[str]]] = {
    "TextQuoteSelector": frozenset({"type", "exact", "prefix", "suffix"}),
    "TextPositionSelector": frozenset({"type", "start", "end"}),
    "FragmentSelector": frozenset({"type", "value"}),
}
_FRAGMENT: Final = re.compile(r"page=[1-9][0-9]{0,5}")


def check_anchor(value: object) -> int:
    """A list of at most one selector of each type (W3C Web Annotation Data Model §4.2)."""
    if type(value) is not list or not 1 <= len(value) <= len(_SELECTORS):
        raise AnnotationError("wrong_type", "anchor")
    weight = 0
    seen: set[str] = set()
    for selector in value:
        name = selector.get("type") if type(selector) is dict else None
        if type(name) is not str or name not in _SELECTORS or name in seen:
            raise AnnotationError("wrong_type", "anchor.type")
        if selector.keys() != _SELECTORS[name]:
            raise AnnotationError("unknown_field", "anchor")
        seen.add(name)
        if name == "TextQuoteSelector":
            weight += check_text(selector["exact"], "anchor.exact", MAX_QUOTE)
            weight += check_text(selector["prefix"], "anchor.prefix", MAX_CONTEXT)
            weight += check_text(selector["suffix"], "anchor.suffix", MAX_CONTEXT)
        elif name == "TextPositionSelector":
            start = check_count(selector["start"], "anchor.start")
            check_count(selector["end"], "anchor.end", start)
        elif type(selector["value"]) is not str or not _FRAGMENT.fullmatch(selector["value"]):
            raise AnnotationError("wrong_type", "anchor.value")
        weight += 60
    return weight
