"""The test front: WHIP and WHEP over plain HTTP on loopback, for browsers, encoders and benchmarks.

Not for production: the web process joins `whip.py` and the pool to people and rights. A small
HTTP/1.1 server of its own, so that `media/` needs no web framework.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import resource
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from .bounds import Bounds
from .clock import SYSTEM
from .control import ControlError
from .pool import WorkerPool
from .whip import Answer, Sessions, problem, refused

HEAD_BYTES = 16384
BODY_BYTES = 262144
IDLE_S = 75.0
EVENTS_KEPT = 1000

PAGE = b"<!doctype html><meta charset=utf-8><title>bridge test front</title>"
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
    "Access-Control-Expose-Headers": "Location, ETag, Link, Accept-Patch",
    "Access-Control-Max-Age": "600",
}
REASONS = {200: "OK", 201: "Created", 204: "No Content", 404: "Not Found"}


class BadRequest(Exception):
    """The bytes are not HTTP, or more than is taken."""


class Front:
    """Serves one pool on one loopback address."""

    def __init__(
        self,
        pool: WorkerPool,
        host: str,
        port: int,
        *,
        token: str = "",
        bounds: Bounds | None = None,
    ) -> None:
        if host not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("the test front serves loopback only")
        self.pool = pool
        self.host = host
        self.port = port
        self.token = token
        self.bounds = bounds or Bounds()
        self.sessions = Sessions(pool, wall=SYSTEM.wall, bounds=self.bounds)
        self.connected: set[str] = set()
        self.events: deque[tuple[int, dict[str, Any]]] = deque(maxlen=EVENTS_KEPT)
        self._number = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        pool.on_event = self.heard

    async def open(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, self.host, self.port, limit=HEAD_BYTES
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def heard(self, event: dict[str, Any]) -> None:
        """An event of the workers."""
        self._number += 1
        self.events.append((self._number, event))
        session = event.get("session", "")
        if event["event"] == "connected":
            self.connected.add(session)
        elif event["event"] == "ended":
            self.connected.discard(session)
            self.sessions.ended(session)

    # -- HTTP

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            if task is not None:
                self._tasks.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        try:
            async with asyncio.timeout(IDLE_S):
                head = await reader.readuntil(b"\r\n\r\n")
            method, target, headers = _read_head(head)
            size = int(headers.get("content-length", "0"))
            if size > BODY_BYTES or "transfer-encoding" in headers:
                raise BadRequest("body")
            async with asyncio.timeout(IDLE_S):
                body = await reader.readexactly(size)
        except (BadRequest, ValueError, asyncio.LimitOverrunError):
            await _write(writer, problem(400, "bad_request"), close=True)
            return False
        try:
            answer = await self.answer(method, target, headers, body)
        except ControlError as exc:
            answer = refused(exc)
        except (ValueError, TypeError, AttributeError):
            answer = problem(400, "bad_request")
        close = headers.get("connection", "").lower() == "close"
        await _write(writer, answer, close=close)
        return not close

    async def answer(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> Answer:
        """One request. Raises ControlError and ValueError, which become problems."""
        parts = urlsplit(target)
        path = [unquote(p) for p in parts.path.split("/") if p]
        query = {k: v[-1] for k, v in parse_qs(parts.query).items()}
        if method == "OPTIONS":
            return self.sessions.options()
        if self.token and not hmac.compare_digest(
            headers.get("authorization", "").encode(), f"Bearer {self.token}".encode()
        ):
            return Answer(401, {"WWW-Authenticate": "Bearer"})
        match method, path:
            case "POST", ["whip" | "whep" as kind, meeting, site]:
                await self._ensure(meeting, query.get("codec"))
                return await self.sessions.post(
                    "publish" if kind == "whip" else "receive",
                    meeting,
                    site,
                    headers.get("content-type", ""),
                    body,
                )
            case "PATCH", ["session", session]:
                return await self.sessions.patch(
                    session, headers.get("content-type", ""), headers.get("if-match"), body
                )
            case "DELETE", ["session", session]:
                return await self.sessions.delete(session)
            case "GET", ["session", session] if self.sessions.known(session):
                state = "connected" if session in self.connected else "new"
                return _json({"state": state})
            case "POST", ["meeting", meeting]:
                wish = json.loads(body or b"{}")
                voice = wish.get("voice_activated", False)
                slots = ("V0",) if voice is True else tuple(voice or ())
                await self.pool.open_meeting(meeting, wish.get("codec", "vp8"), slots)
                return _json({"meeting": meeting, "codec": self.pool.codec(meeting)})
            case "POST", ["stage", meeting]:
                stage = json.loads(body)
                await self._ensure(meeting, None)
                await self.pool.set_stage(meeting, stage.get("video", {}), stage.get("audio", {}))
                return _json({"meeting": meeting})
            case "POST", ["mute", meeting, site]:
                wish = json.loads(body)
                await self.pool.mute(meeting, site, wish.get("audio"), wish.get("video"))
                return _json({"meeting": meeting, "site": site})
            case "GET", ["stats"]:
                usage = resource.getrusage(resource.RUSAGE_SELF)
                return _json(
                    {
                        "front_cpu_s": round(usage.ru_utime + usage.ru_stime, 4),
                        "workers": await self.pool.stats(),
                    }
                )
            case "GET", ["events"]:
                since = int(query.get("since", "0"))
                found = [{"number": n, **e} for n, e in self.events if n > since]
                return _json({"events": found, "last": self._number})
            case "GET", []:
                return Answer(200, {"Content-Type": "text/html; charset=utf-8"}, PAGE)
        return problem(404, "not_found")

    async def _ensure(self, meeting: str, codec: str | None) -> None:
        known = self.pool.codec(meeting)
        if known is None or (codec is not None and codec != known):
            await self.pool.open_meeting(meeting, codec or "vp8")


def _read_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    lines = head.decode("latin-1").split("\r\n")
    first = lines[0].split(" ")
    if len(first) != 3 or not first[2].startswith("HTTP/1."):
        raise BadRequest("request line")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        if line:
            name, colon, value = line.partition(":")
            if not colon:
                raise BadRequest("header")
            headers[name.strip().lower()] = value.strip()
    return first[0], first[1], headers


def _json(value: Any) -> Answer:
    return Answer(200, {"Content-Type": "application/json"}, json.dumps(value).encode())


async def _write(writer: asyncio.StreamWriter, answer: Answer, *, close: bool) -> None:
    headers = {**CORS, "Cache-Control": "no-store", **answer.headers}
    if answer.status != 204:
        headers["Content-Length"] = str(len(answer.body))
    if close:
        headers["Connection"] = "close"
    lines = [f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, 'Answer')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body)
    await writer.drain()


async def run_front(
    host: str,
    port: int,
    directory: Path,
    *,
    workers: int,
    udp: tuple[str, int],
    candidates: tuple[str, ...],
    token: str,
    stop: asyncio.Event,
    say: Callable[[str], None],
    log: str | None = None,
) -> None:
    """Start the workers and serve until `stop`."""
    pool = WorkerPool(directory, workers=workers, udp=udp, candidates=candidates, log=log)
    front = Front(pool, host, port, token=token)
    try:
        await pool.start()
        await front.open()
        say(json.dumps({"event": "front_ready", "url": front.url, "workers": pool.workers()}))
        await stop.wait()
    finally:
        await front.close()
        with contextlib.suppress(ControlError):
            await pool.stop()
