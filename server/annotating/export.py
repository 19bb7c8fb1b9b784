"""The PDF a person takes away: a copy made in the sandbox, with the marks of their own layer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from annotations.model import to_wire
from server.annotating.layers import private_layer, private_marks
from server.documents import queries
from server.documents.routes import attachment
from server.errors import Busy, DomainError, Invalid
from server.http.endpoint import Call
from server.http.files import Files
from server.identity import Actor
from server.people.tables import PersonRow
from server.sandbox.export import ExportMode, TooManyMarks, export_pdf
from server.sandbox.ladder import Sandbox
from server.sandbox.refusals import DocumentRefused, SandboxUnavailable

MODES: tuple[ExportMode, ...] = ("annotations", "flattened", "clean")


@dataclass
class Exports:
    """How many PDFs are made at once on this server; more wait, and more than that are told."""

    at_once: int
    waiting: int

    def __post_init__(self) -> None:
        self.places = asyncio.Semaphore(self.at_once)
        self.count = 0

    @contextlib.asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place. Raises `Busy` when too many wait."""
        if self.count >= self.at_once + self.waiting:
            raise Busy(retry_after=5)
        self.count += 1
        try:
            async with self.places:
                yield
        finally:
            self.count -= 1


@dataclass(frozen=True)
class _Paper:
    sha256: str
    file_name: str
    marks: list[dict[str, Any]]
    layers: dict[str, str]
    authors: dict[str, str]


def _paper(session: Session, actor: Actor, document_id: str, version_id: str) -> _Paper:
    version = queries.version_row(session, document_id, version_id)
    if version.state == "refused":
        raise DomainError(version.refusal or "damaged", 422)
    layer = private_layer(session, document_id, actor.person_id)
    name = session.get_one(PersonRow, actor.person_id).name
    marks = [
        {**to_wire(mark), "layer": mark.layer}
        for mark in private_marks(session, actor, document_id)
        if mark.version == version_id
    ]
    layers = {layer: name} if layer else {}
    return _Paper(version.sha256, version.file_name, marks, layers, {actor.person_id: name})


class _Download(StreamingResponse):
    """A stream whose source is closed however the sending ends, also when it never began."""

    def __init__(
        self, chunks: AsyncIterator[bytes], headers: dict[str, str], source: AsyncExitStack
    ) -> None:
        super().__init__(chunks, media_type="application/pdf", headers=headers)
        self.source = source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self.source:
            await super().__call__(scope, receive, send)


async def export_document(call: Call) -> StreamingResponse:
    """Download the PDF with my marks as real annotations, drawn in, or without any."""
    wanted = call.request.query_params.get("marks", "annotations")
    if wanted not in MODES:
        raise Invalid("marks")
    mode: ExportMode = wanted
    ids = call.ids
    paper = await call.read(_paper, call.actor, ids["document_id"], ids["version_id"])
    path = call.rooms.get(Files).path(paper.sha256)
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(call.rooms.get(Exports).place())
            async with asyncio.timeout(call.settings.export_seconds):
                made = await stack.enter_async_context(
                    export_pdf(
                        call.rooms.get(Sandbox),
                        path,
                        mode,
                        paper.marks if mode != "clean" else [],
                        layers=paper.layers,
                        authors=paper.authors,
                    )
                )
        except TimeoutError:
            raise DomainError("timed_out", 503) from None
        except SandboxUnavailable:
            raise DomainError("uploads_refused", 503) from None
        except (DocumentRefused, TooManyMarks) as refused:
            raise DomainError(refused.code, 422) from None
        open_until_sent = stack.pop_all()

    headers = attachment(paper.file_name) | {"Content-Length": str(made.size)}
    return _Download(made.chunks(), headers, open_until_sent)
