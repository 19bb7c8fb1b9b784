"""How a mark looks, as PDF content: the same shapes the tablet draws (client annotating/marks).

Everything is computed in page space and written in PDF user space; see `PageFrame`.
Operators: ISO 32000-2 8.5 (paths), 8.4.4 (graphics state), 9.4 (text).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Protocol

Point = tuple[float, float]
Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_KAPPA: Final = 0.5522847498
"""Control point distance of a quarter circle."""

NOTE_SIDE: Final = 22.0
"""Side of a note's icon in points, centred on its point."""
LINE_SPACING: Final = 1.3
INK_COLOR: Final = "#1d2733"
THINNING: Final = 0.6
"""How much pressure changes the nib: radius = width · (0.5 - 0.6 · (0.5 - pressure))."""
_SMOOTH_TURN: Final = math.cos(math.radians(50))
_SAME_PLACE: Final = 0.02


class Typeface(Protocol):
    """The one font of written marks."""

    def glyphs(self, text: str) -> str:
        """`text` as hexadecimal glyph codes of the embedded font."""

    def width(self, text: str) -> float:
        """Advance of `text` at size 1."""


@dataclass(frozen=True, slots=True)
class PageFrame:
    """Where page space lies in a page's user space: the CropBox's left and upper edge in user
    space, and the points per unit (`UserUnit`, 1 on nearly every page)."""

    left: float
    top: float
    unit: float = 1.0

    def to_user(self, x: float, y: float) -> Point:
        return self.left + x / self.unit, self.top - y / self.unit

    def to_page(self, x: float, y: float) -> Point:
        """The reverse of `to_user`."""
        return (x - self.left) * self.unit, (self.top - y) * self.unit

    def rect(self, points: Iterable[Point], margin: float = 0.0) -> list[float]:
        """The PDF rectangle (user space) around points of page space."""
        xs, ys = zip(*points, strict=True)
        x0, y1 = self.to_user(min(xs) - margin, min(ys) - margin)
        x1, y0 = self.to_user(max(xs) + margin, max(ys) + margin)
        return [_round(x0), _round(y0), _round(x1), _round(y1)]


def _round(value: float) -> float:
    return round(value, 3)


def apply(matrix: Matrix, x: float, y: float) -> Point:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def turn_about(degrees: int, x: float, y: float) -> Matrix:
    """Clockwise on the page (y is down) about the point."""
    cos, sin = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    return (cos, sin, -sin, cos, x - cos * x + sin * y, y - sin * x - cos * y)


def rgb(color: str) -> tuple[float, float, float]:
    """#rrggbb as 0…1."""
    r, g, b = (round(int(color[i : i + 2], 16) / 255, 4) for i in (1, 3, 5))
    return r, g, b


class Canvas:
    """Collects content. Coordinates are of page space before `matrix`."""

    def __init__(self, frame: PageFrame, matrix: Matrix = IDENTITY) -> None:
        self._frame = frame
        self._matrix = matrix
        self._parts: list[str] = []
        self.points: list[Point] = []
        """Every point drawn, in page space: the box of the mark."""

    def content(self) -> bytes:
        return "\n".join(self._parts).encode("ascii")

    def _at(self, x: float, y: float) -> str:
        place = apply(self._matrix, x, y)
        self.points.append(place)
        ux, uy = self._frame.to_user(*place)
        return f"{ux:.3f} {uy:.3f}"

    def operator(self, text: str) -> None:
        self._parts.append(text)

    def fill_color(self, color: str) -> None:
        self.operator("{:g} {:g} {:g} rg".format(*rgb(color)))

    def pen(self, color: str, width: float) -> None:
        """Round caps and joins; the width follows the matrix as in SVG."""
        a, b, c, d, _, _ = self._matrix
        scale = math.sqrt(abs(a * d - b * c)) / self._frame.unit
        self.operator("{:g} {:g} {:g} RG".format(*rgb(color)))
        self.operator(f"{width * scale:.3f} w 1 J 1 j")

    def move(self, x: float, y: float) -> None:
        self.operator(f"{self._at(x, y)} m")

    def line(self, x: float, y: float) -> None:
        self.operator(f"{self._at(x, y)} l")

    def curve(self, a: Point, b: Point, c: Point) -> None:
        self.operator(f"{self._at(*a)} {self._at(*b)} {self._at(*c)} c")

    def close(self) -> None:
        self.operator("h")

    def polygon(self, points: Sequence[Point]) -> None:
        self.move(*points[0])
        for point in points[1:]:
            self.line(*point)
        self.close()

    def ellipse(self, x: float, y: float, rx: float, ry: float) -> None:
        """Counter-clockwise in page space's own sense (y down): right, up, left, down."""
        kx, ky = rx * _KAPPA, ry * _KAPPA
        self.move(x + rx, y)
        self.curve((x + rx, y - ky), (x + kx, y - ry), (x, y - ry))
        self.curve((x - kx, y - ry), (x - rx, y - ky), (x - rx, y))
        self.curve((x - rx, y + ky), (x - kx, y + ry), (x, y + ry))
        self.curve((x + kx, y + ry), (x + rx, y + ky), (x + rx, y))
        self.close()

    def text(self, x: float, y: float, text: str, size: float, face: Typeface) -> None:
        """One line with its baseline at (x, y). The font resource is named F."""
        a, b, c, d, _, _ = self._matrix
        wide = face.width(text) * size
        self.points += [
            apply(self._matrix, px, py) for px in (x, x + wide) for py in (y - size, y + 0.3 * size)
        ]
        ux, uy = self._frame.to_user(*apply(self._matrix, x, y))
        scale = size / self._frame.unit
        self.operator(
            f"BT /F {scale:.3f} Tf {a:g} {-b:g} {-c:g} {d:g} {ux:.3f} {uy:.3f} Tm "
            f"<{face.glyphs(text)}> Tj ET"
        )


def wrap(text: str, width: float, size: float, face: Typeface) -> Iterator[str]:
    """Lines of at most `width` points, broken at spaces, a longer word anywhere."""
    blank = face.width(" ") * size
    for paragraph in text.split("\n"):
        line, used = "", 0.0
        for word in paragraph.split(" "):
            wide = face.width(word) * size
            if line and used + blank + wide <= width:
                line, used = f"{line} {word}", used + blank + wide
                continue
            if line:
                yield line
            line, used = word, wide
            if wide > width:
                line, used = "", 0.0
                for letter in word:
                    wide = face.width(letter) * size
                    if line and used + wide > width:
                        yield line
                        line, used = "", 0.0
                    line, used = line + letter, used + wide
        yield line


def draw_centre_line(canvas: Canvas, xs: Sequence[float], ys: Sequence[float]) -> None:
    """A smooth path through the middles of its sides; a dot is a line to itself."""
    points = list(zip(xs, ys, strict=True))
    canvas.move(*points[0])
    if len(points) == 1:
        canvas.line(points[0][0] + 0.01, points[0][1])
        return
    at = points[0]
    for control, after in pairwise(points[1:]):
        middle = (control[0] + after[0]) / 2, (control[1] + after[1]) / 2
        canvas.curve(_toward(at, control), _toward(middle, control), middle)
        at = middle
    canvas.line(*points[-1])


def _toward(end: Point, control: Point) -> Point:
    """The cubic control point of a quadratic one."""
    return end[0] + (control[0] - end[0]) * 2 / 3, end[1] + (control[1] - end[1]) * 2 / 3


def draw_nib(
    canvas: Canvas,
    xs: Sequence[float],
    ys: Sequence[float],
    pressure: Sequence[float],
    width: float,
) -> None:
    """The area a pressed nib covers, as pieces of one direction, so that one non-zero fill makes
    their union: a band per step, a disc at the ends and where the stroke turns sharply."""
    points: list[tuple[float, float, float]] = []
    for x, y, p in zip(xs, ys, pressure, strict=True):
        radius = max(0.05, width * (0.5 - THINNING * (0.5 - p)))
        if points and math.hypot(x - points[-1][0], y - points[-1][1]) < _SAME_PLACE:
            points[-1] = (points[-1][0], points[-1][1], max(points[-1][2], radius))
        else:
            points.append((x, y, radius))
    normals = [_normal(a[:2], b[:2]) for a, b in pairwise(points)]
    for i, (x, y, radius) in enumerate(points):
        ends = i in (0, len(points) - 1)
        if ends or _dot(normals[i - 1], normals[i]) < _SMOOTH_TURN:
            canvas.ellipse(x, y, radius, radius)
    for i, normal in enumerate(normals):
        first, second = points[i], points[i + 1]
        at_first = _shared(normal, normals[i - 1]) if i else normal
        at_second = _shared(normal, normals[i + 1]) if i + 1 < len(normals) else normal
        band = [
            _beside(first, at_first, 1),
            _beside(second, at_second, 1),
            _beside(second, at_second, -1),
            _beside(first, at_first, -1),
        ]
        canvas.polygon(band if _area(band) < 0 else band[::-1])


def _normal(a: Point, b: Point) -> Point:
    dx, dy = b[0] - a[0], b[1] - a[1]
    long = math.hypot(dx, dy)
    return -dy / long, dx / long


def _dot(a: Point, b: Point) -> float:
    return a[0] * b[0] + a[1] * b[1]


def _shared(own: Point, other: Point) -> Point:
    """The normal two bands share at a gentle bend; at a sharp one each keeps its own."""
    if _dot(own, other) < _SMOOTH_TURN:
        return own
    x, y = own[0] + other[0], own[1] + other[1]
    long = math.hypot(x, y)
    return x / long, y / long


def _beside(point: tuple[float, float, float], normal: Point, side: int) -> Point:
    x, y, radius = point
    return x + side * normal[0] * radius, y + side * normal[1] * radius


def _area(ring: Sequence[Point]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))


def draw_quads(canvas: Canvas, quads: Sequence[Sequence[float]]) -> None:
    for ax, ay, bx, by, cx, cy, dx, dy in quads:
        canvas.polygon([(ax, ay), (bx, by), (dx, dy), (cx, cy)])


def draw_line_of_quads(canvas: Canvas, quads: Sequence[Sequence[float]], down: float) -> None:
    """A line along each quad's text: `down` 0 at its top, 1 at its bottom."""
    for ax, ay, bx, by, cx, cy, dx, dy in quads:
        canvas.move(ax + (cx - ax) * down, ay + (cy - ay) * down)
        canvas.line(bx + (dx - bx) * down, by + (dy - by) * down)


def draw_waves(canvas: Canvas, quads: Sequence[Sequence[float]]) -> None:
    for _, _, _, _, cx, cy, dx, dy in quads:
        long = math.hypot(dx - cx, dy - cy)
        steps = max(2, round(long / 3))
        ux, uy = (dx - cx) / steps, (dy - cy) / steps
        nx, ny = (-(dy - cy) / long * 1.2, (dx - cx) / long * 1.2) if long else (0.0, 0.0)
        canvas.move(cx, cy)
        for i in range(1, steps + 1):
            side = 0 if i % 2 == 0 else -1
            canvas.line(cx + ux * i + nx * side, cy + uy * i + ny * side)


def draw_barbs(canvas: Canvas, start: Point, end: Point, width: float) -> None:
    head = 6 + 2 * width
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    for turn in (0.45, -0.45):
        canvas.move(*end)
        canvas.line(end[0] - head * math.cos(angle + turn), end[1] - head * math.sin(angle + turn))


def draw_note(canvas: Canvas, color: str) -> None:
    """A sheet with a folded corner and three lines, about the origin."""
    h, r = NOTE_SIDE / 2, 3.0
    k = r * (1 - _KAPPA)
    canvas.fill_color(color)
    canvas.pen(INK_COLOR, 1)
    canvas.move(-h + r, -h)
    canvas.line(h - r, -h)
    canvas.curve((h - k, -h), (h, -h + k), (h, -h + r))
    canvas.line(h, h - 8)
    canvas.line(h - 8, h)
    canvas.line(-h + r, h)
    canvas.curve((-h + k, h), (-h, h - k), (-h, h - r))
    canvas.line(-h, -h + r)
    canvas.curve((-h, -h + k), (-h + k, -h), (-h + r, -h))
    canvas.close()
    canvas.operator("B")
    canvas.move(h, h - 8)
    canvas.line(h - 8 + r, h - 8)
    canvas.curve((h - 8 + k, h - 8), (h - 8, h - 8 + k), (h - 8, h - 8 + r))
    canvas.line(h - 8, h)
    for y, right in ((-4.0, h - 5), (0.0, h - 5), (4.0, h - 11)):
        canvas.move(-h + 5, y)
        canvas.line(right, y)
    canvas.operator("S")
