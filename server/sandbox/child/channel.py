"""The child's end of the pipe. Blocking, because the child does one thing at a time."""

import os
from collections.abc import Sequence
from typing import Any

from server.sandbox.frames import PREFIX, FrameError, pack_frame, read_prefix, unpack_frame
from server.sandbox.limits import SandboxLimits


class Channel:
    """Frames in from `read_fd`, frames out to `write_fd`."""

    def __init__(self, read_fd: int, write_fd: int, limits: SandboxLimits) -> None:
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._limits = limits

    def send(self, header: dict[str, Any], blobs: Sequence[bytes] = ()) -> None:
        rest = memoryview(pack_frame(header, blobs))
        while rest:
            rest = rest[os.write(self._write_fd, rest) :]

    def receive(self) -> tuple[dict[str, Any], list[bytes]] | None:
        """The next frame, or None when the parent has closed its end."""
        prefix = self._read(PREFIX.size)
        if len(prefix) < PREFIX.size:
            return None
        head, body = read_prefix(
            prefix, self._limits.max_header_bytes, self._limits.max_marks_bytes
        )
        return unpack_frame(self._read(head), self._read(body))

    def _read(self, length: int) -> bytes:
        parts, missing = [], length
        while missing:
            part = os.read(self._read_fd, min(missing, 1 << 20))
            if not part:
                if missing == length:
                    return b""
                raise FrameError("the parent's frame is cut")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)
