"""Real PDFs through the real sandbox: what a tablet gets of each page."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from PIL import Image, ImageDraw

from server.sandbox.ladder import Sandbox
from tests.integration.sandbox.conftest import ingest_all

Write = Callable[..., Path]


def decode(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


async def test_a_document_comes_page_by_page(sandbox: Sandbox, write_pdf: Write) -> None:
    def build(document: Any) -> None:
        for number in range(3):
            page = document.new_page(width=595, height=842)
            page.insert_text((72, 100), f"trang {number}", fontsize=14)
        document.set_metadata({"title": "Báo cáo"})
        document.set_toc([[1, "Mở đầu", 1, 50], [2, "Kết quả", 3, 400]])
        document.set_page_labels(
            [{"startpage": 0, "style": "r"}, {"startpage": 1, "style": "D", "firstpagenum": 5}]
        )

    opened, pages, done = await ingest_all(sandbox, write_pdf(build))
    assert (opened.page_count, opened.title, opened.has_text) == (3, "Báo cáo", True)
    assert opened.labels == ("i", "5", "6")
    assert [(e.title, e.page, e.level) for e in opened.outline] == [
        ("Mở đầu", 0, 1),
        ("Kết quả", 2, 2),
    ]
    assert opened.outline[1].y == pytest.approx(400, abs=1)
    assert [page.label for page in pages] == ["i", "5", "6"]
    assert [page.index for page in pages] == [0, 1, 2]
    assert len({page.text_hash for page in pages}) == 3
    assert "mupdf-1.28" in done.renderer_version
    assert done.pages_with_text == 3
    assert done.cpu_ms > 0
    first = pages[0]
    assert (first.width_pt, first.height_pt, first.kind) == (595, 842, "born")
    assert decode(first.image).size == (first.image_w, first.image_h) == (1240, 1755)
    assert decode(first.thumb).width == 160
    words = json.loads(first.words)
    assert [row[4] for row in words["words"]] == ["trang", "0"]
    assert words["page"] == 0
    assert words["width"] == 595


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("unit", [1, 2])
async def test_words_stand_where_the_picture_shows_them(
    sandbox: Sandbox, write_pdf: Write, rotation: int, unit: int
) -> None:
    """A word's box in page space, turned as the page is, frames its ink in the image."""

    def build(document: Any) -> None:
        page = document.new_page(width=500, height=700)
        page.insert_text((200, 300), "XXXX", fontsize=40)
        page.set_cropbox(pymupdf.Rect(60, 90, 480, 650))
        document.xref_set_key(page.xref, "UserUnit", str(unit))
        document.set_toc([[1, "Ở giữa", 1, 300]])
        height = page.mediabox.height
        destination = f"[{page.xref} 0 R/XYZ 60 {height - 190} 0]"
        document.xref_set_key(document.get_outline_xrefs()[0], "A", "null")
        document.xref_set_key(document.get_outline_xrefs()[0], "Dest", destination)
        page.set_rotation(rotation)

    opened, [page], _ = await ingest_all(sandbox, write_pdf(build))
    wide, high = 420 * unit, 560 * unit
    assert (page.width_pt, page.height_pt, page.rotation) == (wide, high, rotation)
    assert opened.outline[0].y == pytest.approx(100 * unit, abs=1)
    ((x0, y0, x1, y1, *_rest),) = json.loads(page.words)["words"]
    assert x0 == pytest.approx((200 - 60) * unit, abs=1)
    turned = {
        0: (x0, y0, x1, y1),
        90: (high - y1, x0, high - y0, x1),
        180: (wide - x1, high - y1, wide - x0, high - y0),
        270: (y0, wide - x1, y1, wide - x0),
    }[rotation]
    scale = page.image_w / (high if rotation in (90, 270) else wide)
    ink = decode(page.image).convert("L").point(lambda v: 255 if v < 128 else 0).getbbox()
    assert ink is not None
    box = [value * scale for value in turned]
    assert box[0] - 3 <= ink[0]
    assert box[1] - 3 <= ink[1]
    assert ink[2] <= box[2] + 3
    assert ink[3] <= box[3] + 3
    assert (ink[2] - ink[0]) * (ink[3] - ink[1]) > 0.3 * (box[2] - box[0]) * (box[3] - box[1])


def scan(mode: str, colour: Any) -> bytes:
    picture = Image.new(mode, (620, 877), 1 if mode == "1" else "white")
    ImageDraw.Draw(picture).rectangle((50, 60, 500, 300), fill=colour)
    out = io.BytesIO()
    picture.save(out, "PNG" if mode == "1" else "JPEG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("picture", "kind"), [(scan("1", 0), "bilevel"), (scan("RGB", "red"), "scan")]
)
async def test_scans_are_told_from_text(
    sandbox: Sandbox, write_pdf: Write, picture: bytes, kind: str
) -> None:
    def build(document: Any) -> None:
        page = document.new_page(width=595, height=842)
        page.insert_image(page.rect, stream=picture)

    opened, [page], done = await ingest_all(sandbox, write_pdf(build))
    assert (page.kind, page.word_count) == (kind, 0)
    assert (opened.has_text, done.pages_with_text) == (False, 0)


async def test_grey_pages_have_sixteen_greys_and_colour_stays(
    sandbox: Sandbox, write_pdf: Write
) -> None:
    def build(document: Any) -> None:
        document.new_page().insert_text((72, 100), "chữ đen", fontsize=30)
        document.new_page().draw_rect((72, 72, 400, 400), fill=(0.8, 0.1, 0.1))

    _, [grey, colour], _ = await ingest_all(sandbox, write_pdf(build))
    shades = decode(grey.image).getcolors(1 << 20) or []
    assert {value[0] % 17 for _, value in shades if isinstance(value, tuple)} == {0}
    assert len(shades) <= 16
    red, green, _ = decode(colour.image).getpixel((500, 500))  # type: ignore[misc]
    assert red > 180
    assert green < 60


async def test_a_long_strip_keeps_within_the_pixels(sandbox: Sandbox, write_pdf: Write) -> None:
    def build(document: Any) -> None:
        document.new_page(width=300, height=3300)

    _, [page], _ = await ingest_all(sandbox, write_pdf(build))
    assert page.image_w * page.image_h <= sandbox.limits.max_image_pixels * 1.01
    assert page.image_h / page.image_w == pytest.approx(11, rel=0.01)
