"""Content-addressed files: SHA-256 names, written aside, fsynced, renamed.

Nothing on disk is named by a user.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import tempfile
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from io import BufferedWriter
from pathlib import Path
from typing import IO

from server import clock
from server.errors import DomainError

PDF_MAGIC = b"%PDF-"


@dataclass(frozen=True)
class Stored:
    """A file that is on the disk: its SHA-256 in hex, and bytes."""

    sha256: str
    size: int


def as_domain_error(error: OSError) -> DomainError:
    """What the disk did, by its code."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return DomainError("disk_full" if full else "storage_failed", 507)


@dataclass(frozen=True)
class Files:
    """The folder of stored files: `ab/abcdef…`, and `quarantine/` for what is arriving."""

    folder: Path
    _lock: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)
    """Between what is stored (perhaps again) and what is dropped."""

    def prepare(self) -> None:
        """Make the folders and drop what earlier arrivals left half written."""
        quarantine = self.folder / "quarantine"
        quarantine.mkdir(parents=True, exist_ok=True)
        for left in quarantine.iterdir():
            left.unlink(missing_ok=True)

    def path(self, sha256: str) -> Path:
        """Where a stored file lies."""
        return self.folder / sha256[:2] / sha256

    def scratch(self) -> IO[bytes]:
        """A file without a name, gone when it is closed."""
        return tempfile.TemporaryFile(dir=self.folder / "quarantine")

    async def receive(self, parts: AsyncIterator[bytes], most: int, magic: bytes) -> Stored:
        """Store a stream. Raises `empty_file`, `not_a_pdf`, `too_large`, `disk_full`."""
        aside = self.folder / "quarantine" / clock.new_id()
        digest, size, head = hashlib.sha256(), 0, b""
        try:
            with aside.open("xb") as file:
                async for part in parts:
                    if not part:
                        continue
                    if len(head) < len(magic):
                        head += part[: len(magic) - len(head)]
                        if not magic.startswith(head[: len(magic)]):
                            raise DomainError("not_a_pdf", 422)
                    size += len(part)
                    if size > most:
                        raise DomainError("too_large", 413, bytes=most)
                    digest.update(part)
                    await asyncio.to_thread(file.write, part)
                if size == 0:
                    raise DomainError("empty_file", 422)
                if head != magic:
                    raise DomainError("not_a_pdf", 422)
                await asyncio.to_thread(_settle, file)
            stored = Stored(digest.hexdigest(), size)
            await asyncio.to_thread(self._move_in, aside, stored.sha256)
            return stored
        except OSError as error:
            raise as_domain_error(error) from error
        finally:
            aside.unlink(missing_ok=True)

    def put(self, content: bytes) -> Stored:
        """Store bytes that the server made itself (pages, words)."""
        sha256 = hashlib.sha256(content).hexdigest()
        if not self._touch(sha256):
            aside = self.folder / "quarantine" / clock.new_id()
            try:
                with aside.open("xb") as file:
                    file.write(content)
                    _settle(file)
                self._move_in(aside, sha256)
            except OSError as error:
                raise as_domain_error(error) from error
            finally:
                aside.unlink(missing_ok=True)
        return Stored(sha256, len(content))

    def _move_in(self, aside: Path, sha256: str) -> None:
        target = self.path(sha256)
        if not target.parent.exists():
            target.parent.mkdir(exist_ok=True)
            _settle_folder(self.folder)  # or the new folder is lost with the power, file and all
        with self._lock:
            aside.replace(target)
        _settle_folder(target.parent)

    def _touch(self, sha256: str) -> bool:
        """Whether the file lies here already; it is as young as if it had come now."""
        with self._lock:
            try:
                os.utime(self.path(sha256))
            except FileNotFoundError:
                return False
            return True

    def older_than(self, digit: str, before: float) -> list[str]:
        """Stored files whose name begins with this hexadecimal digit and that nobody stored since
        `before` (Unix seconds)."""
        return [
            one.name
            for folder in sorted(self.folder.glob(f"{digit}?"))
            for one in folder.iterdir()
            if one.stat().st_mtime < before
        ]

    def drop(self, sha256: str, before: float) -> bool:
        """Delete a file, unless it was stored again since `before`."""
        with self._lock:
            path = self.path(sha256)
            if not path.exists() or path.stat().st_mtime >= before:
                return False
            path.unlink()
            return True


def _settle_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _settle(file: BufferedWriter) -> None:
    file.flush()
    os.fsync(file.fileno())
