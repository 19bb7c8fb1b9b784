"""Make a page look as if it had gone through an office scanner."""

from __future__ import annotations

import random
from io import BytesIO

import pymupdf
from PIL import Image, ImageChops, ImageDraw

# 150 dpi and this quality keep twenty pages under 6 MB and still readable at 200 %.
RESOLUTION = 150
QUALITY = 42
NOISE = 26  # grey levels from the darkest to the lightest speck


class Scanner:
    """A scanner with its own dust; the same seed gives the same images."""

    def __init__(self, seed: str) -> None:
        self._chance = random.Random(seed)  # noqa: S311 (dust, no secret)

    def scan(self, page: pymupdf.Page, colour: bool = False) -> bytes:
        """One page as JPEG: A4 at RESOLUTION, turned by up to 0.7°, grey ground, noise."""
        space = pymupdf.csRGB if colour else pymupdf.csGRAY
        pixmap = page.get_pixmap(dpi=RESOLUTION, colorspace=space, alpha=False)
        mode = "RGB" if colour else "L"
        image = Image.frombytes(mode, (pixmap.width, pixmap.height), pixmap.samples)
        white = (255, 255, 255) if colour else 255
        image = image.rotate(
            self._chance.uniform(-0.7, 0.7),
            Image.Resampling.BILINEAR,
            translate=(self._chance.randint(-9, 9), self._chance.randint(-9, 9)),
            fillcolor=white,
        )
        paper, ink = self._chance.randint(219, 232), self._chance.randint(38, 62)
        image = image.point(
            [ink + value * (paper - ink) // 255 for value in range(256)] * len(mode)
        )
        image = ImageChops.multiply(image, self._light(image.size).convert(mode))
        self._holes(image, 128)
        noise = self._noise(image.size).convert(mode)
        image = ImageChops.add(image, noise, 1.0, -(NOISE // 2))
        stream = BytesIO()
        image.save(stream, "JPEG", quality=QUALITY, dpi=(RESOLUTION, RESOLUTION))
        return stream.getvalue()

    def _noise(self, size: tuple[int, int]) -> Image.Image:
        grain = Image.frombytes("L", size, self._chance.randbytes(size[0] * size[1]))
        return grain.point([value * NOISE // 255 for value in range(256)])

    def _light(self, size: tuple[int, int]) -> Image.Image:
        """Uneven light: darker towards one edge, a shadow where the binding was."""
        ground = Image.new("L", (64, 1))
        for x in range(64):
            shadow = max(0, 7 - x) * 9
            ground.putpixel((x, 0), 255 - shadow - x // 9)
        if self._chance.random() < 0.5:
            ground = ground.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        return ground.resize(size, Image.Resampling.BICUBIC)

    def _holes(self, image: Image.Image, grey: int) -> None:
        """Two holes of a punch, and a few specks of dust."""
        draw = ImageDraw.Draw(image)
        fill = (grey, grey, grey) if image.mode == "RGB" else grey
        x, middle = 52 + self._chance.randint(-8, 8), image.height // 2
        for y in (middle - 236, middle + 236):
            draw.ellipse((x - 17, y - 17, x + 17, y + 17), fill=fill)
        for _ in range(self._chance.randint(6, 22)):
            px, py = self._chance.randrange(image.width), self._chance.randrange(image.height)
            radius = self._chance.choice((1, 1, 1, 2))
            draw.ellipse((px - radius, py - radius, px + radius, py + radius), fill=fill)
