"""Signing in and out, over HTTP and the live socket."""

from __future__ import annotations

from pathlib import Path

import httpx
import pysqlite3
import pytest
import websockets

from tests.harness.server import RunningServer, running, until
from tests.harness.tablet import WAIT_SECONDS, Tablet
from tests.integration.conftest import SignIn


async def test_a_stranger_sees_only_what_is_public(server: RunningServer) -> None:
    tablet = Tablet(server)
    assert (await tablet.do("GET", "/about"))["demo"] is False
    assert await tablet.do("GET", "/session") == {"signed_in": False}
    assert await tablet.refused("GET", "/me") == (401, "not_signed_in")
    assert await tablet.refused("GET", "/meetings") == (401, "not_signed_in")
    assert await tablet.refused("POST", "/demo/enter", {}) == (422, "invalid_input")


async def test_the_session_cookie_cannot_be_read_by_scripts(server: RunningServer) -> None:
    tablet = Tablet(server)
    answer = await tablet.sign_in("daibieu1")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert answer.headers["cache-control"] == "private, no-store"


async def test_the_same_device_gets_the_same_key_again(server: RunningServer) -> None:
    first = Tablet(server)
    await first.sign_in("daibieu1")
    again = Tablet(server, device=first.device)
    await again.sign_in("daibieu1")
    other_person = Tablet(server, device=first.device)
    await other_person.sign_in("daibieu2")
    assert again.lease["key"] == first.lease["key"]
    assert other_person.lease["key"] != first.lease["key"]
    assert (await again.do("POST", "/lease"))["key"] == first.lease["key"]


async def test_a_second_sign_in_on_a_device_ends_the_first(server: RunningServer) -> None:
    first = Tablet(server)
    await first.sign_in("daibieu1")
    async with first.live() as live:
        again = Tablet(server, device=first.device)
        await again.sign_in("daibieu1")
        assert await live.closed() == 4401
    assert await first.refused("GET", "/me") == (401, "not_signed_in")


async def test_bad_passwords_lock_the_device_but_not_the_person(server: RunningServer) -> None:
    attacker, owner = Tablet(server), Tablet(server)
    for left in (4, 3, 2, 1, 0):
        answer = await attacker.sign_in("chutich", "sai-mat-khau")
        assert (answer.status_code, answer.json()["params"]["left"]) == (401, left)
    locked = await attacker.sign_in("chutich")
    assert (locked.status_code, locked.json()["code"]) == (429, "account_locked")
    assert int(locked.headers["retry-after"]) > 0
    assert (await owner.sign_in("chutich")).status_code == 200


async def test_an_unknown_name_is_refused_like_a_bad_password(server: RunningServer) -> None:
    answer = await Tablet(server).sign_in("khong-co-ai")
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_credentials")


async def test_signing_out_ends_the_session_and_its_socket(sign_in: SignIn) -> None:
    tablet = await sign_in("daibieu1")
    async with tablet.live() as live:
        assert await tablet.do("GET", "/session") == {"signed_in": True}
        await tablet.do("POST", "/sign-out", status=204)
        assert await tablet.do("GET", "/session") == {"signed_in": False}
        assert await live.closed() == 4401
    assert await tablet.refused("GET", "/me") == (401, "not_signed_in")


async def test_an_idle_session_ends_and_its_socket_with_it(data: Path) -> None:
    with running(data, idle_minutes="0", live_heartbeat_seconds="0.1") as server:
        tablet = Tablet(server)
        await tablet.sign_in("daibieu1")
        assert await tablet.refused("GET", "/me") == (401, "not_signed_in")
        with pytest.raises(websockets.ConnectionClosed) as closed:
            async with tablet.live():
                pass
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "null"},
    ],
)
async def test_an_unsafe_request_from_elsewhere_is_refused(
    server: RunningServer, headers: dict[str, str]
) -> None:
    async with httpx.AsyncClient(base_url=server.base, headers=headers) as stranger:
        answer = await stranger.post("/api/sign-out")
    assert (answer.status_code, answer.json()["code"]) == (403, "origin")


async def test_a_foreign_host_name_is_refused(server: RunningServer) -> None:
    async with httpx.AsyncClient(base_url=server.base, headers={"Host": "evil.example"}) as http:
        answer = await http.get("/api/about")
    assert (answer.status_code, answer.json()["code"]) == (421, "unknown_host")


async def test_every_answer_carries_the_security_headers(server: RunningServer) -> None:
    async with httpx.AsyncClient(base_url=server.base) as http:
        for path in ("/healthz", "/api/about", "/api/nothing", "/x.js"):
            headers = (await http.get(path)).headers
            assert "default-src 'self'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"


async def test_a_body_over_the_cap_is_refused(sign_in: SignIn) -> None:
    tablet = await sign_in("thuky")
    answer = await tablet.http.post("/api/meetings", content=b"x" * (2**20 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_leased_key_is_not_kept_with_the_answered_commands(
    sign_in: SignIn, server: RunningServer
) -> None:
    tablet = await sign_in("daibieu1")
    headers = {"Idempotency-Key": "thue-khoa-lan-nay"}
    leases = [(await tablet.http.post("/api/lease", headers=headers)).json() for _ in range(2)]
    assert leases[0]["key"] == leases[1]["key"]
    database = pysqlite3.connect(str(server.data / "phonghop.sqlite3"))
    try:
        kept = database.execute("SELECT key, body FROM answered").fetchall()
    finally:
        database.close()
    assert not [key for key, body in kept if "thue-khoa" in key or leases[0]["key"] in (body or "")]


async def test_only_a_hand_keeps_a_session_awake(sign_in: SignIn, server: RunningServer) -> None:
    """Live news makes an untouched tablet read, and renew its lease: that keeps nothing awake."""
    untouched, touched = await sign_in("daibieu1"), await sign_in("daibieu1")
    aged, before = _aged(server, untouched), _aged(server, touched)
    async with untouched.live() as quiet, touched.live() as live:
        await untouched.do("GET", "/me")
        await untouched.do("GET", "/meetings")
        await untouched.do("POST", "/lease")
        await quiet.send(t="ping")
        await quiet.expect("pong")
        await live.send(t="active")
        # Noted together or one after the other: what came before would be there by then.
        await until(lambda: _seen(server, touched) > before, WAIT_SECONDS)
    assert _seen(server, untouched) == aged


async def test_a_command_keeps_a_session_awake(sign_in: SignIn, server: RunningServer) -> None:
    tablet = await sign_in("daibieu1")
    aged = _aged(server, tablet)
    assert (await tablet.refused("POST", "/meetings", {}))[0] in (403, 422)
    await until(lambda: _seen(server, tablet) > aged, WAIT_SECONDS)


def _aged(server: RunningServer, tablet: Tablet) -> int:
    """Let a minute pass over the session of this tablet; when it was last used then."""
    _seen(server, tablet, set_to=_seen(server, tablet) - 60_000)
    return _seen(server, tablet)


def _seen(server: RunningServer, tablet: Tablet, set_to: int | None = None) -> int:
    """When the session of this tablet was last used, unix ms, as it is stored."""
    database = pysqlite3.connect(str(server.data / "phonghop.sqlite3"), timeout=WAIT_SECONDS)
    try:
        if set_to is not None:
            change = "UPDATE session SET seen_at = ? WHERE device_id = ?"
            database.execute(change, (set_to, tablet.device))
            database.commit()
        row = database.execute(
            "SELECT seen_at FROM session WHERE device_id = ?", (tablet.device,)
        ).fetchone()
    finally:
        database.close()
    return int(row[0])
