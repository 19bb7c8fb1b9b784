"""Marks on their way from a file into a layer: no id yet, no layer, checked like a push.

They are read by a process that has a foreign file open, so whoever takes them checks them again.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from annotations.checks import (
    check_body,
    check_count,
    check_geometry,
    check_page,
    check_style,
    check_text,
)
from annotations.errors import AnnotationError
from annotations.ink import check_ink, ink_from_text, ink_to_text
from annotations.limits import MAX_FOREIGN_BYTES, MAX_KINDS_LEFT, MAX_NAME
from annotations.model import INK_KINDS, KINDS, JsonObject


@dataclass(frozen=True, slots=True)
class ImportedMark:
    """A record that has no id yet. `reply_to`: its place among the marks of the same result.
    Times in ms since 1970, None where the file says none. `foreign_props`: see foreign.py."""

    page: int
    kind: str
    geometry: JsonObject
    style: JsonObject
    body: str = ""
    resolved: bool = False
    ink: bytes | None = None
    created: int | None = None
    modified: int | None = None
    reply_to: int | None = None
    foreign_props: JsonObject = field(default_factory=dict)


@dataclass(slots=True)
class Imported:
    """What a file brought. `taken`: (page, index) of annotations that now stand in the layer and
    must not be drawn into the page as well. `left`: subtype → how many stay only in the page.
    `over`: how many stay there because there were more than the bound."""

    marks: list[ImportedMark] = field(default_factory=list)
    taken: set[tuple[int, int]] = field(default_factory=set)
    left: Counter[str] = field(default_factory=Counter)
    over: int = 0
    weight: int = 0
    """Bytes of the marks on their way, roughly."""

    def leave(self, subtype: str) -> None:
        """Count one that stays in the page alone; too many made-up kinds share one name."""
        known = subtype in self.left or len(self.left) < MAX_KINDS_LEFT
        self.left[subtype if known else "?"] += 1

    def take(self, marks: list[ImportedMark]) -> None:
        """Add the records of one annotation."""
        self.marks += marks
        self.weight += sum(len(json.dumps(to_item(mark))) for mark in marks)


_LATEST: Final = 253_402_300_799_999
"""The end of the year 9999, ms."""


def to_item(mark: ImportedMark) -> JsonObject:
    """As JSON."""
    return {
        "page": mark.page,
        "kind": mark.kind,
        "geometry": mark.geometry,
        "style": mark.style,
        "body": mark.body,
        "resolved": mark.resolved,
        "ink": None if mark.ink is None else ink_to_text(mark.ink),
        "created": mark.created,
        "modified": mark.modified,
        "reply_to": mark.reply_to,
        "foreign_props": mark.foreign_props,
    }


def from_items(items: object, most: int) -> list[ImportedMark]:
    """The reverse for a whole list of at most `most`. Raises AnnotationError for anything that
    a record must not hold."""
    if type(items) is not list:
        raise AnnotationError("wrong_type", "items")
    if len(items) > most:
        raise AnnotationError("too_many", "items")
    return [_from_item(item, len(items)) for item in items]


def _from_item(item: Any, count: int) -> ImportedMark:
    if type(item) is not dict or item.keys() != _KEYS:
        raise AnnotationError("unknown_field", "item")
    kind = item["kind"]
    if type(kind) is not str or kind not in KINDS:
        raise AnnotationError("unknown_kind", "kind")
    check_geometry(kind, item["geometry"])
    check_style(item["style"])
    check_body(item["body"])
    if type(item["resolved"]) is not bool:
        raise AnnotationError("wrong_type", "resolved")
    ink = None
    if kind in INK_KINDS:
        if type(item["ink"]) is not str:
            raise AnnotationError("wrong_type", "ink")
        ink = ink_from_text(item["ink"])
        check_ink(ink)
    for name in ("created", "modified"):
        if item[name] is not None:
            check_count(item[name], name, 0, _LATEST)
    if item["reply_to"] is not None:
        check_count(item["reply_to"], "reply_to", 0, count - 1)
    _check_foreign(item["foreign_props"])
    check_page(item["page"])
    return ImportedMark(**{**item, "ink": ink})


def names_of(marks: Sequence[ImportedMark]) -> list[str]:
    """A name for each mark, no two alike, that it gets again when the file is read again, also with
    others added: its own; of a further stroke that of its annotation with its number; of one
    without a name what it is; of the n-th that would be called the same, that and n."""
    names: list[str] = []
    times: Counter[str] = Counter()
    annotation, strokes = "", 0
    for mark in marks:
        # A further stroke of one annotation says nothing more (pdf_import).
        strokes = 0 if "pdf" in mark.foreign_props or not names else strokes + 1
        if strokes:
            name = _digest(annotation, strokes)
        else:
            item = {key: value for key, value in to_item(mark).items() if key != "reply_to"}
            name = mark.foreign_props.get("nm", "") or _digest(item)
        times[name] += 1
        if times[name] > 1:
            name = _digest(name, times[name], "again")
        if not strokes:
            annotation = name
        names.append(name)
    return names


def _digest(*parts: object) -> str:
    said = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return "phonghop-" + hashlib.sha256(said.encode()).hexdigest()[:32]


_KEYS: Final = frozenset(ImportedMark.__dataclass_fields__)


def _check_foreign(props: object) -> None:
    if type(props) is not dict or not props.keys() <= {"by", "index", "subtype", "nm", "pdf"}:
        raise AnnotationError("unknown_field", "foreign_props")
    for name in ("by", "subtype", "nm"):
        check_text(props.get(name, ""), name, MAX_NAME)
    check_count(props.get("index", 0), "index")
    pdf = props.get("pdf", {})
    if type(pdf) is not dict:
        raise AnnotationError("wrong_type", "pdf")
    if len(json.dumps(pdf)) > 6 * MAX_FOREIGN_BYTES:  # escapes may make six of one
        raise AnnotationError("too_large", "pdf")
