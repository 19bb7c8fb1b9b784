"""The test front and its workers: HTTP of any shape, a worker killed, two workers linked."""

from __future__ import annotations

import asyncio
import random
import socket
import urllib.error
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from media.sessions import Answered

from .front import Front, front
from .meeting import Talker
from .site import Site, until

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with front(log=tmp_path_factory.mktemp("front") / "log") as made:
        yield made


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with front("--workers", "2", log=tmp_path_factory.mktemp("front") / "log") as made:
        yield made


def opener(made: Front, path: str):  # type: ignore[no-untyped-def]
    def post(offer: str) -> Answered:
        status, headers, body = made.raw("POST", path, offer.encode(), Content_Type=SDP)
        assert status == 201, body
        return Answered(headers["Location"], body.decode(), headers["ETag"])

    return post


class TestHttp:
    def test_the_life_of_a_session(self, one: Front) -> None:
        site = Site("receive")
        status, headers, body = one.raw(
            "POST", "/whep/http/r", site.offer().encode(), Content_Type=SDP
        )
        assert status == 201
        assert body.startswith(b"v=0")
        location, etag = headers["Location"], headers["ETag"]
        assert one.raw("GET", location)[0] == 200
        candidate = b"a=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\n"
        patch = {"Content_Type": FRAGMENT}
        assert one.raw("PATCH", location, candidate, If_Match=etag, **patch)[0] == 204
        assert one.raw("PATCH", location, candidate, **patch)[0] == 428
        assert one.raw("PATCH", location, candidate, If_Match='"x"', **patch)[0] == 412
        fragment = b"a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
        status, headers, body = one.raw("PATCH", location, fragment, If_Match="*", **patch)
        assert status == 200
        assert headers["ETag"] != etag
        assert b"a=ice-lite" in body
        assert one.raw("DELETE", location)[0] == 200
        assert one.raw("DELETE", location)[0] == 404
        assert one.raw("GET", location)[0] == 404
        site.leave_unconnected()

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("POST", "/whip/http/a", 415),
            ("POST", "/whip/http/a%2Fb", 415),
            ("GET", "/nothing", 404),
            ("POST", "/stage/http", 400),
            ("POST", "/mute/http/a", 400),
            ("DELETE", "/session/none", 404),
            ("PUT", "/whip/http/a", 404),
            ("GET", "/", 200),
        ],
    )
    def test_answers(self, one: Front, method: str, path: str, status: int) -> None:
        assert one.raw(method, path)[0] == status

    def test_options_for_browsers_of_another_origin(self, one: Front) -> None:
        status, headers, _ = one.raw("OPTIONS", "/whip/http/a")
        assert status == 204
        assert headers["Accept-Post"] == SDP
        assert headers["Access-Control-Allow-Origin"] == "*"

    def test_another_codec_is_a_conflict(self, one: Front) -> None:
        one.ask("/meeting/fixed", {"codec": "h264"})
        with pytest.raises(urllib.error.HTTPError) as refused:
            one.ask("/meeting/fixed", {"codec": "vp8"})
        assert refused.value.code == 409

    def test_bytes_that_are_not_http(self, one: Front) -> None:
        chance = random.Random(5)
        host, port = one.url.removeprefix("http://").split(":")
        for number in range(40):
            with socket.create_connection((host, int(port)), timeout=5) as sock:
                data = chance.randbytes(chance.randrange(1, 200))
                if number % 2:
                    data = b"POST /whip/m/a HTTP/1.1\r\n" + data + b"\r\n\r\n"
                with suppress(OSError):
                    sock.sendall(data + b"\r\n\r\n")
                    sock.shutdown(socket.SHUT_WR)
                    sock.recv(1000)
        assert one.raw("GET", "/")[0] == 200

    async def test_a_token_guards_everything_but_preflight(self, tmp_path: Path) -> None:
        from media.front import Front as Server
        from media.pool import WorkerPool

        guarded = Server(WorkerPool(tmp_path), "127.0.0.1", 0, token="secret")
        for method, path in (("POST", "/whip/m/a"), ("GET", "/stats"), ("DELETE", "/session/x")):
            for headers in ({}, {"authorization": "Bearer guess"}, {"authorization": "secret"}):
                answer = await guarded.answer(method, path, headers, b"")
                assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert (await guarded.answer("OPTIONS", "/whip/m/a", {}, b"")).status == 204
        good = {"authorization": "Bearer secret"}
        assert (await guarded.answer("DELETE", "/session/x", good, b"")).status == 404

    def test_only_loopback_is_served(self) -> None:
        from media.front import Front as Server
        from media.pool import WorkerPool

        with pytest.raises(ValueError, match="loopback"):
            Server(WorkerPool(Path("/nowhere")), "0.0.0.0", 0)


async def test_a_killed_worker_comes_back_with_its_stage_and_sites_rejoin(one: Front) -> None:
    one.ask("/meeting/kill", {"codec": "vp8"})
    one.stage("kill", {"V0": "a"}, {})
    sites = [Site("publish"), Site("receive")]
    await sites[0].join(opener(one, "/whip/kill/a"))
    await sites[1].join(opener(one, "/whep/kill/r"))
    old = sites[1].session
    killed = one.kill_worker()
    for site in sites:
        site.leave()

    def back() -> bool:
        return [w for w in one.workers() if w["pid"] != killed] != []

    await until(back, "a new worker")
    assert one.raw("GET", old)[0] == 404
    names = [e["event"] for e in one.ask("/events")["events"]]
    assert "worker_lost" in names
    sites = [Site("publish"), Site("receive")]
    await sites[0].join(opener(one, "/whip/kill/a"))
    receiver = await sites[1].join(opener(one, "/whep/kill/r"))
    talker = Talker(sites[0])
    for _ in range(60):
        talker.speak()
        await asyncio.sleep(0.01)
    numbers = receiver.numbers("V0")
    assert len(numbers) > 30
    for site in sites:
        site.leave()


def all_whole(sites: list[Site]) -> bool:
    """No site's slot V0 has a hole."""
    numbers = [site.numbers("V0") for site in sites]
    return all(n == list(range(n[0], n[-1] + 1)) for n in numbers)


async def test_two_workers_pass_the_stage_to_each_other(two: Front) -> None:
    """Publisher on one worker, receivers on both; packets lost between them are asked again."""
    two.ask("/meeting/pair", {"codec": "vp8"})
    two.stage("pair", {"V0": "a"}, {"A0": "a"})
    publisher = Site("publish")
    await publisher.join(opener(two, "/whip/pair/a"))
    receivers = [Site("receive") for _ in range(4)]
    for number, site in enumerate(receivers):
        await site.join(opener(two, f"/whep/pair/r{number}"))
    ports = {site.server[1] for site in [publisher, *receivers]}
    assert len(ports) == 2
    talker = Talker(publisher)

    def all_have(count: int) -> bool:
        talker.speak()
        return all(len(site.numbers("V0")) >= count for site in receivers)

    await until(lambda: all_have(60), "pictures on both workers")
    # what a busy machine dropped is asked again, and the talker hears that when it speaks
    await until(lambda: all_have(60) and all_whole(receivers), "no hole in the pictures")
    await until(lambda: all(len(site.plain[site.ssrc("A0")]) > 20 for site in receivers), "sound")
    links = [w["link"] for w in two.workers()]
    assert sum(link["received"] for link in links) > 60

    # the publisher goes: both workers forget it; it comes back on the other worker
    two.raw("DELETE", publisher.session)
    publisher.leave()
    again = Site("publish")
    await again.join(opener(two, "/whip/pair/a"))
    talker = Talker(again, shade=110, ssrc=4000)
    goal = {site: len(site.numbers("V0")) + 40 for site in receivers}

    def more() -> bool:
        talker.speak()
        return all(len(site.numbers("V0")) >= goal[site] for site in receivers)

    await until(lambda: more() and all_whole(receivers), "whole pictures after the return")
    for site in [again, *receivers]:
        site.leave()


async def test_a_stranger_on_the_link_is_refused(two: Front) -> None:
    """Only siblings named by the pool are heard, and nonsense from anyone changes nothing."""
    path = next(w["link"] for w in two.ready["workers"])
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    chance = random.Random(2)
    for _ in range(50):
        sock.sendto(chance.choice((b"R", b"J", b"")) + chance.randbytes(30), path)
    sock.sendto(b'J{"from":"/tmp/x","stream":1}', path)
    sock.sendto(b'J{"from":"/tmp/x"', path)

    def refused() -> bool:
        return sum(w["link"]["refused"] for w in two.workers()) >= 50

    await until(refused, "refusals counted")
    sock.close()
