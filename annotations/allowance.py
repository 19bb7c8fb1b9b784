"""How much of something may pass: so much at once, and so much more with time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Allowance:
    """A token bucket: `burst` after a pause, `per_second` for ever; `at` in ms."""

    burst: float
    per_second: float
    tokens: float = -1.0
    at: int = 0

    def take(self, now: int, amount: float = 1.0) -> bool:
        """Whether so much may pass at `now` (ms)."""
        if self.tokens < 0:
            self.tokens = self.burst
        gained = max(0, now - self.at) * self.per_second / 1000
        self.tokens = min(self.burst, self.tokens + gained)
        self.at = now
        if self.tokens < amount:
            return False
        self.tokens -= amount
        return True
