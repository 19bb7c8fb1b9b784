"""Marks of an XFDF file, in the page space of the PDF they belong to."""

import asyncio
import os
from pathlib import Path

from server.sandbox.events import MalformedEvent, MarksRead, marks_read
from server.sandbox.ladder import Sandbox
from server.sandbox.launch import start_process
from server.sandbox.refusals import DocumentRefused


async def read_xfdf(sandbox: Sandbox, path: Path, xfdf: bytes) -> MarksRead:
    """The marks in `xfdf`, which belong to the PDF at `path`. Raises `DocumentRefused` (`not_xfdf`
    for what is none or declares a document type) and `SandboxUnavailable`."""
    rung, limits = sandbox.use_rung(), sandbox.limits
    fd = await asyncio.to_thread(os.open, path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        child = await start_process(rung, "xfdf", limits, fd)
    finally:
        os.close(fd)
    try:
        await child.send({}, [xfdf])
        header, blobs = await child.receive()
        if header.get("event") != "marks":
            raise DocumentRefused("crashed", "spoke out of turn")
        return await asyncio.to_thread(marks_read, header, blobs, limits.max_pages, limits)
    except MalformedEvent as error:
        raise DocumentRefused("crashed", f"spoke out of turn: {error}") from error
    finally:
        await child.end()
