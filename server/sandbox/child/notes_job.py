"""A printed list of a person's notes: our own words set on pages, no foreign file is opened.

It runs here because PyMuPDF, Pillow and python-docx do not belong in the server's process, and
because what people wrote may be long and strange.
"""

import functools
import json
from typing import Any

from server.sandbox.child import notes_docx, notes_pdf
from server.sandbox.child.channel import Channel
from server.sandbox.child.lockdown import grant_cpu
from server.sandbox.child.open_document import refusal_of
from server.sandbox.child.warm_up import warm_up as warm_up_rendering
from server.sandbox.limits import SandboxLimits

__all__ = ["refusal_of", "run", "warm_up"]

CHUNK_BYTES = 1 << 20
MAKERS = {"pdf": notes_pdf.make, "docx": notes_docx.make}
SAMPLE: dict[str, Any] = {
    "title": "Ghi chú của tôi",
    "lines": ["Bà Nguyễn Thị Ấu"],
    "footer": "Ghi chú của tôi",
    "page": "Trang",
    "groups": [
        {
            "title": "Phiên họp",
            "when": "22/11/2026",
            "documents": [
                {
                    "title": "Tờ trình",
                    "number": "1/TTr",
                    "pages": [
                        {
                            "label": "Trang 1",
                            "notes": [
                                {
                                    "about": "Nét bút",
                                    "quote": "a",
                                    "body": "b\nc",
                                    "color": "#1b4fbf",
                                    "wide": False,
                                    "sketch": {
                                        "width": 9.0,
                                        "height": 4.0,
                                        "lines": [[0, 0, 1000, 400]],
                                    },
                                }
                            ],
                        }
                    ],
                }
            ],
        }
    ],
}


@functools.cache
def warm_up() -> None:
    warm_up_rendering()
    for make in MAKERS.values():
        make(SAMPLE)


def run(channel: Channel, data: memoryview, extra: dict[str, Any], limits: SandboxLimits) -> None:
    """One request, then `exported` and the file in chunks. Nothing is sent before it is whole."""
    grant_cpu(limits.total_cpu_s, limits.total_cpu_s)
    received = channel.receive()
    if received is None:
        return
    header, blobs = received
    result = memoryview(MAKERS[header["form"]](json.loads(blobs[0])))
    channel.send({"event": "exported", "size": len(result), "written": 0, "skipped": 0})
    for start in range(0, len(result), CHUNK_BYTES):
        channel.send({"event": "chunk"}, [bytes(result[start : start + CHUNK_BYTES])])
