"""The engine's timers: soon while something is missing, seldom in calm, never twice."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from media.bounds import CALM_GRACE_S, CALM_TICK_S, NACK_REORDER_S, TICK_S
from media.rhythm import Rhythm

CALM = CALM_TICK_S + CALM_GRACE_S


class Calls:
    """A loop's timers without time: `run` is the moment of the one that is still to come."""

    def __init__(self) -> None:
        self.time = 100.0
        self.waiting: list[tuple[float, Callable[[], None]]] = []

    def later(self, delay: float, call: Callable[[], None]) -> "Planned":
        entry = (delay, call)
        self.waiting.append(entry)
        return Planned(self, entry)

    @property
    def delays(self) -> list[float]:
        return [delay for delay, _ in self.waiting]

    def run(self) -> None:
        delay, call = self.waiting.pop(0)
        self.time += delay
        call()

    def now(self) -> float:
        return self.time


class Planned:
    def __init__(self, calls: Calls, entry: tuple[float, Callable[[], None]]) -> None:
        self.calls, self.entry = calls, entry

    def cancel(self) -> None:
        if self.entry in self.calls.waiting:
            self.calls.waiting.remove(self.entry)


def test_a_busy_tick_is_followed_soon_and_a_calm_one_late() -> None:
    answers = [True, True, False, True]
    calls = Calls()
    rhythm = Rhythm(lambda: answers.pop(0), calls.now, calls.later)
    rhythm.start()
    assert calls.delays == [TICK_S]
    calls.run()
    assert calls.delays == [TICK_S]
    calls.run()
    assert calls.delays == [CALM]
    calls.run()
    assert calls.delays == [TICK_S]
    rhythm.stop()
    assert calls.delays == []


def test_hurry_brings_a_calm_tick_forward_once() -> None:
    calls = Calls()
    rhythm = Rhythm(lambda: False, calls.now, calls.later)
    rhythm.hurry()
    assert calls.delays == []
    rhythm.start()
    rhythm.hurry()
    rhythm.hurry()
    assert calls.delays == [NACK_REORDER_S]
    calls.run()
    assert calls.delays == [CALM]


def test_a_calm_tick_that_is_due_is_taken_along_by_who_is_awake() -> None:
    calls, ticks = Calls(), []
    rhythm = Rhythm(lambda: bool(ticks.append(calls.now())), calls.now, calls.later)
    rhythm.start()
    for _ in range(200):
        # a packet of voice every 20 ms
        calls.time += 0.02
        rhythm.pass_by(calls.time)
        assert calls.delays == [CALM]
    gaps = [b - a for a, b in pairwise(ticks)]
    assert len(gaps) > 30
    assert all(CALM_TICK_S - 0.001 <= gap <= CALM_TICK_S + 0.021 for gap in gaps)


def test_a_tick_that_was_hurried_is_not_taken_along() -> None:
    calls, ticks = Calls(), []
    rhythm = Rhythm(lambda: bool(ticks.append(calls.now())), calls.now, calls.later)
    rhythm.pass_by(1e9)
    assert ticks == []
    rhythm.start()
    rhythm.hurry()
    rhythm.pass_by(1e9)
    assert len(ticks) == 1
    assert calls.delays == [NACK_REORDER_S]


def test_an_error_in_a_tick_does_not_end_the_timers() -> None:
    def fail() -> bool:
        raise RuntimeError("once")

    calls = Calls()
    rhythm = Rhythm(fail, calls.now, calls.later)
    with pytest.raises(RuntimeError):
        rhythm.start()
    assert calls.delays == [TICK_S]
