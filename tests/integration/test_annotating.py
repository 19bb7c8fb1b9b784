"""Marks over the live socket: two devices, other people, repeats, and rights that end."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.harness.marks import Outbox, answer, opened, outbox_on, put
from tests.harness.meetings import add_paper, make_meeting
from tests.harness.papers import paper
from tests.harness.server import RunningServer
from tests.harness.tablet import Tablet
from tests.integration.conftest import SignIn


async def stage(sign_in: SignIn, **more: Any) -> tuple[Tablet, Tablet, str, str]:
    """A secretary, a delegate, a meeting in session and its one paper."""
    secretary, delegate = await sign_in("thuky"), await sign_in("daibieu1")
    meeting = await make_meeting(secretary, (delegate.person, "delegate"))
    document = await add_paper(secretary, meeting, paper(1), **more)
    return secretary, delegate, meeting, document


async def test_a_mark_reaches_the_second_device_and_nobody_else(
    sign_in: SignIn, server: RunningServer
) -> None:
    secretary, first, meeting, document = await stage(sign_in)
    second, other = await sign_in("daibieu1"), await sign_in("daibieu2")
    path = f"/meetings/{meeting}/participants/{other.person}"
    await secretary.do("PUT", path, {"role": "delegate"})
    outbox = await outbox_on(first, document)
    foreign = Outbox(outbox.layer, outbox.version)
    async with first.live() as one, second.live() as two, other.live() as three:
        assert (await opened(two, outbox.layer))["t"] == "ann.snapshot"
        assert (await opened(three, outbox.layer))["t"] == "ann.revoke"
        frame = outbox.push()
        ack = await outbox.send(one, frame)
        delta = await two.expect("ann.delta")
        assert (ack["t"], ack["seqs"], ack["revs"]) == ("ann.ack", [1], [1])
        assert [item["id"] for item in delta["items"]] == [frame["ops"][0]["id"]]
        nack = await foreign.send(three, foreign.push())
        assert (nack["t"], nack["code"]) == ("ann.nack", "forbidden")
        await three.send(t="ann.ephemeral", layer=outbox.layer, kind="wet", data={})
        assert await three.silent() == []
        assert await two.silent() == []


async def test_wet_ink_passes_to_the_other_device_and_is_never_stored(sign_in: SignIn) -> None:
    _, first, _, document = await stage(sign_in)
    second = await sign_in("daibieu1")
    outbox = await outbox_on(first, document)
    async with first.live() as one, second.live() as two:
        await opened(one, outbox.layer)
        await opened(two, outbox.layer)
        data = {"points": [[1, 2, 0.5]], "tên": "Đường"}
        await one.send(t="ann.ephemeral", layer=outbox.layer, kind="wet", data=data)
        wet = await two.expect("ann.ephemeral")
        assert (wet["data"], wet["from"]) == (data, first.person)
        assert (await opened(two, outbox.layer))["items"] == []


async def test_a_repeated_push_gets_its_first_answer_and_changes_nothing(sign_in: SignIn) -> None:
    _, delegate, _, document = await stage(sign_in)
    outbox = await outbox_on(delegate, document)
    frame = outbox.push()
    async with delegate.live() as live:
        first = await outbox.send(live, frame)
    async with delegate.live() as live:
        await opened(live, outbox.layer)
        again = await outbox.send(live, frame)
        both = await asyncio.gather(*(live.send(**frame) for _ in range(3)))
        assert both == [None] * 3
        answers = [await answer(live, frame["op_no"]) for _ in range(3)]
        assert [one["t"] for one in live.seen].count("ann.delta") == 0
        other = {**frame, "ops": [put(outbox.version)]}
        reused = await outbox.send(live, other)
    assert again == first
    assert answers == [first] * 3
    assert reused["code"] == "op_no_reused"


async def test_what_was_missed_comes_with_the_cursor(sign_in: SignIn) -> None:
    _, delegate, _, document = await stage(sign_in)
    outbox = await outbox_on(delegate, document)
    async with delegate.live() as live:
        for _ in range(5):
            await outbox.send(live, outbox.push())
        delta = await opened(live, outbox.layer, cursor=2)
        assert (delta["t"], delta["from"], delta["to"], len(delta["items"])) == (
            "ann.delta",
            2,
            5,
            3,
        )


async def test_a_layer_larger_than_the_outbox_opens_whole(sign_in: SignIn) -> None:
    _, delegate, _, document = await stage(sign_in)
    outbox = await outbox_on(delegate, document)
    marks = 0
    async with delegate.live() as live:
        for _ in range(14):
            ops = [put(outbox.version, body="x" * 12_000) for _ in range(30)]
            marks += len(ops)
            assert (await outbox.send(live, outbox.push(*ops)))["t"] == "ann.ack"
    async with delegate.live() as live:
        first = await opened(live, outbox.layer)
        parts = [first]
        while not parts[-1]["last"]:
            parts.append(await live.expect("ann.snapshot"))
    assert sum(len(part["items"]) for part in parts) == marks
    assert sum(len(str(part)) for part in parts) > 4 * 2**20


async def test_who_is_removed_loses_the_layer_and_pushes_no_more(sign_in: SignIn) -> None:
    secretary, delegate, meeting, document = await stage(sign_in)
    outbox = await outbox_on(delegate, document)
    path = f"/meetings/{meeting}/participants/{delegate.person}"
    async with delegate.live() as live:
        await opened(live, outbox.layer)
        await outbox.send(live, outbox.push())
        await secretary.do("DELETE", path, status=204)
        assert (await live.expect("ann.revoke"))["layer"] == outbox.layer
        nack = await outbox.send(live, outbox.push())
        assert nack["code"] == "forbidden"
        await secretary.do("PUT", path, {"role": "delegate"})
        snapshot = await opened(live, outbox.layer)
        assert len(snapshot["items"]) == 1


async def test_no_push_is_kept_after_the_removal_was_answered(sign_in: SignIn) -> None:
    """The removal and a stream of pushes race; what came after the answer is refused."""
    secretary, delegate, meeting, document = await stage(sign_in)
    outbox = await outbox_on(delegate, document)
    path = f"/meetings/{meeting}/participants/{delegate.person}"
    for _ in range(5):
        async with delegate.live() as live:
            sent = [outbox.push() for _ in range(40)]
            for frame in sent[:20]:
                await live.send(**frame)
            await secretary.do("DELETE", path, status=204)
            for frame in sent[20:]:
                await live.send(**frame)
            answers = [await answer(live, frame["op_no"]) for frame in sent]
        kinds = ["ann.ack" if one["t"] == "ann.ack" else one["code"] for one in answers]
        assert kinds[20:] == ["forbidden"] * 20
        assert kinds == sorted(kinds), "a push was taken after one that was refused"
        await secretary.do("PUT", path, {"role": "delegate"})


async def test_a_paper_that_is_restricted_or_deleted_takes_its_layer_along(
    sign_in: SignIn,
) -> None:
    secretary, delegate, meeting, document = await stage(sign_in)
    outbox = await outbox_on(delegate, document)
    other = await sign_in("daibieu2")
    await secretary.do("PUT", f"/meetings/{meeting}/participants/{other.person}", {"role": "guest"})
    async with delegate.live() as live:
        for change in ("restrict", "internal", "delete"):
            await opened(live, outbox.layer)
            if change == "restrict":
                body = {"shown_to": [other.person]}
                await secretary.do("PATCH", f"/documents/{document}", body)
            elif change == "internal":
                inner = {"title": "Nội bộ", "internal": True}
                item = await secretary.do("POST", f"/meetings/{meeting}/items", inner)
                body = {"item_id": item["id"]}
                await secretary.do("PATCH", f"/documents/{document}", body)
            else:
                await secretary.do("DELETE", f"/documents/{document}", status=204)
            assert (await live.expect("ann.revoke"))["layer"] == outbox.layer
            assert (await outbox.send(live, outbox.push()))["code"] == "forbidden"
            if change != "delete":
                body = {"shown_to": [], "item_id": None}
                await secretary.do("PATCH", f"/documents/{document}", body)


async def test_a_bad_push_is_refused_with_a_code_and_the_next_is_taken(sign_in: SignIn) -> None:
    _, delegate, _, document = await stage(sign_in)
    outbox = await outbox_on(delegate, document)
    good = put(outbox.version)
    bad: list[tuple[Any, str]] = [
        ({**good, "geometry": {"point": [1e9, 0]}}, "out_of_range"),
        ({**good, "id": "x"}, "bad_id"),
        ({**good, "kind": "script"}, "unknown_kind"),
        ({**good, "more": 1}, "unknown_field"),
        ({**good, "page": -1}, "out_of_range"),
        ({**good, "page": True}, "wrong_type"),
        ({**good, "op": "drop"}, "unknown_op"),
        ({**good, "body": "a\x00b"}, "bad_text"),
        ({**good, "body": "x" * 20_001}, "too_large"),
        ("not an operation", "wrong_type"),
    ]
    async with delegate.live() as live:
        for op, code in bad:
            nack = await outbox.send(live, outbox.push(op))
            assert (nack["t"], nack["code"]) == ("ann.nack", code), op
        unreadable = [{"op_no": "1"}, {"op_no": -1}, {"op_no": 2**60}, {"ops": []}, {"layer": 5}]
        for broken in unreadable:
            await live.send(**{**outbox.push(), **broken})
            assert (await live.expect("ann.nack"))["code"]
        assert (await outbox.send(live, outbox.push()))["t"] == "ann.ack"
