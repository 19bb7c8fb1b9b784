"""Cut sharp tiles out of an approved document, which stays open in this process."""

import collections
from typing import Any

from server.sandbox.child.channel import Channel
from server.sandbox.child.lockdown import grant_cpu
from server.sandbox.child.mupdf import pymupdf
from server.sandbox.child.open_document import open_document, refusal_of
from server.sandbox.child.page import (
    Kind,
    encode_page,
    image_size,
    page_kind,
    page_size,
    to_image,
)
from server.sandbox.child.read_marks import take_marks
from server.sandbox.child.warm_up import warm_up
from server.sandbox.limits import SandboxLimits

__all__ = ["refusal_of", "run", "warm_up"]

TILE_PIXELS = 512
TILE_SCALES = (2, 4, 8)
_STORE_KEPT_PERCENT = 50


class _KeptPage:
    """A page's display list and the size of its 1240 px image."""

    def __init__(self, page: Any, limits: SandboxLimits) -> None:
        self.width, self.height = page_size(page, limits)
        self.kind: Kind = page_kind(page, limits)
        self.pixels = image_size(self.width, self.height, limits)
        self.drawing = page.get_displaylist()

    def tile(self, scale: int, column: int, row: int) -> bytes | None:
        """The tile as WebP, smaller at the right and lower edge; None outside the page."""
        wide, high = self.pixels[0] * scale, self.pixels[1] * scale
        left, top = column * TILE_PIXELS, row * TILE_PIXELS
        right, bottom = min(left + TILE_PIXELS, wide), min(top + TILE_PIXELS, high)
        if not (0 <= left < right and 0 <= top < bottom):
            return None
        zoom_x, zoom_y = wide / self.width, high / self.height
        # The clip is given in points; PyMuPDF scales it with the rest.
        clip = pymupdf.Rect(left / zoom_x, top / zoom_y, right / zoom_x, bottom / zoom_y)
        matrix = pymupdf.Matrix(zoom_x, zoom_y)
        pixmap = self.drawing.get_pixmap(matrix=matrix, alpha=0, clip=clip)
        return encode_page(to_image(pixmap), self.kind)


def run(channel: Channel, data: memoryview, extra: dict[str, Any], limits: SandboxLimits) -> None:
    """Answer each `{"page", "scale", "column", "row"}` with `tile` and one blob, or `no_tile`."""
    grant_cpu(limits.page_cpu_s, limits.total_cpu_s)
    document = open_document(data, limits)
    if not extra["marks_drawn"]:
        take_marks(document, limits)
    kept: collections.OrderedDict[int, _KeptPage] = collections.OrderedDict()
    while (request := channel.receive()) is not None:
        grant_cpu(limits.page_cpu_s, limits.total_cpu_s)
        wanted = request[0]
        index, scale = int(wanted["page"]), int(wanted["scale"])
        tile = None
        if 0 <= index < document.page_count and scale in TILE_SCALES:
            page = kept.pop(index, None) or _KeptPage(document.load_page(index), limits)
            kept[index] = page
            if len(kept) > limits.warm_pages:
                kept.popitem(last=False)
                pymupdf.TOOLS.store_shrink(_STORE_KEPT_PERCENT)
            tile = page.tile(scale, int(wanted["column"]), int(wanted["row"]))
        if tile is None:
            channel.send({"event": "no_tile"})
        else:
            channel.send({"event": "tile"}, [tile])
