"""What flows against the media: NACK with retries, keyframe requests, bandwidth, layer choice.

All pure: numbers and times in, decisions out.
"""

from __future__ import annotations

from .bounds import (
    AUDIO_ONLY_BPS,
    NACK_REORDER_S,
    PLI_INTERVAL_S,
    UPLINK_MAX_BPS,
    UPLINK_MIN_BPS,
    Bounds,
)

START_BPS = 600_000
"""Assumed of a new receiver until its first report: 360p at once on most links."""
AUDIO_BPS = 40_000
"""One Opus stream at 32 kbit/s with its headers."""
KEEP = 0.85
"""A layer is left when the budget falls below this share of its rate."""
FIT = 1.1
"""A layer fits when the budget is this many times its rate."""
PROBE_HEADROOM = 1.15
"""A receiver's estimate cannot grow much beyond what it gets: with this headroom, unbroken, the
next layer is tried."""
PROBE_AFTER_S = 2.0
PROBE_FAILED_S = 8.0
PROBE_BACKOFF_MAX_S = 120.0
START_FLOOR_BPS = 200_000
"""A browser's estimate starts at 300 kbit/s: only one below this says that a link is thin."""
REMB_FRESH_S = 4.0
DOWN_AFTER_S = 0.7


class Missing:
    """Sequence numbers a stream owes us (RFC 4585 NACK), with a retry timer.

    `due(now)` gives the numbers to ask for; a number is asked at most `nack_tries` times, then it
    is given up, and `hopeless` says that only a keyframe helps.
    """

    def __init__(self, bounds: Bounds | None = None) -> None:
        self._bounds = bounds or Bounds()
        self._asked: dict[int, list[float]] = {}
        self.highest = -1
        self.round_trip = 0.06
        self.hopeless = False
        self.given_up = 0
        self.requests = 0

    def __len__(self) -> int:
        return len(self._asked)

    def arrived(self, ext: int, now: float) -> bool:
        """An extended sequence number came, in order or late; true when it shows a gap."""
        highest = self.highest
        if ext == highest + 1 or highest < 0:
            self.highest = ext
            return False
        if ext <= highest:
            entry = self._asked.pop(ext, None)
            if entry is not None and entry[1] == 1:
                sample = min(1.0, now - entry[2])
                self.round_trip += (sample - self.round_trip) / 8
            return False
        if ext - highest > self._bounds.missing:
            self._give_up(len(self._asked) + ext - highest - 1)
            self._asked.clear()
        else:
            for number in range(highest + 1, ext):
                self._asked[number] = [now, 0, now - 10.0]
            while len(self._asked) > self._bounds.missing:
                del self._asked[next(iter(self._asked))]
                self._give_up(1)
        self.highest = ext
        return True

    def due(self, now: float) -> list[int]:
        """Numbers to ask for now, ascending."""
        if not self._asked:
            return []
        wait = min(max(self.round_trip * 1.3, 0.025), 0.5)
        asked: list[int] = []
        for number, entry in list(self._asked.items()):
            born, tries, last = entry
            if now - born < NACK_REORDER_S or now - last < wait:
                continue
            if tries >= self._bounds.nack_tries:
                del self._asked[number]
                self._give_up(1)
                continue
            entry[1] = tries + 1
            entry[2] = now
            asked.append(number)
        self.requests += len(asked)
        return sorted(asked)

    def reset(self) -> None:
        """A keyframe made the past irrelevant."""
        self.hopeless = False

    def _give_up(self, count: int) -> None:
        self.given_up += count
        self.hopeless = True


class KeyframeRequests:
    """Many askers, one PLI per source and second; asked again until the keyframe comes."""

    def __init__(self) -> None:
        self.wanted = False
        self._sent = -1e9
        self.sent = 0

    def due(self, now: float) -> bool:
        """True at most once a second while a keyframe is wanted."""
        if not self.wanted or now - self._sent < PLI_INTERVAL_S:
            return False
        self._sent = now
        self.sent += 1
        return True

    def came(self) -> None:
        self.wanted = False


class Uplink:
    """The rate a publisher is told by REMB: falls with loss, grows back to the cap."""

    def __init__(self, cap: int = UPLINK_MAX_BPS) -> None:
        self.cap = cap
        self.rate = cap

    def report(self, lost_fraction: float, received_bps: float) -> int:
        """Once per interval with the loss seen in it; returns the rate to tell."""
        if lost_fraction > 0.1:
            base = min(float(self.rate), max(received_bps, UPLINK_MIN_BPS))
            self.rate = max(UPLINK_MIN_BPS, int(base * (1 - 0.5 * lost_fraction)))
        elif lost_fraction < 0.05:
            self.rate = min(self.cap, int(self.rate * 1.08) + 1000)
        return self.rate


class Downlink:
    """Which layer each video slot of one receiver gets.

    The choices form one ladder: audio alone, then the lowest layer of each slot in order of
    importance, then the higher layers of the first slot, of the second, and so on. `remb` and
    `loss` are told when reports come; `decide` is asked a few times a second with the rates of the
    layers on offer. An estimate made by the receiver (REMB) cannot grow much beyond what it gets,
    so the next rung is tried now and then; a try that fails makes the next one wait longer.
    """

    def __init__(self) -> None:
        self.budget: float = START_BPS
        self.audio_only = False
        self.rung = -1
        self._remb_at = -1e9
        self._loss_at = -1e9
        self._lossy_at = -1e9
        self._tried_at = -1e9
        self._moved_at = -1e9
        self._floor = 0.0
        self._wait = PROBE_AFTER_S
        self._below_since: float | None = None
        self._sending = 0.0
        self._slots: frozenset[str] = frozenset()
        self.settled = False
        self._enough = 0.0

    def remb(self, bitrate: int, now: float) -> None:
        """The receiver's own estimate in bit/s (it includes the audio)."""
        self._remb_at = now
        self.budget = float(bitrate)
        if bitrate < self._enough:
            self.settled = False

    def loss(self, fraction: float, now: float) -> None:
        """The worst loss of a receiver report; it makes the estimate where no REMB comes."""
        if fraction > 0.1:
            self._lossy_at = now
            self.settled = False
        if now - self._remb_at < REMB_FRESH_S:
            return
        if fraction > 0.1 and now - self._loss_at > 0.9:
            self._loss_at = now
            base = min(self.budget, max(self._sending, 50_000))
            self.budget = max(50_000.0, base * (1 - 0.5 * fraction))
        elif fraction < 0.02:
            self.budget = min(20e6, self.budget * 1.08 + 1000)

    def decide(
        self, now: float, offers: dict[str, list[float]], audio_slots: int = 1
    ) -> dict[str, int]:
        """`offers`: slot → rates in bit/s of its layers, lowest first. Returns slot → layer index;
        a slot without an entry gets no picture."""
        rungs = _ladder(offers)
        costs = [AUDIO_BPS * audio_slots + 0.0]
        for slot, index in rungs:
            rates = offers[slot]
            costs.append(costs[-1] + rates[index] - (rates[index - 1] if index else 0.0))
        if not rungs:
            # the next picture is a first one again
            self.rung = -1
            self.audio_only = False
            self._sending = costs[0]
            self._slots = frozenset()
            self._settle(now, costs)
            return {}
        slots = frozenset(offers)
        if self.rung < 0 or slots - self._slots:
            self._start(now, costs, sum(index == 0 for _, index in rungs))
        else:
            self._step(now, costs)
        self._slots = slots
        self._sending = costs[self.rung]
        self._settle(now, costs)
        chosen: dict[str, int] = {}
        for slot, index in rungs[: self.rung]:
            chosen[slot] = index
        self.audio_only = self.rung == 0
        return chosen

    def _settle(self, now: float, costs: list[float]) -> None:
        self._enough = costs[-1] * KEEP if self.rung > 0 else 0.0
        self.settled = (
            (self.rung == len(costs) - 1 or len(costs) == 1)
            and self.budget >= self._enough
            and self._below_since is None
            and now - self._tried_at >= PROBE_FAILED_S
        )

    def _start(self, now: float, costs: list[float], slots: int) -> None:
        """A slot's first picture is tried at once, or a site with one layer would never get any;
        while it is tried only loss, or an estimate far below it, takes it back."""
        fit = max((i for i in range(len(costs)) if costs[i] * FIT <= self.budget), default=0)
        self.rung = min(max(fit, self.rung, slots), len(costs) - 1)
        self._tried_at = self._moved_at = now
        self._floor = min(costs[self.rung] * 0.4, START_FLOOR_BPS)

    def _step(self, now: float, costs: list[float]) -> None:
        top = len(costs) - 1
        reported = now - self._remb_at < REMB_FRESH_S
        if not reported and now - self._lossy_at > 2 * DOWN_AFTER_S:
            # no estimate, no loss: what flows now is known to fit
            self.budget = max(self.budget, costs[min(self.rung, top)])
        budget = self.budget if self.budget >= AUDIO_ONLY_BPS else 0.0
        fit = max((i for i in range(top + 1) if costs[i] * FIT <= budget), default=0)
        rung = min(self.rung, top)
        trying = now - self._tried_at < PROBE_FAILED_S
        short = self.budget < self._floor if trying else budget < costs[rung] * KEEP
        lossy = trying and self._lossy_at > self._tried_at
        if rung and (short or lossy):
            if self._below_since is None:
                self._below_since = now
            if lossy or now - self._below_since >= DOWN_AFTER_S:
                self._fall(now, min(fit, rung - 1), trying)
                return
        else:
            self._below_since = None
            calm = now - max(self._lossy_at, self._moved_at, self._tried_at) >= self._wait
            if fit > rung and now - self._moved_at >= PROBE_AFTER_S:
                rung = fit
                self._moved_at = now
            elif (
                rung < top
                and calm
                and (
                    # An estimate made from sound alone says nothing of the room above: there only
                    # the try itself can tell.
                    rung == 0 or self.budget >= costs[rung] * PROBE_HEADROOM
                )
            ):
                rung += 1
                self._tried_at = now
                self._floor = self.budget * KEEP
        self.rung = rung

    def _fall(self, now: float, rung: int, trying: bool) -> None:
        if trying:
            self._wait = min(self._wait * 2, PROBE_BACKOFF_MAX_S)
        self.rung = rung
        self._moved_at = now
        self._tried_at = -1e9
        self._below_since = None


def _ladder(offers: dict[str, list[float]]) -> list[tuple[str, int]]:
    lowest = [(slot, 0) for slot, rates in offers.items() if rates]
    higher = [(slot, index) for slot, rates in offers.items() for index in range(1, len(rates))]
    return lowest + higher
