"""When the engine's timers run: often while something is missing, seldom in calm."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from .bounds import CALM_TICK_S, NACK_REORDER_S, TICK_S


class Timer(Protocol):
    """A call that is still to come."""

    def cancel(self) -> None: ...


Later = Callable[[float, Callable[[], None]], Timer]


class Rhythm:
    """Calls `tick` every TICK_S while its last answer was true (busy), else every CALM_TICK_S.

    Each wake-up of an idle worker starts with cold caches; docs/decisions/ has what calm ticks
    saved. `later` (delay in s, call) is the running loop's.
    """

    def __init__(self, tick: Callable[[], bool], later: Later | None = None) -> None:
        self._tick = tick
        self._later: Later = later or _later_in_loop
        self._timer: Timer | None = None
        self._soon = False

    def start(self) -> None:
        """Tick now and from now on."""
        self._run()

    def stop(self) -> None:
        """Tick no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def hurry(self) -> None:
        """Something cannot wait for a calm tick: a gap, a picture that is asked for."""
        if self._soon or self._timer is None:
            return
        self._soon = True
        self._timer.cancel()
        self._timer = self._later(NACK_REORDER_S, self._run)

    def _run(self) -> None:
        # planned before the work: an error in a tick never ends the timers
        self._soon = True
        self._timer = self._later(TICK_S, self._run)
        busy = self._tick()
        if not busy and self._timer is not None:
            self._timer.cancel()
            self._timer = self._later(CALM_TICK_S, self._run)
            self._soon = False


def _later_in_loop(delay: float, call: Callable[[], None]) -> Timer:
    return asyncio.get_running_loop().call_later(delay, call)
