"""A sheet: one page of a paper as PDF operators, written from the top left corner in points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from server.demo.papers.typeface import Style, face

MM = 72 / 25.4
A4_WIDTH, A4_HEIGHT = 595.276, 841.89

Colour = tuple[float, float, float]
BLACK: Colour = (0.0, 0.0, 0.0)


@dataclass
class Sheet:
    """One page. `rotate` is the page's /Rotate; `crop` its CropBox in PDF user space."""

    width: float = A4_WIDTH
    height: float = A4_HEIGHT
    rotate: int = 0
    crop: tuple[float, float, float, float] | None = None
    operators: list[str] = field(default_factory=list)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        style: Style = Style.REGULAR,
        colour: Colour = BLACK,
        align: str = "left",
    ) -> float:
        """Write one line with its baseline at y; returns its width."""
        width = face(style).width(text, size)
        if align == "centre":
            x -= width / 2
        elif align == "right":
            x -= width
        self.run(x, y, f"<{face(style).hexadecimal(text)}>", size, style, colour)
        return width

    def run(
        self, x: float, y: float, array: str, size: float, style: Style, colour: Colour = BLACK
    ) -> None:
        """Write a ready TJ array (without its brackets)."""
        self.operators.append(
            f"BT {_rgb(colour)} rg /{style.resource} {size:g} Tf "
            f"1 0 0 1 {x:.2f} {self.height - y:.2f} Tm [{array}] TJ ET"
        )

    def turned_text(
        self, x: float, y: float, text: str, size: float, style: Style = Style.REGULAR
    ) -> None:
        """Write upwards: the text's centre at (x, y), turned by 90 degrees."""
        half = face(style).width(text, size) / 2
        self.operators.append(
            f"BT 0 g /{style.resource} {size:g} Tf 0 1 -1 0 {x:.2f} "
            f"{self.height - y - half:.2f} Tm [<{face(style).hexadecimal(text)}>] TJ ET"
        )

    def line(
        self,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        width: float = 0.6,
        colour: Colour = BLACK,
        dash: str = "",
    ) -> None:
        """A straight line."""
        self.operators.append(
            f"q {_rgb(colour)} RG {width:g} w [{dash}] 0 d {x0:.2f} {self.height - y0:.2f} m "
            f"{x1:.2f} {self.height - y1:.2f} l S Q"
        )

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: Colour | None = None,
        stroke: Colour | None = None,
        line_width: float = 0.6,
    ) -> None:
        """A rectangle with its upper left corner at (x, y)."""
        paint = "B" if fill and stroke else "f" if fill else "S"
        self.operators.append(
            f"q {_rgb(fill or BLACK)} rg {_rgb(stroke or BLACK)} RG {line_width:g} w "
            f"{x:.2f} {self.height - y - height:.2f} {width:.2f} {height:.2f} re {paint} Q"
        )

    def polygon(self, points: Sequence[tuple[float, float]], fill: Colour) -> None:
        """A filled shape."""
        self.operators.append(f"q {_rgb(fill)} rg {self._path(points)} f Q")

    def polyline(self, points: Sequence[tuple[float, float]], width: float, colour: Colour) -> None:
        """An open line through points."""
        self.operators.append(f"q {_rgb(colour)} RG {width:g} w 1 j 1 J {self._path(points)} S Q")

    def curves(
        self,
        start: tuple[float, float],
        pieces: Sequence[tuple[float, float, float, float, float, float]],
        width: float,
        colour: Colour,
    ) -> None:
        """An open line of Bézier pieces: two control points and an end each."""
        path = [f"{start[0]:.2f} {self.height - start[1]:.2f} m"]
        path += [
            f"{a:.2f} {self.height - b:.2f} {c:.2f} {self.height - d:.2f} "
            f"{e:.2f} {self.height - f:.2f} c"
            for a, b, c, d, e, f in pieces
        ]
        self.operators.append(f"q {_rgb(colour)} RG {width:g} w 1 j 1 J {' '.join(path)} S Q")

    def _path(self, points: Sequence[tuple[float, float]]) -> str:
        steps = [
            f"{x:.2f} {self.height - y:.2f} {'l' if i else 'm'}" for i, (x, y) in enumerate(points)
        ]
        return " ".join(steps)

    def content(self) -> bytes:
        """The page's content stream."""
        return "\n".join(self.operators).encode("ascii")


def _rgb(colour: Colour) -> str:
    return " ".join(f"{part:g}" for part in colour)


def turned(sheet: Sheet, rotate: int) -> Sheet:
    """The same picture stored lying on its side, upright again through /Rotate 90 or 270."""
    matrix = f"0 1 -1 0 {sheet.height:.3f} 0" if rotate == 90 else f"0 -1 1 0 0 {sheet.width:.3f}"
    crop = sheet.crop
    if crop:
        x0, y0, x1, y1 = crop
        corners = (
            (sheet.height - y1, x0, sheet.height - y0, x1)
            if rotate == 90
            else (y0, sheet.width - x1, y1, sheet.width - x0)
        )
        crop = corners
    return Sheet(sheet.height, sheet.width, rotate, crop, [f"q {matrix} cm", *sheet.operators, "Q"])


def mounted(sheet: Sheet, x: float, y: float) -> Sheet:
    """The same picture on larger paper with crop marks; the CropBox shows the old size."""
    width, height = sheet.width + 2 * x, sheet.height + 1.5 * y
    large = Sheet(width, height, 0, (x, y, x + sheet.width, y + sheet.height))
    large.operators = [f"q 1 0 0 1 {x:g} {y:g} cm", *sheet.operators, "Q"]
    top, bottom = height - y - sheet.height, height - y
    for corner_x, outward in ((x, -1), (x + sheet.width, 1)):
        for corner_y, down in ((top, -1), (bottom, 1)):
            large.line(corner_x + 4 * outward, corner_y, corner_x + 18 * outward, corner_y, 0.5)
            large.line(corner_x, corner_y + 4 * down, corner_x, corner_y + 18 * down, 0.5)
    return large
