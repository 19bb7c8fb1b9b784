"""What four other programs see in a PDF: the annotations of every page, popups aside.

Boxes are user space: points, y up, as /Rect of the file has them.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
import pymupdf

from tests.harness.machine import SYSTEM_PYTHON
from tests.harness.ts_client import find_node

HERE = Path(__file__).parent
JUDGE_SECONDS = 120


@dataclass(frozen=True)
class Seen:
    """One annotation. `kind` is its subtype in lower case, without hyphens."""

    page: int
    kind: str
    box: tuple[float, float, float, float]
    text: str


Judge = Callable[[bytes, Path], list[Seen]]


def by_pikepdf(data: bytes, folder: Path) -> list[Seen]:
    """qpdf: the objects as they are."""
    found = []
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for number, page in enumerate(pdf.pages):
            for one in page.obj.get("/Annots", []):
                if one.Subtype != "/Popup":
                    box = [float(value) for value in one.Rect]
                    kind = str(one.Subtype)[1:].lower()
                    found.append(_seen(number, kind, box, str(one.get("/Contents", ""))))
    return found


def by_pymupdf(data: bytes, folder: Path) -> list[Seen]:
    """MuPDF. It gives boxes of the unrotated page, from the upper left of the CropBox."""
    found = []
    document = pymupdf.open(stream=data)
    for page in document:
        left = page.cropbox_position.x
        top = page.mediabox.y1 - page.cropbox_position.y
        for one in page.annots():
            rect = one.rect
            box = [left + rect.x0, top - rect.y1, left + rect.x1, top - rect.y0]
            if one.type[1] == "Text":
                # Its icon stands upright, and MuPDF tells where that is; the others tell /Rect.
                _, raw = document.xref_get_key(one.xref, "Rect")
                box = [float(value) for value in raw.strip("[]").split()]
            found.append(_seen(page.number, one.type[1].lower(), box, one.info["content"]))
    return found


def by_pdfjs(data: bytes, folder: Path) -> list[Seen]:
    """pdf.js in Node, the copy that the client ships."""
    return _run([find_node(), str(HERE / "pdfjs_judge.mjs")], data, folder)


def by_poppler(data: bytes, folder: Path) -> list[Seen]:
    """poppler through its GObject binding, with Debian's own Python."""
    return _run([SYSTEM_PYTHON, str(HERE / "poppler_judge.py")], data, folder)


JUDGES: dict[str, Judge] = {
    "pikepdf": by_pikepdf,
    "pymupdf": by_pymupdf,
    "pdf.js": by_pdfjs,
    "poppler": by_poppler,
}


def _run(command: list[str], data: bytes, folder: Path) -> list[Seen]:
    path = folder / "judged.pdf"
    path.write_bytes(data)
    assert shutil.which(command[0]), f"{command[0]} is missing"
    said = subprocess.run(
        [*command, str(path)], capture_output=True, timeout=JUDGE_SECONDS, check=False
    )
    assert said.returncode == 0, said.stderr.decode()
    rows: list[dict[str, Any]] = json.loads(said.stdout)
    return [_seen(row["page"], row["kind"], row["box"], row["text"]) for row in rows]


def _seen(page: int, kind: str, box: list[float], text: str) -> Seen:
    x0, y0, x1, y1 = box
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return Seen(page, kind, (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)), plain)
