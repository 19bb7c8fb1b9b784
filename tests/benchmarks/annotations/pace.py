"""Open-loop load: things sent by the clock, and the highest rate that a server sustains."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

from tests.benchmarks.annotations.machine import Window, percentile, quiet_garbage
from tests.benchmarks.annotations.wire import Socket
from tests.harness.server import until

T = TypeVar("T")
PATIENCE_S = 2.0
"""What is not answered so long after the last stroke was not kept up with."""
BOUND_MS = 100.0
"""A rate is sustained while its p99 stays below this."""
STEP_S, GROWTH, FINE, SLOWEST = 3.0, 1.6, 1.15, 20
FEWEST = 300
"""Strokes in a step at least: a p99 of fewer is the slowest of them, one pause of the disk."""


class Drawer(ABC, Generic[T]):
    """Somebody who draws: a room or layer with one device that draws and one that watches."""

    sockets: list[Socket]
    acknowledged: list[float]
    """Seconds from sending to the answer that counts."""
    seen: list[float]
    """Seconds from sending to the second device."""
    refused: int

    def __new__(cls, *given: object, **named: object) -> Self:
        """With empty lists, whatever the subclass makes of its fields."""
        made = super().__new__(cls)
        made.sockets, made.refused = [], 0
        made.forget()
        return made

    def forget(self) -> None:
        """Begin a new measurement."""
        self.acknowledged, self.seen = [], []

    @abstractmethod
    def prepare(self, number: int) -> T:
        """The next stroke, ready to send; `number` picks it from the pool."""

    @abstractmethod
    def draw(self, stroke: T) -> None:
        """Send it and note the moment."""

    @property
    @abstractmethod
    def waiting(self) -> int:
        """Strokes without the answer that counts."""


@dataclass
class Step:
    """One rate: latencies in ms of what was acknowledged and seen."""

    rate: float
    took_ms: list[float]
    seen_ms: list[float]
    unanswered: int
    refused: int
    window: Window

    @property
    def holds(self) -> bool:
        """Whether the server kept up: nothing refused or left behind, p99 within the bound."""
        if self.unanswered or self.refused or not self.took_ms:
            return False
        return percentile(self.took_ms, 0.99) <= BOUND_MS

    @property
    def said(self) -> dict[str, Any]:
        """What stands beside a latency."""
        return {
            "strokes": len(self.took_ms),
            "strokes_per_s": round(self.rate),
            "unanswered": self.unanswered,
            "refused": self.refused,
            **self.window.said,
        }


async def by_the_clock(rate: float, things: Sequence[T], do: Callable[[T], None]) -> None:
    """Do each thing at its moment; late ones at once."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number, thing in enumerate(things):
        wait = began + number / rate - loop.time()
        if wait > 0.0005 or number % 16 == 0:
            await asyncio.sleep(max(0.0, wait))
        do(thing)


async def step(
    pid: int, crowd: Sequence[Drawer[T]], rate: float, seconds: float, patience_s: float = 60
) -> Step:
    """Strokes at `rate` in all, spread evenly; then wait until the server is idle again."""
    for one in crowd:
        one.forget()
    count = int(rate * seconds)
    drawers = [crowd[number % len(crowd)] for number in range(count)]
    ready = [(one, one.prepare(number)) for number, one in enumerate(drawers)]
    window = Window(pid)
    with quiet_garbage():
        async with window.open():
            await by_the_clock(rate, ready, lambda pair: pair[0].draw(pair[1]))
            with contextlib.suppress(AssertionError):
                await until(lambda: not any(one.waiting for one in crowd), PATIENCE_S)
    unanswered = sum(one.waiting for one in crowd)
    with contextlib.suppress(AssertionError):  # a peer that lost track stays as it is
        await until(lambda: not any(one.waiting for one in crowd), patience_s)
    took = [1000 * one for each in crowd for one in each.acknowledged]
    seen = [1000 * one for each in crowd for one in each.seen]
    return Step(rate, took, seen, unanswered, sum(one.refused for one in crowd), window)


async def sustained(measure: Callable[[float, float], Awaitable[Step]], first: float) -> Step:
    """The highest rate that holds: by coarse steps up (or down), then by fine ones. What does not
    hold where the search begins is tried once more before it goes down."""

    async def at(rate: float) -> Step:
        tried = await measure(rate, max(STEP_S, FEWEST / rate))
        took = percentile(tried.took_ms, 0.99) if tried.took_ms else 0.0
        behind = tried.unanswered
        print(f"  {rate:.0f}/s: p99 {took:.0f} ms, {behind} behind", file=sys.stderr, flush=True)
        return tried

    rate = first
    best = await at(rate)
    if not best.holds:
        best = await at(rate)
    while not best.holds and rate > SLOWEST:
        rate /= 3
        best = await at(rate)
    if not best.holds:
        return best
    for growth in (GROWTH, FINE):
        while True:
            tried = await at(best.rate * growth)
            if not tried.holds or "invalid" in tried.window.said:
                break
            best = tried
    return best
