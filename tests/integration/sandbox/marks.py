"""One mark of every kind, as wire items, about given places of page space."""

import uuid
from typing import Any

from annotations.ink import encode_ink, ink_to_text

LAYER = "0196f3a0-1111-4aaa-8bbb-000000000001"
AUTHOR = "0196f3a0-3333-4aaa-8bbb-000000000003"
LAYERS = {LAYER: "Ghi chú của tôi"}
AUTHORS = {AUTHOR: "Nguyễn Thị Ấn"}
SUBTYPES = {
    "ink": "Ink",
    "highlighter": "Ink",
    "highlight": "Highlight",
    "underline": "Underline",
    "strikeout": "StrikeOut",
    "squiggly": "Squiggly",
    "note": "Text",
    "free_text": "FreeText",
    "rectangle": "Square",
    "ellipse": "Circle",
    "line": "Line",
    "arrow": "Line",
    "stamp": "Stamp",
}


def mark(kind: str, geometry: dict[str, Any], page: int = 0, **more: Any) -> dict[str, Any]:
    style = {"color": "#c62828", "width": 2, "opacity": 1}
    return {
        "id": f"0196f3a1-0000-7000-8000-{uuid.uuid4().hex[:12]}",
        "layer": LAYER,
        "version": "0196f3a0-2222-4aaa-8bbb-000000000002",
        "page": page,
        "kind": kind,
        "rev": 1,
        "seq": 1,
        "author": AUTHOR,
        "created": 1763800000000,
        "modified": 1763800100000,
        "geometry": geometry,
        "style": {**style, **more.pop("style", {})},
        **more,
    }


def stroke(points: list[tuple[float, ...]]) -> str:
    pressed = [p[2] for p in points] if len(points[0]) > 2 else None
    return ink_to_text(encode_ink([p[0] for p in points], [p[1] for p in points], pressed))


def box(points: list[tuple[float, ...]]) -> list[float]:
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return [min(xs), min(ys), max(xs), max(ys)]


def quad(x0: float, y0: float, x1: float, y1: float) -> list[float]:
    return [x0, y0, x1, y0, x0, y1, x1, y1]


def one_of_each(page: int = 0, rotate: int = 0) -> list[dict[str, Any]]:
    pen = [(40.0, 40.0, 0.2), (60.0, 44.0, 0.6), (80.0, 40.0, 1.0), (70.0, 60.0, 0.4)]
    marker = [(40.0, 90.0), (140.0, 90.0)]
    return [
        mark("ink", {"rect": box(pen)}, page, ink=stroke(pen)),
        mark(
            "highlighter", {"rect": box(marker)}, page, ink=stroke(marker),
            style={"color": "#ffd84d", "width": 12, "opacity": 0.5},
        ),
        mark("highlight", {"quads": [quad(40, 120, 140, 134), quad(40, 136, 90, 150)]}, page,
             body="Cần làm rõ số liệu", style={"color": "#ffd84d", "opacity": 0.5}),
        mark("underline", {"quads": [quad(40, 160, 140, 174)]}, page),
        mark("strikeout", {"quads": [quad(40, 180, 140, 194)]}, page),
        mark("squiggly", {"quads": [quad(40, 200, 140, 214)]}, page),
        mark("note", {"point": [60, 240], "rotate": rotate}, page, body="Đã thống nhất: ấ ữ ợ"),
        mark("free_text", {"rect": [100, 240, 240, 260], "rotate": rotate}, page,
             body="Ý kiến ữ"),
        mark("rectangle", {"rect": [40, 280, 90, 310]}, page, style={"fill": "#aaffaa"}),
        mark("ellipse", {"rect": [100, 280, 150, 310]}, page),
        mark("line", {"from": [40, 330], "to": [90, 340]}, page),
        mark("arrow", {"from": [100, 330], "to": [150, 340]}, page),
        mark("stamp", {"rect": [40, 350, 140, 380], "rotate": rotate}, page,
             style={"stamp": "approved", "font_size": 18}),
    ]  # fmt: skip
