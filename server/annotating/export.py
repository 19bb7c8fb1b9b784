"""The PDF a person takes away: a copy made in the sandbox, with the marks of the layers chosen."""

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

from annotations.model import Annotation, to_wire
from annotations.xfdf import MEDIA_TYPE as XFDF
from server.annotating.layers import layer_rows, marks_on
from server.documents import queries
from server.documents.routes import attachment
from server.errors import Busy, DomainError, Invalid
from server.http.endpoint import Call
from server.http.files import Files
from server.http.routing import ID
from server.identity import Actor
from server.people.queries import cards
from server.sandbox.export import ExportedPdf, ExportMode, TooManyMarks, export_pdf
from server.sandbox.ladder import Sandbox
from server.sandbox.refusals import DocumentRefused, SandboxUnavailable

MODES: tuple[ExportMode, ...] = ("annotations", "flattened", "clean", "xfdf")


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
    originals: list[tuple[int, int]]
    """Where the file itself has the marks of its layer: page, and place among its annotations."""


OF_KIND = {
    "mine": "private",
    "presenter": "presenter",
    "shared": "shared",
    "file": "imported",
}
"""What `layers` may ask for, besides ids of layers: kinds of them."""
FILE_LAYER = "Có sẵn trong tệp"
"""Name of the file's own marks among the layers of an exported PDF, in Vietnamese like stamps."""
MOST_LAYERS = 60
"""What `layers` may name: the shared ones of a document (settings) and some."""


def _paper(
    session: Session, actor: Actor, document_id: str, version_id: str, wanted: frozenset[str]
) -> _Paper:
    version = queries.version_row(session, document_id, version_id)
    if version.state == "refused":
        raise DomainError(version.refusal or "damaged", 422)
    kinds = {OF_KIND.get(one) for one in wanted}
    readable = layer_rows(session, actor, document_id, version_id)
    rows = [row for row in readable if row.kind in kinds or row.id in wanted]
    marks = [
        _item(mark)
        for row in rows
        for mark in marks_on(session, row.id)
        if mark.version == version_id
    ]
    brought = [row.id for row in readable if row.kind == "imported"]
    originals = {
        (mark.page, int(props["index"]))
        for layer_id in brought
        for mark in marks_on(session, layer_id)
        if "subtype" not in (props := mark.foreign_props or {}) and "index" in props
    }
    people = {str(mark["author"]) for mark in marks} | {row.owner for row in rows}
    names = {one: card.name for one, card in cards(session, people).items()}
    layers = {row.id: row.title or names.get(row.owner, "") for row in rows}
    layers |= dict.fromkeys(brought, FILE_LAYER)
    return _Paper(version.sha256, version.file_name, marks, layers, names, sorted(originals))


def _item(mark: Annotation) -> dict[str, Any]:
    item: dict[str, Any] = {**to_wire(mark), "layer": mark.layer}
    if mark.foreign_props:
        item |= {"foreign_props": mark.foreign_props, "group_revs": mark.group_revs}
    return item


def _wanted(call: Call) -> frozenset[str]:
    """The layers asked for: kinds and ids between commas; one's own and the file's where nothing
    is said."""
    wanted = frozenset(call.request.query_params.get("layers", "mine,file").split(","))
    known = all(one in OF_KIND or ID.fullmatch(one) for one in wanted)
    if not known or len(wanted) > MOST_LAYERS:
        raise Invalid("layers")
    return wanted


class _Download(StreamingResponse):
    """A stream whose source is closed however the sending ends, also when it never began."""

    def __init__(
        self,
        chunks: AsyncIterator[bytes],
        media_type: str,
        headers: dict[str, str],
        source: AsyncExitStack,
    ) -> None:
        super().__init__(chunks, media_type=media_type, headers=headers)
        self.source = source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self.source:
            await super().__call__(scope, receive, send)


def stream_export(
    made: ExportedPdf, media_type: str, name: str, source: AsyncExitStack
) -> StreamingResponse:
    """A finished file as a download; `source` ends with it."""
    headers = attachment(name) | {"Content-Length": str(made.size)}
    return _Download(made.chunks(), media_type, headers, source)


async def export_document(call: Call) -> StreamingResponse:
    """Download the PDF with marks as real annotations, drawn in, or without any, or the marks alone
    as XFDF: mine, the file's own, and those of the layers asked for that I may read."""
    wanted = call.request.query_params.get("marks", "annotations")
    if wanted not in MODES:
        raise Invalid("marks")
    mode: ExportMode = wanted
    ids = call.ids
    layers = _wanted(call)
    paper = await call.read(_paper, call.actor, ids["document_id"], ids["version_id"], layers)
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
                        originals=paper.originals,
                        file_name=paper.file_name,
                    )
                )
        except TimeoutError:
            raise DomainError("timed_out", 503) from None
        except SandboxUnavailable:
            raise DomainError("uploads_refused", 503) from None
        except (DocumentRefused, TooManyMarks) as refused:
            raise DomainError(refused.code, 422) from None
        open_until_sent = stack.pop_all()

    xfdf = mode == "xfdf"
    name = paper.file_name.removesuffix(".pdf") + ".xfdf" if xfdf else paper.file_name
    return stream_export(made, XFDF if xfdf else "application/pdf", name, open_until_sent)
