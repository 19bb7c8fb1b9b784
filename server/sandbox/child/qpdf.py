"""pikepdf, as one untyped name: its objects are dynamic, so the gap stays in this file."""

import importlib
from typing import Any

pikepdf: Any = importlib.import_module("pikepdf")
