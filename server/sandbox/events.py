"""What `ingest` tells while it reads a document. Built from the child's frames, checked here."""

import dataclasses
import json
from typing import Any, Literal

from annotations.imported import ImportedMark, from_items
from annotations.limits import MAX_KINDS_LEFT
from server.sandbox.limits import SandboxLimits

Kind = Literal["born", "bilevel", "scan"]
"""Born digital; a black-and-white scan; a scan with greys or colours."""


class MalformedEvent(Exception):
    """The child sent something that is no event: it is broken or taken over."""


@dataclasses.dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A bookmark: page from 0, level from 1, y in page space (points from the top) or None."""

    title: str
    page: int
    level: int
    y: float | None


@dataclasses.dataclass(frozen=True, slots=True)
class DocumentOpened:
    page_count: int
    outline: tuple[OutlineEntry, ...]
    labels: tuple[str, ...]
    """Printed page labels, one per page, or empty where the document has none."""
    title: str
    pdf_version: str
    has_text: bool
    """Words on one of the first five pages; `IngestDone.pages_with_text` is exact."""
    repaired: bool


@dataclasses.dataclass(frozen=True, slots=True)
class PageReady:
    """Page `index` (from 0). `width_pt`, `height_pt`: unrotated page; the image is rotated."""

    index: int
    image: bytes = dataclasses.field(repr=False)
    thumb: bytes = dataclasses.field(repr=False)
    words: bytes = dataclasses.field(repr=False)
    width_pt: float
    height_pt: float
    rotation: int
    label: str
    image_w: int
    image_h: int
    text_hash: str
    kind: Kind
    word_count: int


@dataclasses.dataclass(frozen=True, slots=True)
class IngestDone:
    renderer_version: str
    pages_with_text: int
    cpu_ms: int = 0
    """CPU the child used for the whole document."""


@dataclasses.dataclass(frozen=True, slots=True)
class MarksRead:
    """The marks the file brought along, before its first page: they are no longer drawn there.
    `left`: kind of annotation → how many stay in the pages; `over`: how many of ours do because
    there were more than `max_imported_marks`."""

    marks: tuple[ImportedMark, ...] = dataclasses.field(repr=False)
    left: dict[str, int]
    over: int


IngestEvent = DocumentOpened | MarksRead | PageReady | IngestDone


def _take(header: dict[str, Any], name: str, kind: type) -> Any:
    value = header.get(name)
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise MalformedEvent(f"{name} is {type(value).__name__}")
    return value


def is_webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def _outline(rows: Any, pages: int, limits: SandboxLimits) -> tuple[OutlineEntry, ...]:
    if not isinstance(rows, list) or len(rows) > limits.max_outline_entries:
        raise MalformedEvent("outline")
    entries = []
    for row in rows:
        if not isinstance(row, dict):
            raise MalformedEvent("outline entry")
        entry = OutlineEntry(
            _take(row, "title", str),
            _take(row, "page", int),
            _take(row, "level", int),
            None if row.get("y") is None else _take(row, "y", float),
        )
        if not 0 <= entry.page < pages:
            raise MalformedEvent("outline page")
        entries.append(entry)
    return tuple(entries)


def document_opened(header: dict[str, Any], limits: SandboxLimits) -> DocumentOpened:
    pages = _take(header, "page_count", int)
    labels = _take(header, "labels", list)
    if not 1 <= pages <= limits.max_pages or len(labels) not in (0, pages):
        raise MalformedEvent("page count")
    return DocumentOpened(
        page_count=pages,
        outline=_outline(header.get("outline"), pages, limits),
        labels=tuple(str(label)[:100] for label in labels),
        title=_take(header, "title", str),
        pdf_version=_take(header, "pdf_version", str)[:20],
        has_text=_take(header, "has_text", bool),
        repaired=_take(header, "repaired", bool),
    )


MORE_STROKES = 1_000
"""The last annotation within the bound may be ink of so many strokes."""


def marks_read(
    header: dict[str, Any], blobs: list[bytes], pages: int, limits: SandboxLimits
) -> MarksRead:
    """The marks, checked as those of a push are."""
    left = header.get("left")
    if len(blobs) != 1 or not isinstance(left, dict) or len(left) > MAX_KINDS_LEFT + 1:
        raise MalformedEvent("marks")
    try:
        marks = from_items(json.loads(blobs[0]), limits.max_imported_marks + MORE_STROKES)
    except (ValueError, RecursionError) as error:
        raise MalformedEvent(f"marks: {type(error).__name__}") from error
    counts = {str(kind)[:40]: _take(left, kind, int) for kind in left}
    if any(mark.page >= pages for mark in marks):
        raise MalformedEvent("marks of other pages")
    return MarksRead(tuple(marks), counts, _take(header, "over", int))


def _kind(value: object) -> Kind:
    match value:
        case "born" | "bilevel" | "scan":
            return value
        case _:
            raise MalformedEvent("kind of page")


def page_ready(header: dict[str, Any], blobs: list[bytes], expected: int) -> PageReady:
    """The next page, which must be page `expected`; words must be JSON, pictures WebP."""
    if len(blobs) != 3 or not is_webp(blobs[0]) or not is_webp(blobs[1]):
        raise MalformedEvent("page without pictures")
    try:
        words = json.loads(blobs[2])
    except (ValueError, RecursionError) as error:
        raise MalformedEvent("words are not JSON") from error
    if not isinstance(words, dict) or words.get("page") != expected:
        raise MalformedEvent("words of another page")
    kind = _kind(header.get("kind"))
    text_hash = _take(header, "text_hash", str)
    event = PageReady(
        index=_take(header, "index", int),
        image=blobs[0],
        thumb=blobs[1],
        words=blobs[2],
        width_pt=_take(header, "width_pt", float),
        height_pt=_take(header, "height_pt", float),
        rotation=_take(header, "rotation", int),
        label=_take(header, "label", str)[:100],
        image_w=_take(header, "image_w", int),
        image_h=_take(header, "image_h", int),
        text_hash=text_hash,
        kind=kind,
        word_count=_take(header, "word_count", int),
    )
    sizes = (event.width_pt, event.height_pt, event.image_w, event.image_h)
    if (
        event.index != expected
        or event.rotation not in (0, 90, 180, 270)
        or len(text_hash) != 64
        or not all(0 < n < 1e6 for n in sizes)
    ):
        raise MalformedEvent("page values")
    return event


def ingest_done(header: dict[str, Any]) -> IngestDone:
    return IngestDone(
        _take(header, "renderer_version", str)[:100],
        _take(header, "pages_with_text", int),
        _take(header, "cpu_ms", int),
    )
