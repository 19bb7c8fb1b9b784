"""What the list of my marks answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from server.http.wire import Id, Line, Moment, ShortLine, WireModel

MarkKind = Literal[
    "ink",
    "highlighter",
    "highlight",
    "underline",
    "strikeout",
    "squiggly",
    "note",
    "free_text",
    "rectangle",
    "ellipse",
    "line",
    "arrow",
    "stamp",
]
Coordinate = Annotated[int, Field(ge=0, le=1000)]


class Sketch(WireModel):
    """What a pen wrote, small: lines of x, y, x, y, … in thousandths of the longer side.

    `width` and `height` are the box in points of the page.
    """

    width: float
    height: float
    lines: list[list[Coordinate]]


class MyMark(WireModel):
    """One line of the list: a mark of mine, or several strokes written in one go.

    `page` counts from 0, `label` is what is printed on it; `x`, `y` are where it begins, points of
    page space. `quote` is the marked text, `body` what I wrote; both may be cut (`…`).
    `stranded`: an answer whose mark was taken away, so that nobody else reads it.
    """

    id: Id
    marks: int
    document_id: Id
    version_id: Id
    page: int
    label: str
    kind: MarkKind
    shared: bool
    quote: str
    body: str
    stamp: str
    color: str
    sketch: Sketch | None
    at: Moment
    x: float
    y: float
    stranded: bool


class MarkedDocument(WireModel):
    """A document that rows of the list speak of. One that was `withdrawn` cannot be opened any
    more; what I wrote on it is still mine."""

    id: Id
    title: Line
    number_symbol: ShortLine
    meeting_id: Id
    withdrawn: bool


class MarkedMeeting(WireModel):
    """A meeting in which I have marks."""

    id: Id
    title: Line
    starts_at: Moment


class MyMarks(WireModel):
    """A part of the list: by meeting (newest first), document and page, then as written.

    `documents` and `meetings` name what the rows speak of. `next` continues the list (`after=`);
    null at its end. A part may have few rows or none and still a `next`: the server looks at a
    bounded number of marks for one answer. `places`: all meetings with marks of mine, with the
    first part only.
    """

    rows: list[MyMark]
    documents: list[MarkedDocument]
    meetings: list[MarkedMeeting]
    places: list[MarkedMeeting] | None
    next: str | None
