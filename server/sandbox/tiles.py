"""Sharp tiles of approved documents, from processes that keep the document open.

One process per document, at most `warm_processes` of them; the least recently used idle one makes
room. A document whose process died gets a fresh one with the next request.
"""

import asyncio
import collections
import contextlib
import os
from pathlib import Path

from server.sandbox.events import is_webp
from server.sandbox.ladder import Sandbox
from server.sandbox.launch import SandboxedProcess, start_process
from server.sandbox.refusals import DocumentRefused, SandboxBusy, SandboxError


class NoSuchTile(SandboxError):
    """The page, scale or place is outside the document."""

    code = "no_such_tile"


class _WarmDocument:
    """One document's process. Requests wait for each other at `turn`."""

    def __init__(self, path: Path, marks_drawn: bool) -> None:
        self.path = path
        self.marks_drawn = marks_drawn
        self.turn = asyncio.Lock()
        self.waiting = 0
        self.served = 0
        self.process: SandboxedProcess | None = None
        self.expiry: asyncio.TimerHandle | None = None

    async def end(self) -> None:
        if self.expiry is not None:
            self.expiry.cancel()
        process, self.process = self.process, None
        if process is not None:
            await process.end()


class TileRenderer:
    """`await render_tile(...)`; one per server. Close it with `aclose()`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._documents: collections.OrderedDict[str, _WarmDocument] = collections.OrderedDict()
        self._room = asyncio.Condition()
        self._homeless = 0
        """Requests that wait until one of the open documents is idle."""
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def warm(self) -> tuple[str, ...]:
        """The documents kept open, least recently used first."""
        return tuple(self._documents)

    async def render_tile(
        self,
        document: str,
        path: Path,
        page: int,
        scale: int,
        column: int,
        row: int,
        *,
        marks_drawn: bool = False,
    ) -> bytes:
        """The 512×512 tile (WebP) of page `page` (from 0) at `scale` (2, 4, 8) times its image.

        `document` names the content (its hash); `path` is read only when no process has it open.
        `marks_drawn`: with the marks the file brought along, as pages once were; else as `ingest`
        draws pages.
        Tiles count from the top left of the page as displayed; edge tiles are smaller. Raises
        `NoSuchTile`, `SandboxBusy`, `DocumentRefused`, `SandboxUnavailable`.
        """
        rung, limits = self._sandbox.use_rung(), self._sandbox.limits
        document = f"{document}+marks" if marks_drawn else document
        warm = await self._take_place(document, path, marks_drawn)
        if warm.waiting >= limits.warm_queue:
            raise SandboxBusy(document)
        warm.waiting += 1
        try:
            async with warm.turn:
                # A caller that goes away must not leave half an answer in the pipe.
                asked = asyncio.ensure_future(self._ask(warm, rung, (page, scale, column, row)))
                try:
                    return await asyncio.shield(asked)
                except asyncio.CancelledError:
                    with contextlib.suppress(SandboxError):
                        await asked
                    raise
        finally:
            warm.waiting -= 1
            async with self._room:
                self._room.notify_all()
            self._expire_later(document, warm)

    async def aclose(self) -> None:
        """End every warm process."""
        documents = list(self._documents.values())
        self._documents.clear()
        for warm in documents:
            await warm.end()
        for task in list(self._tasks):
            await task

    async def _take_place(self, document: str, path: Path, marks_drawn: bool) -> _WarmDocument:
        most = self._sandbox.limits.warm_queue
        async with self._room:
            while True:
                warm = self._documents.get(document)
                if warm is not None:
                    self._documents.move_to_end(document)
                    return warm
                if len(self._documents) < self._sandbox.limits.warm_processes:
                    warm = self._documents[document] = _WarmDocument(path, marks_drawn)
                    return warm
                idle = next((key for key, w in self._documents.items() if not w.waiting), None)
                if idle is not None:
                    self._end_aside(self._documents.pop(idle))
                    continue
                if self._homeless >= most:
                    raise SandboxBusy(document)
                self._homeless += 1
                try:
                    await self._room.wait()
                finally:
                    self._homeless -= 1

    async def _ask(self, warm: _WarmDocument, rung: str, tile: tuple[int, int, int, int]) -> bytes:
        limits = self._sandbox.limits
        if warm.process is not None and warm.served >= limits.warm_requests:
            await warm.end()
        try:
            if warm.process is None:
                fd = await asyncio.to_thread(os.open, warm.path, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    extra = {"marks_drawn": warm.marks_drawn}
                    warm.process = await start_process(rung, "tiles", limits, fd, extra)
                finally:
                    os.close(fd)
                warm.served = 0
            warm.served += 1
            page, scale, column, row = tile
            await warm.process.send({"page": page, "scale": scale, "column": column, "row": row})
            header, blobs = await warm.process.receive()
            if header.get("event") == "no_tile":
                raise NoSuchTile(f"{page}/{scale}/{column}/{row}")
            if header.get("event") != "tile" or len(blobs) != 1 or not is_webp(blobs[0]):
                raise DocumentRefused("crashed", "spoke out of turn")
        except NoSuchTile:
            raise
        except BaseException:
            await warm.end()
            raise
        return blobs[0]

    def _expire_later(self, document: str, warm: _WarmDocument) -> None:
        if warm.expiry is not None:
            warm.expiry.cancel()
        loop = asyncio.get_running_loop()
        warm.expiry = loop.call_later(
            self._sandbox.limits.warm_idle_s, self._expire, document, warm
        )

    def _expire(self, document: str, warm: _WarmDocument) -> None:
        if warm.waiting or self._documents.get(document) is not warm:
            return
        del self._documents[document]
        self._end_aside(warm)

    def _end_aside(self, warm: _WarmDocument) -> None:
        """Nobody waits for a process that takes its time to die."""
        task = asyncio.get_running_loop().create_task(warm.end())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
