"""A small drawing of pen strokes, as PNG: MuPDF's stories would draw an SVG at 96 dpi."""

import io
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from PIL import Image, ImageDraw

WIDEST_PT, HIGHEST_PT = 380.0, 200.0
PAD_PT = 4.0
PEN_PT, MARKER_PT = 1.3, 7.0
PX_PER_PT = 3
SMOOTHING = 2
_COLOR = re.compile(r"#[0-9a-f]{6}")


class Picture(NamedTuple):
    """Size in points, and lines of (x, y) in points from the upper left corner."""

    width: float
    height: float
    pen: float
    color: str
    lines: list[list[tuple[float, float]]]


def picture_of(note: dict[str, Any]) -> Picture | None:
    """The drawing of a note, no larger than a line of the page bears."""
    sketch = note["sketch"]
    if not sketch or not sketch["lines"]:
        return None
    width, height = max(1.0, sketch["width"]), max(1.0, sketch["height"])
    scale = min(1.0, WIDEST_PT / width, HIGHEST_PT / height)
    unit = max(width, height) * scale / 1000
    pen = MARKER_PT if note["wide"] else PEN_PT
    pad = PAD_PT + pen / 2
    lines = [
        [(x * unit + pad, y * unit + pad) for x, y in _pairs(line)] for line in sketch["lines"]
    ]
    color = note["color"] if _COLOR.fullmatch(note["color"]) else "#1d2733"
    size = width * scale + 2 * pad, height * scale + 2 * pad
    return Picture(*size, pen, _pale(color) if note["wide"] else color, lines)


def _pairs(line: list[int]) -> Iterator[tuple[int, int]]:
    return zip(line[0::2], line[1::2], strict=False)


def _pale(color: str) -> str:
    """The marker lets the paper through."""
    parts = [int(color[at : at + 2], 16) for at in (1, 3, 5)]
    return "#" + "".join(f"{(part + 255) // 2:02x}" for part in parts)


def as_png(picture: Picture) -> bytes:
    """On white, smoothed: one channel of coverage with a palette from paper to ink."""
    scale = PX_PER_PT * SMOOTHING
    size = round(picture.width * scale), round(picture.height * scale)
    cover = Image.new("L", size)
    draw = ImageDraw.Draw(cover)
    pen = max(1, round(picture.pen * scale))
    for line in picture.lines:
        points = [(x * scale, y * scale) for x, y in line]
        draw.line(points, fill=255, width=pen, joint="curve")
        for x, y in (points[0], points[-1]) if points else ():
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    small = cover.reduce(SMOOTHING)
    ink = [int(picture.color[at : at + 2], 16) for at in (1, 3, 5)]
    ramp = [255 + (part - 255) * step // 255 for step in range(256) for part in ink]
    small = Image.frombytes("P", small.size, small.tobytes())
    small.putpalette(ramp)
    out = io.BytesIO()
    small.save(out, "PNG", dpi=(PX_PER_PT * 72, PX_PER_PT * 72), compress_level=4)
    return out.getvalue()
