"""A mark as a PDF annotation: its dictionary and its appearance. Pure; no PDF library.

The writer (the sandbox's export job) turns these values into objects: `PdfName` into names, str
into text strings, lists and dicts into arrays and dictionaries. Every annotation has `/AP`, because
viewers draw missing ones each in their own way and PDF ink knows no pressure; `/NM` is our id, `/T`
the author's name, `/M` the server's time. Source: ISO 32000-2 12.5 (annotations), 12.5.5
(appearances), 12.5.6.10 (text markup; QuadPoints in the order viewers use).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from annotations import pdf_drawing as drawing
from annotations.foreign import give_back
from annotations.ink import Stroke, decode_ink
from annotations.model import INK_KINDS, Annotation
from annotations.pdf_drawing import Canvas, Matrix, PageFrame, Point, Typeface
from annotations.pdf_values import PdfName, PdfValue, date_text

PRINT_FLAG: Final = 4
_HIDDEN_STATE: Final = 30
"""Hidden, printed, neither scaled nor turned: as editors flag a state."""
POPUP_SIZE: Final = (190.0, 110.0)
DEFAULT_FONT_SIZE: Final = 12.0
STAMP_WORDS: Final = {"dong_y": "Đồng ý", "can_lam_ro": "Cần làm rõ", "da_xem": "Đã xem"}
"""What the field's stamps say on paper, in Vietnamese whatever the interface speaks; the tablet has
the same (client annotating/marks/stamps.ts). A name that is not here is shown as it is."""
_CAP_MIDDLE: Final = 0.35
"""Half a capital's height below the middle: there a line's baseline looks centred, em."""
_UNDERLINE, _STRIKEOUT = 0.94, 0.55
_NUMBER_SIZE: Final = 8.0
_MARGIN: Final = 1.0
"""Room around what is drawn, for anti-aliasing."""
_NOTE_MARGIN: Final = 1.0
"""A note's own pen is 1 pt wide; its Rect must not depend on its style, see `_upright`."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """A form's content in user space; `box` is its BBox and the annotation's Rect. `opacity` and
    `multiply` go into its graphics state G, the font is F where `has_text`."""

    content: bytes
    box: list[float]
    opacity: float
    multiply: bool
    has_text: bool


@dataclass(frozen=True, slots=True)
class PdfMark:
    """One annotation to write. `entries` lacks only what needs other objects: AP, P, OC, Popup,
    Parent and IRT. `popup` is the popup's Rect where the mark has words of its own."""

    id: str
    page: int
    entries: dict[str, PdfValue]
    appearance: Appearance
    popup: list[float] | None = None
    reply_to: str | None = None
    state: dict[str, PdfValue] | None = None
    """The entries of a second, hidden annotation that says this one is done; it lacks what
    `entries` lacks, and its IRT is this one."""


@dataclass(slots=True)
class _Draft:
    """A mark on its way: what the kinds add."""

    mark: Annotation
    frame: PageFrame
    face: Typeface
    canvas: Canvas
    entries: dict[str, PdfValue] = field(default_factory=dict)
    multiply: bool = False
    has_text: bool = False
    inner: tuple[float, float, float, float] | None = None
    """The shape itself within what is drawn, in page space: x0, y0, x1, y1."""

    @property
    def color(self) -> str:
        return str(self.mark.style.get("color", drawing.INK_COLOR))

    @property
    def width(self) -> float:
        return float(self.mark.style.get("width", 1.0))


def to_pdf(
    mark: Annotation,
    author: str,
    frame: PageFrame,
    face: Typeface,
    *,
    drawn_in: bool = False,
    number: int | None = None,
) -> PdfMark:
    """The annotation `mark` becomes on a page framed by `frame`. Trusts the record's checks.

    `number` is drawn beside the mark, for a list of its words elsewhere. `drawn_in`: the
    appearance will be part of the page and turns with it. A text annotation does not: viewers keep
    it upright about the upper left corner of its Rect (ISO 32000-2 12.5.6.4).
    """
    matrix = _matrix_of(mark)
    if mark.kind == "note" and not drawn_in:
        matrix = _upright(matrix)
    props = mark.foreign_props or {}
    draft = _Draft(mark, frame, face, Canvas(frame, matrix))
    _KINDS[mark.kind](draft)
    if number is not None:
        _number(draft, str(number))
    opacity = float(mark.style.get("opacity", 1.0))
    box = frame.rect(draft.canvas.points, _margin(draft))
    entries: dict[str, PdfValue] = {
        "Type": PdfName("Annot"),
        "Rect": box,
        "NM": props.get("nm", mark.id),
        "T": author,
        "M": date_text(mark.modified),
        "CreationDate": date_text(mark.created),
        "F": PRINT_FLAG,
        "C": list(drawing.rgb(draft.color)),
        "CA": opacity,
        **draft.entries,
    }
    if draft.inner is not None:
        entries["RD"] = _differences(frame, box, draft.inner)
    if mark.body:
        entries["Contents"] = mark.body
    popup = None
    if mark.kind == "note" or (mark.body and mark.kind != "free_text"):
        wide, high = (side / frame.unit for side in POPUP_SIZE)
        popup = [box[2], box[3] - high, box[2] + wide, box[3]]
    if mark.reply_to is not None:
        entries["RT"] = PdfName("R")
    entries = _with_foreign(entries, mark)
    content = draft.canvas.content()
    look = Appearance(content, box, opacity, draft.multiply, draft.has_text)
    state = _completed(entries) if mark.resolved else None
    return PdfMark(mark.id, mark.page, entries, look, popup, mark.reply_to, state)


def _completed(entries: dict[str, PdfValue]) -> dict[str, PdfValue]:
    """What editors read as done: a reply with a state (ISO 32000-2 12.5.6.3)."""
    return {
        "Type": PdfName("Annot"),
        "Subtype": PdfName("Text"),
        "Rect": entries["Rect"],
        "NM": f"{entries['NM']}-state",
        "F": _HIDDEN_STATE,
        "T": entries["T"],
        "M": entries["M"],
        "StateModel": "Review",
        "State": "Completed",
    }


def _with_foreign(entries: dict[str, PdfValue], mark: Annotation) -> dict[str, PdfValue]:
    """Together with what another program had said of this mark."""
    props = mark.foreign_props or {}
    untouched = mark.group_revs == (1, 1, 1, 1)
    given = give_back(props.get("pdf", {}), untouched=untouched)
    border = given.get("BS")
    if isinstance(border, dict) and "BS" in entries:
        entries["BS"] = {**border, **entries["BS"]}
    if "LE" in given and "LE" in entries:
        entries["LE"] = given["LE"]
    return {**given, **entries}


def _box(points: Iterable[Point]) -> tuple[float, float, float, float]:
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _differences(
    frame: PageFrame, rect: list[float], inner: tuple[float, float, float, float]
) -> list[float]:
    """/RD: how far the shape lies within Rect: left, bottom, right, top (12.5.6.8)."""
    x0, y1 = frame.to_user(inner[0], inner[1])
    x1, y0 = frame.to_user(inner[2], inner[3])
    less = (x0 - rect[0], y0 - rect[1], rect[2] - x1, rect[3] - y1)
    return [round(max(0.0, one), 3) for one in less]


def _margin(draft: _Draft) -> float:
    if draft.mark.kind == "note":
        return _NOTE_MARGIN
    return _MARGIN + (draft.width / 2 if "QuadPoints" not in draft.entries else 0.0)


def _matrix_of(mark: Annotation) -> Matrix:
    """How the mark's own coordinates lie in page space."""
    geometry = mark.geometry
    if mark.kind in INK_KINDS and "matrix" in geometry:
        a, b, c, d, e, f = geometry["matrix"]
        return (a, b, c, d, e, f)
    turn = int(geometry.get("rotate", 0))
    if mark.kind == "note":
        x, y = geometry["point"]
        a, b, c, d, _, _ = drawing.turn_about(turn, 0, 0)
        return (a, b, c, d, x, y)
    if mark.kind in ("free_text", "stamp"):
        x0, y0, x1, y1 = geometry["rect"]
        return drawing.turn_about(turn, (x0 + x1) / 2, (y0 + y1) / 2)
    return drawing.IDENTITY


def _upright(matrix: Matrix) -> Matrix:
    """Where to draw an upright icon of the unrotated page, so that a viewer which turns the page
    but not the icon, about its upper left corner, shows it centred on its point."""
    half = drawing.NOTE_SIDE / 2 + _NOTE_MARGIN
    x, y = drawing.apply(matrix, -half, -half)
    return (1, 0, 0, 1, x + half, y + half)


def _ink(draft: _Draft) -> None:
    mark, canvas = draft.mark, draft.canvas
    stroke: Stroke = decode_ink(mark.ink or b"")
    matrix = _matrix_of(mark)
    path: list[float] = []
    for x, y in zip(stroke.xs, stroke.ys, strict=True):
        path += (round(value, 3) for value in draft.frame.to_user(*drawing.apply(matrix, x, y)))
    draft.entries = {
        "Subtype": PdfName("Ink"),
        "InkList": [path],
        "BS": {"W": round(draft.width / draft.frame.unit, 3)},
    }
    draft.multiply = mark.kind == "highlighter"
    if stroke.pressure is None:
        canvas.pen(draft.color, draft.width)
        drawing.draw_centre_line(canvas, stroke.xs, stroke.ys)
        canvas.operator("S")
    else:
        canvas.fill_color(draft.color)
        drawing.draw_nib(canvas, stroke.xs, stroke.ys, stroke.pressure, draft.width)
        canvas.operator("f")


def _text_mark(draft: _Draft) -> None:
    mark, canvas, frame = draft.mark, draft.canvas, draft.frame
    quads: list[list[float]] = mark.geometry["quads"]
    subtype = {
        "highlight": "Highlight",
        "underline": "Underline",
        "strikeout": "StrikeOut",
        "squiggly": "Squiggly",
    }[mark.kind]
    points: list[float] = []
    for quad in quads:
        for x, y in zip(quad[::2], quad[1::2], strict=True):
            points += (round(value, 3) for value in frame.to_user(x, y))
            canvas.points.append((x, y))
    draft.entries = {"Subtype": PdfName(subtype), "QuadPoints": points}
    if mark.kind == "highlight":
        draft.multiply = True
        canvas.fill_color(draft.color)
        drawing.draw_quads(canvas, quads)
        canvas.operator("f")
        return
    canvas.pen(draft.color, draft.width)
    if mark.kind == "squiggly":
        drawing.draw_waves(canvas, quads)
    else:
        down = _UNDERLINE if mark.kind == "underline" else _STRIKEOUT
        drawing.draw_line_of_quads(canvas, quads, down)
    canvas.operator("S")


def _note(draft: _Draft) -> None:
    draft.entries = {"Subtype": PdfName("Text"), "Name": PdfName("Note"), "Open": False}
    drawing.draw_note(draft.canvas, draft.color)


def _shape(draft: _Draft) -> None:
    mark, canvas = draft.mark, draft.canvas
    x0, y0, x1, y1 = mark.geometry["rect"]
    draft.inner = (x0, y0, x1, y1)
    fill = mark.style.get("fill")
    draft.entries = {
        "Subtype": PdfName("Square" if mark.kind == "rectangle" else "Circle"),
        "BS": {"W": round(draft.width / draft.frame.unit, 3)},
    }
    if fill is not None:
        draft.entries["IC"] = list(drawing.rgb(fill))
        canvas.fill_color(fill)
    canvas.pen(draft.color, draft.width)
    if mark.kind == "rectangle":
        canvas.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    else:
        canvas.ellipse((x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / 2, (y1 - y0) / 2)
    canvas.operator(_paint(fill is not None, draft.width > 0))


def _paint(fills: bool, strokes: bool) -> str:
    return {(True, True): "B", (True, False): "f", (False, True): "S"}.get((fills, strokes), "n")


def _line(draft: _Draft) -> None:
    mark, canvas = draft.mark, draft.canvas
    start = (float(mark.geometry["from"][0]), float(mark.geometry["from"][1]))
    end = (float(mark.geometry["to"][0]), float(mark.geometry["to"][1]))
    arrow = mark.kind == "arrow"
    ends = [*draft.frame.to_user(*start), *draft.frame.to_user(*end)]
    draft.entries = {
        "Subtype": PdfName("Line"),
        "L": [round(value, 3) for value in ends],
        "LE": [PdfName("None"), PdfName("OpenArrow" if arrow else "None")],
        "BS": {"W": round(draft.width / draft.frame.unit, 3)},
    }
    canvas.pen(draft.color, draft.width)
    canvas.move(*start)
    canvas.line(*end)
    if arrow:
        drawing.draw_barbs(canvas, start, end, draft.width)
    canvas.operator("S")


def _free_text(draft: _Draft) -> None:
    mark, canvas = draft.mark, draft.canvas
    x0, y0 = mark.geometry["rect"][:2]
    size = float(mark.style.get("font_size", DEFAULT_FONT_SIZE))
    red, green, blue = drawing.rgb(draft.color)
    at = f"/Helv {size / draft.frame.unit:g} Tf {red:g} {green:g} {blue:g} rg"
    draft.entries = {"Subtype": PdfName("FreeText"), "DA": at, "BS": {"W": 0}}
    _say_turn(draft)
    draft.has_text = True
    canvas.fill_color(draft.color)
    for number, line in enumerate(mark.body.split("\n")):
        if line:
            down = y0 + size + number * size * drawing.LINE_SPACING
            canvas.text(x0, down, line, size, draft.face)


def _say_turn(draft: _Draft) -> None:
    """Where a box with text stands once it is turned, and its turn, counter-clockwise."""
    x0, y0, x1, y1 = draft.mark.geometry["rect"]
    corners = [drawing.apply(_matrix_of(draft.mark), x, y) for x, y in ((x0, y0), (x1, y1))]
    draft.inner = _box(corners)
    draft.canvas.points += corners
    turn = -int(draft.mark.geometry.get("rotate", 0)) % 360
    if turn:
        draft.entries["Rotate"] = turn


def _stamp(draft: _Draft) -> None:
    mark, canvas = draft.mark, draft.canvas
    x0, y0, x1, y1 = mark.geometry["rect"]
    size = float(mark.style.get("font_size", DEFAULT_FONT_SIZE))
    name = str(mark.style.get("stamp", ""))
    words = STAMP_WORDS.get(name, name)
    draft.entries = {
        "Subtype": PdfName("Stamp"),
        "Name": PdfName(name or "Draft"),
        "BS": {"W": round(draft.width / draft.frame.unit, 3)},
    }
    _say_turn(draft)
    draft.has_text = True
    canvas.pen(draft.color, draft.width)
    canvas.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    canvas.operator(_paint(fills=False, strokes=draft.width > 0))
    canvas.fill_color(draft.color)
    start = (x0 + x1 - draft.face.width(words) * size) / 2
    canvas.text(start, (y0 + y1) / 2 + _CAP_MIDDLE * size, words, size, draft.face)


def _number(draft: _Draft, text: str) -> None:
    """At the upper right of the mark, upright with a note, else as the unrotated page lies."""
    canvas = draft.canvas
    if draft.mark.kind == "note":
        x, y = drawing.NOTE_SIDE / 2, -drawing.NOTE_SIDE / 2
    else:
        canvas = Canvas(draft.frame)
        x = max(point[0] for point in draft.canvas.points)
        y = min(point[1] for point in draft.canvas.points)
    canvas.fill_color(drawing.INK_COLOR)
    canvas.text(x + 2, y + _NUMBER_SIZE, text, _NUMBER_SIZE, draft.face)
    if canvas is not draft.canvas:
        draft.canvas.operator(canvas.content().decode("ascii"))
        draft.canvas.points += canvas.points
    draft.has_text = True


_KINDS: Final[dict[str, Callable[[_Draft], None]]] = {
    "ink": _ink,
    "highlighter": _ink,
    "highlight": _text_mark,
    "underline": _text_mark,
    "strikeout": _text_mark,
    "squiggly": _text_mark,
    "note": _note,
    "rectangle": _shape,
    "ellipse": _shape,
    "line": _line,
    "arrow": _line,
    "free_text": _free_text,
    "stamp": _stamp,
}
