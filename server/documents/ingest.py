"""Reading an uploaded file into pages: a job that drives the sandbox and stores what comes back.

Compute happens in the sandbox, files are written on a thread, and the writer gets small pieces:
one page's row each. Running twice starts over.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlmodel import Session, col, delete, select

from annotations.imported import ImportedMark, to_item
from server.database import Database, WriteSession
from server.documents import queries
from server.documents.actions import freeze
from server.documents.facts import DocumentVersionReady, DocumentVersionRefused
from server.documents.rules import VersionState, kind_of, tells_progress
from server.documents.tables import DocumentRow, PageRow, VersionRow
from server.documents.telling import tell_document, tell_staff_alone
from server.http.files import Files
from server.identity import SYSTEM
from server.meetings.queries import meeting_row
from server.meetings.rules import MeetingState, is_visible
from server.sandbox.events import DocumentOpened, IngestDone, MarksRead, PageReady
from server.sandbox.ingest import ingest
from server.sandbox.ladder import Sandbox
from server.sandbox.refusals import DocumentRefused

log = structlog.get_logger(__name__)


@dataclass
class Ingest:
    """The job's handler with the rooms it needs."""

    database: Database
    files: Files
    sandbox: Sandbox
    keep_marks: Callable[[str, Sequence[ImportedMark]], Awaitable[None]]
    """Told the marks that a version's file brought along, before its first page; annotating keeps
    them in a layer."""

    async def __call__(self, payload: Mapping[str, Any]) -> None:
        """Read one version."""
        version_id = str(payload["version_id"])
        found = await self.database.read(_version, version_id)
        if found is None:
            return
        try:
            await self._read(version_id, found)
        except DocumentRefused as refused:
            log.info("document_refused", version=version_id, code=refused.code)
            await self.database.write(SYSTEM, refuse, version_id, refused.code)

    async def give_up(self, payload: Mapping[str, Any]) -> None:
        """No try has ended well: the readers hear of it instead of waiting for ever."""
        version_id = str(payload["version_id"])
        if await self.database.read(_version, version_id) is not None:
            await self.database.write(SYSTEM, refuse, version_id, "crashed")

    async def _read(self, version_id: str, sha256: str) -> None:
        words: list[bytes] = []
        path = self.files.path(sha256)
        async with contextlib.aclosing(ingest(self.sandbox, path)) as events:
            async for event in events:
                match event:
                    case DocumentOpened():
                        await self.database.write(SYSTEM, begin_pages, version_id, event)
                    case MarksRead():
                        await self.keep_marks(version_id, event.marks)
                        kept = await asyncio.to_thread(self._store_marks, event)
                        await self.database.write(SYSTEM, note_marks, version_id, event, kept)
                    case PageReady():
                        words.append(event.words)
                        page = await asyncio.to_thread(self._store, version_id, event)
                        await self.database.write(SYSTEM, add_page, page)
                    case IngestDone():
                        whole = await asyncio.to_thread(self._store_words, words)
                        renderer = event.renderer_version
                        await self.database.write(SYSTEM, finish, version_id, renderer, whole)

    def _store(self, version_id: str, event: PageReady) -> PageRow:
        return PageRow(
            version_id=version_id,
            number=event.index,
            label=event.label,
            width=event.width_pt,
            height=event.height_pt,
            rotation=event.rotation,
            image_w=event.image_w,
            image_h=event.image_h,
            image_sha=self.files.put(event.image).sha256,
            thumb_sha=self.files.put(event.thumb).sha256,
            words_sha=self.files.put(event.words).sha256,
            text_hash=event.text_hash,
            kind=event.kind,
        )

    def _store_marks(self, event: MarksRead) -> str | None:
        if not event.marks:
            return None
        items = json.dumps([to_item(mark) for mark in event.marks], ensure_ascii=False)
        return self.files.put(gzip.compress(items.encode(), compresslevel=6, mtime=0)).sha256

    def _store_words(self, words: list[bytes]) -> str:
        packed = gzip.compress(b"[" + b",".join(words) + b"]", compresslevel=6, mtime=0)
        return self.files.put(packed).sha256


def _version(session: Session, version_id: str) -> str | None:
    row = session.get(VersionRow, version_id)
    if row is None or row.state != VersionState.INGESTING.value:
        return None
    return row.sha256


def _tell(session: WriteSession, version: VersionRow) -> None:
    document = session.get(DocumentRow, version.document_id)
    if document is not None and document.version_id == version.id:
        tell_document(session, document)
    elif document is not None:
        tell_staff_alone(session, document)


def begin_pages(session: WriteSession, version_id: str, opened: DocumentOpened) -> None:
    """The file opened: how many pages, and its outline."""
    version = session.get(VersionRow, version_id)
    if version is None:
        return
    session.exec(delete(PageRow).where(col(PageRow.version_id) == version_id))
    version.page_count = opened.page_count
    version.pages_ready = 0
    version.outline = json.dumps(
        [
            {"title": one.title, "page": one.page, "level": one.level, "y": one.y}
            for one in opened.outline
        ],
        ensure_ascii=False,
    )
    session.add(version)
    _tell(session, version)


def note_marks(session: WriteSession, version_id: str, event: MarksRead, kept: str | None) -> None:
    """What became of the annotations in the file; `kept` is the hash of the marks as they were
    read, which an approval freezes with the pages."""
    version = session.get(VersionRow, version_id)
    if version is None:
        return
    version.marks_sha = kept
    version.marks_read = len(event.marks)
    version.marks_left = sum(event.left.values())
    version.marks_over = event.over
    session.add(version)


def add_page(session: WriteSession, page: PageRow) -> None:
    """A page is made."""
    version = session.get(VersionRow, page.version_id)
    if version is None:
        return
    session.add(page)
    version.pages_ready = page.number + 1
    session.add(version)
    if tells_progress(version.pages_ready, version.page_count):
        _tell(session, version)


def finish(session: WriteSession, version_id: str, renderer: str, words_sha: str) -> None:
    """All pages are made: the version is the one people read, and in a meeting that is out its
    manifest is frozen."""
    version = session.get(VersionRow, version_id)
    if version is None:
        return
    document = queries.document_row(session, version.document_id)
    kinds = session.exec(select(PageRow.kind).where(PageRow.version_id == version_id)).all()
    version.kind = kind_of(kinds)
    version.renderer = renderer
    version.words_sha = words_sha
    version.state = VersionState.READY.value
    session.add(version)
    if not _newer_is_read(session, document, version):
        document.version_id = version_id
        session.add(document)
    session.flush()
    session.record(DocumentVersionReady(document.id, version_id, version.page_count))
    if is_visible(MeetingState(meeting_row(session, document.meeting_id).state)):
        freeze(session, version_id)
    tell_document(session, document)


def _newer_is_read(session: WriteSession, document: DocumentRow, version: VersionRow) -> bool:
    """A version whose reading was retried may end after a newer one: it must not take its place."""
    current = session.get(VersionRow, document.version_id) if document.version_id else None
    return (
        current is not None
        and current.state == VersionState.READY.value
        and current.ordinal > version.ordinal
    )


def refuse(session: WriteSession, version_id: str, code: str) -> None:
    """The file cannot be taken; an earlier readable version stays."""
    version = session.get(VersionRow, version_id)
    if version is None:
        return
    version.state = VersionState.REFUSED.value
    version.refusal = code
    version.page_count = version.pages_ready = 0
    session.exec(delete(PageRow).where(col(PageRow.version_id) == version_id))
    session.add(version)
    session.record(DocumentVersionRefused(version.document_id, version_id, code))
    document = session.get(DocumentRow, version.document_id)
    if document is not None:
        tell_document(session, document)
