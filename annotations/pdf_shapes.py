"""Where an annotation of a PDF stands, as geometry of ours: one or more shapes of one annotation.

Coordinates come in user space and go out in page space (model.py). Widths are user-space units on
both sides of the records' frame: scaled with UserUnit. Values that make no sense give no shape.
Source: ISO 32000-2 12.5.6.5–12.5.6.13.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from annotations.ink import encode_ink
from annotations.limits import MAX_BODY, MAX_FONT_SIZE, MAX_POINTS, MAX_QUADS, MAX_WIDTH
from annotations.model import JsonObject
from annotations.pdf import STAMP_WORDS
from annotations.pdf_drawing import PageFrame, Point, Typeface, wrap
from annotations.pdf_values import PdfValue, color_of, number, numbers, text_of

_TURNS: Final = (0, 90, 180, 270)
_STROKES: Final = 1_000
"""Strokes of one ink annotation: a page written full by hand has about 600."""
_ARROWS: Final = frozenset({"OpenArrow", "ClosedArrow"})
_FONT_SIZE: Final = 12.0
STAMP_HEIGHT: Final = 1.75
"""Height of a stamp in sizes of its letters; the tablet has the same (marks/stamps.ts)."""
_ICON: Final = 64.0
"""A note's Rect larger than this is no icon's."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a shape is read from. `body`: the words of the annotation."""

    subtype: str
    entries: dict[str, PdfValue]
    frame: PageFrame
    rotation: int
    body: str
    face: Typeface


@dataclass(frozen=True, slots=True)
class Shape:
    """A record's share: kind, place, the style that belongs to the shape, its words and ink."""

    kind: str
    geometry: JsonObject
    style: JsonObject = field(default_factory=dict)
    body: str = ""
    ink: bytes | None = None


def shapes_of(look: Look) -> list[Shape]:
    """The shapes of an annotation; none where its kind is not ours or its values are nonsense.
    Raises AnnotationError for ink beyond the bounds."""
    read = _READERS.get(look.subtype)
    return [] if read is None else list(read(look))


def _place(look: Look, x: float, y: float) -> Point:
    px, py = look.frame.to_page(x, y)
    return round(px, 3), round(py, 3)


def _rect(look: Look, value: PdfValue) -> list[float] | None:
    """A PDF rectangle in page space, x0 ≤ x1, y0 ≤ y1."""
    box = numbers(value, 4, 4)
    if box is None:
        return None
    ax, ay = _place(look, box[0], box[1])
    bx, by = _place(look, box[2], box[3])
    return [min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)]


def _width(look: Look) -> float:
    """The border's width in points (12.5.4); 1 where none is said."""
    width: float | None = None
    style = look.entries.get("BS")
    if isinstance(style, dict):
        width = number(style.get("W"))
    else:
        border = look.entries.get("Border")
        if isinstance(border, list) and len(border) > 2:
            width = number(border[2])
    if width is None or width < 0:
        width = 1.0
    return min(MAX_WIDTH, round(width * look.frame.unit, 3))


def _shown(look: Look, x: float, y: float) -> Point:
    """A direction of page space as it is seen on the turned page."""
    turns: dict[int, Point] = {90: (-y, x), 180: (-x, -y), 270: (y, -x)}
    return turns.get(look.rotation, (x, y))


def _text_mark(kind: str) -> Callable[[Look], Iterator[Shape]]:
    def read(look: Look) -> Iterator[Shape]:
        flat = numbers(look.entries.get("QuadPoints"), 8, 8 * MAX_QUADS)
        quads = []
        if flat is not None:
            for at in range(0, len(flat) - 7, 8):
                points = [_place(look, flat[i], flat[i + 1]) for i in range(at, at + 8, 2)]
                quads.append(in_order(look, points))
        else:
            # Writers without QuadPoints mean their Rect.
            box = _rect(look, look.entries.get("Rect"))
            if box is None:
                return
            x0, y0, x1, y1 = box
            quads.append(in_order(look, [(x0, y0), (x1, y0), (x0, y1), (x1, y1)]))
        style: JsonObject = {} if kind == "highlight" else {"width": _width(look)}
        yield Shape(kind, {"quads": quads}, style, look.body)

    return read


def in_order(look: Look, points: Sequence[Point]) -> list[float]:
    """A quad as top left, top right, bottom left, bottom right of the text as it is read, whatever
    order its writer used: Adobe's (that order), the standard's (around), or from the bottom up."""
    a, b, c, d = points
    around = _dot(_minus(b, a), _minus(d, c)) < 0
    if around:
        c, d = d, c
        along = _shown(look, *_minus(b, a))
        if abs(along[1]) > abs(along[0]):
            b, c = c, b
    along = _shown(look, *_minus(b, a))
    if _cross(_minus(b, a), _minus(c, a)) < 0:
        # A mirror image: text is read to the right, or else from its other edge.
        a, b, c, d = (b, a, d, c) if along[0] < 0 else (c, d, a, b)
    elif around and along[0] < 0:
        a, b, c, d = d, c, b, a
    return [*a, *b, *c, *d]


def _minus(a: Point, b: Point) -> Point:
    return a[0] - b[0], a[1] - b[1]


def _dot(a: Point, b: Point) -> float:
    return a[0] * b[0] + a[1] * b[1]


def _cross(a: Point, b: Point) -> float:
    return a[0] * b[1] - a[1] * b[0]


def _note(look: Look) -> Iterator[Shape]:
    """The icon stands upright at the upper left corner of Rect, whatever the page's turn."""
    box = _rect(look, look.entries.get("Rect"))
    if box is None:
        return
    x0, y0, x1, y1 = box
    wide, high = min(_ICON, x1 - x0), min(_ICON, y1 - y0)
    down = {0: (wide, high), 90: (high, -wide), 180: (-wide, -high), 270: (-high, wide)}
    dx, dy = down[look.rotation if look.rotation in down else 0]
    yield _a_note(look, x0 + dx / 2, y0 + dy / 2)


def _corner_note(look: Look) -> Iterator[Shape]:
    """The words of what is better drawn by the file itself, at its upper right corner."""
    box = _rect(look, look.entries.get("Rect"))
    if box is not None and look.body:
        yield _a_note(look, box[2], box[1])


def _stamp(look: Look) -> Iterator[Shape]:
    """One of ours; of another, whose picture stays, only what is said about it."""
    name = str(look.entries.get("Name"))
    box = _rect(look, look.entries.get("Rect"))
    if name in STAMP_WORDS and box is not None:
        rect, turn = _upright_box(look, _inner(look, box, 0.0))
        size = min(MAX_FONT_SIZE, max(1.0, (rect[3] - rect[1]) / STAMP_HEIGHT))
        style = {"stamp": name, "font_size": round(size, 3), "width": _width(look)}
        yield Shape("stamp", _turned(rect, turn), style, look.body)
    elif look.body.casefold() != name.casefold():
        yield from _corner_note(look)


def _upright_box(look: Look, box: list[float]) -> tuple[list[float], int]:
    """The box of turned text before its turn about its middle, and the clockwise turn."""
    turn = number(look.entries.get("Rotate")) or 0
    turn = -int(turn) % 360 if turn % 90 == 0 else 0
    x0, y0, x1, y1 = box
    if turn in (90, 270):
        cx, cy, half_w, half_h = (x0 + x1) / 2, (y0 + y1) / 2, (y1 - y0) / 2, (x1 - x0) / 2
        box = [round(one, 3) for one in (cx - half_w, cy - half_h, cx + half_w, cy + half_h)]
    return box, turn


def _turned(rect: list[float], turn: int) -> JsonObject:
    return {"rect": rect, "rotate": turn} if turn else {"rect": rect}


def _a_note(look: Look, x: float, y: float) -> Shape:
    geometry: JsonObject = {"point": [round(x, 3), round(y, 3)]}
    if look.rotation in _TURNS[1:]:
        geometry["rotate"] = 360 - look.rotation
    return Shape("note", geometry, {}, look.body)


def _shape(kind: str) -> Callable[[Look], Iterator[Shape]]:
    def read(look: Look) -> Iterator[Shape]:
        box = _rect(look, look.entries.get("Rect"))
        if box is None:
            return
        width = _width(look)
        style: JsonObject = {"width": width}
        fill = color_of(look.entries.get("IC"))
        if fill is not None:
            style["fill"] = fill
        yield Shape(kind, {"rect": _inner(look, box, width / 2)}, style, look.body)

    return read


def _inner(look: Look, box: list[float], margin: float) -> list[float]:
    """`box` less what /RD says (left, bottom, right, top), or less `margin` where it says nothing;
    never inside out."""
    less = numbers(look.entries.get("RD"), 4, 4)
    left, bottom, right, top = (
        [margin] * 4 if less is None else [max(0.0, one) * look.frame.unit for one in less]
    )
    x0, y0, x1, y1 = box
    if left + right > x1 - x0 or top + bottom > y1 - y0:
        return box
    return [round(one, 3) for one in (x0 + left, y0 + top, x1 - right, y1 - bottom)]


def _line(look: Look) -> Iterator[Shape]:
    ends = numbers(look.entries.get("L"), 4, 4)
    if ends is None:
        return
    start, end = _place(look, ends[0], ends[1]), _place(look, ends[2], ends[3])
    heads = look.entries.get("LE")
    names = [str(one) for one in heads] if isinstance(heads, list) and len(heads) == 2 else ["", ""]
    kind = "line"
    if names[1] in _ARROWS:
        kind = "arrow"
    elif names[0] in _ARROWS:
        kind, start, end = "arrow", end, start
    yield Shape(kind, {"from": list(start), "to": list(end)}, {"width": _width(look)}, look.body)


def _ink(look: Look) -> Iterator[Shape]:
    strokes = look.entries.get("InkList")
    if not isinstance(strokes, list) or not 1 <= len(strokes) <= _STROKES:
        return
    body, style = look.body, {"width": _width(look)}
    for stroke in strokes:
        flat = numbers(stroke, 2, 20 * MAX_POINTS)
        if flat is None:
            continue
        points = [_place(look, *pair) for pair in zip(flat[::2], flat[1::2], strict=False)]
        # A piece begins where the last one ended, so that no gap is seen.
        for at in range(0, max(1, len(points) - 1), MAX_POINTS - 1):
            xs, ys = zip(*points[at : at + MAX_POINTS], strict=True)
            rect = [min(xs), min(ys), max(xs), max(ys)]
            yield Shape("ink", {"rect": rect}, style, body, encode_ink(xs, ys))
            body = ""


_FONT: Final = "Tf"


def _free_text(look: Look) -> Iterator[Shape]:
    box = _rect(look, look.entries.get("Rect"))
    if box is None or not look.body:
        return
    size, color = _default_appearance(text_of(look.entries.get("DA")))
    size = min(MAX_FONT_SIZE, max(1.0, size * look.frame.unit))
    rect, turn = _upright_box(look, _inner(look, box, 0.0))
    lines = "\n".join(wrap(look.body, max(rect[2] - rect[0], size), size, look.face))
    if len(lines) > MAX_BODY:
        lines = look.body
    style: JsonObject = {"font_size": round(size, 3)}
    if color is not None:
        style["color"] = color
    yield Shape("free_text", _turned(rect, turn), style, lines)


def _default_appearance(text: str) -> tuple[float, str | None]:
    """Size and colour of the letters (12.7.4.3)."""
    size, color = 0.0, None
    values: list[float] = []
    for part in itertools.islice(text.split(), 100):
        if part == _FONT and values:
            size = values[-1]
        elif part in ("g", "rg", "k"):
            if len(values) == {"g": 1, "rg": 3, "k": 4}[part]:
                color = color_of(values)
        else:
            try:
                values.append(float(part))
            except ValueError:
                values = []
            continue
        values = []
    usable = number(size)
    return (usable if usable is not None and usable > 0 else _FONT_SIZE), color


_READERS: Final[dict[str, Callable[[Look], Iterator[Shape]]]] = {
    "Text": _note,
    "Highlight": _text_mark("highlight"),
    "Underline": _text_mark("underline"),
    "StrikeOut": _text_mark("strikeout"),
    "Squiggly": _text_mark("squiggly"),
    "Square": _shape("rectangle"),
    "Circle": _shape("ellipse"),
    "Line": _line,
    "Ink": _ink,
    "FreeText": _free_text,
    "Caret": _corner_note,
    "Polygon": _corner_note,
    "PolyLine": _corner_note,
    "Stamp": _stamp,
}
SUBTYPES: Final = frozenset(_READERS)
"""The kinds of annotations that are read."""
