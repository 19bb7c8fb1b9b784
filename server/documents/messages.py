"""What the documents' endpoints take and answer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from server.http.wire import Id, Line, Moment, ShortLine, WireModel
from server.meetings.messages import DocumentCard, Sharing


class NewDocument(WireModel):
    """Add a document to a meeting, before its file is sent."""

    item_id: Id | None = None
    kind: ShortLine = ""
    title: Line
    number_symbol: ShortLine = ""
    shown_to: Annotated[list[Id], Field(max_length=1000)] | None = None
    sharing: Sharing = "everyone"


class DocumentPatch(WireModel):
    """Change a document's place or words; what is absent stays.

    `shown_to`: the people a restricted document is shown to; an empty list lifts the restriction.
    `sharing`: shared layers that are wider than it are narrowed at once.
    """

    item_id: Id | None = None
    kind: ShortLine | None = None
    title: Line | None = None
    number_symbol: ShortLine | None = None
    shown_to: Annotated[list[Id], Field(max_length=1000)] | None = None
    sharing: Sharing | None = None


class PageEntry(WireModel):
    """One page in the manifest.

    `width`, `height`: unrotated CropBox in points; `rotation` 0, 90, 180, 270 clockwise when shown.
    `image_w`, `image_h`: pixels of the shown (rotated) image. Hashes are SHA-256 in hex of the
    bytes that the image and words endpoints answer; null while the page is still being made.
    """

    index: int
    label: str
    width: float
    height: float
    rotation: Literal[0, 90, 180, 270]
    image_w: int
    image_h: int
    image_sha: str | None
    words_sha: str | None


class OutlineEntry(WireModel):
    """A line of the table of contents; `page` counts from 0, `y` in points from the page's top."""

    title: str
    page: int
    level: int
    y: float | None


class FileMarks(WireModel):
    """What became of the annotations the file brought along. `read`: marks in its layer; `left`:
    stayed only in the pages, being no marks (links, form fields) or none we can draw; `over`:
    stayed there because there were more than the bound."""

    read: int
    left: int
    over: int


class VersionView(WireModel):
    """One version of a document with the manifest of its pages."""

    id: Id
    ordinal: int
    state: Literal["ingesting", "ready", "refused"]
    refusal: str | None
    file_name: str
    size: int
    sha256: str
    page_count: int
    pages_ready: int
    kind: Literal["born", "scan", "mixed"]
    renderer: str
    file_marks: FileMarks
    frozen_at: Moment | None
    pages: list[PageEntry]
    outline: list[OutlineEntry]


class DocumentView(WireModel):
    """A document to read: its card, its current version, and the layer for my private marks."""

    card: DocumentCard
    version: VersionView | None
    my_layer: Id | None
    may_download: bool
    may_annotate: bool


class Uploaded(WireModel):
    """The file arrived whole and is being read; progress comes as changes of the document."""

    document: DocumentCard
