"""Every bound of the sandbox, in one frozen value that the founder maps settings onto.

The child gets the same value as JSON; a bound that only the child kept would be no bound.
"""

import dataclasses
import json
from typing import Self

from annotations.limits import MAX_IMPORTED

MIB = 1024 * 1024


@dataclasses.dataclass(frozen=True, slots=True)
class SandboxLimits:
    """Bounds of one sandboxed process. Sizes in bytes, times in seconds, lengths in points."""

    max_file_bytes: int = 512 * MIB
    """A 500 MB bundle of scans is the largest upload the product promises to take."""
    max_pages: int = 5_000
    """The longest budget annex seen has about 2,000 pages."""
    max_page_pt: float = 14_400.0
    """200 inches: ISO 32000-1 Annex C, the largest page PDF 1.x viewers agree on."""
    max_page_aspect: float = 12.0
    """A strip longer than this cannot be read at 1240 px width within max_image_pixels."""
    max_image_pixels: int = 12_000_000
    """Pixels of one derived page image: 1240 × 9,677."""
    max_source_image_pixels: int = 300_000_000
    """Pixels of one picture inside the document: A0 at 400 dpi is 246 million."""
    max_words_per_page: int = 50_000
    """A page of fine print has about 3,000; above this it is a bomb or a dump."""
    max_outline_entries: int = 10_000
    max_imported_marks: int = MAX_IMPORTED
    """Marks a file brings along that become records; the rest stays in the pages."""
    memory_bytes: int = 1_536 * MIB
    """Address space of the child beyond the document itself. An A0 colour scan takes 420 MB."""
    page_cpu_s: int = 20
    """CPU of one page. A slow page of a drawing set takes 2 s here."""
    total_cpu_s: int = 1_800
    """CPU of one document: 5,000 pages at 0.15 s, twice over."""
    frame_wall_s: float = 40.0
    """Longest silence of the child while we wait for it: two pages' CPU on a busy machine."""
    total_wall_s: float = 3_600.0
    start_wall_s: float = 30.0
    """From start to ready: interpreter and libraries on a cold disk."""
    max_output_bytes: int = 4_096 * MIB
    """All derived files of one document: 5,000 pages of 800 kB."""
    max_frame_bytes: int = 64 * MIB
    """One answer of the child other than an exported PDF: image, thumbnail and words."""
    max_header_bytes: int = 8 * MIB
    """The JSON part of one answer; outline and labels of 5,000 pages fit."""
    max_marks_bytes: int = 64 * MIB
    """Marks sent in for one export."""
    warm_processes: int = 4
    """Approved documents kept open for tiles: about 80–150 MB each."""
    warm_idle_s: float = 120.0
    """A warm process nobody asked for this long is ended."""
    warm_pages: int = 6
    """Display lists kept by one warm process."""
    warm_requests: int = 20_000
    """Tiles after which a warm process is replaced, so that leaks stay small."""
    warm_queue: int = 64
    """Tile requests that may wait for one document; more are refused, the client asks again."""

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls(**json.loads(text))
