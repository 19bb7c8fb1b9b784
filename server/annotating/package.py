"""What a person takes away before the marks of a meeting are deleted: one ZIP with their papers.

It is planned first, so that a refusal is said before anything is downloaded, and made while it is
sent. Nothing of it gets a name on the disk: these are private notes, about to be deleted. What
cannot be put in does not stop the rest; the contents page says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import IO, Literal

import structlog
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from server import clock
from server.annotating.export import LEAST_SECONDS, SLOWEST_LINE, Exports
from server.annotating.messages import PackageView
from server.annotating.notes import Wanted
from server.annotating.notes_print import FORMS, VIET_NAM, printed_notes
from server.annotating.notes_words import LANGUAGES, Language
from server.annotating.package_plan import (
    WORDS,
    Piece,
    Plan,
    contents_page,
    load_piece,
    plan_package,
    require_session,
)
from server.annotating.zip_stream import CHUNK, ZipStream
from server.documents.routes import attachment
from server.errors import Busy, DomainError, Invalid, NotFound
from server.http.endpoint import Call
from server.http.files import Files
from server.sandbox.export import ExportedPdf, TooManyMarks, export_pdf
from server.sandbox.ladder import Sandbox
from server.sandbox.notes import NotesForm, print_notes
from server.sandbox.refusals import DocumentRefused, SandboxUnavailable

log = structlog.get_logger(__name__)
State = Literal["waiting", "making", "done", "ended"]


@dataclass
class Package:
    """One package: what it is to hold, and how far it is."""

    id: str
    person: str
    meeting: str
    language: Language
    plan: Plan
    planned_at: float
    state: State = "waiting"
    done: int = 0
    sent: int = 0
    missing: list[tuple[str, str]] = field(default_factory=list)
    """Names of files that are not in it, and why."""

    def view(self) -> PackageView:
        """As the client is told."""
        return PackageView(
            id=self.id,
            papers=len(self.plan.pieces),
            done=min(self.done, len(self.plan.pieces)),
            sent=self.sent,
            missing=len(self.missing),
            state=self.state,
        )


@dataclass
class Packages:
    """The packages of this server, one a person; planned ones that nobody fetches are forgotten."""

    turns: Exports
    most: int
    _by_person: dict[str, Package] = field(default_factory=dict)

    def add(self, package: Package) -> None:
        """In the place of this person's former one. Raises `Busy`, also while that is on its
        way."""
        known = self._by_person.pop(package.person, None)
        if known is not None and known.state == "making":
            self._by_person[package.person] = known
            raise Busy("package_under_way", retry_after=10)
        for person, one in sorted(self._by_person.items(), key=lambda item: item[1].planned_at):
            if len(self._by_person) < self.most:
                break
            if one.state != "making":
                del self._by_person[person]
        if len(self._by_person) >= self.most:
            raise Busy(retry_after=10)
        self._by_person[package.person] = package

    def of(self, person: str, package_id: str) -> Package:
        """This person's package. Raises `not_found`."""
        found = self._by_person.get(person)
        if found is None or found.id != package_id:
            raise NotFound()
        return found


async def plan_my_package(call: Call) -> PackageView:
    """Plan one package of all papers of a meeting with my marks; its file is fetched next."""
    language = call.request.query_params.get("language", "vi")
    if language not in LANGUAGES:
        raise Invalid("language")
    meeting, most = call.ids["meeting_id"], call.settings.package_bytes
    plan = await call.read(plan_package, call.actor, meeting, language, most)
    package = Package(
        clock.new_id(), call.actor.person_id, meeting, language, plan, clock.monotonic()
    )
    call.rooms.get(Packages).add(package)
    return package.view()


async def package_progress(call: Call) -> PackageView:
    """How far my package is."""
    await call.read(lambda session: None)
    return call.rooms.get(Packages).of(call.actor.person_id, call.ids["package_id"]).view()


async def package_file(call: Call) -> StreamingResponse:
    """My package: a ZIP, made while it is sent."""
    await call.read(lambda session: None)
    packages = call.rooms.get(Packages)
    package = packages.of(call.actor.person_id, call.ids["package_id"])
    if package.state == "making":
        raise Busy(retry_after=5)
    package.state, package.done, package.sent, package.missing = "making", 0, 0, []
    async with AsyncExitStack() as stack:
        stack.callback(_ended, package)
        await stack.enter_async_context(packages.turns.place())
        open_until_sent = stack.pop_all()
    name = f"{package.plan.name}.zip"
    chunks = _counted(_packed(call, package), package)
    return _Download(chunks, attachment(name), open_until_sent)


class _Download(StreamingResponse):
    """The package on its way. `source` is closed however that ends, also when it never began; who
    takes nothing any more has gone away and keeps no turn from others."""

    def __init__(
        self, chunks: AsyncIterator[bytes], headers: dict[str, str], source: AsyncExitStack
    ) -> None:
        super().__init__(chunks, media_type="application/zip", headers=headers)
        self.source = source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def patiently(message: Message) -> None:
            async with asyncio.timeout(LEAST_SECONDS + CHUNK / SLOWEST_LINE):
                await send(message)

        try:
            async with self.source:
                await super().__call__(scope, receive, patiently)
        except TimeoutError:
            log.warning("package_too_slow")


def _ended(package: Package) -> None:
    if package.state == "making":
        package.state = "ended"


async def _counted(chunks: AsyncIterator[bytes], package: Package) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        package.sent += len(chunk)
        yield chunk
    package.state = "done"


async def _packed(call: Call, package: Package) -> AsyncIterator[bytes]:
    now = clock.now().astimezone(VIET_NAM)
    archive = ZipStream(now)
    until = clock.monotonic() + call.settings.package_seconds
    async for name, content in _contents(call, package, until):
        with contextlib.closing(content):
            async for chunk in archive.add(name, content, packed=name.endswith(".xfdf")):
                yield chunk
    when = (f"{now:%H:%M}", f"{now:%d/%m/%Y}")
    page = contents_page(package.plan, package.missing, package.language, when)
    name = WORDS[package.language]["contents"] + ".txt"
    async for chunk in archive.add(name, io.BytesIO(page), packed=True):
        yield chunk
    yield archive.end()


async def _contents(
    call: Call, package: Package, until: float
) -> AsyncIterator[tuple[str, IO[bytes]]]:
    """Each file with its name; what cannot be made is noted instead."""
    for piece in package.plan.pieces:
        for ending in ("pdf", "xfdf"):
            name = f"{piece.stem}.{ending}"
            make = partial(_piece, call, piece, xfdf=ending == "xfdf")
            content = await _tried(package, name, until, make)
            if content is not None:
                yield name, content
        package.done += 1
    for form in FORMS:
        name = f"{WORDS[package.language]['list']}.{form}"
        content = await _tried(package, name, until, partial(_list, call, package, form))
        if content is not None:
            yield name, content


async def _tried(
    package: Package, name: str, until: float, make: Callable[[], Awaitable[IO[bytes]]]
) -> IO[bytes] | None:
    """The file, or None and why. Where all places are taken it waits: this is made once, before
    the marks go."""
    try:
        while clock.monotonic() <= until:
            try:
                return await make()
            except Busy as busy:
                await asyncio.sleep(busy.retry_after)
        code = "timed_out"
    except TimeoutError:
        code = "timed_out"
    except OSError:
        code = "storage_failed"
    except SandboxUnavailable:
        code = "printing_unavailable"
    except (DocumentRefused, TooManyMarks, DomainError) as refused:
        code = refused.code
    package.missing.append((name, code))
    return None


async def _piece(call: Call, piece: Piece, *, xfdf: bool) -> IO[bytes]:
    paper = await call.read(load_piece, call.actor, piece, whole=not xfdf)
    me = call.actor.person_id
    marks = [mark for mark in paper.marks if not xfdf or mark["author"] == me]
    making = export_pdf(
        call.rooms.get(Sandbox),
        call.rooms.get(Files).path(paper.sha256),
        "xfdf" if xfdf else "annotations",
        marks,
        layers=paper.layers,
        authors=paper.authors,
        originals=paper.originals,
        file_name=f"{piece.stem}.pdf",
    )
    return await _spooled(call, making)


async def _list(call: Call, package: Package, form: NotesForm) -> IO[bytes]:
    wanted, most = Wanted(meeting=package.meeting), call.settings.notes_printed
    await call.read(require_session, call.actor)
    content = await call.read(printed_notes, call.actor, wanted, package.language, most)
    return await _spooled(call, print_notes(call.rooms.get(Sandbox), content, form))


async def _spooled(call: Call, making: AbstractAsyncContextManager[ExportedPdf]) -> IO[bytes]:
    """A finished file, out of the sandbox at once: a slow line must not keep its place."""
    file = call.rooms.get(Files).scratch()
    try:
        # The time begins with the place: waiting for one is no fault of the file.
        async with (
            call.rooms.get(Exports).place(),
            asyncio.timeout(call.settings.export_seconds),
            making as made,
        ):
            async for chunk in made.chunks():
                await asyncio.to_thread(file.write, chunk)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file
