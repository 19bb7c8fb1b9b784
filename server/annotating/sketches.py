"""Strokes written in one go: which belong together, and how they look when drawn small. Pure.

The tablet joins strokes the same way (annotating/list.ts), so that a list looks alike with and
without a network: tests/contract/vectors/scribbles.json holds both to it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from annotations.errors import AnnotationError
from annotations.ink import Stroke, decode_ink
from annotations.model import INK_KINDS, Annotation

TOGETHER_MS = 20_000
"""Strokes that begin within this time of each other …"""
TOGETHER_PT = 60.0
"""… and within this distance belong to one scribble."""
LOOK_BACK = 8
"""Scribbles of one kind, page and layer that a stroke is compared with: a hand goes back to the
last few. Others in between count for nothing, so that a filtered list joins what the whole one
does."""
STROKES = 400
"""Strokes in one scribble: a page of handwriting; more become another line of the list."""

Box = tuple[float, float, float, float]


@dataclass
class Entry:
    """A line of the list: one mark, or the strokes of one scribble in the order they were drawn."""

    marks: list[Annotation]
    box: Box

    @property
    def first(self) -> Annotation:
        """The mark the entry is known by."""
        return self.marks[0]

    @property
    def kind(self) -> str:
        """Kind of all its marks."""
        return self.marks[0].kind

    def takes(self, mark: Annotation, box: Box) -> bool:
        """Whether a stroke that follows in the same place belongs to this scribble."""
        last = self.marks[-1]
        if len(self.marks) >= STROKES or mark.created - last.created > TOGETHER_MS:
            return False
        dx = max(self.box[0] - box[2], box[0] - self.box[2], 0.0)
        dy = max(self.box[1] - box[3], box[1] - self.box[3], 0.0)
        return math.hypot(dx, dy) <= TOGETHER_PT

    def add(self, mark: Annotation, box: Box) -> None:
        """Put a stroke to the others."""
        self.marks.append(mark)
        mine = self.box
        self.box = (
            min(mine[0], box[0]),
            min(mine[1], box[1]),
            max(mine[2], box[2]),
            max(mine[3], box[3]),
        )


_Where: TypeAlias = tuple[str, int, str, str]


@dataclass
class Together:
    """Joins marks, given page by page in the order they were made, into entries."""

    entries: list[Entry] = field(default_factory=list)
    _recent: dict[_Where, list[Entry]] = field(default_factory=dict)
    """Scribbles that may go on, by version, page, layer and kind."""

    def joins(self, mark: Annotation) -> Entry | None:
        """The scribble that this mark goes on with."""
        if not _may_join(mark):
            return None
        box = box_of(mark)
        recent = reversed(self._recent.get(_where(mark), []))
        return next((entry for entry in recent if entry.takes(mark, box)), None)

    def put(self, mark: Annotation, entry: Entry | None) -> None:
        """The next mark: to `entry`, or the first of a new one."""
        box = box_of(mark)
        if entry is not None:
            entry.add(mark, box)
            return
        begun = Entry([mark], box)
        self.entries.append(begun)
        if _may_join(mark):
            recent = self._recent.setdefault(_where(mark), [])
            recent.append(begun)
            del recent[:-LOOK_BACK]


def _may_join(mark: Annotation) -> bool:
    """A stroke without a remark of its own."""
    return mark.kind in INK_KINDS and not mark.body


def _where(mark: Annotation) -> _Where:
    return mark.version, mark.page, mark.layer, mark.kind


def box_of(mark: Annotation) -> Box:
    """Where a mark lies, points of page space."""
    geometry = mark.geometry
    if "rect" in geometry:
        x0, y0, x1, y1 = geometry["rect"]
        return x0, y0, x1, y1
    if "point" in geometry:
        x, y = geometry["point"]
        return x, y, x, y
    if "quads" in geometry:
        xs = [value for quad in geometry["quads"] for value in quad[0::2]]
        ys = [value for quad in geometry["quads"] for value in quad[1::2]]
    else:
        xs = [geometry["from"][0], geometry["to"][0]]
        ys = [geometry["from"][1], geometry["to"][1]]
    return min(xs), min(ys), max(xs), max(ys)


@dataclass(frozen=True)
class Drawing:
    """A scribble made small: lines of x, y, … in thousandths of the longer side of `box`."""

    width: float
    height: float
    lines: list[list[int]]


def draw_small(marks: Sequence[Annotation], points: int) -> Drawing | None:
    """The strokes in at most about `points` points; None where there is nothing to see."""
    strokes = [shown for shown in map(_shown, marks) if shown is not None]
    if not strokes:
        return None
    x0 = min(min(xs) for xs, _ in strokes)
    y0 = min(min(ys) for _, ys in strokes)
    width = max(max(xs) for xs, _ in strokes) - x0
    height = max(max(ys) for _, ys in strokes) - y0
    scale = 1000 / max(width, height, 1.0)
    whole = sum(len(xs) for xs, _ in strokes)
    lines = []
    for xs, ys in strokes:
        share = max(2, len(xs) * points // max(1, whole))
        line: list[int] = []
        for at in _spread(len(xs), share):
            line += [round((xs[at] - x0) * scale), round((ys[at] - y0) * scale)]
        lines.append(line)
    return Drawing(round(width, 1), round(height, 1), lines)


def _shown(mark: Annotation) -> tuple[list[float], list[float]] | None:
    if mark.ink is None:
        return None
    try:
        stroke: Stroke = decode_ink(mark.ink)
    except AnnotationError:
        return None
    matrix = mark.geometry.get("matrix")
    if matrix is None:
        return list(stroke.xs), list(stroke.ys)
    a, b, c, d, e, f = matrix
    pairs = list(zip(stroke.xs, stroke.ys, strict=True))
    return [a * x + c * y + e for x, y in pairs], [b * x + d * y + f for x, y in pairs]


def _spread(count: int, wanted: int) -> list[int]:
    """`wanted` places among `count`, first and last included."""
    if count <= wanted:
        return list(range(count))
    return [round(at * (count - 1) / (wanted - 1)) for at in range(wanted)]
