"""A ZIP that leaves while it is made: nothing of it is kept, and nothing is read twice."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime
from typing import IO

CHUNK = 1 << 20
"""Bytes read and sent at once."""
READABLE_BY_OWNER = 0o600 << 16


class _Sink(io.RawIOBase):
    """Where the archive is written; what lies here is sent next. It cannot seek, so that `zipfile`
    writes sizes behind each file."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        part = bytes(data)  # type: ignore[call-overload]
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken, self._parts = b"".join(self._parts), []
        return taken


class ZipStream:
    """An archive being sent. Names are UTF-8; `made` is the local time that the files carry."""

    def __init__(self, made: datetime) -> None:
        self._made = made.timetuple()[:6]
        self._sink = _Sink()
        self._archive = zipfile.ZipFile(self._sink, "w")

    async def add(self, name: str, content: IO[bytes], *, packed: bool) -> AsyncIterator[bytes]:
        """The bytes of a file in the archive. `packed`: made smaller; a PDF is that already."""
        info = zipfile.ZipInfo(name, self._made)
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        info.external_attr = READABLE_BY_OWNER
        with self._archive.open(info, "w", force_zip64=True) as entry:
            while chunk := await asyncio.to_thread(content.read, CHUNK):
                await asyncio.to_thread(entry.write, chunk)
                yield self._sink.take()
        yield self._sink.take()

    def end(self) -> bytes:
        """The directory, which ends the archive."""
        self._archive.close()
        return self._sink.take()
