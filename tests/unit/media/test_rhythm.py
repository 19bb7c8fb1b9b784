"""The engine's timers: soon while something is missing, seldom in calm, never twice."""

from collections.abc import Callable

import pytest

from media.bounds import CALM_TICK_S, NACK_REORDER_S, TICK_S
from media.rhythm import Rhythm


class Calls:
    """A loop's timers without time: `run` is the moment of the one that is still to come."""

    def __init__(self) -> None:
        self.waiting: list[tuple[float, Callable[[], None]]] = []

    def later(self, delay: float, call: Callable[[], None]) -> "Planned":
        entry = (delay, call)
        self.waiting.append(entry)
        return Planned(self, entry)

    @property
    def delays(self) -> list[float]:
        return [delay for delay, _ in self.waiting]

    def run(self) -> None:
        self.waiting.pop(0)[1]()


class Planned:
    def __init__(self, calls: Calls, entry: tuple[float, Callable[[], None]]) -> None:
        self.calls, self.entry = calls, entry

    def cancel(self) -> None:
        if self.entry in self.calls.waiting:
            self.calls.waiting.remove(self.entry)


def test_a_busy_tick_is_followed_soon_and_a_calm_one_late() -> None:
    answers = [True, True, False, True]
    calls = Calls()
    rhythm = Rhythm(lambda: answers.pop(0), calls.later)
    rhythm.start()
    assert calls.delays == [TICK_S]
    calls.run()
    assert calls.delays == [TICK_S]
    calls.run()
    assert calls.delays == [CALM_TICK_S]
    calls.run()
    assert calls.delays == [TICK_S]
    rhythm.stop()
    assert calls.delays == []


def test_hurry_brings_a_calm_tick_forward_once() -> None:
    calls = Calls()
    rhythm = Rhythm(lambda: False, calls.later)
    rhythm.hurry()
    assert calls.delays == []
    rhythm.start()
    rhythm.hurry()
    rhythm.hurry()
    assert calls.delays == [NACK_REORDER_S]
    calls.run()
    assert calls.delays == [CALM_TICK_S]


def test_an_error_in_a_tick_does_not_end_the_timers() -> None:
    def fail() -> bool:
        raise RuntimeError("once")

    calls = Calls()
    rhythm = Rhythm(fail, calls.later)
    with pytest.raises(RuntimeError):
        rhythm.start()
    assert calls.delays == [TICK_S]
