"""Use every library once on a page of our own, so that nothing is imported after the lockdown."""

import functools
import json

from PIL import Image

from server.sandbox.child import page
from server.sandbox.child.mupdf import pymupdf
from server.sandbox.limits import SandboxLimits


@functools.cache
def warm_up() -> None:
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    Image.MAX_IMAGE_PIXELS = None
    Image.init()
    document = pymupdf.open()
    own = document.new_page(width=60, height=80)
    own.insert_text((5, 20), "a b", fontsize=8)
    limits = SandboxLimits()
    json.loads(page.derive_page(document, 0, limits).words)
    document.get_toc(simple=False)
    document.get_page_labels()
    own.get_text("rawdict")
    own.get_bboxlog()
    document.close()
