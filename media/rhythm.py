"""When the engine's timers run: often while something is missing, seldom in calm."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from .bounds import CALM_GRACE_S, CALM_TICK_S, NACK_REORDER_S, TICK_S


class Timer(Protocol):
    """A call that is still to come."""

    def cancel(self) -> None: ...


Later = Callable[[float, Callable[[], None]], Timer]


class Rhythm:
    """Calls `tick` every TICK_S while its last answer was true (busy), else every CALM_TICK_S.

    Each wake-up of an idle worker starts with cold caches (docs/decisions/ has what that costs),
    so a calm tick prefers to be taken along: `pass_by` is called when the worker is awake anyway.
    `later` (delay in s, call) is the running loop's; `now` gives monotonic seconds.
    """

    def __init__(
        self, tick: Callable[[], bool], now: Callable[[], float], later: Later | None = None
    ) -> None:
        self._tick = tick
        self._now = now
        self._later: Later = later or _later_in_loop
        self._timer: Timer | None = None
        self._soon = False
        self._welcome = 0.0

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

    def pass_by(self, now: float) -> None:
        """The worker is awake: a calm tick that is due is done with."""
        if now >= self._welcome and not self._soon and self._timer is not None:
            self._timer.cancel()
            self._run()

    def _run(self) -> None:
        # planned before the work: an error in a tick never ends the timers
        self._soon = True
        self._timer = self._later(TICK_S, self._run)
        busy = self._tick()
        if not busy and self._timer is not None:
            self._timer.cancel()
            self._timer = self._later(CALM_TICK_S + CALM_GRACE_S, self._run)
            self._welcome = self._now() + CALM_TICK_S
            self._soon = False


def _later_in_loop(delay: float, call: Callable[[], None]) -> Timer:
    return asyncio.get_running_loop().call_later(delay, call)
