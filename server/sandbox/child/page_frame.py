"""Where page space lies in a page's user space, decided as MuPDF decides it, so that a mark stands
in the exported file where the tablet showed it."""

from typing import Any

from annotations.pdf_drawing import PageFrame

_LETTER = (0.0, 0.0, 612.0, 792.0)
_DEEPEST = 64


def _inherited(page: Any, key: str) -> Any:
    node = page.obj
    for _ in range(_DEEPEST):
        value = node.get(key)
        if value is not None or "/Parent" not in node:
            return value
        node = node.Parent
    return None


def _box(value: Any) -> tuple[float, float, float, float] | None:
    try:
        x0, y0, x1, y1 = (float(number) for number in value)
    except (TypeError, ValueError):
        return None
    left, right, bottom, top = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
    return (left, bottom, right, top) if right > left and top > bottom else None


def frame_of(media: Any, crop: Any, unit: float) -> PageFrame:
    """From CropBox within MediaBox, both lists of four numbers or none, and UserUnit."""
    left, bottom, right, top = _box(media) or _LETTER
    cropped = _box(crop)
    if cropped is not None:
        cut = (
            max(left, cropped[0]),
            max(bottom, cropped[1]),
            min(right, cropped[2]),
            min(top, cropped[3]),
        )
        if cut[2] > cut[0] and cut[3] > cut[1]:
            left, bottom, right, top = cut
    return PageFrame(left, top, unit if unit > 0 else 1.0)


def page_frame(page: Any) -> PageFrame:
    """Of a page of pikepdf."""
    unit = page.obj.get("/UserUnit")
    scale = float(unit) if unit is not None else 1.0
    return frame_of(_inherited(page, "/MediaBox"), _inherited(page, "/CropBox"), scale)
