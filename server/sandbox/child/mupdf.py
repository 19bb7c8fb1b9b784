"""PyMuPDF, as one untyped name: it ships only part of its types, so the gap stays in this file."""

import importlib
from typing import Any

pymupdf: Any = importlib.import_module("pymupdf")
"""The module. Holds the GIL while it renders and is not thread-safe: only ever in the child."""
