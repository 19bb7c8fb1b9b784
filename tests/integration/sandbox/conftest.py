"""One probed sandbox for the whole run, and small PDFs made in the test."""

import asyncio
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from server.sandbox.events import DocumentOpened, IngestDone, MarksRead, PageReady
from server.sandbox.ingest import ingest
from server.sandbox.ladder import Sandbox, choose_sandbox
from server.sandbox.limits import SandboxLimits


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    found = asyncio.run(choose_sandbox())
    assert found.rung is not None, found.explain()
    return found


@pytest.fixture
def hasty(sandbox: Sandbox) -> Sandbox:
    """The same sandbox with little patience, for files that would take all they are given."""
    limits = SandboxLimits(page_cpu_s=2, frame_wall_s=20.0, memory_bytes=600 * 1024 * 1024)
    return dataclasses.replace(sandbox, limits=limits)


@pytest.fixture
def write_pdf(tmp_path: Path) -> Callable[..., Path]:
    """Write what `build(document)` draws, as `name`."""

    def write(build: Callable[[Any], None], name: str = "a.pdf", **options: Any) -> Path:
        document = pymupdf.open()
        build(document)
        path = tmp_path / name
        document.save(path, **options)
        document.close()
        return path

    return write


Ingested = tuple[DocumentOpened, list[PageReady], IngestDone]


async def ingest_all(sandbox: Sandbox, path: Path) -> Ingested:
    events = [event async for event in ingest(sandbox, path)]
    assert isinstance(events[0], DocumentOpened)
    assert isinstance(events[-1], IngestDone)
    assert isinstance(events[1], MarksRead)
    pages = events[2:-1]
    assert all(isinstance(page, PageReady) for page in pages)
    return events[0], pages, events[-1]  # type: ignore[return-value]
