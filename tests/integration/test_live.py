"""The live socket against bad input, lost rights and slow clients."""

from __future__ import annotations

import asyncio
import json
import socket
import uuid
from pathlib import Path
from typing import Any

import pytest
import websockets

from tests.harness.meetings import make_meeting
from tests.harness.server import PASSWORD, RunningServer, running, until
from tests.harness.tablet import Live, Tablet
from tests.integration.conftest import SignIn

CHANGES, ITEMS = 150, 80
"""Some 6 MB of changes: more than the system keeps for a socket that is not read."""
NOWHERE = "0196f3a0-1111-4aaa-8bbb-000000000001"


async def titled(secretary: Tablet, meeting: str, title: str) -> None:
    await secretary.do("PATCH", f"/meetings/{meeting}", {"title": title})


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("", "malformed"),
        ("{", "malformed"),
        ("[]", "malformed"),
        ('"ping"', "malformed"),
        ("null", "malformed"),
        ("{}", "malformed"),
        ('{"t":1}', "malformed"),
        ('{"t":"nothing"}', "unknown_frame"),
        ('{"t":"sub"}', "malformed"),
        ('{"t":"sub","topic":"x","cursor":null}', "malformed"),
        ('{"t":"sub","topic":"inbox:ID\\n","cursor":null}', "malformed"),
        ('{"t":"sub","topic":"inbox:ID","cursor":NaN}', "malformed"),
        ('{"t":"ping","more":1}', "malformed"),
        ('{"t":"hello","protocol":1,"device":"ID","cursors":{}}', "hello_twice"),
        ('{"t":"\\ud800"}', "malformed"),
        ('{"t":"ann.open","layer":"\\udfff","cursor":0}', "malformed"),
        ('{"t":"ann.open","layer":"x","cursor":0}', "bad_id"),
        ('{"t":"ann.nothing"}', "unknown_message"),
        ("[" * 5000, "malformed"),
        ('{"t":"ping","x":%s}' % ("[" * 400 + "]" * 400), "malformed"),
    ],
)
async def test_a_bad_frame_is_refused_and_other_work_goes_on(
    sign_in: SignIn, frame: str, code: str
) -> None:
    tablet = await sign_in("daibieu1")
    async with tablet.live() as live:
        await live.socket.send(frame.replace("ID", NOWHERE))
        assert (await live.expect("error"))["code"] == code
        assert (await live.subscribe(f"inbox:{tablet.person}"))["t"] == "snapshot"


async def test_a_binary_frame_is_refused_and_other_work_goes_on(sign_in: SignIn) -> None:
    tablet = await sign_in("daibieu1")
    async with tablet.live() as live:
        await live.socket.send(b'{"t":"ping"}')
        assert (await live.expect("error"))["code"] == "binary_frame"
        await live.send(t="ping")
        await live.expect("pong")


async def test_no_topic_of_somebody_else(sign_in: SignIn) -> None:
    tablet, other = await sign_in("daibieu1"), await sign_in("daibieu2")
    async with tablet.live() as live:
        for topic, code in (
            (f"inbox:{other.person}", "not_allowed"),
            (f"meeting:{NOWHERE}", "not_found"),
            (f"meeting:{NOWHERE}:staff", "not_found"),
            (f"inbox:{tablet.person}:staff", "topic_unknown"),
            (f"document:{NOWHERE}", "topic_unknown"),
            (f"layer:{NOWHERE}", "topic_unknown"),
        ):
            closed = await live.subscribe(topic)
            assert (closed["t"], closed["code"]) == ("closed", code), topic


async def test_a_frame_over_1_mib_closes_and_the_client_resumes_without_loss(
    sign_in: SignIn,
) -> None:
    secretary, tablet = await sign_in("thuky"), await sign_in("daibieu1")
    meeting = await make_meeting(secretary, (tablet.person, "delegate"))
    topic = f"meeting:{meeting}"
    async with tablet.live() as live:
        seen = (await live.subscribe(topic))["seq"]
        await live.socket.send("x" * (2**20 + 1))
        assert await live.closed() == 1009
    await titled(secretary, meeting, "Một")
    await titled(secretary, meeting, "Hai")
    async with tablet.live({topic: seen}) as live:
        titles = [(await live.expect("change"))["items"][0]["meeting"]["title"] for _ in range(2)]
        caught = await live.expect("caught_up")
    assert titles == ["Một", "Hai"]
    assert caught["seq"] == seen + 2


async def test_a_cursor_that_is_too_old_or_from_elsewhere_gets_a_snapshot(data: Path) -> None:
    with running(data, changes_kept="10") as server:
        secretary = Tablet(server)
        await secretary.sign_in("thuky")
        meeting = await make_meeting(secretary, issue=False)
        for number in range(64):
            await titled(secretary, meeting, f"Lần {number}")
        topic = f"meeting:{meeting}:staff"
        async with secretary.live() as live:
            start = await live.subscribe(topic)
            newest = start["seq"]
            assert newest > 64
            for cursor in (0, 1, newest + 1, -5, 2**70):
                again = await live.subscribe(topic, cursor)
                assert (again["t"], again["seq"]) == ("snapshot", newest), cursor
                assert again["data"] == start["data"]
            assert (await live.subscribe(topic, newest - 1))["t"] == "caught_up"
            assert live.seen[-2]["seq"] == newest
        await secretary.close()


async def knock(server: RunningServer, **headers: str) -> int:
    """The code a socket is refused with."""
    address = server.base.replace("http", "ws") + "/live"
    origin = websockets.Origin(headers.pop("Origin")) if "Origin" in headers else None
    try:
        async with websockets.connect(address, origin=origin, additional_headers=headers) as socket:
            await socket.recv()
    except websockets.InvalidStatus as refused:
        return refused.response.status_code
    except websockets.ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006
    return 0


async def test_a_socket_from_elsewhere_or_without_a_session_is_refused(
    sign_in: SignIn, server: RunningServer
) -> None:
    tablet = await sign_in("daibieu1")
    cookie, rebound = tablet.cookie, f"http://evil.example:{server.port}"
    assert await knock(server, Cookie=cookie, Origin="https://evil.example") == 403
    assert await knock(server, Cookie=cookie, Origin="null") == 403
    assert await knock(server, Cookie=cookie) == 403
    assert await knock(server, Cookie=cookie, Origin=rebound, Host="evil.example") == 403
    assert await knock(server, Origin=server.base) == 4401
    assert await knock(server, Origin=server.base, Cookie="phonghop=falsch") == 4401


@pytest.mark.parametrize(
    ("hello", "code"),
    [
        ({"t": "hello", "protocol": 1, "device": str(uuid.uuid4()), "cursors": {}}, 4400),
        ({"t": "hello", "protocol": 99, "device": "own", "cursors": {}}, 4400),
        ({"t": "ping"}, 4400),
        ({"t": "hello"}, 4400),
    ],
)
async def test_hello_of_another_device_or_kind_is_refused(
    sign_in: SignIn, hello: dict[str, Any], code: int
) -> None:
    tablet = await sign_in("daibieu1")
    if hello.get("device") == "own":
        hello = {**hello, "device": tablet.device}
    async with silent_socket(tablet) as wire:
        await wire.send(json.dumps(hello))
        assert await Live(wire).closed() == code


def silent_socket(tablet: Tablet, **more: Any) -> websockets.connect:
    """A socket that has not said hello."""
    return websockets.connect(
        tablet.server.base.replace("http", "ws") + "/live",
        additional_headers={"Cookie": tablet.cookie},
        origin=websockets.Origin(tablet.server.base),
        max_size=2**24,
        **more,
    )


async def test_signing_out_ends_a_socket_that_has_not_said_hello(sign_in: SignIn) -> None:
    tablet = await sign_in("daibieu1")
    hello = {"t": "hello", "protocol": 1, "device": tablet.device, "cursors": {}}
    async with silent_socket(tablet) as wire:
        await tablet.do("POST", "/sign-out", status=204)
        await wire.send(json.dumps(hello))
        live = Live(wire)
        assert await live.closed() == 4401
        assert live.seen == []


async def test_lost_rights_close_the_topic_before_the_next_frame(sign_in: SignIn) -> None:
    secretary, tablet = await sign_in("thuky"), await sign_in("daibieu1")
    meeting = await make_meeting(secretary, (tablet.person, "delegate"))
    topic, path = f"meeting:{meeting}", f"/meetings/{meeting}/participants/{tablet.person}"
    async with tablet.live() as live:
        await live.subscribe(topic)
        await secretary.do("DELETE", path, status=204)
        await titled(secretary, meeting, "Sau khi đã ra")
        closed = await live.take(lambda f: f.get("topic") == topic)
        assert (closed["t"], closed["code"]) == ("closed", "not_found")
        later = [one for one in await live.silent() if one.get("topic") == topic]
        assert later == []
        await secretary.do("PUT", path, {"role": "delegate"})
        assert (await live.subscribe(topic))["t"] == "snapshot"


async def test_a_secretary_made_delegate_loses_the_staffs_topic_alone(sign_in: SignIn) -> None:
    secretary, helper = await sign_in("thuky"), await sign_in("daibieu2")
    meeting = await make_meeting(secretary, (helper.person, "secretary"))
    path = f"/meetings/{meeting}/participants/{helper.person}"
    async with helper.live() as live:
        await live.subscribe(f"meeting:{meeting}:staff")
        await live.subscribe(f"meeting:{meeting}")
        await secretary.do("PUT", path, {"role": "delegate"})
        closed = await live.expect("closed")
        assert (closed["topic"], closed["code"]) == (f"meeting:{meeting}:staff", "not_allowed")
        await titled(secretary, meeting, "Tiếp tục")
        change = await live.take(
            lambda f: f["t"] == "change" and f["items"][0]["kind"] == "meeting"
        )
        assert change["topic"] == f"meeting:{meeting}"


async def test_a_client_that_does_not_read_is_closed_and_resumes_without_loss(
    data: Path,
) -> None:
    with running(data, live_outbox_bytes="200000") as server:
        secretary, tablet = Tablet(server), Tablet(server)
        await secretary.sign_in("thuky")
        await tablet.sign_in("daibieu1")
        meeting = await make_meeting(secretary, (tablet.person, "delegate"), items=0, issue=False)
        path = f"/meetings/{meeting}"
        for number in range(ITEMS):
            title = f"{number} ".ljust(299, "x")
            await secretary.do("POST", f"{path}/items", {"title": title})
        await secretary.do("POST", f"{path}/issue")
        order = [one["id"] for one in (await secretary.do("GET", path))["view"]["items"]]
        topic = f"meeting:{meeting}"
        hello = {"t": "hello", "protocol": 1, "device": tablet.device, "cursors": {topic: 10**6}}
        async with silent_socket(tablet, sock=narrow(server), max_queue=1) as wire:
            live = Live(wire)
            await wire.send(json.dumps(hello))
            start = await live.expect("snapshot")
            wire.transport.pause_reading()
            for _ in range(CHANGES):
                order.reverse()
                await secretary.do("PUT", f"{path}/items/order", {"item_ids": order}, status=204)
            await until(lambda: "client_too_slow" in server.log())
            wire.transport.resume_reading()
            code = await live.closed()
        read = [one["seq"] for one in live.seen if one.get("topic") == topic]
        assert code in (1006, 1013)
        assert max(read) < start["seq"] + CHANGES
        async with tablet.live({topic: max(read)}) as live:
            await live.expect("caught_up")
        missed = [one["seq"] for one in live.seen if one.get("topic") == topic]
        await asyncio.gather(secretary.close(), tablet.close())
    assert read + missed[:-1] == list(range(start["seq"], start["seq"] + CHANGES + 1))


def narrow(server: RunningServer) -> socket.socket:
    """A connection whose system buffers hold little."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.connect(("127.0.0.1", server.port))
    made.setblocking(False)
    return made


async def test_a_planned_end_tells_clients_when_to_come_back(data: Path) -> None:
    with running(data) as server:
        tablet = Tablet(server)
        await tablet.sign_in("daibieu1")
        async with tablet.live() as live:
            stopping = asyncio.create_task(asyncio.to_thread(server.stop))
            assert (await live.expect("leaving"))["retry_after"] > 0
            assert await live.closed() == 1001
            await stopping
        server.start()
        async with tablet.live() as live:
            await live.send(t="ping")
            await live.expect("pong")
        await tablet.close()


async def test_many_tries_at_once_are_no_way_around_the_lock(data: Path) -> None:
    with running(data) as server:
        device = str(uuid.uuid4())
        tablets = [Tablet(server, device) for _ in range(20)]
        answers = await asyncio.gather(*(one.sign_in("chutich", "falsch") for one in tablets))
        codes = [one.status_code for one in answers]
        assert codes.count(401) == 5
        assert codes.count(429) == 15
        assert (await tablets[0].sign_in("chutich", PASSWORD)).status_code == 429
        assert (await Tablet(server).sign_in("chutich", PASSWORD)).status_code == 200
