"""A delegate's tablet as the server sees it: one device, one session, one live socket."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import websockets

from tests.harness.server import PASSWORD, RunningServer

WAIT_SECONDS = 30.0
LATE_SECONDS = 0.2
"""For what a reaction to a command would send after its answer."""


class Live:
    """The live socket: frames are kept in order until a test takes them."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket
        self.seen: list[dict[str, Any]] = []

    async def send(self, **frame: Any) -> None:
        await self.socket.send(json.dumps(frame))

    async def take(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next frame that fits; others before it are dropped into `seen`."""
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                frame: dict[str, Any] = json.loads(await self.socket.recv())
                self.seen.append(frame)
                if wanted(frame):
                    return frame

    async def expect(self, kind: str) -> dict[str, Any]:
        """The next frame of this type."""
        return await self.take(lambda frame: frame["t"] == kind)

    async def subscribe(self, topic: str, cursor: int | None = None) -> dict[str, Any]:
        """Follow a topic; answers with the snapshot, `caught_up` or `closed`."""
        await self.send(t="sub", topic=topic, cursor=cursor)
        ends = {"snapshot", "caught_up", "closed"}
        return await self.take(lambda frame: frame["t"] in ends and frame["topic"] == topic)

    async def closed(self) -> int:
        """The code the server closes with."""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while True:
                    self.seen.append(json.loads(await self.socket.recv()))
        except websockets.ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else 1006

    async def silent(self) -> list[dict[str, Any]]:
        """What the server has sent (but for heartbeats) before its answer to a question put now,
        and for a moment after; for "nothing leaks" checks, which a slow server must not pass."""
        found: list[dict[str, Any]] = []
        nowhere = f"meeting:{uuid.uuid4()}"
        await self.send(t="sub", topic=nowhere, cursor=None)
        async with asyncio.timeout(WAIT_SECONDS):
            while (frame := json.loads(await self.socket.recv())).get("topic") != nowhere:
                found.append(frame)
        assert frame["t"] == "closed", frame
        with suppress(TimeoutError):
            async with asyncio.timeout(LATE_SECONDS):
                while True:
                    found.append(json.loads(await self.socket.recv()))
        return [frame for frame in found if frame["t"] not in ("ping", "pong")]


class Tablet:
    """HTTP with the session's cookie, and the live socket."""

    def __init__(self, server: RunningServer, device: str | None = None) -> None:
        self.server = server
        self.device = device or str(uuid.uuid4())
        self.http = httpx.AsyncClient(
            base_url=server.base, headers={"Origin": server.base}, timeout=30
        )
        self.person = ""
        self.lease: dict[str, Any] = {}

    async def sign_in(self, username: str, password: str = PASSWORD) -> httpx.Response:
        claim = {"id": self.device, "label": "tablet"}
        body = {"username": username, "password": password, "device": claim}
        answer = await self.http.post("/api/sign-in", json=body)
        if answer.status_code == 200:
            self.person = answer.json()["me"]["person"]["id"]
            self.lease = answer.json()["lease"]
        return answer

    async def do(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """A request that must answer with `status`; returns the JSON body, if any."""
        answer = await self.http.request(method, f"/api{path}", json=body)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        is_json = "json" in answer.headers.get("content-type", "")
        return answer.json() if is_json else answer.content

    async def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """A request that must be refused: status and code."""
        answer = await self.http.request(method, f"/api{path}", json=body)
        assert answer.status_code >= 400, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.status_code, answer.json()["code"]

    @property
    def cookie(self) -> str:
        """The Cookie header of this session."""
        return "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())

    @asynccontextmanager
    async def live(self, cursors: dict[str, int] | None = None) -> AsyncIterator[Live]:
        """The live socket, after hello and welcome."""
        address = self.server.base.replace("http", "ws") + "/live"
        async with websockets.connect(
            address,
            additional_headers={"Cookie": self.cookie},
            origin=websockets.Origin(self.server.base),
            max_size=2**24,
        ) as socket:
            live = Live(socket)
            await live.send(t="hello", protocol=1, device=self.device, cursors=cursors or {})
            await live.expect("welcome")
            yield live

    async def close(self) -> None:
        await self.http.aclose()
