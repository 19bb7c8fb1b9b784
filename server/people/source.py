"""The source of the exact running version, offered to everybody (AGPL-3.0 §13)."""

from __future__ import annotations

import io
import tarfile
from functools import cache
from pathlib import Path

from server import __version__

ROOT = Path(__file__).parents[2]
PARTS = (
    "server",
    "annotations",
    "media",
    "client_web",
    "tests",
    "docs",
    ".ci",
    "pyproject.toml",
    "requirements.lock",
    "requirements-dev.lock",
    "requirements-node.lock",
    "Makefile",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
)
LEFT_OUT = frozenset({"node_modules", "dist", "__pycache__", "results"})
NAME = f"phonghop-{__version__}"


def _wanted(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    parts = Path(entry.name).parts
    if LEFT_OUT & set(parts) or parts[-1].endswith((".pyc", ".tsbuildinfo")):
        return None
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


@cache
def source_archive() -> bytes:
    """A tar.gz of what this server runs from, read once from its own folder."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for part in PARTS:
            path = ROOT / part
            if path.exists():
                archive.add(path, arcname=f"{NAME}/{part}", filter=_wanted)
    return out.getvalue()
