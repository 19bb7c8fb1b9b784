"""Read a new document: one fresh sandboxed process, events page by page."""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator
from pathlib import Path

from server.sandbox.disguise import check_outside
from server.sandbox.events import (
    IngestEvent,
    MalformedEvent,
    document_opened,
    ingest_done,
    marks_read,
    page_ready,
)
from server.sandbox.ladder import Sandbox
from server.sandbox.launch import SandboxedProcess, start_process
from server.sandbox.limits import SandboxLimits
from server.sandbox.refusals import DocumentRefused


async def ingest(sandbox: Sandbox, path: Path) -> AsyncGenerator[IngestEvent]:
    """`DocumentOpened`, `MarksRead`, each `PageReady` in order, `IngestDone`.

    Raises `DocumentRefused` at any point (what came before is then worthless) and
    `SandboxUnavailable`. Close the generator early (`aclosing`) to stop the child. The time the
    caller takes between two events does not count against the document.
    """
    rung, limits = sandbox.use_rung(), sandbox.limits
    fd = await asyncio.to_thread(os.open, path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        await asyncio.to_thread(check_outside, fd, limits)
        child = await start_process(rung, "ingest", limits, fd)
    finally:
        os.close(fd)
    try:
        async with contextlib.aclosing(_events(child, limits)) as events:
            async for event in events:
                yield event
    except MalformedEvent as error:
        raise DocumentRefused("crashed", f"spoke out of turn: {error}") from error
    finally:
        await child.end()


async def _events(child: SandboxedProcess, limits: SandboxLimits) -> AsyncGenerator[IngestEvent]:
    header, _ = await child.receive()
    if header.get("event") != "document":
        raise MalformedEvent("no document first")
    opened = document_opened(header, limits)
    yield opened
    header, blobs = await child.receive()
    if header.get("event") != "marks":
        raise MalformedEvent("no marks")
    yield await asyncio.to_thread(marks_read, header, blobs, opened.page_count, limits)
    for index in range(opened.page_count):
        header, blobs = await child.receive()
        if header.get("event") != "page":
            raise MalformedEvent("no page")
        yield page_ready(header, blobs, index)
    header, _ = await child.receive()
    if header.get("event") != "done":
        raise MalformedEvent("no end")
    yield ingest_done(header)
