"""The annotations of a PDF as poppler sees them, as JSON. Runs with Debian's Python, alone."""

import json
import sys
from pathlib import Path

import gi

gi.require_version("Poppler", "0.18")
from gi.repository import Poppler  # noqa: E402

document = Poppler.Document.new_from_file(Path(sys.argv[1]).resolve().as_uri(), None)
found = []
for number in range(document.get_n_pages()):
    page = document.get_page(number)
    crop = page.get_crop_box()
    for mapping in page.get_annot_mapping():
        one = mapping.annot
        kind = one.get_annot_type().value_nick.replace("-", "")
        if kind == "popup":
            continue
        rect = one.get_rectangle()
        box = [rect.x1 + crop.x1, rect.y1 + crop.y1, rect.x2 + crop.x1, rect.y2 + crop.y1]
        found.append({"page": number, "kind": kind, "box": box, "text": one.get_contents() or ""})
sys.stdout.write(json.dumps(found))
