"""Write a copy of a document: with marks as annotations, with marks drawn in, or clean."""

import functools
import io
from typing import Any

from annotations.xfdf import write_xfdf
from server.sandbox.child import typeface, write_marks
from server.sandbox.child.channel import Channel
from server.sandbox.child.lockdown import grant_cpu
from server.sandbox.child.open_document import refusal_of
from server.sandbox.child.originals import Originals
from server.sandbox.child.qpdf import pikepdf
from server.sandbox.child.request import read_request
from server.sandbox.child.sanitise import sanitise
from server.sandbox.child.warm_up import warm_up as warm_up_rendering
from server.sandbox.limits import SandboxLimits

__all__ = ["refusal_of", "run", "warm_up"]

CHUNK_BYTES = 1 << 20


@functools.cache
def warm_up() -> None:
    warm_up_rendering()
    font = typeface.EmbeddedFont()
    font.glyphs("ấ")
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(typeface.font_document())) as own:
        write_marks.own_resources(own.pages[0])
        sanitise(own)
        own.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def run(channel: Channel, data: memoryview, extra: dict[str, Any], limits: SandboxLimits) -> None:
    """One request, then `exported` and the file in chunks. Nothing is sent before it is whole."""
    grant_cpu(limits.total_cpu_s, limits.total_cpu_s)
    received = channel.receive()
    if received is None:
        return
    request = read_request(received[0], received[1][0])
    with pikepdf.open(io.BytesIO(data)) as pdf:
        originals = Originals(pdf, request.originals)
        sanitise(pdf)
        writer = write_marks.MarkWriter(pdf, request, originals)
        out = io.BytesIO()
        if request.mode == "xfdf":
            out.write(write_xfdf(writer.as_pdf_marks(), request.file_name))
        else:
            writer.write()
            pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    result = out.getbuffer()
    channel.send(
        {
            "event": "exported",
            "size": len(result),
            "written": writer.written,
            "skipped": writer.skipped,
        }
    )
    for start in range(0, len(result), CHUNK_BYTES):
        channel.send({"event": "chunk"}, [bytes(result[start : start + CHUNK_BYTES])])
