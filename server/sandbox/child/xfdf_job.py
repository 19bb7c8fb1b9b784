"""Read an XFDF file: its marks in the page space of the PDF it belongs to."""

import functools
import json
from typing import Any

from annotations.errors import XfdfError
from annotations.imported import to_item
from annotations.pdf_import import count_rest, import_marks
from annotations.xfdf_read import read_xfdf
from server.sandbox.child import open_document, typeface
from server.sandbox.child.channel import Channel
from server.sandbox.child.lockdown import grant_cpu
from server.sandbox.child.mupdf import pymupdf
from server.sandbox.child.read_marks import Places
from server.sandbox.child.warm_up import warm_up as warm_up_rendering
from server.sandbox.limits import SandboxLimits
from server.sandbox.refusals import RefusalCode

__all__ = ["refusal_of", "run", "warm_up"]


@functools.cache
def warm_up() -> None:
    warm_up_rendering()
    typeface.EmbeddedFont().width("ấ")
    read_xfdf(b'<xfdf xmlns="http://ns.adobe.com/xfdf/"/>')


def refusal_of(error: BaseException) -> tuple[RefusalCode, str]:
    """Of an XFDF that is none, too."""
    if isinstance(error, XfdfError):
        return ("too_large" if error.code == "too_large" else "not_xfdf"), error.code
    return open_document.refusal_of(error)


def run(channel: Channel, data: memoryview, extra: dict[str, Any], limits: SandboxLimits) -> None:
    """One request with the file as its blob, then `marks` as ingest tells them."""
    grant_cpu(limits.page_cpu_s, limits.total_cpu_s)
    received = channel.receive()
    if received is None:
        return
    document = open_document.open_document(data, limits)
    places = Places(pymupdf._as_pdf_document(document), document.page_count)
    raws = iter(read_xfdf(received[1][0]))
    found = import_marks(raws, places, typeface.EmbeddedFont(), limits.max_imported_marks)
    count_rest(found, (raw.subtype for raw in raws))
    items = json.dumps([to_item(mark) for mark in found.marks], ensure_ascii=False).encode()
    channel.send({"event": "marks", "left": dict(found.left), "over": found.over}, [items])
