"""My marks over all documents: the list, its search and its filters.

Only marks of the person who asks, on layers they may use now. The order is by meeting (newest
first), document, page, and as they were written; a cursor is a place in that order, so that what is
added or deleted meanwhile moves nothing else. One answer looks at a bounded number of marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import text
from sqlmodel import Session

from annotations.model import BOX_KINDS, INK_KINDS, LINE_KINDS, TEXT_KINDS, Annotation
from annotations.pdf import STAMP_WORDS
from server.annotating.layers import layer_rows, raw
from server.annotating.sketches import Entry, Together
from server.documents.tables import PageRow
from server.errors import Invalid
from server.identity import Actor
from server.people.rules import Role, folded

Group = Literal["text", "note", "drawing", "stamp"]
GROUPS: tuple[Group, ...] = ("text", "note", "drawing", "stamp")

SCANNED = 3_000
"""Marks looked at for one answer: some 60 ms of a reader thread with their strokes."""
WINDOW = 500
"""Marks read from the disk at once."""
QUERY_CHARACTERS = 200
"""Longer than any sentence somebody looks for."""

_DRAWN = sorted(INK_KINDS | LINE_KINDS | (BOX_KINDS - {"free_text", "stamp"}))


def _among(kinds: Sequence[str]) -> str:
    return ", ".join(f"'{kind}'" for kind in kinds)


_OF_GROUP: dict[Group, str] = {
    "text": f"kind IN ({_among(sorted(TEXT_KINDS))})",
    "note": "(kind IN ('note', 'free_text') OR body != '')",
    "drawing": f"kind IN ({_among(_DRAWN)})",
    "stamp": "kind = 'stamp'",
}


@dataclass(frozen=True)
class Wanted:
    """What is asked for; empty means everything."""

    meeting: str = ""
    document: str = ""
    group: Group | None = None
    sought: str = ""
    """Folded as `people.rules.folded` does."""
    words: str = ""
    """What is sought, as it was typed."""


def wanted_of(query: Any) -> Wanted:
    """From the query of a request. Raises `invalid_input` with the parameter's name."""
    ids: dict[str, str] = {}
    for name in ("meeting", "document"):
        ids[name] = str(query.get(name, ""))
        if ids[name] and not re.fullmatch(r"[0-9a-f-]{36}", ids[name]):
            raise Invalid(name)
    group = query.get("kind", "")
    if group and group not in GROUPS:
        raise Invalid("kind")
    words = str(query.get("q", ""))
    if len(words) > QUERY_CHARACTERS:
        raise Invalid("q")
    return Wanted(ids["meeting"], ids["document"], group or None, folded(words), words.strip())


@dataclass(frozen=True, order=True)
class Place:
    """A document's place in the list: newest meeting first."""

    before: int
    meeting: str
    position: int
    document: str


@dataclass(frozen=True, order=True)
class Cursor:
    """The last mark that was looked at."""

    place: Place
    page: int
    created: int
    mark: str

    def __str__(self) -> str:
        at = self.place
        return (
            f"{at.before}~{at.meeting}~{at.position}~{at.document}~"
            f"{self.page}~{self.created}~{self.mark}"
        )


_CURSOR = re.compile(
    r"(-?\d{1,16})~([0-9a-f-]{36})~(\d{1,6})~([0-9a-f-]{36})~(\d{1,6})~(-?\d{1,16})~([0-9a-f-]{36})"
)


def cursor_of(given: str) -> Cursor | None:
    """From what an earlier answer called `next`. Raises `invalid_input`."""
    if not given:
        return None
    found = _CURSOR.fullmatch(given)
    if found is None:
        raise Invalid("after")
    before, meeting, position, document, page, created, mark = found.groups()
    place = Place(int(before), meeting, int(position), document)
    return Cursor(place, int(page), int(created), mark)


_MY_DOCUMENTS = """
WITH layered AS (
  SELECT document_id FROM layer WHERE owner = :me AND head_seq > 0
  UNION
  SELECT l.document_id FROM participant p JOIN document d ON d.meeting_id = p.meeting_id
  JOIN layer l ON l.document_id = d.id AND l.kind NOT IN ('private', 'imported') AND l.head_seq > 0
  WHERE p.person_id = :me
  UNION
  SELECT l.document_id FROM meeting m JOIN document d ON d.meeting_id = m.id
  JOIN layer l ON l.document_id = d.id AND l.kind NOT IN ('private', 'imported') AND l.head_seq > 0
  WHERE :secretariat AND m.office_id = :office
)
SELECT -m.starts_at, m.id, d.position, d.id
FROM layered JOIN document d ON d.id = layered.document_id JOIN meeting m ON m.id = d.meeting_id
WHERE (:meeting = '' OR m.id = :meeting) AND (:document = '' OR d.id = :document)
"""


def my_documents(session: Session, actor: Actor, wanted: Wanted) -> list[Place]:
    """Documents with a layer that may hold marks of mine, in the order of the list; whether I may
    read them is asked when the list comes to them."""
    rows = session.connection().execute(
        text(_MY_DOCUMENTS),
        {
            "me": actor.person_id,
            "office": actor.organisation_id,
            "secretariat": Role.SECRETARIAT in actor.roles,
            "meeting": wanted.meeting,
            "document": wanted.document,
        },
    )
    return sorted(Place(int(row[0]), str(row[1]), int(row[2]), str(row[3])) for row in rows)


def my_layers(session: Session, actor: Actor, document_id: str) -> dict[str, str]:
    """Layers of the document that I may read and may have written on, by id: their kinds."""
    rows = layer_rows(session, actor, document_id, None, own_marks=True)
    return {row.id: row.kind for row in rows}


def _fits(mark: Annotation, sought: str) -> bool:
    if not sought:
        return True
    return sought in folded(f"{quote_of(mark)}\n{mark.body}\n{stamp_of(mark)}")


def quote_of(mark: Annotation) -> str:
    """The text a mark lies on."""
    for selector in mark.anchor or ():
        if selector["type"] == "TextQuoteSelector":
            return str(selector["exact"])
    return ""


def stamp_of(mark: Annotation) -> str:
    """What a stamp says."""
    if mark.kind != "stamp":
        return ""
    name = str(mark.style.get("stamp", ""))
    return STAMP_WORDS.get(name, name)


@dataclass
class Walk:
    """Going through my marks in the order of the list."""

    session: Session
    actor: Actor
    wanted: Wanted
    after: Cursor | None = None
    most: int = SCANNED
    scanned: int = 0
    kinds: dict[str, str] = field(default_factory=dict)
    """Kinds of the layers met, by id."""

    def marks(self) -> Iterator[tuple[Cursor, Annotation | None]]:
        """Each mark with its place; None for one that is not sought, so that the place moves on.
        Ends after `most` marks."""
        for place in my_documents(self.session, self.actor, self.wanted):
            if self.after is not None and place < self.after.place:
                continue
            layers = my_layers(self.session, self.actor, place.document)
            if not layers:
                continue
            self.kinds.update(layers)
            yield from self._of(place, sorted(layers))
            if self.scanned >= self.most:
                return

    def _of(self, place: Place, layers: list[str]) -> Iterator[tuple[Cursor, Annotation | None]]:
        at = self.after if self.after is not None and self.after.place == place else None
        store = raw(self.session)
        where = (
            f"WHERE layer IN ({', '.join('?' * len(layers))}) AND deleted = 0 AND author = ? "
            "AND (page, created, id) > (?, ?, ?)"
        )
        if self.wanted.group is not None:
            where += f" AND {_OF_GROUP[self.wanted.group]}"
        if self.wanted.sought:
            where += " AND (body != '' OR anchor IS NOT NULL OR kind = 'stamp')"
        while self.scanned < self.most:
            limit = min(WINDOW, self.most - self.scanned)
            key = (at.page, at.created, at.mark) if at else (-1, 0, "")
            found = store.find(
                where + " ORDER BY page, created, id LIMIT ?",
                (*layers, self.actor.person_id, *key, limit),
            )
            for mark in found:
                self.scanned += 1
                at = Cursor(place, mark.page, mark.created, mark.id)
                yield at, mark if _fits(mark, self.wanted.sought) else None
            if len(found) < limit:
                return


@dataclass
class Labels:
    """Printed page labels, each read once."""

    session: Session
    _known: dict[tuple[str, int], str] = field(default_factory=dict)

    def of(self, mark: Annotation) -> str:
        """The label printed on the mark's page; its number where the page is not known."""
        key = (mark.version, mark.page)
        if key not in self._known:
            row = self.session.get(PageRow, key)
            self._known[key] = row.label if row and row.label else str(mark.page + 1)
        return self._known[key]


@dataclass(frozen=True)
class Part:
    """A part of the list: entries, and where it goes on."""

    entries: list[Entry]
    kinds: dict[str, str]
    """Kinds of the layers the entries lie on, by id."""
    next: Cursor | None


def take_part(walk: Walk, most: int) -> Part:
    """Up to `most` entries. The part ends before the mark that would begin one more, or where
    enough marks were looked at."""
    together = Together()
    last: Cursor | None = None
    for cursor, mark in walk.marks():
        if mark is not None:
            joined = together.joins(mark)
            if joined is None and len(together.entries) == most:
                return Part(together.entries, walk.kinds, last)
            together.put(mark, joined)
        last = cursor
    more = walk.scanned >= walk.most
    return Part(together.entries, walk.kinds, last if more else None)
