"""Numbers the Vietnamese way, and a seeded hand that varies the sentences of the papers."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_BRACES = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(y?)(-?\d+(?:\.\d+)?)~(-?\d+(?:\.\d+)?)")


def number(value: float, decimals: int = 0) -> str:
    """1234.5 -> "1.234,5": a dot between thousands, a comma before decimals."""
    text = f"{value:,.{decimals}f}"
    return text.translate(str.maketrans(",.", ".,"))


@dataclass
class Hand:
    """Fills the braces of a text; the same seed gives the same words.

    {name} a given name · {12~45} a number in a range, with as many decimals as its bounds ·
    {y2014~2021} a year, without a dot · {one|another} one of several wordings ·
    {place} the next locality, going round.
    """

    seed: str
    names: Mapping[str, str]
    places: Sequence[str]
    chance: random.Random = field(init=False)
    _queue: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 (figures of a demo, no secret)

    def between(self, low: float, high: float, decimals: int = 0) -> float:
        """A number in a range, rounded."""
        return round(self.chance.uniform(low, high), decimals)

    def place(self) -> str:
        """The next locality; each comes once before any comes again."""
        if not self._queue:
            self._queue = list(self.places)
            self.chance.shuffle(self._queue)
        return self._queue.pop()

    def fill(self, text: str, extra: Mapping[str, str] | None = None) -> str:
        """The text with every brace filled, innermost first."""
        known = {**self.names, **(extra or {})}

        def replace(match: re.Match[str]) -> str:
            inner: str = match.group(1)
            if inner == "place":
                return self.place()
            if inner in known:
                return known[inner]
            if "|" in inner:
                return self.chance.choice(inner.split("|"))
            bounds = _RANGE.fullmatch(inner)
            if bounds is None:
                raise ValueError(f"nothing to put for {{{inner}}}")
            year, low, high = bounds.groups()
            decimals = len(low.partition(".")[2])
            value = self.between(float(low), float(high), decimals)
            return str(int(value)) if year else number(value, decimals)

        while _BRACES.search(text):
            text = _BRACES.sub(replace, text)
        return text
