"""A person's notes as a PDF or a Word file, made in a process of its own."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Literal

from server.sandbox.export import ExportedPdf, TooManyMarks
from server.sandbox.ladder import Sandbox
from server.sandbox.launch import start_process
from server.sandbox.refusals import DocumentRefused

NotesForm = Literal["pdf", "docx"]


@contextlib.asynccontextmanager
async def print_notes(
    sandbox: Sandbox, content: Mapping[str, Any], form: NotesForm
) -> AsyncGenerator[ExportedPdf]:
    """Set `content` (shape: `child/notes_job.SAMPLE`) on pages.

    No foreign file is opened: where no rung of the ladder holds, an own process without walls but
    with bounds does it. Raises `DocumentRefused`, `TooManyMarks`, `SandboxUnavailable`.
    """
    limits = sandbox.limits
    body = await asyncio.to_thread(lambda: json.dumps(content).encode())
    if len(body) > limits.max_marks_bytes:
        raise TooManyMarks(str(len(body)))
    child = await start_process(sandbox.rung or "none", "notes", limits)
    try:
        await child.send({"form": form}, [body])
        answer, _ = await child.receive(limits.total_wall_s)
        size = answer.get("size")
        if answer.get("event") != "exported" or type(size) is not int or size < 0:
            raise DocumentRefused("crashed", "spoke out of turn")
        yield ExportedPdf(size, 0, 0, child)
    finally:
        await child.end()
