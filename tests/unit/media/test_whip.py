"""RFC 9725, point by point, against a bridge of plain objects."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from media.control import ControlError
from media.whip import FRAGMENT_TYPE, SDP_TYPE, IceServer, Sessions

FRAGMENT = b"a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"


class Bridge:
    """Answers like a worker."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.refuse: ControlError | None = None

    async def publish(self, meeting: str, site: str, offer: str) -> dict[str, str]:
        return self._answer("publish", meeting, site, offer)

    async def receive(self, meeting: str, site: str, offer: str) -> dict[str, str]:
        return self._answer("receive", meeting, site, offer)

    async def restart(self, session: str, fragment: str) -> dict[str, str]:
        if self.refuse:
            raise self.refuse
        self.calls.append(("restart", session))
        return {"fragment": "a=ice-ufrag:new\r\n", "etag": "new"}

    async def end(self, session: str, reason: str = "ended") -> None:
        if self.refuse:
            raise self.refuse
        self.calls.append(("end", session))

    def _answer(self, *call: str) -> dict[str, str]:
        if self.refuse:
            raise self.refuse
        self.calls.append(call)
        return {"session": "s1", "answer": "v=0", "etag": "e1"}


@pytest.fixture
def bridge() -> Bridge:
    return Bridge()


@pytest.fixture
def sessions(bridge: Bridge) -> Sessions:
    servers = (IceServer("stun:s.example"), IceServer("turns:t.example:443", "key", 600))
    return Sessions(bridge, prefix="/session/", ice_servers=servers, wall=lambda: 1000.0)


async def test_post_opens_a_session(bridge: Bridge, sessions: Sessions) -> None:
    answer = await sessions.post("publish", "m", "a", "application/sdp; charset=utf-8", b"v=0")
    assert answer.status == 201
    assert answer.headers["Location"] == "/session/s1"
    assert answer.headers["ETag"] == '"e1"'
    assert answer.headers["Content-Type"] == SDP_TYPE
    assert answer.body == b"v=0"
    assert bridge.calls == [("publish", "m", "a", "v=0")]
    assert (await sessions.post("receive", "m", "a", SDP_TYPE, b"v=0")).status == 201
    assert bridge.calls[-1][0] == "receive"


async def test_ice_servers_come_with_short_lived_credentials(sessions: Sessions) -> None:
    answer = await sessions.post("publish", "m", "a", SDP_TYPE, b"v=0")
    stun, turn = answer.headers["Link"].split(", ")
    assert stun == '<stun:s.example>; rel="ice-server"'
    digest = hmac.new(b"key", b"1600:a", hashlib.sha1).digest()
    assert 'username="1600:a"' in turn
    assert f'credential="{base64.b64encode(digest).decode()}"' in turn


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("text/plain", b"v=0", 415),
        ("", b"v=0", 415),
        (SDP_TYPE, b"\xff\xfe", 400),
        (SDP_TYPE, b"v" * 70000, 413),
    ],
)
async def test_bad_posts(
    sessions: Sessions, bridge: Bridge, content_type: str, body: bytes, status: int
) -> None:
    answer = await sessions.post("publish", "m", "a", content_type, body)
    assert answer.status == status
    assert bridge.calls == []


@pytest.mark.parametrize(
    ("code", "status"),
    [("no_bundle", 422), ("sdp_malformed", 400), ("too_many_sessions", 503), ("no_meeting", 404)],
)
async def test_refusals_are_problems_with_a_code(
    sessions: Sessions, bridge: Bridge, code: str, status: int
) -> None:
    bridge.refuse = ControlError(code)
    answer = await sessions.post("publish", "m", "a", SDP_TYPE, b"v=0")
    assert answer.status == status
    assert json.loads(answer.body)["code"] == code
    assert ("Retry-After" in answer.headers) == (status == 503)


async def test_patch_preconditions(sessions: Sessions) -> None:
    await sessions.post("publish", "m", "a", SDP_TYPE, b"v=0")
    patch = sessions.patch
    assert (await patch("nope", FRAGMENT_TYPE, '"e1"', b"")).status == 404
    assert (await patch("s1", SDP_TYPE, '"e1"', b"")).status == 415
    assert (await patch("s1", FRAGMENT_TYPE, None, b"")).status == 428
    assert (await patch("s1", FRAGMENT_TYPE, '"old"', b"")).status == 412
    assert (await patch("s1", FRAGMENT_TYPE, '"e1"', b"x" * 20000)).status == 413
    assert (await patch("s1", FRAGMENT_TYPE, '"e1"', b"a=candidate:1\r\n")).status == 204


async def test_restart_changes_the_generation(sessions: Sessions) -> None:
    await sessions.post("publish", "m", "a", SDP_TYPE, b"v=0")
    assert (await sessions.patch("s1", FRAGMENT_TYPE, "*", b"a=end\r\n")).status == 422
    answer = await sessions.patch("s1", FRAGMENT_TYPE, "*", FRAGMENT)
    assert (answer.status, answer.headers["ETag"]) == (200, '"new"')
    assert answer.body == b"a=ice-ufrag:new\r\n"
    assert (await sessions.patch("s1", FRAGMENT_TYPE, '"e1"', b"")).status == 412
    assert (await sessions.patch("s1", FRAGMENT_TYPE, '"new"', b"")).status == 204


async def test_a_failed_restart_keeps_the_session(sessions: Sessions, bridge: Bridge) -> None:
    await sessions.post("publish", "m", "a", SDP_TYPE, b"v=0")
    bridge.refuse = ControlError("timeout")
    assert (await sessions.patch("s1", FRAGMENT_TYPE, "*", FRAGMENT)).status == 504
    bridge.refuse = None
    assert (await sessions.patch("s1", FRAGMENT_TYPE, '"e1"', b"")).status == 204


async def test_delete_once(sessions: Sessions, bridge: Bridge) -> None:
    await sessions.post("publish", "m", "a", SDP_TYPE, b"v=0")
    assert (await sessions.delete("s1")).status == 200
    assert (await sessions.delete("s1")).status == 404
    assert bridge.calls[-1] == ("end", "s1")
    await sessions.post("publish", "m", "a", SDP_TYPE, b"v=0")
    bridge.refuse = ControlError("worker_lost")
    assert (await sessions.delete("s1")).status == 200


async def test_a_delete_that_failed_can_be_tried_again(bridge: Bridge, sessions: Sessions) -> None:
    await sessions.post("publish", "m", "a", SDP_TYPE, b"v=0")
    bridge.refuse = ControlError("timeout")
    assert (await sessions.delete("s1")).status == 504
    bridge.refuse = None
    assert (await sessions.delete("s1")).status == 200
    assert bridge.calls[-1] == ("end", "s1")


async def test_a_session_that_ends_during_its_restart_stays_gone(
    bridge: Bridge, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sessions.post("publish", "m", "a", SDP_TYPE, b"v=0")

    async def ending(session: str, fragment: str) -> dict[str, str]:
        sessions.ended(session)
        return {"fragment": "a=ice-ufrag:new\r\n", "etag": "new"}

    monkeypatch.setattr(bridge, "restart", ending)
    assert (await sessions.patch("s1", FRAGMENT_TYPE, "*", FRAGMENT)).status == 404
    assert not sessions.known("s1")


async def test_an_ended_session_has_no_url(sessions: Sessions) -> None:
    await sessions.post("publish", "m", "a", SDP_TYPE, b"v=0")
    assert sessions.known("s1")
    sessions.ended("s1")
    assert (await sessions.patch("s1", FRAGMENT_TYPE, '"e1"', b"")).status == 404


def test_options_says_what_may_be_posted(sessions: Sessions) -> None:
    answer = sessions.options()
    assert answer.status == 204
    assert answer.headers["Accept-Post"] == SDP_TYPE
