"""HTTP handlers of meetings with their papers, and of documents, pages and files."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlmodel import Session
from starlette.responses import FileResponse, Response

from server.database import WriteSession
from server.documents import actions, queries, views
from server.documents.messages import Uploaded
from server.documents.rules import VersionState, draws_marks
from server.documents.tables import PageRow
from server.errors import Busy, DomainError, Invalid, NotFound
from server.http.endpoint import Call
from server.http.files import PDF_MAGIC, Files
from server.meetings import actions as meetings
from server.meetings.messages import DocumentCard, MyMeeting, MyMeetings
from server.meetings.routes import bounds
from server.people.routes import UploadsRefused
from server.sandbox.refusals import DocumentRefused, SandboxBusy, SandboxUnavailable
from server.sandbox.tiles import NoSuchTile, TileRenderer

PRIVATE = "private, no-store"
"""Pages never stay in the browser's cache: on a shared tablet it outlives the sign-out. The
client keeps its own sealed copies (security.md, Lessons)."""


@dataclass
class Uploads:
    """How many files arrive at once: each holds a connection, a file and a share of the disk."""

    at_once: int
    count: int = 0

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """Take a place while the block runs. Raises `too_many_uploads`."""
        if self.count >= self.at_once:
            raise Busy("too_many_uploads", retry_after=15)
        self.count += 1
        try:
            yield
        finally:
            self.count -= 1


async def my_meetings(call: Call) -> MyMeetings:
    """All my meetings."""
    return await call.read(views.my_meetings, call.actor, call.settings.my_meetings)


async def create_meeting(call: Call) -> MyMeeting:
    """Begin a draft."""

    def create(session: WriteSession) -> MyMeeting:
        row = meetings.create_meeting(session, call.body, bounds(call.settings))
        session.flush()
        return views.my_meeting(session, session.actor, row.id)

    return await call.write(create)


async def my_meeting(call: Call) -> MyMeeting:
    """A meeting as I see it."""
    return await call.read(views.my_meeting, call.actor, call.ids["meeting_id"])


async def add_document(call: Call) -> DocumentCard:
    """Announce a document."""
    most = call.settings.documents_per_meeting
    return await call.write(actions.add_document, call.ids["meeting_id"], call.body, most)


async def change_document(call: Call) -> DocumentCard:
    """Change its place, words or audience."""
    return await call.write(actions.change_document, call.ids["document_id"], call.body)


async def delete_document(call: Call) -> None:
    """Take it out of the meeting."""
    await call.write(actions.delete_document, call.ids["document_id"])


async def upload(call: Call) -> Uploaded:
    """Take a file: the right and the meeting's state are asked before the first byte is read, and
    again with the row."""
    document_id = call.ids["document_id"]
    if call.rooms.get(UploadsRefused).reason is not None:
        raise DomainError("uploads_refused", 503)
    await call.read(actions.require_changeable, document_id)
    most = call.settings.upload_bytes
    length = call.request.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        raise Invalid("Content-Length")
    if int(length) > most:
        raise DomainError("too_large", 413, bytes=most)
    name = call.request.query_params.get("name", "document.pdf")
    try:
        with call.rooms.get(Uploads).place():
            async with asyncio.timeout(call.settings.upload_seconds):
                stored = await call.rooms.get(Files).receive(_parts(call), most, PDF_MAGIC)
    except TimeoutError:
        raise DomainError("upload_too_slow", 408) from None
    return await call.write(actions.take_file, document_id, name, stored)


async def _parts(call: Call) -> AsyncIterator[bytes]:
    async for part in call.request.stream():
        yield part


def _page(session: Session, document_id: str, version_id: str, number: int) -> PageRow:
    row = queries.page_row(session, document_id, version_id, number)
    if row is None:
        ready = queries.version_row(session, document_id, version_id).pages_ready
        raise DomainError("page_not_ready", 425, pages_ready=ready, retry_after=1)
    return row


async def _find_page(call: Call) -> PageRow:
    ids = call.ids
    return await call.read(_page, ids["document_id"], ids["version_id"], int(ids["index"]))


def _derived(call: Call, sha256: str, media_type: str, encoding: str | None = None) -> Response:
    etag = f'"{sha256}"'
    headers = {"ETag": etag, "Cache-Control": PRIVATE}
    if encoding:
        headers["Content-Encoding"] = encoding
    if call.request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    path = call.rooms.get(Files).path(sha256)
    return FileResponse(path, media_type=media_type, headers=headers)


async def page_image(call: Call) -> Response:
    """A page as it is shown, about 1240 px wide."""
    return _derived(call, (await _find_page(call)).image_sha, "image/webp")


async def page_thumb(call: Call) -> Response:
    """A page small."""
    return _derived(call, (await _find_page(call)).thumb_sha, "image/webp")


async def page_words(call: Call) -> Response:
    """The words of a page with their boxes in page space."""
    return _derived(call, (await _find_page(call)).words_sha, "application/json")


async def all_words(call: Call) -> Response:
    """The words of all pages."""
    ids = call.ids
    row = await call.read(queries.version_row, ids["document_id"], ids["version_id"])
    if row.words_sha is None:
        raise DomainError("page_not_ready", 425, pages_ready=row.pages_ready, retry_after=1)
    return _derived(call, row.words_sha, "application/json", "gzip")


async def page_tile(call: Call) -> Response:
    """A sharp piece of a page."""
    ids = call.ids
    page = await _find_page(call)
    row = await call.read(queries.version_row, ids["document_id"], ids["version_id"])
    path = call.rooms.get(Files).path(row.sha256)
    try:
        tile = await call.rooms.get(TileRenderer).render_tile(
            row.sha256,
            path,
            page.number,
            int(ids["scale"]),
            int(ids["column"]),
            int(ids["row"]),
            marks_drawn=draws_marks(row.renderer),
        )
    except NoSuchTile:
        raise NotFound() from None
    except SandboxBusy:
        raise Busy() from None
    except SandboxUnavailable:
        raise DomainError("tiles_unavailable", 503) from None
    except DocumentRefused as refused:
        raise DomainError(refused.code, 422) from None
    return Response(tile, media_type="image/webp", headers={"Cache-Control": PRIVATE})


def attachment(name: str) -> dict[str, str]:
    """Headers of a download with a name for people (RFC 6266, RFC 8187)."""
    return {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": PRIVATE,
    }


async def original(call: Call) -> Response:
    """The file, bit for bit as it was uploaded, unless it was refused: what the sandbox did not
    take no tablet gets either. Ranges are bounded by the library."""
    ids = call.ids
    row = await call.read(queries.version_row, ids["document_id"], ids["version_id"])
    if row.state == VersionState.REFUSED:
        raise DomainError(row.refusal or "damaged", 422)
    path: Path = call.rooms.get(Files).path(row.sha256)
    headers = attachment(row.file_name) | {"ETag": f'"{row.sha256}"'}
    return FileResponse(path, media_type="application/pdf", headers=headers)
