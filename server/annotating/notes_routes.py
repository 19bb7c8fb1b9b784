"""HTTP handlers of the list of my marks."""

from __future__ import annotations

from server.annotating.notes import Cursor, Wanted, cursor_of, wanted_of
from server.annotating.notes_messages import MyMarks
from server.annotating.notes_views import my_marks_view
from server.http.endpoint import Call


async def my_marks(call: Call) -> MyMarks:
    """My marks: in a document, in a meeting, or in all; found without diacritics too."""
    query = call.request.query_params
    wanted: Wanted = wanted_of(query)
    after: Cursor | None = cursor_of(query.get("after", ""))
    most = call.settings.notes_per_part
    return await call.read(my_marks_view, call.actor, wanted, after, most)
