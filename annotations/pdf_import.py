"""The marks a PDF brings along, as records of ours. Pure; no PDF library.

The reader (the sandbox) gives each annotation of the file as a `RawMark`; out come records and the
list of what was left. Three fates:

- read: our kinds. It leaves the picture of the page and stands in the layer of the file's marks.
- read for its words: what we cannot draw (polygons, carets, foreign stamps) stays in the picture;
  its comment becomes a note at its corner.
- left: links, form fields, attached files, hidden ones, what breaks a bound. Untouched, counted.

The file itself is never changed, so nothing is lost by what a record cannot say.
Source: ISO 32000-2 12.5.6; state and replies: 12.5.6.3, Table 173.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from annotations import foreign
from annotations.checks import check_body, check_geometry, check_style
from annotations.errors import AnnotationError
from annotations.imported import Imported, ImportedMark
from annotations.limits import MAX_BODY, MAX_IMPORTED, MAX_IMPORTED_BYTES, MAX_NAME
from annotations.model import JsonObject
from annotations.pdf_drawing import PageFrame, Typeface
from annotations.pdf_shapes import SUBTYPES, Look, shapes_of
from annotations.pdf_values import (
    PdfRef,
    PdfValue,
    color_of,
    date_of,
    number,
    plain_of,
    text_of,
)

_HIDDEN: Final = 2 | 32
"""Hidden and NoView."""
_CIRCLE: Final = -1
"""No object's number."""
CUT: Final = "…"
"""Ends a text that was longer than MAX_BODY."""


@dataclass(frozen=True, slots=True)
class RawMark:
    """One entry of a page's /Annots. `index`: its place there, None where it stands in no PDF.
    `number`: its object, 0 for a direct one. `entries`: its dictionary with references followed,
    but for those in P, Parent, Popup and IRT, which are PdfRef. `shown`: its optional content is
    on. `frame`: where its writer took page space to lie, if that is not where the page has it.
    `highlighter`: this ink is one of ours."""

    page: int
    index: int | None
    number: int
    subtype: str
    entries: dict[str, PdfValue]
    shown: bool = True
    frame: PageFrame | None = None
    highlighter: bool = False


@dataclass(frozen=True, slots=True)
class PagePlace:
    """How a page lies: page space in user space, and the clockwise turn when it is shown."""

    frame: PageFrame
    rotation: int = 0


def import_marks(
    raws: Iterator[RawMark],
    places: Mapping[int, PagePlace],
    face: Typeface,
    most: int = MAX_IMPORTED,
) -> Imported:
    """Read the annotations of a file, in the order of its pages. Never raises for their content.
    Once there are `most` marks, the rest of `raws` is left to `count_rest`."""
    found = Imported()
    threads = _Threads()
    while len(found.marks) < most and found.weight < MAX_IMPORTED_BYTES:
        raw = next(raws, None)
        if raw is None:
            break
        if raw.subtype == "Popup":
            continue
        drawn = True
        if not threads.take_state(raw):
            try:
                read = _read(raw, places[raw.page], face)
            except KeyError:  # of a page there is not
                read = []
            if not read:
                found.leave(raw.subtype)
                continue
            threads.note(raw, len(found.marks))
            found.take(read)
            drawn = "subtype" not in read[0].foreign_props
        if drawn and raw.index is not None:
            found.taken.add((raw.page, raw.index))
    threads.tie(found.marks)
    return found


def count_rest(found: Imported, subtypes: Iterable[str]) -> None:
    """Count what came after the bound: these stay in the pages."""
    for subtype in subtypes:
        if subtype in SUBTYPES:
            found.over += 1
        elif subtype != "Popup":
            found.leave(subtype)


def _read(raw: RawMark, place: PagePlace, face: Typeface) -> list[ImportedMark]:
    """The records of one annotation: several for ink of several strokes, none where it is left."""
    entries, name = raw.entries, raw.subtype
    flags = number(entries.get("F")) or 0
    reply = is_reply(entries)
    if not raw.shown or (int(flags) & _HIDDEN and not reply):
        return []
    body = body_of(entries)
    look = Look(name, entries, raw.frame or place.frame, place.rotation, body, face)
    style = _style(entries)
    by = text_of(entries.get("T")).strip()[:MAX_NAME]
    props: JsonObject = {"pdf": foreign.keep(entries)}
    if raw.index is not None:
        props["index"] = raw.index
    if by:
        props["by"] = by
    own_name = text_of(entries.get("NM"))[:MAX_NAME]
    if own_name:
        props["nm"] = own_name
    created = date_of(entries.get("CreationDate"))
    modified = date_of(entries.get("M"))
    records: list[ImportedMark] = []
    try:
        for shape in shapes_of(look):
            shaped = {**style, **shape.style}
            kind = "highlighter" if raw.highlighter and shape.kind == "ink" else shape.kind
            check_geometry(kind, shape.geometry)
            check_style(shaped)
            check_body(shape.body)
            if kind == "note" and name != "Text":
                props["subtype"] = name
            records.append(
                ImportedMark(
                    raw.page,
                    kind,
                    shape.geometry,
                    shaped,
                    shape.body,
                    ink=shape.ink,
                    created=created if created is not None else modified,
                    modified=modified if modified is not None else created,
                    foreign_props=props,
                )
            )
            # A second stroke says nothing more.
            props = {key: props[key] for key in ("index", "by") if key in props}
    except AnnotationError:
        return []
    return records


def is_reply(entries: dict[str, PdfValue]) -> bool:
    """Answers another annotation (and is not merely grouped with it)."""
    return isinstance(entries.get("IRT"), PdfRef) and entries.get("RT") != "Group"


def body_of(entries: dict[str, PdfValue]) -> str:
    """The words of an annotation: /Contents, else the words of /RC."""
    body = text_of(entries.get("Contents"))
    if not body.strip():
        body = plain_of(text_of(entries.get("RC")))
    body = body.rstrip()
    return body if len(body) <= MAX_BODY else body[: MAX_BODY - 1] + CUT


def _style(entries: dict[str, PdfValue]) -> JsonObject:
    style: JsonObject = {}
    color = color_of(entries.get("C"))
    if color is not None:
        style["color"] = color
    opacity = number(entries.get("CA"))
    if opacity is not None and 0 <= opacity < 1:
        style["opacity"] = round(opacity, 3)
    return style


class _Threads:
    """Who answers whom, and what was said to be done. Chains may be long, or run in a circle."""

    def __init__(self) -> None:
        self._mark_at: dict[int, int] = {}
        self._parent: dict[int, int] = {}
        self._replies: dict[int, int] = {}
        self._states: list[tuple[int, int, bool]] = []

    def take_state(self, raw: RawMark) -> bool:
        """Was this no mark but a word on the state of another (Table 174)?"""
        target = raw.entries.get("IRT")
        if "StateModel" not in raw.entries or not isinstance(target, PdfRef):
            return False
        self._answers(raw, target)
        if text_of(raw.entries["StateModel"]) == "Review":
            done = text_of(raw.entries.get("State")) == "Completed"
            self._states.append((date_of(raw.entries.get("M")) or 0, target.number, done))
        return True

    def note(self, raw: RawMark, place: int) -> None:
        """Mark `place` is this annotation."""
        if raw.number:
            self._mark_at[raw.number] = place
        target = raw.entries.get("IRT")
        if is_reply(raw.entries) and isinstance(target, PdfRef):
            self._replies[place] = target.number
            self._answers(raw, target)

    def tie(self, marks: list[ImportedMark]) -> None:
        """Name in each reply the mark its thread begins with; the newest word on the state of a
        thread holds."""
        for place, target in self._replies.items():
            root = self._mark_at.get(self._root(target))
            if root is not None and root != place and marks[place].kind == "note":
                marks[place] = replace(marks[place], reply_to=root)
        for _, target, done in sorted(self._states, key=lambda state: state[0]):
            at = self._mark_at.get(self._root(target))
            if at is not None:
                marks[at] = replace(marks[at], resolved=done)

    def _answers(self, raw: RawMark, target: PdfRef) -> None:
        if raw.number:
            self._parent[raw.number] = target.number

    def _root(self, start: int) -> int:
        """The object a chain ends at, as far as the file has it; _CIRCLE for one without end."""
        at = start
        met: set[int] = set()
        while at not in met:
            up = self._parent.get(at)
            if up is None or not (up in self._mark_at or up in self._parent or up == _CIRCLE):
                break
            met.add(at)
            at = up
        else:
            at = _CIRCLE
        # Shorter for the next of the same thread, so that a long chain is walked once.
        for one in met:
            self._parent[one] = at
        return at
