"""A secretary's path, and what delegates see of it, live."""

from __future__ import annotations

import copy
from typing import Any

from tests.harness.meetings import TIMES, add_paper, make_meeting
from tests.harness.papers import paper
from tests.harness.tablet import Live, Tablet
from tests.integration.conftest import SignIn

NEW = {"kind": "regular", "title": "Phiên họp khác", **TIMES}
VIEW = {"item": "items", "participant": "participants", "document": "documents"}


def applied(view: dict[str, Any], change: dict[str, Any]) -> None:
    """A change applied to a snapshot, as a client does it (client_web/src/meetings)."""
    kind = change["kind"]
    if kind == "meeting":
        view["meeting"] = change["meeting"]
    elif kind in VIEW:
        value, name = change[kind], VIEW[kind]
        key = "person_id" if kind == "participant" else "id"
        rest = [one for one in view[name] if one[key] != value[key]]
        view[name] = [*rest, value]
    elif kind == "item_deleted":
        view["items"] = [one for one in view["items"] if one["id"] != change["item_id"]]
    elif kind == "participant_gone":
        people = view["participants"]
        view["participants"] = [one for one in people if one["person_id"] != change["person_id"]]
    elif kind == "document_gone":
        papers = view["documents"]
        view["documents"] = [one for one in papers if one["id"] != change["document_id"]]
    else:
        raise AssertionError(f"unknown change {kind}")


def ordered(view: dict[str, Any]) -> dict[str, Any]:
    """The view with its lists in one order, for comparing."""
    view = copy.deepcopy(view)
    for name, key in (("items", "id"), ("participants", "person_id"), ("documents", "id")):
        view[name].sort(key=lambda one: one[key])
    return view


async def replayed(live: Live, topic: str, view: dict[str, Any], seq: int, until: int) -> None:
    """Apply changes up to `until`, checking that no number is missing."""
    while seq < until:
        frame = await live.take(lambda f: f["t"] == "change" and f["topic"] == topic)
        assert frame["seq"] == seq + 1, "a change is missing"
        seq = frame["seq"]
        for change in frame["items"]:
            applied(view, change)


async def fresh(tablet: Tablet, topic: str) -> dict[str, Any]:
    async with tablet.live() as live:
        return await live.subscribe(topic)


async def test_snapshot_and_changes_equal_a_fresh_snapshot(sign_in: SignIn) -> None:
    secretary, delegate = await sign_in("thuky"), await sign_in("daibieu1")
    guest = await sign_in("khach")
    meeting = await make_meeting(secretary, (delegate.person, "delegate"))
    topics = ((secretary, f"meeting:{meeting}:staff"), (delegate, f"meeting:{meeting}"))
    async with secretary.live() as staff_live, delegate.live() as delegate_live:
        lives = (staff_live, delegate_live)
        starts = [
            await live.subscribe(topic) for live, (_, topic) in zip(lives, topics, strict=True)
        ]
        views = [start["data"] for start in starts]
        await every_kind_of_change(secretary, meeting, guest.person, delegate.person)
        for live, (tablet, topic), start, view in zip(lives, topics, starts, views, strict=True):
            end = await fresh(tablet, topic)
            await replayed(live, topic, view, start["seq"], end["seq"])
            assert ordered(view) == ordered(end["data"])


async def every_kind_of_change(secretary: Tablet, meeting: str, guest: str, delegate: str) -> None:
    """Each thing a secretary can do to a meeting, once at least."""
    do, path = secretary.do, f"/meetings/{meeting}"
    await do("PATCH", path, {"title": "Phiên họp chuyên đề", "place": "Phòng họp A"})
    first = await do("POST", f"{path}/items", {"title": "Một", "minutes": 20})
    second = await do("POST", f"{path}/items", {"title": "Hai", "presenter": "Giám đốc Sở"})
    inner = await do("POST", f"{path}/items", {"title": "Nội bộ", "internal": True})
    await do("PATCH", f"{path}/items/{first['id']}", {"title": "Một, sửa"})
    hidden = await add_paper(secretary, meeting, paper(1), item_id=inner["id"])
    await do("PATCH", f"{path}/items/{second['id']}", {"internal": True})
    await do("PATCH", f"{path}/items/{second['id']}", {"internal": False})
    view = (await do("GET", path))["view"]
    order = [item["id"] for item in reversed(view["items"])]
    await do("PUT", f"{path}/items/order", {"item_ids": order}, status=204)
    await do("PUT", f"{path}/participants/{guest}", {"role": "guest"})
    await do("PUT", f"{path}/participants/{guest}", {"role": "chair"})
    open_paper = await add_paper(secretary, meeting, paper(2), item_id=first["id"])
    await do("PATCH", f"/documents/{open_paper}", {"title": "Tờ trình", "shown_to": [guest]})
    await do("PATCH", f"/documents/{open_paper}", {"shown_to": []})
    await do("DELETE", f"{path}/items/{first['id']}", status=204)
    await do("DELETE", f"{path}/participants/{guest}", status=204)
    await do("DELETE", f"/documents/{hidden}", status=204)
    await do("DELETE", f"{path}/items/{inner['id']}", status=204)
    await do("POST", f"{path}/open")
    await do("POST", f"{path}/close")


async def test_a_draft_is_seen_by_its_staff_alone(sign_in: SignIn) -> None:
    secretary, delegate = await sign_in("thuky"), await sign_in("daibieu1")
    meeting = await make_meeting(secretary, (delegate.person, "delegate"), issue=False)
    assert await delegate.refused("GET", f"/meetings/{meeting}") == (404, "not_found")
    mine = await delegate.do("GET", "/meetings")
    assert meeting not in [one["meeting"]["id"] for one in mine["meetings"]]
    async with delegate.live() as live:
        inbox = await live.subscribe(f"inbox:{delegate.person}")
        assert inbox["t"] == "snapshot"
        await secretary.do("POST", f"/meetings/{meeting}/issue")
        # Others of this server's meetings may be told of meanwhile.
        await live.take(
            lambda f: (
                f["t"] == "change"
                and f["items"][0].get("card", {}).get("meeting", {}).get("id") == meeting
            )
        )
    assert (await delegate.do("GET", f"/meetings/{meeting}"))["staff"] is False


async def test_each_step_reaches_the_delegates_inbox(sign_in: SignIn) -> None:
    secretary, delegate = await sign_in("thuky"), await sign_in("daibieu1")
    meeting = await make_meeting(secretary, (delegate.person, "delegate"))
    async with delegate.live() as live:
        await live.subscribe(f"inbox:{delegate.person}")
        for step, state in (("open", "in_session"), ("close", "closed")):
            await secretary.do("POST", f"/meetings/{meeting}/{step}")
            card = await live.take(
                lambda f, state=state: (
                    f["t"] == "change"
                    and f["items"][0].get("card", {}).get("meeting", {}).get("state") == state
                )
            )
            assert card["items"][0]["card"]["meeting"]["id"] == meeting


async def test_states_follow_their_order(sign_in: SignIn) -> None:
    secretary = await sign_in("thuky")
    meeting = await make_meeting(secretary, issue=False, items=0)
    path = f"/meetings/{meeting}"
    assert await secretary.refused("POST", f"{path}/open") == (409, "meeting_state")
    assert await secretary.refused("POST", f"{path}/issue") == (409, "meeting_without_agenda")
    await secretary.do("POST", f"{path}/items", {"title": "Khai mạc"})
    assert await secretary.refused("POST", f"{path}/issue") == (
        409,
        "meeting_without_participants",
    )
    await secretary.do("PUT", f"{path}/participants/{secretary.person}", {"role": "secretary"})
    for step in ("issue", "open", "close"):
        await secretary.do("POST", f"{path}/{step}")
    assert await secretary.refused("POST", f"{path}/items", {"title": "Muộn"}) == (
        409,
        "meeting_closed",
    )


async def test_the_chair_may_open_but_not_change(sign_in: SignIn) -> None:
    secretary, chair = await sign_in("thuky"), await sign_in("chutich")
    meeting = await make_meeting(secretary, (chair.person, "chair"))
    assert await chair.refused("PATCH", f"/meetings/{meeting}", {"title": "x"}) == (
        403,
        "not_allowed",
    )
    head = await chair.do("POST", f"/meetings/{meeting}/open")
    assert head["state"] == "in_session"
    assert head["opened_at"] is not None


async def test_a_secretariat_elsewhere_has_no_say(sign_in: SignIn) -> None:
    secretary, stranger = await sign_in("thuky"), await sign_in("thuky2")
    meeting = await make_meeting(secretary, (secretary.person, "secretary"))
    assert await stranger.refused("GET", f"/meetings/{meeting}") == (404, "not_found")
    assert await stranger.refused("POST", f"/meetings/{meeting}/items", {"title": "x"}) == (
        404,
        "not_found",
    )


async def test_a_command_sent_twice_is_done_once(sign_in: SignIn) -> None:
    secretary = await sign_in("thuky")
    meeting = await make_meeting(secretary, issue=False)
    send = {"json": {"title": "Một lần"}, "headers": {"Idempotency-Key": "mot-lan-thoi"}}
    first = await secretary.http.post(f"/api/meetings/{meeting}/items", **send)
    second = await secretary.http.post(f"/api/meetings/{meeting}/items", **send)
    assert first.json() == second.json()
    items = (await secretary.do("GET", f"/meetings/{meeting}"))["view"]["items"]
    assert [one["title"] for one in items].count("Một lần") == 1
    other = await secretary.http.post("/api/meetings", **(send | {"json": NEW}))
    assert other.json()["view"]["meeting"]["title"] == NEW["title"], "answered with another command"


async def test_bad_times_and_unknown_people_are_refused(sign_in: SignIn) -> None:
    secretary = await sign_in("thuky")
    body = {"kind": "regular", "title": "Họp", **TIMES}
    backwards = {**body, "ends_at": TIMES["starts_at"], "starts_at": TIMES["ends_at"]}
    assert await secretary.refused("POST", "/meetings", backwards) == (422, "ends_before_start")
    naive = {**body, "starts_at": "2026-11-23T08:00:00"}
    assert await secretary.refused("POST", "/meetings", naive) == (422, "invalid_input")
    unknown = {**body, "chair_id": "0196f3a0-1111-4aaa-8bbb-000000000001"}
    assert await secretary.refused("POST", "/meetings", unknown) == (422, "person_unknown")
    assert await secretary.refused("POST", "/meetings", {**body, "x": 1}) == (422, "invalid_input")


async def test_an_internal_item_with_papers_cannot_be_deleted(sign_in: SignIn) -> None:
    secretary = await sign_in("thuky")
    meeting = await make_meeting(secretary, issue=False)
    path = f"/meetings/{meeting}/items"
    inner = await secretary.do("POST", path, {"title": "Nội bộ", "internal": True})
    await add_paper(secretary, meeting, paper(1), item_id=inner["id"])
    assert await secretary.refused("DELETE", f"{path}/{inner['id']}") == (
        409,
        "item_has_documents",
    )


async def test_people_are_found_without_diacritics_and_sorted_by_given_name(
    sign_in: SignIn,
) -> None:
    secretary, delegate = await sign_in("thuky"), await sign_in("daibieu1")
    found = await secretary.do("GET", "/people?q=dai")
    assert [one["name"] for one in found["people"]][:2] == [
        "Lê Hoàng Đại Biểu",
        "Phạm Thị Bích Đại",
    ]
    assert await delegate.refused("GET", "/people?q=dai") == (403, "not_allowed")
