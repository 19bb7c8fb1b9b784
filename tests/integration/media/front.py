"""The test front as a process, a browser with fake devices, and requests to both."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, Playwright

from tests.benchmarks.media.fault_proxy import FaultProxy

SCRIPT = (Path(__file__).parent / "browser.js").read_text()
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
]
ROOT = Path(__file__).parents[3]


class Front:
    """`python -m media --front`, and its HTTP."""

    def __init__(self, *more: str, log: Path | None = None) -> None:
        command = [sys.executable, "-m", "media", "--front", "127.0.0.1:0", *more]
        if log is not None:
            command += ["--log", str(log)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert self.process.stdout is not None
        self.ready: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.url: str = self.ready["url"]

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    def ask(self, path: str, body: Any = None, **headers: str) -> Any:
        """JSON in and out; raises urllib's HTTPError for a problem."""
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data=data, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def raw(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """A request as it is; header names with `_` for `-`."""
        request = urllib.request.Request(
            self.url + path,
            data=body or None,
            method=method,
            headers={k.replace("_", "-"): v for k, v in headers.items()},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as exc:
            return exc.code, dict(exc.headers), exc.read()

    def workers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("/stats")["workers"]
        return found

    def kill_worker(self, index: int = 0) -> int:
        pid: int = next(w["pid"] for w in self.workers() if w["index"] == index)
        os.kill(pid, signal.SIGKILL)
        return pid

    def ended(self, session: str) -> str | None:
        """Why a session ended, or None while it lives. `session` is its address."""
        for event in self.ask("/events")["events"]:
            if event["event"] == "ended" and event["session"] == session.rsplit("/", 1)[1]:
                return str(event["reason"])
        return None

    def stage(self, meeting: str, video: dict[str, str], audio: dict[str, str]) -> None:
        self.ask(f"/stage/{meeting}", {"video": video, "audio": audio})


@contextmanager
def front(*more: str, log: Path | None = None) -> Iterator[Front]:
    made = Front(*more, log=log)
    try:
        yield made
    finally:
        made.close()


async def browser(playwright: Playwright) -> Browser:
    return await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


async def window(made: Browser, front: Front) -> Page:
    """A window of its own on the front's page, with the script in it."""
    context = await made.new_context()
    page = await context.new_page()
    await page.goto(front.url)
    await page.evaluate(SCRIPT)
    return page


async def inbound(page: Page) -> dict[str, Any]:
    """Statistics by kind and m-line: `V:0` is slot V0, `A:2` the third line."""
    found: dict[str, Any] = await page.evaluate("bridge.inbound()")
    return found


async def until(condition: Callable[[], Awaitable[Any]], what: str, deadline: float = 60.0) -> Any:
    """Poll a state that is read asynchronously."""
    end = time.monotonic() + deadline
    while True:
        found = await condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"never came: {what}")
        await asyncio.sleep(0.1)


async def grows(page: Page, line: str, field: str, by: float, deadline: float = 60.0) -> Any:
    """Wait until a counter of a slot has grown by `by`; returns the slot's statistics."""
    before = (await inbound(page)).get(line, {}).get(field, 0)

    async def grown() -> Any:
        now = (await inbound(page)).get(line, {})
        return now if now.get(field, 0) >= before + by else None

    return await until(grown, f"{line} {field} + {by}", deadline)


async def outbound(page: Page) -> dict[str, Any]:
    """What a window sends, by kind and layer: `video:q`, `audio:`."""
    found: dict[str, Any] = await page.evaluate("bridge.outbound()")
    return found


WHOLE_SHARE = 0.8
"""Of the pictures that one window encodes another must get, when nothing is lost on the way…"""
ON_THE_WAY = 10
"""…less those between the two readings of the statistics."""
FROZEN_SHARE = 0.5
"""Of the time. Browsers count a freeze when a picture is 150 ms later than usual, and a shared
machine delays decoder and screen by that now and then; a bridge that breaks the numbering freezes
the picture for seconds, again and again."""


async def flows_calmly(
    made: Front, receiver: Page, line: str, sender: Page, pictures: int = 60
) -> None:
    """Nothing is switched and nothing cut: what one window encodes, another shows without long
    freezes. Judged by counters of both ends, so that a slow machine only takes longer.

    The receiver is one that tells no `estimates`: a busy machine looks like a thin link to a
    browser, which then gets sound only, rightly. A stretch in which the bridge still chose another
    layer for it is no such stretch, and the next one is taken. Neither is one with a long freeze:
    a freeze is counted when it ends, so it may belong to what was cut before. A bridge that breaks
    the numbering freezes the picture in every stretch.
    """
    session = (await receiver.evaluate("bridge.state.receive.location")).rsplit("/", 1)[1]
    for _ in range(6):
        last = made.ask("/events")["last"]
        began = time.monotonic()
        sent = await outbound(sender)
        before = (await inbound(receiver))[line]
        after = await grows(receiver, line, "received", pictures, deadline=90.0)
        now = await outbound(sender)
        spent = time.monotonic() - began
        chosen = made.ask(f"/events?since={last}")["events"]
        frozen = after["frozen"] - before["frozen"]
        moved = any(e["event"] == "layers" and e["session"] == session for e in chosen)
        if not moved and frozen <= FROZEN_SHARE * spent:
            break
    else:
        raise AssertionError(("no calm stretch", moved, frozen, spent))
    # a layer that the encoder paused meanwhile says nothing of the one that is shown
    grown = [
        now[layer]["frames"] - sent[layer]["frames"]
        for layer in sent
        if layer.startswith("video") and now[layer]["frames"] > sent[layer]["frames"]
    ]
    got = after["received"] - before["received"]
    assert got >= WHOLE_SHARE * min(grown) - ON_THE_WAY, (got, grown, before, after)
    assert after["lost"] <= before["lost"]
    assert after["decoded"] - before["decoded"] >= got / 2, (before, after)


@asynccontextmanager
async def path(made: Front) -> AsyncIterator[FaultProxy]:
    """A path with faults to the first worker; `port` is where a window is to send (`via`)."""
    proxy = FaultProxy(("127.0.0.1", made.workers()[0]["udp_port"]))
    await proxy.open()
    try:
        yield proxy
    finally:
        await proxy.close()
