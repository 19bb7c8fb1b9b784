"""A PDF for a person to keep: a copy with marks as real annotations, drawn in, or clean."""

import asyncio
import contextlib
import dataclasses
import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from server.sandbox.ladder import Sandbox
from server.sandbox.launch import SandboxedProcess, start_process
from server.sandbox.refusals import DocumentRefused, SandboxError

ExportMode = Literal["annotations", "flattened", "clean", "xfdf"]


class TooManyMarks(SandboxError):
    """The marks of one export weigh more than `SandboxLimits.max_marks_bytes`."""

    code = "too_many_marks"


@dataclasses.dataclass(frozen=True, slots=True)
class ExportedPdf:
    """A finished file that waits in the child. `skipped`: marks on pages it does not have."""

    size: int
    written: int
    skipped: int
    _child: SandboxedProcess = dataclasses.field(repr=False)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The file in parts of at most 1 MiB, `size` bytes in all."""
        left = self.size
        while left:
            header, blobs = await self._child.receive()
            if header.get("event") != "chunk" or len(blobs) != 1 or not 0 < len(blobs[0]) <= left:
                raise DocumentRefused("crashed", "spoke out of turn")
            left -= len(blobs[0])
            yield blobs[0]


@contextlib.asynccontextmanager
async def export_pdf(
    sandbox: Sandbox,
    path: Path,
    mode: ExportMode,
    marks: Sequence[Mapping[str, Any]] = (),
    *,
    layers: Mapping[str, str] | None = None,
    authors: Mapping[str, str] | None = None,
    originals: Sequence[tuple[int, int]] = (),
    file_name: str = "",
) -> AsyncGenerator[ExportedPdf]:
    """Export a copy of the PDF at `path`; the original is only read.

    `marks` are wire items (annotations.model.to_wire), each with its `layer` id; `ink` may be the
    wire text or a list of points [x, y, pressure?]. `layers` and `authors` give the names a reader
    sees, by id. `annotations`: real annotations, one optional-content group per layer;
    `flattened`: drawn into the page, with the words of notes on pages at the end; `clean`: no
    marks; `xfdf`: the marks alone, for the PDF named `file_name`. `originals`: (page, place in its
    /Annots) of the annotations of the file that stand in its layer; those among `marks` (by `index`
    of their `foreign_props`) stay as they are, the others are taken out. In every mode scripts,
    attachments and
    actions that leave the document are taken out. Raises `DocumentRefused`, `TooManyMarks`,
    `SandboxUnavailable`; nothing has been sent by then.
    """
    rung, limits = sandbox.use_rung(), sandbox.limits
    body = await asyncio.to_thread(lambda: json.dumps(list(marks)).encode())
    if len(body) > limits.max_marks_bytes:
        raise TooManyMarks(str(len(body)))
    fd = await asyncio.to_thread(os.open, path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        child = await start_process(rung, "export", limits, fd)
    finally:
        os.close(fd)
    try:
        header = {
            "mode": mode,
            "layers": dict(layers or {}),
            "authors": dict(authors or {}),
            "originals": list(originals),
            "file_name": file_name,
        }
        await child.send(header, [body])
        answer, _ = await child.receive(limits.total_wall_s)
        numbers = [answer.get(name) for name in ("size", "written", "skipped")]
        size, written, skipped = (n if type(n) is int and n >= 0 else -1 for n in numbers)
        if answer.get("event") != "exported" or min(size, written, skipped) < 0:
            raise DocumentRefused("crashed", "spoke out of turn")
        yield ExportedPdf(size, written, skipped, child)
    finally:
        await child.end()
