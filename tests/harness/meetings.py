"""Meetings as a secretary would make them, for tests that need one."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.harness.papers import paper
from tests.harness.tablet import Tablet

TIMES = {"starts_at": "2026-11-23T08:00:00+07:00", "ends_at": "2026-11-23T11:30:00+07:00"}
INGEST_SECONDS = 60


async def make_meeting(
    secretary: Tablet, *people: tuple[str, str], items: int = 1, issue: bool = True
) -> str:
    """A meeting with items and people (id, role); returns its id."""
    body = {"kind": "regular", "title": "Phiên họp thường kỳ tháng 11", **TIMES}
    made = await secretary.do("POST", "/meetings", body)
    meeting = str(made["view"]["meeting"]["id"])
    for number in range(items):
        await secretary.do("POST", f"/meetings/{meeting}/items", {"title": f"Nội dung {number}"})
    for person, role in people:
        await secretary.do("PUT", f"/meetings/{meeting}/participants/{person}", {"role": role})
    if issue:
        await secretary.do("POST", f"/meetings/{meeting}/issue")
    return meeting


async def add_paper(
    secretary: Tablet, meeting: str, content: bytes | None = None, **more: Any
) -> str:
    """A document with a file that has been read; returns its id."""
    body = {"title": "Báo cáo kinh tế - xã hội", **more}
    card = await secretary.do("POST", f"/meetings/{meeting}/documents", body)
    document = str(card["id"])
    await upload(secretary, document, content or paper())
    view = await settled(secretary, document)
    assert view["card"]["state"] == "ready", view["card"]
    return document


async def upload(secretary: Tablet, document: str, content: bytes) -> Any:
    """Send a file; 200 or an assertion."""
    answer = await secretary.http.put(f"/api/documents/{document}/file?name=a.pdf", content=content)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def settled(tablet: Tablet, document: str) -> Any:
    """The document once its newest file has been read or refused."""
    async with asyncio.timeout(INGEST_SECONDS):
        while True:
            view = await tablet.do("GET", f"/documents/{document}")
            if view["card"]["state"] in ("ready", "refused"):
                return view
            await asyncio.sleep(0.05)
