"""Make the typeface of exported notes and stamps again, from Liberation Sans 2 (OFL 1.1).

Usage: python server/sandbox/child/fonts/subset.py REGULAR BOLD  (LiberationSans-….ttf)
Needs fontTools. Latin with all Vietnamese letters, Greek, Cyrillic, punctuation and arrows;
renamed, because the licence reserves the name.
"""

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FAMILY = "Phonghop Sans"
RANGES = (
    (0x20, 0x7E), (0xA0, 0x17F), (0x1A0, 0x1A1), (0x1AF, 0x1B0), (0x300, 0x303), (0x309, 0x309),
    (0x323, 0x323), (0x386, 0x3CE), (0x400, 0x45F), (0x1EA0, 0x1EF9), (0x2010, 0x2026),
    (0x2030, 0x203A), (0x20AB, 0x20AC), (0x2190, 0x2195), (0x2212, 0x2212), (0x2248, 0x2265),
    (0x25A0, 0x25CF), (0xFFFD, 0xFFFD),
)  # fmt: skip


def make(source: Path, target: Path, style: str) -> None:
    full = FAMILY if style == "Regular" else f"{FAMILY} {style}"
    called = {1: FAMILY, 3: f"phonghop: {full}", 4: full, 6: full.replace(" ", "")}
    font = TTFont(source, recalcTimestamp=False)
    options = Options(hinting=False, layout_features=[], glyph_names=False)
    options.drop_tables += ["FFTM", "GDEF", "GPOS", "GSUB", "kern"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes={c for first, last in RANGES for c in range(first, last + 1)})
    subsetter.subset(font)
    names = font["name"]
    for record in list(names.names):
        if record.platformID != 3:
            names.removeNames(platformID=record.platformID)
        elif record.nameID in called:
            names.setName(called[record.nameID], record.nameID, 3, 1, record.langID)
    font.save(target)


if __name__ == "__main__":
    folder = Path(__file__).parent
    make(Path(sys.argv[1]), folder / "sans.ttf", "Regular")
    make(Path(sys.argv[2]), folder / "sans-bold.ttf", "Bold")
