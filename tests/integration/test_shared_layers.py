"""Shared and presenter's layers over real sockets: several people, answers, rights that end."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from dataclasses import dataclass
from typing import Any

import websockets

from tests.harness.marks import Outbox, answer, opened, put
from tests.harness.meetings import add_paper, make_meeting
from tests.harness.papers import paper
from tests.harness.tablet import Live, Tablet
from tests.integration.conftest import SignIn


@dataclass
class Room:
    """A secretary, a chair and three people in a running meeting with one paper."""

    secretary: Tablet
    chair: Tablet
    one: Tablet
    two: Tablet
    three: Tablet
    meeting: str
    document: str
    version: str

    async def share(self, *people: Tablet, audience: str = "people") -> str:
        """A layer of `one`; its id."""
        body = {
            "title": "Nhóm thẩm tra",
            "audience": audience,
            "people": [tablet.person for tablet in people],
        }
        made = await self.one.do("POST", f"/documents/{self.document}/layers", body)
        return str(made["id"])

    def outbox(self, layer: str) -> Outbox:
        return Outbox(layer, self.version)

    def note(self, body: str, **more: Any) -> dict[str, Any]:
        return put(self.version, body=body, **more)

    async def layers(self, tablet: Tablet) -> dict[str, dict[str, Any]]:
        found = await tablet.do("GET", f"/documents/{self.document}/layers")
        return {one["id"]: one for one in found}


async def stage(sign_in: SignIn) -> Room:
    secretary, chair = await sign_in("thuky"), await sign_in("chutich")
    people = [await sign_in(name) for name in ("daibieu1", "daibieu2", "khach")]
    parts = [(chair.person, "chair"), *((tablet.person, "delegate") for tablet in people)]
    meeting = await make_meeting(secretary, *parts)
    document = await add_paper(secretary, meeting, paper(1))
    view = await secretary.do("GET", f"/documents/{document}")
    version = str(view["version"]["id"])
    return Room(secretary, chair, *people, meeting, document, version)


async def delta(live: Live, layer: str) -> list[dict[str, Any]]:
    """The marks of the next change of a layer."""
    frame = await live.take(lambda f: f["t"] == "ann.delta" and f["layer"] == layer)
    return list(frame["items"])


async def test_two_people_write_answer_and_resolve_and_one_is_taken_off(sign_in: SignIn) -> None:
    room = await stage(sign_in)
    layer = await room.share(room.two)
    ones, twos = room.outbox(layer), room.outbox(layer)
    async with room.one.live() as one, room.two.live() as two, room.three.live() as three:
        assert (await opened(one, layer))["items"] == []
        assert (await opened(two, layer))["items"] == []
        assert (await opened(three, layer))["t"] == "ann.revoke"
        question = room.note("Số liệu này của quý nào?")
        assert (await ones.send(one, ones.push(question)))["t"] == "ann.ack"
        seen = (await delta(two, layer))[0]
        assert (seen["body"], seen["author"]) == (question["body"], room.one.person)
        reply = room.note("Của quý III ạ", reply_to=question["id"])
        assert (await twos.send(two, twos.push(reply)))["t"] == "ann.ack"
        answered = await one.take(
            lambda f: f["t"] == "ann.delta" and f["items"][0].get("reply_to") == question["id"]
        )
        assert answered["items"][0]["author"] == room.two.person
        done = {"op": "patch", "id": question["id"], "base_rev": 1, "resolved": True}
        assert (await twos.send(two, twos.push(done)))["t"] == "ann.ack"
        mine = {"op": "patch", "id": question["id"], "base_rev": 2, "body": "sửa hộ"}
        assert (await twos.send(two, twos.push(mine)))["code"] == "not_yours"
        away = {"op": "delete", "id": question["id"], "base_rev": 2}
        assert (await twos.send(two, twos.push(away)))["code"] == "not_yours"
        moderated = {"op": "delete", "id": reply["id"], "base_rev": 1}
        assert (await ones.send(one, ones.push(moderated)))["t"] == "ann.ack"
        back = {"op": "restore", "id": reply["id"], "base_rev": 2}
        assert (await twos.send(two, twos.push(back)))["code"] == "taken_away"
        assert (await room.layers(room.two))[layer]["owner"]["id"] == room.one.person
        assert layer not in await room.layers(room.three)
        await room.one.do("PATCH", f"/layers/{layer}", {"people": [room.three.person]})
        revoked = await two.expect("ann.revoke")
        assert revoked["layer"] == layer
        assert (await twos.send(two, twos.push(room.note("x"))))["code"] == "forbidden"
        await ones.send(one, ones.push(room.note("Sau khi bớt người")))
        assert await two.silent() == []
        items = (await opened(three, layer))["items"]
        assert [item["body"] for item in items] == [question["body"], "Sau khi bớt người"]
        assert items[0]["resolved"] is True


async def test_no_push_to_a_shared_layer_is_kept_after_the_removal_was_answered(
    sign_in: SignIn,
) -> None:
    """The owner takes a person off while that person's pushes stream in."""
    room = await stage(sign_in)
    layer = await room.share(room.two, room.three)
    path, twos = f"/layers/{layer}", room.outbox(layer)
    without = {"people": [room.three.person]}
    together = {"people": [room.two.person, room.three.person]}
    async with room.three.live() as three:
        await opened(three, layer)
        kept = 0
        for _ in range(4):
            async with room.two.live() as two:
                await opened(two, layer)
                sent = [twos.push() for _ in range(40)]
                for frame in sent[:20]:
                    await two.send(**frame)
                await room.one.do("PATCH", path, without)
                for frame in sent[20:]:
                    await two.send(**frame)
                answers = [await answer(two, frame["op_no"]) for frame in sent]
            kinds = ["ann.ack" if one["t"] == "ann.ack" else one["code"] for one in answers]
            assert kinds[20:] == ["forbidden"] * 20
            assert kinds == sorted(kinds), "a push was taken after one that was refused"
            kept += kinds.count("ann.ack")
            await room.one.do("PATCH", path, together)
        seen: set[str] = set()
        while len(seen) < kept:
            seen |= {item["id"] for item in await delta(three, layer)}
        await three.send(t="ann.open", layer=layer, cursor=0)
        assert len((await three.expect("ann.snapshot"))["items"]) == kept


async def test_two_edits_of_the_same_words_show_the_second_what_is_there(
    sign_in: SignIn,
) -> None:
    room = await stage(sign_in)
    layer = await room.share(room.two)
    second = await sign_in("daibieu1")
    desk, sofa = room.outbox(layer), room.outbox(layer)
    async with room.one.live() as one, second.live() as two:
        note = room.note("một")
        await desk.send(one, desk.push(note))
        edits = [
            {"op": "patch", "id": note["id"], "base_rev": 1, "body": words}
            for words in ("hai", "ba")
        ]
        answers = await asyncio.gather(
            desk.send(one, desk.push(edits[0])), sofa.send(two, sofa.push(edits[1]))
        )
        nacks = [one for one in answers if one["t"] == "ann.nack"]
        assert [one["t"] for one in answers].count("ann.ack") == 1
        assert [(one["code"], one["field"]) for one in nacks] == [("conflict", "body")]
        held = nacks[0]["server_value"]
        assert (held["rev"], held["body"] in ("hai", "ba")) == (2, True)


async def test_layers_come_and_go_in_the_lists_of_those_they_are_for(sign_in: SignIn) -> None:
    room = await stage(sign_in)
    topic, told = f"meeting:{room.meeting}", {"kind": "layers", "document_id": room.document}

    def says(frame: dict[str, Any]) -> bool:
        return frame["t"] == "change" and told in frame["items"]

    async with room.two.live() as two, room.three.live() as three:
        for live, tablet in ((two, room.two), (three, room.three)):
            await live.subscribe(topic)
            await live.subscribe(f"inbox:{tablet.person}")
        layer = await room.share(room.two)
        await two.take(says)
        assert layer in await room.layers(room.two)
        assert await three.silent() == []
        await room.one.do("PATCH", f"/layers/{layer}", {"audience": "everyone"})
        await two.take(says)
        await three.take(says)
        assert layer in await room.layers(room.three)
        await opened(three, layer)
        path = f"/documents/{room.document}"
        await room.secretary.do("PATCH", path, {"sharing": "people"})
        await three.take(lambda f: f["t"] == "ann.revoke" and f["layer"] == layer)
        assert layer not in await room.layers(room.three)
        assert layer in await room.layers(room.two)
        code = await room.one.refused("PATCH", f"/layers/{layer}", {"audience": "everyone"})
        assert code == (409, "sharing_not_allowed")
        await opened(two, layer)
        await room.two.do("POST", f"/layers/{layer}/leave", status=204)
        await two.take(lambda f: f["t"] == "ann.revoke" and f["layer"] == layer)
        assert layer not in await room.layers(room.two)
        assert "Nhóm thẩm tra" not in str(three.seen)


async def test_a_deleted_layer_ends_for_all_and_nothing_of_it_stays(sign_in: SignIn) -> None:
    room = await stage(sign_in)
    layer = await room.share(room.two)
    ones, twos = room.outbox(layer), room.outbox(layer)
    async with room.one.live() as one, room.two.live() as two:
        await opened(two, layer)
        await ones.send(one, ones.push(room.note("sẽ mất")))
        assert await room.two.refused("DELETE", f"/layers/{layer}") == (403, "not_allowed")
        assert await room.three.refused("DELETE", f"/layers/{layer}") == (404, "not_found")
        await room.one.do("DELETE", f"/layers/{layer}", status=204)
        await two.expect("ann.revoke")
        assert (await twos.send(two, twos.push()))["code"] == "forbidden"
        assert (await ones.send(one, ones.push()))["code"] == "forbidden"
        assert await room.two.refused("GET", f"/layers/{layer}/authors") == (404, "not_found")


async def test_the_presenter_writes_all_see_and_wet_ink_is_bounded(sign_in: SignIn) -> None:
    room = await stage(sign_in)
    items = (await room.secretary.do("GET", f"/meetings/{room.meeting}"))["view"]["items"]
    item = f"/meetings/{room.meeting}/items/{items[0]['id']}"
    path = f"/documents/{room.document}"
    await room.secretary.do("PATCH", item, {"presenter_id": room.one.person})
    await room.secretary.do("PATCH", path, {"item_id": items[0]["id"]})
    assert await room.two.refused("PUT", f"{path}/presenter-layer") == (403, "not_allowed")
    layer = (await room.one.do("PUT", f"{path}/presenter-layer"))["id"]
    assert (await room.chair.do("PUT", f"{path}/presenter-layer"))["id"] == layer
    ones, twos = room.outbox(layer), room.outbox(layer)
    wet = {"t": "ann.ephemeral", "layer": layer, "kind": "wet", "data": {"points": [[1, 2, 0.5]]}}
    async with room.one.live() as one, room.two.live() as two:
        await opened(one, layer)
        await opened(two, layer)
        await two.send(**wet)
        assert (await twos.send(two, twos.push()))["code"] == "forbidden"
        for _ in range(300):
            await one.send(**wet)
        stroke = ones.push()
        assert (await ones.send(one, stroke))["t"] == "ann.ack"
        seen = await two.take(lambda f: f["t"] == "ann.delta" and f["layer"] == layer)
        assert seen["items"][0]["id"] == stroke["ops"][0]["id"]
        passed = [frame for frame in two.seen if frame["t"] == "ann.ephemeral"]
        assert 10 <= len(passed) < 200, "a burst, and then no more than thirty a second"
        assert all(frame["from"] == room.one.person for frame in passed)
        assert not [frame for frame in one.seen if frame["t"] in ("ann.ephemeral", "error")]
        # The item changes hands: writing ends, reading goes on.
        await room.secretary.do("PATCH", item, {"presenter_id": room.two.person})
        nack = await ones.send(one, ones.push())
        assert nack["code"] == "forbidden"
        assert (await twos.send(two, twos.push()))["t"] == "ann.ack"
        await one.take(lambda f: f["t"] == "ann.delta" and len(f["items"]) == 1)
        await one.send(**wet)
        await one.silent()
        assert [f for f in await two.silent() if f["t"] == "ann.ephemeral"] == []
        assert "ann.revoke" not in [frame["t"] for frame in one.seen]


async def test_bad_input_on_shared_layers(sign_in: SignIn) -> None:
    """Layers of others, ids of others, clocks a year off, strokes far too long."""
    room = await stage(sign_in)
    layer = await room.share(room.two)
    other = await room.share(room.three)
    ones, twos, elsewhere = room.outbox(layer), room.outbox(layer), room.outbox(other)
    async with room.one.live() as one, room.two.live() as two:
        hidden = room.note("chỉ cho người khác")
        await elsewhere.send(one, elsewhere.push(hidden))
        intruder = Outbox(other, room.version)
        assert (await intruder.send(two, intruder.push()))["code"] == "forbidden"
        theirs = {"id": hidden["id"], "base_rev": 1}
        for op, code in (
            ({**room.note("x"), "id": hidden["id"]}, "id_taken"),
            (room.note("x", reply_to=hidden["id"]), "unknown_annotation"),
            ({**theirs, "op": "patch", "body": "x"}, "unknown_annotation"),
            (
                {**theirs, "op": "patch", "resolved": True},
                "unknown_annotation",
            ),
            ({**theirs, "op": "delete"}, "unknown_annotation"),
            (room.note("x", author=room.one.person), "unknown_field"),
            (room.note("x", resolved=True), "unknown_field"),
        ):
            nack = await twos.send(two, twos.push(op))
            assert (nack["code"], "server_value" in nack) == (code, False), op
        year = 366 * 24 * 3600 * 1000
        early, late = room.note("sớm"), room.note("muộn")
        early["created"] -= 2 * year
        late["created"] += year
        assert (await twos.send(two, twos.push(early, late)))["t"] == "ann.ack"
        await one.send(t="ann.open", layer=layer, cursor=0)
        items = (await one.expect("ann.snapshot"))["items"]
        assert [abs(item["created"] - item["modified"]) < 60_000 for item in items] == [True, True]
        for points in (60_000, 180_000):
            stroke = {**put(room.version), "kind": "ink", "geometry": {"rect": [0, 0, 9, 9]}}
            stroke["ink"] = base64.urlsafe_b64encode(bytes(points * 4)).decode().rstrip("=")
            nack = await ones.send(one, ones.push(stroke))
            assert (nack["code"], nack["index"]) == ("too_large", 0)
        assert (await ones.send(one, ones.push()))["t"] == "ann.ack"


async def test_a_million_points_end_their_own_connection_and_nobody_elses(
    sign_in: SignIn,
) -> None:
    room = await stage(sign_in)
    layer = await room.share(room.two)
    ones, twos = room.outbox(layer), room.outbox(layer)
    stroke = {**put(room.version), "kind": "ink", "geometry": {"rect": [0, 0, 9, 9]}}
    stroke["ink"] = base64.urlsafe_b64encode(bytes(4 * 10**6)).decode().rstrip("=")
    async with room.two.live() as two:
        await opened(two, layer)
        async with room.one.live() as one:
            with contextlib.suppress(websockets.ConnectionClosed):
                await one.send(**ones.push(stroke))
            assert await one.closed() == 1009
        async with room.one.live() as one:
            assert (await ones.send(one, ones.push(room.note("sau đó"))))["t"] == "ann.ack"
            assert (await delta(two, layer))[0]["body"] == "sau đó"
            assert (await twos.send(two, twos.push()))["t"] == "ann.ack"
