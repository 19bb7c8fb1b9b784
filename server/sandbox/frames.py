"""Frames between parent and child: two lengths, a JSON header, raw blobs.

    u32 header length | u32 body length | header (JSON object) | body

The header's `blobs` lists the lengths of the parts of the body. Both directions use it. The parent
trusts nothing it reads: lengths are checked before memory is taken.
"""

import json
import struct
from collections.abc import Sequence
from typing import Any

PREFIX = struct.Struct(">II")


class FrameError(Exception):
    """The peer does not speak this protocol."""


def pack_frame(header: dict[str, Any], blobs: Sequence[bytes] = ()) -> bytes:
    head = json.dumps({**header, "blobs": [len(blob) for blob in blobs]}).encode()
    return b"".join((PREFIX.pack(len(head), sum(map(len, blobs))), head, *blobs))


def read_prefix(prefix: bytes, max_header: int, max_body: int) -> tuple[int, int]:
    """Lengths of header and body; `FrameError` if either is above its bound."""
    head, body = PREFIX.unpack(prefix)
    if head > max_header or body > max_body:
        raise FrameError(f"frame of {head} + {body} bytes")
    return head, body


def unpack_frame(head: bytes, body: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Header and blobs; `FrameError` if the header is no object or the blobs do not add up."""
    try:
        header = json.loads(head)
    except (ValueError, RecursionError) as error:
        raise FrameError("header is not JSON") from error
    if not isinstance(header, dict):
        raise FrameError("header is not an object")
    lengths = header.pop("blobs", None)
    if not isinstance(lengths, list) or not all(type(n) is int and n >= 0 for n in lengths):
        raise FrameError("blobs are not lengths")
    if sum(lengths) != len(body):
        raise FrameError("blobs do not add up")
    blobs, at = [], 0
    for length in lengths:
        blobs.append(body[at : at + length])
        at += length
    return header, blobs
