"""My marks as a printed list: by meeting, document and page, with quotes, words and small drawings.

What is printed is what the list shows, whole: a part of it that looked like all would be worse than
a refusal, because people take it away before their marks are deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from itertools import groupby
from typing import Any

from sqlmodel import Session
from starlette.responses import StreamingResponse

from annotations.model import INK_KINDS
from server import clock
from server.annotating.export import send_made
from server.annotating.notes import (
    Labels,
    Walk,
    Wanted,
    quote_of,
    stamp_of,
    take_part,
    wanted_of,
)
from server.annotating.notes_words import LANGUAGES, WORDS, Language
from server.annotating.sketches import Entry, draw_small
from server.documents.queries import document_row
from server.errors import DomainError, Invalid
from server.http.endpoint import Call
from server.identity import Actor
from server.meetings.queries import from_ms, meeting_row
from server.people.queries import cards
from server.people.rules import addressed
from server.sandbox.ladder import Sandbox
from server.sandbox.notes import NotesForm, print_notes

FORMS: tuple[NotesForm, ...] = ("pdf", "docx")
MEDIA: dict[NotesForm, str] = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
STROKES_PER_NOTE = 7
"""Marks looked at per note that may be printed: a line of handwriting has some seven strokes."""
SKETCH_POINTS = 600
"""Points of one drawing on paper: as smooth as 200 dpi shows."""
VIET_NAM = timezone(timedelta(hours=7))


def _day(at: datetime) -> str:
    return at.astimezone(VIET_NAM).strftime("%d/%m/%Y")


def _time(at: datetime) -> str:
    return at.astimezone(VIET_NAM).strftime("%H:%M")


def _note(entry: Entry, words: dict[str, str], kinds: dict[str, str]) -> dict[str, Any]:
    mark = entry.first
    many = mark.kind in INK_KINDS and len(entry.marks) > 1
    kind = words["strokes"].format(count=len(entry.marks)) if many else words[mark.kind]
    about = [kind, _day(from_ms(max(one.modified for one in entry.marks)))]
    if kinds.get(mark.layer) != "private":
        about.append(words["shared"])
    drawing = draw_small(entry.marks, SKETCH_POINTS)
    return {
        "about": " · ".join(about),
        "quote": quote_of(mark),
        "body": mark.body or stamp_of(mark),
        "color": str(mark.style.get("color", "")),
        "wide": mark.kind == "highlighter",
        "sketch": drawing
        and {"width": drawing.width, "height": drawing.height, "lines": drawing.lines},
    }


def _pages(
    entries: Iterable[Entry], labels: Labels, words: dict[str, str], kinds: dict[str, str]
) -> list[dict[str, Any]]:
    """Pages in their order; on each from top to bottom, as they are read."""
    pages = []
    for label, found in groupby(entries, key=lambda entry: labels.of(entry.first)):
        down = sorted(found, key=lambda entry: entry.box[1])
        notes = [_note(entry, words, kinds) for entry in down]
        pages.append({"label": words["page_label"].format(label=label), "notes": notes})
    return pages


def _groups(
    session: Session, entries: list[Entry], words: dict[str, str], kinds: dict[str, str]
) -> list[dict[str, Any]]:
    labels = Labels(session)
    groups: list[dict[str, Any]] = []
    meeting = ""
    for document, found in groupby(entries, key=lambda entry: entry.first.document):
        row = document_row(session, document)
        if row.meeting_id != meeting:
            meeting = row.meeting_id
            head = meeting_row(session, meeting)
            when = _day(from_ms(head.starts_at))
            groups.append({"title": head.title, "when": when, "documents": []})
        pages = _pages(found, labels, words, kinds)
        paper = {"title": row.title, "number": row.number_symbol, "pages": pages}
        groups[-1]["documents"].append(paper)
    return groups


def _lines(session: Session, actor: Actor, wanted: Wanted, words: dict[str, str]) -> list[str]:
    """Whose they are, which, and when they were printed."""
    person = cards(session, [actor.person_id])[actor.person_id]
    lines = [addressed(person.form_of_address, person.name)]
    if person.position:
        lines[0] += f", {person.position}"
    if wanted.meeting:
        lines.append(words["meeting"].format(title=meeting_row(session, wanted.meeting).title))
    if wanted.document:
        lines.append(words["document"].format(title=document_row(session, wanted.document).title))
    if wanted.sought:
        lines.append(words["sought"].format(words=wanted.words))
    now = clock.now()
    lines.append(words["printed"].format(time=_time(now), day=_day(now)))
    return lines


def printed_notes(
    session: Session, actor: Actor, wanted: Wanted, language: Language, most: int
) -> dict[str, Any]:
    """What is printed (shape: `sandbox/child/notes_job.SAMPLE`). Raises `too_many_notes`."""
    words = WORDS[language]
    part = take_part(Walk(session, actor, wanted, most=most * STROKES_PER_NOTE), most)
    if part.next is not None:
        raise DomainError("too_many_notes", 422, most=most)
    if not part.entries:
        raise DomainError("no_notes", 422)
    name = cards(session, [actor.person_id])[actor.person_id].name
    return {
        "title": words["title"],
        "lines": _lines(session, actor, wanted, words),
        "footer": words["of"].format(name=name),
        "page": words["page"],
        "groups": _groups(session, part.entries, words, part.kinds),
    }


async def print_my_marks(call: Call) -> StreamingResponse:
    """My marks as a PDF or a Word file."""
    query = call.request.query_params
    form, language = query.get("form", "pdf"), query.get("language", "vi")
    if form not in FORMS:
        raise Invalid("form")
    if language not in LANGUAGES:
        raise Invalid("language")
    wanted = wanted_of(query)
    most = call.settings.notes_printed
    content = await call.read(printed_notes, call.actor, wanted, language, most)
    making = print_notes(call.rooms.get(Sandbox), content, form)
    name = f"{content['title']} {_day(clock.now()).replace('/', '-')}.{form}"
    return await send_made(call, making, MEDIA[form], name, unavailable="printing_unavailable")
