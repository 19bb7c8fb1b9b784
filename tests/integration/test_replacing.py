"""A file that is to replace the one people read: the staff hears what becomes of it, alone."""

from __future__ import annotations

from typing import Any

from tests.harness.meetings import add_paper, make_meeting, upload
from tests.harness.papers import paper
from tests.integration.conftest import SignIn

DISGUISED = b"%PDF-1.7\n<!DOCTYPE html><html><body>x</body></html>"


def newest(frame: dict[str, Any]) -> dict[str, Any] | None:
    """What the change says of a newer file, if it is about a document."""
    found = [one["document"]["newest"] for one in frame["items"] if one["kind"] == "document"]
    return found[0] if found else None


async def test_a_refused_replacement_is_told_to_the_staff_alone(sign_in: SignIn) -> None:
    secretary, delegate = await sign_in("thuky"), await sign_in("daibieu1")
    meeting = await make_meeting(secretary, (delegate.person, "delegate"))
    document = await add_paper(secretary, meeting, paper(1))
    before = await delegate.do("GET", f"/meetings/{meeting}")
    async with secretary.live() as staff, delegate.live() as reader:
        await staff.subscribe(f"meeting:{meeting}:staff")
        await reader.subscribe(f"meeting:{meeting}")
        await upload(secretary, document, DISGUISED)

        def refused(frame: dict[str, Any]) -> bool:
            told = newest(frame) if frame["t"] == "change" else None
            return told is not None and told["state"] == "refused"

        told = newest(await staff.take(refused))
        assert told == {
            "state": "refused",
            "refusal": "disguised",
            "file_name": "a.pdf",
            "pages": 0,
            "pages_ready": 0,
        }
        heard = [one for frame in await reader.silent() for one in frame.get("items", ())]
        assert [one["document"]["newest"] for one in heard] == [None] * len(heard)
        fresh = await staff.subscribe(f"meeting:{meeting}:staff")
        assert fresh["data"]["documents"][0]["newest"] == told
    assert await delegate.do("GET", f"/meetings/{meeting}") == before
    mine = await secretary.do("GET", f"/meetings/{meeting}")
    assert mine["view"]["documents"][0]["newest"] == told
    assert mine["view"]["documents"][0]["state"] == "ready"
    await upload(secretary, document, paper(2))
    async with secretary.live() as staff:
        snapshot = await staff.subscribe(f"meeting:{meeting}:staff")
        while snapshot["data"]["documents"][0]["pages"] != 2:
            await staff.expect("change")
            snapshot = await staff.subscribe(f"meeting:{meeting}:staff")
    assert (await secretary.do("GET", f"/documents/{document}"))["card"]["newest"] is None
