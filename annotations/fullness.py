"""How many marks a layer holds, so that none grows without end; counted seldom.

A push moves `head_seq` by one for each mark it changes, so a layer cannot hold more than it was
counted to hold and its changes since. Below the bound nothing is looked up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from annotations.limits import MAX_MARKS
from annotations.model import Layer
from annotations.store import Store

_REMEMBERED: Final = 1_000
"""Layers with a count; a hall of 300 has fewer that ever came near the bound."""


@dataclass
class Fullness:
    """What is known of the layers of one store; used inside its transactions, one at a time."""

    most: int = MAX_MARKS
    _counted: dict[str, tuple[int, int]] = field(default_factory=dict)

    def takes(self, layer: Layer, new: int, store: Store) -> bool:
        """Whether `new` more marks may stand on the layer."""
        if layer.head_seq + new <= self.most:
            return True
        head, living = self._counted.get(layer.id, (-1, 0))
        known = 0 <= head <= layer.head_seq
        if not known or (
            head < layer.head_seq and living + layer.head_seq - head + new > self.most
        ):
            if len(self._counted) >= _REMEMBERED:
                self._counted.clear()
            head, living = layer.head_seq, store.count_living(layer.id)
            self._counted[layer.id] = (head, living)
        return living + layer.head_seq - head + new <= self.most
