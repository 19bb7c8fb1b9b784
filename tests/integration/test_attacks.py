"""Tricks with paths, headers, letters and races."""

from __future__ import annotations

import asyncio
import socket
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import httpx
import pysqlite3
import pytest

from server.settings import Settings
from tests.harness.meetings import TIMES, make_meeting
from tests.harness.server import RunningServer, running
from tests.harness.tablet import Tablet
from tests.integration.conftest import SignIn

SECRET = "không ai được đọc"


def raw(server: RunningServer, request: bytes) -> bytes:
    """Send bytes that no HTTP library would, and read the answer's head."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as wire:
        wire.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer and (part := wire.recv(65536)):
            answer += part
    return answer


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/..%2f..%2fsecret.txt",
        "/%2e%2e/%2e%2e/secret.txt",
        "/....//secret.txt",
        "//secret.txt",
        "/\\..\\secret.txt",
        "/assets/../../secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/%00",
        "/index.html%00.js",
        "/" + "a" * 300,
        "/" + "a/" * 2000,
        "/%ff%fe",
        "/%f0%9f%92%a9.js",
        "/assets/%ed%a0%80",
        "/.env",
        "/.git/config",
    ],
)
async def test_no_path_leads_out_of_the_clients_folder(walled: RunningServer, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = await asyncio.to_thread(raw, walled, request.encode())
    assert answer.split()[1] in (b"200", b"400", b"404"), answer[:100]
    assert SECRET.encode() not in answer


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["GET /api/about HTTP/1.1"], b"421"),
        (["GET /api/about HTTP/1.1", "Host: evil.example"], b"421"),
        (["GET http://localhost/api/about HTTP/1.1", "Host: evil.example"], b"421"),
        (["GET /api/about HTTP/1.1", "Host: localhost:abc"], b"421"),
        (["POST /api/sign-out HTTP/1.1", "Host: localhost", "Origin: http://localhost@x"], b"403"),
        (
            ["POST /api/sign-out HTTP/1.1", "Host: localhost", "X-HTTP-Method-Override: GET"],
            b"403",
        ),
        (["TRACE / HTTP/1.1", "Host: localhost"], b"403"),
        (["GET /api/me HTTP/1.1", "Host: localhost", "X-Forwarded-User: admin"], b"401"),
        (["GET /api/me HTTP/1.1", "Host: localhost", "Cookie: phonghop=\xff\xfe"], b"401"),
        (["GET /api/me HTTP/1.1", "Host: localhost", "Cookie: __Host-phonghop=x"], b"401"),
        (["GET /api/me HTTP/1.1", "Host: localhost", "X: " + "y" * 1_000_000], b"431"),
    ],
)
async def test_headers_that_lie(walled: RunningServer, lines: list[str], status: bytes) -> None:
    request = "\r\n".join([*lines, "Connection: close", "", ""])
    answer = await asyncio.to_thread(raw, walled, request.encode("latin-1"))
    assert answer.split()[1] == status, answer[:200]


async def test_the_log_holds_no_defect_after_all_that(walled: RunningServer) -> None:
    for path in ("/%00", "/" + "a" * 300, "/api/people?limit=%C2%B2&q=%00"):
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        await asyncio.to_thread(raw, walled, request.encode())
    assert "Traceback" not in walled.log()
    assert "request_failed" not in walled.log()


@pytest.fixture(scope="module")
def walled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose client's folder has a secret next to it."""
    room = tmp_path_factory.mktemp("walled")
    assets = room / "client" / "assets"
    assets.mkdir(parents=True)
    (room / "client" / "index.html").write_text("<html></html>")
    (room / "secret.txt").write_text(SECRET)
    (assets / "out").symlink_to(room / "secret.txt")
    server = RunningServer(room / "data", more={"PHONGHOP_CLIENT": str(room / "client")})
    yield server.start()
    server.stop()


async def test_the_same_words_typed_otherwise_are_the_same(sign_in: SignIn) -> None:
    secretary = await sign_in("thuky")
    spread = unicodedata.normalize("NFD", "Phiên họp đặc biệt về thủy lợi")
    made = await secretary.do("POST", "/meetings", {"kind": "regular", "title": spread, **TIMES})
    assert made["view"]["meeting"]["title"] == unicodedata.normalize("NFC", spread)
    for bad in ("Phiên\u202ehọp", "Phiên\x00họp", "Phiên\nhọp", "\u00a0", " "):
        body = {"kind": "regular", "title": bad, **TIMES}
        assert (await secretary.refused("POST", "/meetings", body))[0] == 422, bad
    found = await secretary.do("GET", "/people?q=" + unicodedata.normalize("NFD", "Đại"))
    assert len(found["people"]) >= 2


@pytest.mark.parametrize("limit", ["²", "-1", "x", "9" * 5000, ""])
async def test_a_limit_that_is_no_number_is_refused(sign_in: SignIn, limit: str) -> None:
    secretary = await sign_in("thuky")
    assert await secretary.refused("GET", f"/people?limit={limit}") == (422, "invalid_input")


async def test_two_tabs_issue_a_meeting_once(sign_in: SignIn) -> None:
    one, two = await sign_in("thuky"), await sign_in("thuky")
    meeting = await make_meeting(one, (one.person, "secretary"), issue=False)
    tabs = [tab.http.post(f"/api/meetings/{meeting}/issue") for tab in (one, two, one, two)]
    answers = await asyncio.gather(*tabs)
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


async def test_one_command_sent_many_times_at_once_is_done_once(sign_in: SignIn) -> None:
    secretary = await sign_in("thuky")
    meeting = await make_meeting(secretary, issue=False, items=0)
    send = {"json": {"title": "Một lần"}, "headers": {"Idempotency-Key": "cung-mot-luc"}}
    path = f"/api/meetings/{meeting}/items"
    answers = await asyncio.gather(*(secretary.http.post(path, **send) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_somebody_elses_key_tells_nothing(sign_in: SignIn) -> None:
    one, two = await sign_in("thuky"), await sign_in("thuky2")
    send = {"headers": {"Idempotency-Key": "chung-mot-khoa"}}
    body = {"kind": "regular", **TIMES}
    first = await one.http.post("/api/meetings", json={**body, "title": "Của tỉnh"}, **send)
    second = await two.http.post("/api/meetings", json={**body, "title": "Của xã"}, **send)
    titles = [one.json()["view"]["meeting"]["title"] for one in (first, second)]
    assert titles == ["Của tỉnh", "Của xã"]


async def test_two_secretaries_order_the_agenda_at_once(sign_in: SignIn) -> None:
    one, two = await sign_in("thuky"), await sign_in("thuky")
    meeting = await make_meeting(one, items=5, issue=False)
    path = f"/meetings/{meeting}"
    ids = [item["id"] for item in (await one.do("GET", path))["view"]["items"]]
    orders = [ids[::-1], ids[2:] + ids[:2]]
    await asyncio.gather(
        *(
            tab.do("PUT", f"{path}/items/order", {"item_ids": order}, status=204)
            for tab, order in zip((one, two), orders, strict=True)
        ),
        one.do("POST", f"{path}/items", {"title": "Thêm"}),
        return_exceptions=True,
    )
    items = (await one.do("GET", path))["view"]["items"]
    assert [item["position"] for item in items] == list(range(len(items)))
    for bad in ([], ids[:2], [ids[0]] * len(items), [*ids, ids[0]]):
        answer = await one.refused("PUT", f"{path}/items/order", {"item_ids": bad})
        assert answer == (409, "agenda_changed_meanwhile")


async def test_the_demo_stays_on_this_machine(data: Path) -> None:
    server = RunningServer(data, demo=True, more={"PHONGHOP_HOST": "0.0.0.0"})
    with pytest.raises(RuntimeError, match="loopback"):
        await asyncio.to_thread(server.start)


async def test_reading_goes_on_where_the_last_seen_time_cannot_be_written(data: Path) -> None:
    """A reader that cannot be noted as active is still a reader."""
    with running(data) as server:
        tablet = Tablet(server)
        await tablet.sign_in("daibieu1")
        other = pysqlite3.connect(Settings(data=data).database_file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        answer = await tablet.http.get("/api/meetings", timeout=30)
        other.execute("ROLLBACK")
        other.close()
        assert answer.status_code == 200
        await tablet.close()


async def test_an_unknown_method_or_path_is_a_plain_refusal(server: RunningServer) -> None:
    async with httpx.AsyncClient(base_url=server.base, headers={"Origin": server.base}) as http:
        for method, path in (
            ("POST", "/api/nothing"),
            ("DELETE", "/healthz"),
            ("PUT", "/"),
            ("PATCH", "/live"),
            ("OPTIONS", "/api/me"),
        ):
            answer = await http.request(method, path)
            assert answer.status_code in (404, 405), (method, path)
            assert "content-security-policy" in answer.headers
