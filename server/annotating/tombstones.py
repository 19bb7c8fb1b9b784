"""Which meetings' marks were deleted, in a file beside the database.

A backup holds what was deleted after it was made. Whoever puts one back keeps this file (or puts
the longer of both): the server replays it at its start. One line of JSON per deletion:
`{"at": ms, "meeting": id, "documents": [ids]}`, written before the first row goes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from server import clock

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Tombstones:
    """The file; it only ever grows, by some 400 bytes per meeting."""

    path: Path

    def add(self, meeting_id: str, documents: Sequence[str]) -> None:
        """Enter a deletion that is about to begin; a repeated one adds nothing."""
        if meeting_id in self.meetings():
            return
        line = {"at": clock.unix_ms(), "meeting": meeting_id, "documents": list(documents)}
        with self.path.open("ab") as file:
            if not self._whole():
                file.write(b"\n")  # a line that a power cut left half must not swallow this one
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def meetings(self) -> set[str]:
        """Every meeting whose marks were deleted; a broken line is told and passed over."""
        if not self.path.exists():
            return set()
        found: set[str] = set()
        for line in self.path.read_bytes().splitlines():
            try:
                found.add(str(json.loads(line)["meeting"]))
            except (ValueError, KeyError, TypeError):
                if line.strip():
                    log.warning("purges_line_broken", path=str(self.path))
        return found

    def _whole(self) -> bool:
        content = self.path.read_bytes()
        return not content or content.endswith(b"\n")
