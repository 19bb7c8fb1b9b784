"""What the server owes a hall of tablets: durable acknowledgements, memory, a quick start.

Usage: python -m tests.benchmarks.reading.server_figures [SECONDS]
Starts its own demo server on temporary data and prints one JSON line per figure:

- `push_ack_p99_ms`: 30 delegates, each 10 strokes/s of 1 kB over a real socket; from `send` to the
  durable acknowledgement. `push_seen_p99_ms`: the same stroke decoded on the delegate's second
  device. Strokes are sent by the clock, whether answers are late or not.
- `idle_rss_mb`: resident memory of the web process once all papers are read, before any push.
- `start_s`: from the command to the first good /healthz, on data that exists.

Tablets and server share the machine; `generator_core_pct` says what the tablets took, and the run
is invalid above 80, or when the tablets themselves are woken late (`machine_lag_p99_ms`): then
other work had the machine.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

from annotations.ink import encode_ink, ink_to_text
from server import clock
from server.demo.people import people
from server.demo.seed import PASSWORD
from tests.harness.marks import Outbox, opened
from tests.harness.server import RunningServer, until
from tests.harness.tablet import Live, Tablet

DELEGATES, STROKES_PER_S, SECONDS, WARM_UP = 30, 10, 20.0, 3.0
POINTS = 78
"""Points that make a push of about 1 kB."""
READY_SECONDS = 900
MOST_LAG_MS = 8.0
"""Above that the figures tell of the machine, not of the server."""


def line(figure: str, value: float, unit: str, **more: Any) -> None:
    """One figure on standard output."""
    print(
        json.dumps({"figure": figure, "value": round(value, 2), "unit": unit, **more}), flush=True
    )


def percentile(values: list[float], part: float) -> float:
    """The value below which `part` of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def stroke(dice: random.Random, version: str) -> dict[str, Any]:
    """A put of one pen stroke."""
    x, y = dice.uniform(50, 400), dice.uniform(50, 700)
    xs = [x + step + dice.uniform(-0.5, 0.5) for step in range(POINTS)]
    ys = [y + dice.uniform(-2, 2) for _ in range(POINTS)]
    pressure = [dice.random() for _ in range(POINTS)]
    ink = encode_ink(xs, ys, pressure, [8 * step for step in range(POINTS)])
    return {
        "op": "put",
        "id": clock.new_id(),
        "version": version,
        "page": 0,
        "kind": "ink",
        "created": clock.unix_ms(),
        "geometry": {"rect": [min(xs), min(ys), max(xs), max(ys)]},
        "style": {"color": "#1a3c8b", "width": 1.6},
        "ink": ink_to_text(ink),
    }


@dataclass
class Measured:
    """Moments of each stroke, by mark id."""

    sent: dict[str, float] = field(default_factory=dict)
    acknowledged: dict[str, float] = field(default_factory=dict)
    seen: dict[str, float] = field(default_factory=dict)
    sizes: list[int] = field(default_factory=list)


@dataclass
class Delegate:
    """One person with two devices on the same paper."""

    first: Tablet
    second: Tablet
    outbox: Outbox
    dice: random.Random

    async def draw(self, live: Live, measured: Measured, until: float) -> None:
        """Strokes by the clock."""
        loop = asyncio.get_running_loop()
        due = loop.time() + self.dice.random() / STROKES_PER_S
        while due < until:
            await asyncio.sleep(max(0.0, due - loop.time()))
            frame = self.outbox.push(stroke(self.dice, self.outbox.version))
            words = json.dumps(frame)
            measured.sizes.append(len(words))
            measured.sent[frame["ops"][0]["id"]] = time.perf_counter()
            self.waiting[frame["op_no"]] = frame["ops"][0]["id"]
            await live.socket.send(words)
            due += 1 / STROKES_PER_S

    def __post_init__(self) -> None:
        self.waiting: dict[int, str] = {}

    async def hear(self, live: Live, measured: Measured) -> None:
        """The first device's answers."""
        while True:
            frame = json.loads(await live.socket.recv())
            if frame["t"] == "ann.ack":
                measured.acknowledged[self.waiting.pop(frame["op_no"])] = time.perf_counter()
            elif frame["t"] == "ann.nack":
                raise RuntimeError(f"refused: {frame}")

    async def watch(self, live: Live, measured: Measured) -> None:
        """What the second device sees."""
        while True:
            frame = json.loads(await live.socket.recv())
            if frame["t"] == "ann.delta":
                now = time.perf_counter()
                for item in frame["items"]:
                    measured.seen[item["id"]] = now

    async def run(self, measured: Measured, seconds: float) -> None:
        """Both devices for a while; ends when all is answered and seen."""
        loop = asyncio.get_running_loop()
        async with self.first.live() as one, self.second.live() as two:
            await opened(two, self.outbox.layer)
            hearing = asyncio.create_task(self.hear(one, measured))
            watching = asyncio.create_task(self.watch(two, measured))
            await self.draw(one, measured, loop.time() + seconds)
            await until(lambda: not self.waiting and len(measured.seen) == len(measured.sent), 20)
            for task in (hearing, watching):
                task.cancel()
            await asyncio.gather(hearing, watching, return_exceptions=True)


async def delegates(server: RunningServer) -> list[Delegate]:
    """Demo people who take part in the session under way, each on two devices."""
    found: list[Delegate] = []
    for number, person in enumerate(people()):
        first, second = Tablet(server), Tablet(server)
        if (await first.sign_in(person.username, PASSWORD)).status_code != 200:
            continue
        mine = (await first.do("GET", "/meetings"))["meetings"]
        now = [one["meeting"]["id"] for one in mine if one["meeting"]["state"] == "in_session"]
        if not now:
            await first.close()
            continue
        await second.sign_in(person.username, PASSWORD)
        papers = (await first.do("GET", f"/meetings/{now[0]}"))["view"]["documents"]
        view = await first.do("GET", f"/documents/{papers[0]['id']}")
        outbox = Outbox(view["my_layer"], view["version"]["id"])
        found.append(Delegate(first, second, outbox, random.Random(number)))
        if len(found) == DELEGATES:
            break
    return found


async def push_figures(server: RunningServer, seconds: float = SECONDS) -> None:
    """The two latencies."""
    crowd = await delegates(server)
    load = os.getloadavg()[0]
    await asyncio.gather(*(one.run(Measured(), WARM_UP) for one in crowd))
    each = [Measured() for _ in crowd]
    cpu, wall, served = time.process_time(), time.perf_counter(), cpu_s(server)
    lags: list[float] = []
    clockwork = asyncio.create_task(note_lags(lags))
    pairs = zip(crowd, each, strict=True)
    await asyncio.gather(*(one.run(measured, seconds) for one, measured in pairs))
    clockwork.cancel()
    lag = percentile(lags, 0.99)
    took_s = time.perf_counter() - wall
    core = 100 * (time.process_time() - cpu) / took_s
    server_core = 100 * (cpu_s(server) - served) / took_s
    for one in crowd:
        await one.first.close()
        await one.second.close()
    sizes = [size for one in each for size in one.sizes]
    said = {
        "clients": len(crowd),
        "strokes_per_s": STROKES_PER_S,
        "strokes": len(sizes),
        "bytes": round(sum(sizes) / len(sizes)),
        "generator_core_pct": round(core),
        "server_core_pct": round(server_core),
        "load_before": round(load, 1),
        "machine_lag_p99_ms": round(lag, 1),
    }
    if core > 80 or len(crowd) < DELEGATES:
        said["invalid"] = "the load generator was too busy, or too few delegates"
    elif lag > MOST_LAG_MS:
        said["invalid"] = "other work kept the machine from running even the load generator"
    for figure, name in (("push_ack", "acknowledged"), ("push_seen", "seen")):
        took = [
            1000 * (moment - one.sent[mark])
            for one in each
            for mark, moment in getattr(one, name).items()
        ]
        middle = {"p50_ms": round(percentile(took, 0.5), 2), "max_ms": round(max(took), 1)}
        line(f"{figure}_p99_ms", percentile(took, 0.99), "ms", **middle, **said)


async def note_lags(lags: list[float]) -> None:
    """How late this process, which is mostly idle, is woken (ms): what the machine adds itself."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.005)
        lags.append(1000 * (time.perf_counter() - began) - 5)


def cpu_s(server: RunningServer) -> float:
    """CPU time the web process has used."""
    assert server.process is not None
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int) -> float:
    """Resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    kilobytes = next(row for row in status.splitlines() if row.startswith("VmRSS:")).split()[1]
    return int(kilobytes) / 1024


async def all_read(server: RunningServer) -> None:
    """Wait until every paper of the demo is readable."""
    tablet = Tablet(server)
    device = {"id": tablet.device, "label": "benchmark"}
    await tablet.do("POST", "/demo/enter", {"tile": "secretary", "device": device})
    async with asyncio.timeout(READY_SECONDS):
        while True:
            states: list[str] = []
            for card in (await tablet.do("GET", "/meetings"))["meetings"]:
                view = await tablet.do("GET", f"/meetings/{card['meeting']['id']}")
                states += [one["state"] for one in view["view"]["documents"]]
            if states and set(states) <= {"ready", "refused"}:
                break
            await asyncio.sleep(0.5)
    await tablet.close()


def restarted(server: RunningServer) -> float:
    """Stop and start again; seconds until /healthz answers well."""
    server.stop()
    began = time.perf_counter()
    server.start()
    return time.perf_counter() - began


async def measure(server: RunningServer, seconds: float = SECONDS) -> None:
    """All figures on a running demo server, which is started anew in between."""
    starts = [await asyncio.to_thread(restarted, server) for _ in range(3)]
    load = round(os.getloadavg()[0], 1)
    line("start_s", min(starts), "s", all=[round(one, 2) for one in starts], load_before=load)
    assert server.process is not None
    line("idle_rss_mb", rss_mb(server.process.pid), "MB")
    await push_figures(server, seconds)
    line("rss_after_pushes_mb", rss_mb(server.process.pid), "MB")


def main() -> None:
    """The command line."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with tempfile.TemporaryDirectory() as folder:
        server = RunningServer(Path(folder) / "data", demo=True).start()
        try:
            uvloop.run(all_read(server))
            uvloop.run(measure(server, seconds))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
