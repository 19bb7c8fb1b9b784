"""Files arrive through quarantine, or leave nothing behind."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from server.errors import DomainError
from server.http import files as files_module
from server.http.files import PDF_MAGIC, Files

CONTENT = b"%PDF-1.7 xin ch\xc3\xa0o"


@pytest.fixture
def files(tmp_path: Path) -> Files:
    made = Files(tmp_path / "files")
    made.prepare()
    return made


async def parts(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def everything(files: Files) -> list[str]:
    return sorted(one.name for one in files.folder.rglob("*") if one.is_file())


async def test_a_file_is_kept_by_its_hash(files: Files) -> None:
    stored = await files.receive(parts(CONTENT[:3], b"", CONTENT[3:]), 100, PDF_MAGIC)
    assert stored.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert stored.size == len(CONTENT)
    assert files.path(stored.sha256).read_bytes() == CONTENT
    assert everything(files) == [stored.sha256]


async def test_the_same_file_twice_is_one_file(files: Files) -> None:
    first = await files.receive(parts(CONTENT), 100, PDF_MAGIC)
    assert await files.receive(parts(CONTENT), 100, PDF_MAGIC) == first
    assert files.put(CONTENT) == first
    assert everything(files) == [first.sha256]


@pytest.mark.parametrize(
    ("pieces", "code"),
    [
        ([], "empty_file"),
        ([b""], "empty_file"),
        ([b"PK\x03\x04 a zip"], "not_a_pdf"),
        ([b"<html>"], "not_a_pdf"),
        ([b"%PD", b"X-"], "not_a_pdf"),
        ([b"%PDF"], "not_a_pdf"),
        ([b" %PDF-1.7"], "not_a_pdf"),
        ([b"%PDF-1.7", b"x" * 100], "too_large"),
    ],
)
async def test_a_refused_file_leaves_nothing(files: Files, pieces: list[bytes], code: str) -> None:
    with pytest.raises(DomainError) as refused:
        await files.receive(parts(*pieces), 50, PDF_MAGIC)
    assert refused.value.code == code
    assert everything(files) == []


async def test_a_sender_who_breaks_off_leaves_nothing(files: Files) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield CONTENT
        raise ConnectionResetError("gone")

    with pytest.raises((ConnectionResetError, DomainError)):
        await files.receive(broken(), 100, PDF_MAGIC)
    assert everything(files) == []


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "disk_full"), (errno.EDQUOT, "disk_full"), (errno.EIO, "storage_failed")],
)
async def test_a_disk_that_fails_leaves_nothing(
    files: Files, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    def fail(_file: Any) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(files_module, "_settle", fail)
    with pytest.raises(DomainError) as refused:
        await files.receive(parts(CONTENT), 100, PDF_MAGIC)
    assert refused.value.code == code
    with pytest.raises(DomainError):
        files.put(b"a page")
    assert everything(files) == []


def test_what_a_crash_left_half_written_is_dropped_at_the_start(files: Files) -> None:
    (files.folder / "quarantine" / "half").write_bytes(b"%PDF-")
    files.prepare()
    assert everything(files) == []


async def test_a_new_folder_is_on_the_disk_before_its_first_file_is_acknowledged(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled: list[Path] = []
    settle = files_module._settle_folder
    monkeypatch.setattr(
        files_module, "_settle_folder", lambda folder: (settled.append(folder), settle(folder))
    )
    stored = await files.receive(parts(CONTENT), 100, PDF_MAGIC)
    assert settled == [files.folder, files.path(stored.sha256).parent]
