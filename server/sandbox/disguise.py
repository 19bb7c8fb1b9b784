"""Look at the outside of an upload before any library does: its first and last bytes.

Pure reading of bytes at fixed places; nothing is parsed. PyMuPDF opens by content whatever the name
says, so a file that could also be something else is refused here.
"""

import os
import struct

from server.sandbox.limits import SandboxLimits
from server.sandbox.refusals import DocumentRefused

_HEAD_BYTES = 1024
_EOCD = b"PK\x05\x06"
_EOCD_BYTES = 22
_TAIL_BYTES = _EOCD_BYTES + 65_535
_MARKUP = (b"<html", b"<!doctype", b"<script", b"<svg")
_DISGUISES = (b"PK\x03\x04", b"PK\x05\x06", b"<")


def check_outside(fd: int, limits: SandboxLimits) -> None:
    """`DocumentRefused` with empty_file, too_large, not_a_pdf or disguised. Reads by `pread`."""
    size = os.fstat(fd).st_size
    if size == 0:
        raise DocumentRefused("empty_file")
    if size > limits.max_file_bytes:
        raise DocumentRefused("too_large", f"{size} bytes")
    head = os.pread(fd, _HEAD_BYTES, 0)
    if not head.startswith(b"%PDF-"):
        first = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        other = first.startswith(_DISGUISES)
        raise DocumentRefused("disguised" if other else "not_a_pdf", repr(head[:8]))
    lowered = head.lower()
    if any(mark in lowered for mark in _MARKUP):
        raise DocumentRefused("disguised", "markup after the PDF header")
    tail = os.pread(fd, _TAIL_BYTES, max(0, size - _TAIL_BYTES))
    if has_zip_tail(tail):
        raise DocumentRefused("disguised", "ends as a ZIP archive")


def has_zip_tail(tail: bytes) -> bool:
    """Does the file end in a ZIP's end-of-central-directory record (APPNOTE 4.3.16)?

    The record's comment length must reach the end of the file, give or take a newline: the four
    letters alone also occur in compressed streams.
    """
    at = tail.rfind(_EOCD)
    while at >= 0:
        if at + _EOCD_BYTES <= len(tail):
            (comment,) = struct.unpack_from("<H", tail, at + 20)
            if 0 <= len(tail) - (at + _EOCD_BYTES + comment) <= 2:
                return True
        at = tail.rfind(_EOCD, 0, at)
    return False
