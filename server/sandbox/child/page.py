"""From one PDF page to what a tablet shows: image, thumbnail, words. PyMuPDF lives here.

Settings of the WebP encoder were measured: lossless with 16 greys beats lossy on text in size and
sharpness, and quality 80 with method 1 is as fast as 75 with 4 and 8 % smaller; colour is quality
75, method 2 (method 4 costs 2.6 times the time for 3 %).
"""

import io
import math
from typing import Any, Literal, NamedTuple

from PIL import Image, ImageChops

from server.sandbox.child.mupdf import pymupdf
from server.sandbox.child.words import Word, read_words, text_hash, words_json
from server.sandbox.limits import SandboxLimits
from server.sandbox.refusals import DocumentRefused

IMAGE_WIDTH = 1240
THUMB_WIDTH = 160
SCAN_COVER = 0.6
"""Share of the page that pictures cover on a scan; letterheads and charts stay below."""
MID_GREY_SHARE = 0.2
"""Above this share of middle greys the page shows a photograph, which 16 greys would spoil."""
_SIXTEEN_GREYS = [round(value / 17) * 17 for value in range(256)]
_WORD_FLAGS = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP

Kind = Literal["born", "bilevel", "scan"]


class PageFiles(NamedTuple):
    """One derived page. Sizes of the page in points (page space), of the image in pixels."""

    header: dict[str, Any]
    image: bytes
    thumb: bytes
    words: bytes


def page_size(page: Any, limits: SandboxLimits) -> tuple[float, float]:
    """Displayed width and height in points; refuses pages no screen could show."""
    width, height = float(page.rect.width), float(page.rect.height)
    if not (width >= 1 and height >= 1):
        raise DocumentRefused("damaged", f"page of {width} x {height} pt")
    if max(width, height) > limits.max_page_pt:
        raise DocumentRefused("page_too_large", f"{width} x {height} pt")
    if max(width, height) > min(width, height) * limits.max_page_aspect:
        raise DocumentRefused("page_too_large", f"strip of {width} x {height} pt")
    return width, height


def image_size(width: float, height: float, limits: SandboxLimits) -> tuple[int, int]:
    """Pixels of the page image: 1240 wide unless that makes too many. Tiles are cut from
    multiples of exactly this size, so that they lie on the image without a seam."""
    zoom = min(IMAGE_WIDTH / width, math.sqrt(limits.max_image_pixels / (width * height)))
    return max(1, round(width * zoom)), max(1, round(height * zoom))


def page_kind(page: Any, limits: SandboxLimits) -> Kind:
    """Born digital, black-and-white scan or scan, by what pictures cover."""
    pictures = page.get_images(full=True)
    if not pictures:
        return "born"
    for picture in pictures:
        if picture[2] * picture[3] > limits.max_source_image_pixels:
            raise DocumentRefused("too_complex", f"picture of {picture[2]} x {picture[3]}")
    whole = abs(page.rect)
    covered = 0.0
    for what, box in page.get_bboxlog():
        if what in ("fill-image", "fill-imgmask"):
            covered += abs(pymupdf.Rect(box) & page.rect)
    if covered < SCAN_COVER * whole:
        return "born"
    return "bilevel" if all(picture[4] == 1 for picture in pictures) else "scan"


def is_grey(image: Image.Image) -> bool:
    red, green, blue = image.split()
    return (
        ImageChops.difference(red, green).getbbox() is None
        and ImageChops.difference(green, blue).getbbox() is None
    )


def encode_page(image: Image.Image, kind: Kind) -> bytes:
    """WebP of a page or tile, with the settings its content calls for."""
    out = io.BytesIO()
    if kind != "scan" and is_grey(image):
        grey = image.getchannel(0)
        counts = grey.histogram()
        if sum(counts[32:224]) <= MID_GREY_SHARE * grey.width * grey.height:
            grey.point(_SIXTEEN_GREYS).save(out, "WEBP", lossless=True, quality=80, method=1)
            return out.getvalue()
    image.save(out, "WEBP", quality=75, method=2)
    return out.getvalue()


def encode_thumb(image: Image.Image) -> bytes:
    out = io.BytesIO()
    height = max(1, round(image.height * THUMB_WIDTH / image.width))
    small = image.reduce(4).resize((THUMB_WIDTH, height), Image.Resampling.BOX)
    small.save(out, "WEBP", quality=60, method=2)
    return out.getvalue()


def to_image(pixmap: Any) -> Image.Image:
    return Image.frombuffer(
        "RGB", (pixmap.width, pixmap.height), pixmap.samples_mv, "raw", "RGB", pixmap.stride, 1
    )


def page_words(page: Any, limits: SandboxLimits) -> list[Word]:
    """Normalised words in page space (PyMuPDF reads text unrotated, CropBox offset applied)."""
    fonts = {str(font[3]) for font in page.get_fonts()}
    if any(_looks_legacy(name) for name in fonts):
        words = _words_with_fonts(page)
    else:
        words = [Word(*row[:7]) for row in page.get_text("words", flags=_WORD_FLAGS)]
    if len(words) > limits.max_words_per_page:
        raise DocumentRefused("too_complex", f"{len(words)} words on a page")
    return read_words(words)


def _looks_legacy(name: str) -> bool:
    lowered = name.rpartition("+")[2].lower()
    return lowered.startswith((".vn", "vni", "vn"))


def _words_with_fonts(page: Any) -> list[Word]:
    """Words split at white space from single characters, because only spans know their font."""
    result: list[Word] = []
    blocks = page.get_text("rawdict", flags=_WORD_FLAGS)["blocks"]
    for block_no, block in enumerate(blocks):
        for line_no, line in enumerate(block.get("lines", ())):
            open_word: Word | None = None
            for span in line["spans"]:
                for char in span["chars"]:
                    if char["c"].isspace() and char["c"] != "\u00ad":
                        open_word = None
                        continue
                    x0, y0, x1, y1 = char["bbox"]
                    if open_word is None:
                        open_word = Word(x0, y0, x1, y1, char["c"], block_no, line_no, span["font"])
                        result.append(open_word)
                        continue
                    open_word = open_word._replace(
                        x0=min(open_word.x0, x0),
                        y0=min(open_word.y0, y0),
                        x1=max(open_word.x1, x1),
                        y1=max(open_word.y1, y1),
                        text=open_word.text + char["c"],
                    )
                    result[-1] = open_word
    return result


def derive_page(document: Any, index: int, limits: SandboxLimits) -> PageFiles:
    """Everything stored of page `index`; `DocumentRefused` where it breaks a bound."""
    page = document.load_page(index)
    width, height = page_size(page, limits)
    kind = page_kind(page, limits)
    pixels = image_size(width, height, limits)
    matrix = pymupdf.Matrix(pixels[0] / width, pixels[1] / height)
    pixmap = page.get_pixmap(matrix=matrix, alpha=False, annots=True)
    image = to_image(pixmap)
    rotation = int(page.rotation)
    flat = (height, width) if rotation in (90, 270) else (width, height)
    encoded, thumb = encode_page(image, kind), encode_thumb(image)
    words = page_words(page, limits)
    header = {
        "event": "page",
        "index": index,
        "width_pt": round(flat[0], 3),
        "height_pt": round(flat[1], 3),
        "rotation": rotation,
        "label": page.get_label(),
        "image_w": image.width,
        "image_h": image.height,
        "text_hash": text_hash(words),
        "kind": kind,
        "word_count": len(words),
    }
    return PageFiles(header, encoded, thumb, words_json(index, *flat, rotation, words))
