"""The records: what a mark is, on the server, in the tests and on the wire.

Page space, the one coordinate system of geometry, ink, words and page images: the page as it
lies unrotated in the file, in points (1/72 inch), origin at the top left corner of its CropBox,
x to the right, y down. /Rotate is applied only when a page is shown. (PDF user space itself has
y up and may start anywhere; PyMuPDF's words of an unrotated page are already in page space.)

Shapes of `geometry` by kind (lists of numbers, points):

    ink, highlighter        {"rect": [x0, y0, x1, y1], "matrix"?: [a, b, c, d, e, f]}
    highlight, underline,
      strikeout, squiggly   {"quads": [[tlx, tly, trx, try, blx, bly, brx, bry], …]}
    note                    {"point": [x, y], "rotate"?: 0 | 90 | 180 | 270}
    free_text, stamp        {"rect": […], "rotate"?: …}
    rectangle, ellipse      {"rect": […]}
    line, arrow             {"from": [x, y], "to": [x, y]}   (the head is at "to")

`matrix` maps the immutable ink to where it is shown: x' = a·x + c·y + e, y' = b·x + d·y + f
(the order of PDF's cm); moving a stroke is [1, 0, 0, 1, dx, dy]. `rect` is the box of the points
as shown, without pen width, x0 ≤ x1 and y0 ≤ y1. Quads: top left, top right, bottom left,
bottom right of the text as it is read, the order PDF viewers use (not that of ISO 32000's text).
`rotate` is the clockwise turn of the text against the unrotated page, so that it stands upright
on a rotated one.

`style`: color, fill "#rrggbb"; width, font_size in points; opacity 0…1; stamp and icon names.
`anchor`: W3C selectors (Web Annotation Data Model §4.2): TextQuoteSelector, TextPositionSelector
(in the characters of the page's words joined by one space), FragmentSelector "page=n", n from 1
(RFC 8118).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, Literal

from annotations.ink import ink_from_text, ink_to_text

JsonObject = dict[str, Any]

LayerKind = Literal["private", "shared", "presenter", "imported"]
LAYER_KINDS: Final[tuple[LayerKind, ...]] = ("private", "shared", "presenter", "imported")
"""imported: what the file of one version brought along; nobody writes there."""

NOBODY: Final = "00000000-0000-0000-0000-000000000000"
"""Author of a mark that came with a file: its name alone is known (`by` on the wire)."""

INK_KINDS: Final = frozenset({"ink", "highlighter"})
TEXT_KINDS: Final = frozenset({"highlight", "underline", "strikeout", "squiggly"})
BOX_KINDS: Final = frozenset({"free_text", "rectangle", "ellipse", "stamp"})
LINE_KINDS: Final = frozenset({"line", "arrow"})
KINDS: Final = INK_KINDS | TEXT_KINDS | BOX_KINDS | LINE_KINDS | {"note"}

CARRY_STATES: Final = ("exact", "moved", "fuzzy", "review", "orphan")
"""How a mark came over from an earlier version of its document; "" for one drawn here."""

GROUPS: Final = ("geometry", "style", "body", "state")
"""Property groups: changes of different groups merge, those of one group compete.
geometry: page, geometry, anchor. style: style. body: body. state: resolved, deleted."""

GroupRevs = tuple[int, int, int, int]
"""For each of GROUPS the `rev` at which it last changed."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A set of marks on one document with one audience. `head_seq` counts its changes;
    a cursor below `min_seq` cannot be caught up by changes (deletions before it are forgotten)."""

    id: str
    document: str
    kind: LayerKind
    owner: str
    head_seq: int = 0
    min_seq: int = 0


@dataclass(frozen=True, slots=True)
class Annotation:
    """One mark. `id` is a UUIDv7 from the client, the other ids are UUIDs; `page` counts from 0
    in the document's `version`; `rev` counts the changes of this mark from 1, `seq` is the
    layer's count at its last change; `created` and `modified` are ms since 1970, UTC: `created`
    the client's word within MAX_OFFLINE_MS, `modified` the server's clock. A deleted mark keeps
    its content until it is purged, so that `restore` can bring it back; `deleted_by` is the
    person who took it away."""

    id: str
    layer: str
    document: str
    version: str
    page: int
    kind: str
    rev: int
    seq: int
    deleted: bool
    author: str
    created: int
    modified: int
    geometry: JsonObject
    style: JsonObject
    body: str = ""
    resolved: bool = False
    reply_to: str | None = None
    anchor: list[JsonObject] | None = None
    ink: bytes | None = None
    foreign_props: JsonObject | None = None
    carried_from: str | None = None
    carry_state: str = ""
    group_revs: GroupRevs = (1, 1, 1, 1)
    deleted_by: str = ""


def to_wire(annotation: Annotation) -> JsonObject:
    """An item of a delta or snapshot. A deleted mark goes as {id, rev, seq, deleted} alone, so
    that its content leaves every tablet; fields that say nothing are left out."""
    if annotation.deleted:
        return {
            "id": annotation.id,
            "rev": annotation.rev,
            "seq": annotation.seq,
            "deleted": True,
        }
    item: JsonObject = {
        "id": annotation.id,
        "version": annotation.version,
        "page": annotation.page,
        "kind": annotation.kind,
        "rev": annotation.rev,
        "seq": annotation.seq,
        "author": annotation.author,
        "created": annotation.created,
        "modified": annotation.modified,
        "geometry": annotation.geometry,
        "style": annotation.style,
    }
    if annotation.body:
        item["body"] = annotation.body
    if annotation.resolved:
        item["resolved"] = True
    if annotation.reply_to is not None:
        item["reply_to"] = annotation.reply_to
    if annotation.anchor is not None:
        item["anchor"] = annotation.anchor
    if annotation.ink is not None:
        item["ink"] = ink_to_text(annotation.ink)
    by = (annotation.foreign_props or {}).get("by")
    if by is not None:
        item["by"] = by
    if annotation.carried_from is not None:
        item["carried_from"] = annotation.carried_from
        item["carry_state"] = annotation.carry_state
    return item


def to_text(annotation: Annotation) -> str:
    """The same as JSON text."""
    return json.dumps(to_wire(annotation), ensure_ascii=False, separators=(",", ":"))


def from_wire(item: JsonObject, layer: str, document: str) -> Annotation:
    """An annotation as a client sees it, from an item of a delta or snapshot (not a tombstone).
    For tests, benchmarks and exports made from what a client holds; trusts its input."""
    ink = item.get("ink")
    return Annotation(
        id=item["id"],
        layer=layer,
        document=document,
        version=item["version"],
        page=item["page"],
        kind=item["kind"],
        rev=item["rev"],
        seq=item["seq"],
        deleted=False,
        author=item["author"],
        created=item["created"],
        modified=item["modified"],
        geometry=item["geometry"],
        style=item["style"],
        body=item.get("body", ""),
        resolved=item.get("resolved", False),
        reply_to=item.get("reply_to"),
        anchor=item.get("anchor"),
        ink=None if ink is None else ink_from_text(ink),
        foreign_props={"by": item["by"]} if "by" in item else None,
        carried_from=item.get("carried_from"),
        carry_state=item.get("carry_state", ""),
    )
