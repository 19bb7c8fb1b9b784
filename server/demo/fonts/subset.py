"""Make the demo's serif from Liberation Serif 2.1.5 (documentation: nothing imports this file).

Usage: python server/demo/fonts/subset.py FOLDER_OF_LIBERATION_SERIF_2

Needs fontTools. The copies hold Latin, Vietnamese and the punctuation of administrative papers,
without hinting and without layout tables. They carry a name of their own because the licence
(SIL OFL 1.1, clause 3) keeps the name Liberation for the original.

U+00A0, U+00AD and U+037E are left out: they share a glyph with space, hyphen and semicolon, and a
text extracted from a PDF would then give one for the other.
"""
# mypy: ignore-errors

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FAMILY = "Phonghop Serif"
STYLES = {"Regular": "Regular", "Bold": "Bold", "Italic": "Italic", "BoldItalic": "Bold Italic"}
RANGES = (
    (0x20, 0x7E),
    (0xA1, 0xAC),
    (0xAE, 0xFF),
    (0x102, 0x103),
    (0x110, 0x111),
    (0x128, 0x129),
    (0x168, 0x169),
    (0x1A0, 0x1A1),
    (0x1AF, 0x1B0),
    (0x1EA0, 0x1EF9),
)
SIGNS = "–—‘’“”†‡•…‰′″→−≈≠≤≥₫■□▪●○"


def characters() -> set[int]:
    wanted = {code for first, last in RANGES for code in range(first, last + 1)}
    return wanted | {ord(sign) for sign in SIGNS}


def make(source: Path, target: Path, style: str) -> None:
    font = TTFont(source, recalcTimestamp=False)
    options = Options()
    options.hinting = False
    options.layout_features = []
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["FFTM", "GDEF", "GPOS", "GSUB", "kern", "GlyphOrder"]
    options.glyph_names = False
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters())
    subsetter.subset(font)
    names = font["name"]
    full = FAMILY if style == "Regular" else f"{FAMILY} {style}"
    postscript = f"{FAMILY.replace(' ', '')}-{style.replace(' ', '')}"
    new = {1: FAMILY, 2: style, 3: f"phonghop: {full}", 4: full, 6: postscript}
    for record in list(names.names):
        if record.platformID != 3:
            names.removeNames(platformID=record.platformID)
        elif record.nameID in new:
            names.setName(new[record.nameID], record.nameID, 3, 1, record.langID)
    font.save(target)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for key, style in STYLES.items():
        make(
            folder / f"LiberationSerif-{key}.ttf", Path(__file__).parent / f"serif-{key}.ttf", style
        )
