"""The PDF a person takes away: a copy made in the sandbox, with the marks of the layers chosen."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack
from dataclasses import dataclass
from typing import IO, Any, Final

import structlog
from sqlmodel import Session
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from annotations.model import Annotation, to_wire
from annotations.threads import read_by
from annotations.xfdf import MEDIA_TYPE as XFDF
from server.annotating.layers import layer_rows, marks_on
from server.documents import queries
from server.documents.routes import attachment
from server.errors import Busy, DomainError, Invalid
from server.http.endpoint import Call
from server.http.files import Files, as_domain_error
from server.http.routing import ID
from server.identity import Actor
from server.people.queries import cards
from server.sandbox.export import ExportedPdf, ExportMode, TooManyMarks, export_pdf
from server.sandbox.ladder import Sandbox
from server.sandbox.refusals import DocumentRefused, SandboxUnavailable

log = structlog.get_logger(__name__)
MOST_SENT: Final = 200
"""Finished files on their way at once: a hall that takes one paper away; some GB of disk."""
MOST_SENT_EACH: Final = 6
"""Of them for one person: some tablets at once, and never the whole hall's."""
LEAST_SECONDS: Final = 60
SLOWEST_LINE: Final = 16 * 1024
"""Bytes a second: a mobile line at the edge of its cell. Who takes less has gone away."""
PART_BYTES: Final = 1 << 18

MODES: tuple[ExportMode, ...] = ("annotations", "flattened", "clean", "xfdf")


@dataclass
class Exports:
    """How many PDFs are made at once on this server; more wait, and more than that are told."""

    at_once: int
    waiting: int

    def __post_init__(self) -> None:
        self.places = asyncio.Semaphore(self.at_once)
        self.count = 0
        self.sent_now = 0
        self._sent_to: Counter[str] = Counter()

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

    @contextlib.contextmanager
    def sending(self, person: str) -> Iterator[None]:
        """Count a finished file that lies on the disk, and whose it is. Raises `Busy` when too
        many do."""
        if self.sent_now >= MOST_SENT or self._sent_to[person] >= MOST_SENT_EACH:
            raise Busy(retry_after=5)
        self.sent_now += 1
        self._sent_to[person] += 1
        try:
            yield
        finally:
            self.sent_now -= 1
            self._sent_to[person] -= 1
            if not self._sent_to[person]:
                del self._sent_to[person]


@dataclass(frozen=True)
class Paper:
    """A version of a paper and the marks that go with it."""

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


def load_paper(
    session: Session,
    actor: Actor,
    document_id: str,
    version_id: str,
    wanted: frozenset[str],
    author: str = "",
) -> Paper:
    """The paper with the marks of the layers asked for that this person may read; of people's
    marks only those by `author`, where one is given. Answers whose mark is gone are in their
    author's file alone."""
    version = queries.version_row(session, document_id, version_id)
    if version.state == "refused":
        raise DomainError(version.refusal or "damaged", 422)
    kinds = {OF_KIND.get(one) for one in wanted}
    readable = layer_rows(session, actor, document_id, version_id, own_marks=bool(author))
    rows = [row for row in readable if row.kind in kinds or row.id in wanted]
    marks = [
        _item(mark)
        for row in rows
        for mark in read_by(actor.person_id, marks_on(session, row.id))
        if mark.version == version_id
        and (not author or mark.author == author or row.kind == "imported")
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
    return Paper(version.sha256, version.file_name, marks, layers, names, sorted(originals))


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
    """A file that is sent, and closed however the sending ends, also when it never began."""

    def __init__(self, size: int, media_type: str, name: str, file: IO[bytes]) -> None:
        headers = attachment(name) | {"Content-Length": str(size)}
        super().__init__(_parts(file), media_type=media_type, headers=headers)
        self.file = file
        self.patience = LEAST_SECONDS + PART_BYTES / SLOWEST_LINE
        """For each part: who takes nothing has gone away, however large the file is."""
        self.release: Callable[[], object] = file.close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def patiently(message: Message) -> None:
            async with asyncio.timeout(self.patience):
                await send(message)

        try:
            await super().__call__(scope, receive, patiently)
        except TimeoutError:
            log.warning("download_too_slow", seconds=self.patience)
        finally:
            self.release()


async def _parts(file: IO[bytes]) -> AsyncIterator[bytes]:
    while part := await asyncio.to_thread(file.read, PART_BYTES):
        yield part


async def send_made(
    call: Call,
    making: AbstractAsyncContextManager[ExportedPdf],
    media_type: str,
    name: str,
    *,
    unavailable: str,
) -> StreamingResponse:
    """Have a file made in its turn and answer with it as a download. It waits on the disk while it
    is sent: a slow line holds no place where files are made. `unavailable`: the code where no
    sandbox holds."""
    exports = call.rooms.get(Exports)
    with ExitStack() as stack:
        stack.enter_context(exports.sending(call.actor.person_id))
        file = stack.enter_context(call.rooms.get(Files).scratch())
        try:
            async with (
                exports.place(),
                asyncio.timeout(call.settings.export_seconds),
                making as made,
            ):
                async for part in made.chunks():
                    await asyncio.to_thread(file.write, part)
        except TimeoutError:
            raise DomainError("timed_out", 503) from None
        except SandboxUnavailable:
            raise DomainError(unavailable, 503) from None
        except (DocumentRefused, TooManyMarks) as refused:
            raise DomainError(refused.code, 422) from None
        except OSError as error:
            raise as_domain_error(error) from error
        file.seek(0)
        answer = _Download(made.size, media_type, name, file)
        answer.release = stack.pop_all().close
        return answer


async def export_document(call: Call) -> StreamingResponse:
    """Download the PDF with marks as real annotations, drawn in, or without any, or the marks alone
    as XFDF: mine, the file's own, and those of the layers asked for that I may read."""
    wanted = call.request.query_params.get("marks", "annotations")
    if wanted not in MODES:
        raise Invalid("marks")
    mode: ExportMode = wanted
    ids = call.ids
    layers = _wanted(call)
    paper = await call.read(load_paper, call.actor, ids["document_id"], ids["version_id"], layers)
    path = call.rooms.get(Files).path(paper.sha256)
    making = export_pdf(
        call.rooms.get(Sandbox),
        path,
        mode,
        paper.marks if mode != "clean" else [],
        layers=paper.layers,
        authors=paper.authors,
        originals=paper.originals,
        file_name=paper.file_name,
    )
    xfdf = mode == "xfdf"
    name = paper.file_name.removesuffix(".pdf") + ".xfdf" if xfdf else paper.file_name
    media_type = XFDF if xfdf else "application/pdf"
    return await send_made(call, making, media_type, name, unavailable="uploads_refused")
