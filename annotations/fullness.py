"""How many marks a layer holds, so that none grows without end; counted once.

A push moves `head_seq` by one for each mark it changes, so a layer cannot hold more than that;
below the bound nothing is looked up. Beyond it a layer is counted, and what pushes do to it is told
here: counting anew with each of them would let one person at the bound hold everybody's writer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from annotations.limits import MAX_MARKS
from annotations.merge import Change
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
        if head != layer.head_seq:  # changed by other ways than a push, or not at all after all
            if len(self._counted) >= _REMEMBERED:
                del self._counted[next(iter(self._counted))]
            living = store.count_living(layer.id)
            self._counted[layer.id] = (layer.head_seq, living)
        return living + new <= self.most

    def changed(self, layer: Layer, head_seq: int, changes: Sequence[Change]) -> None:
        """A push has made these changes to the layer as it was, which stands at `head_seq` now."""
        head, living = self._counted.get(layer.id, (-1, 0))
        if head == layer.head_seq:
            for change in changes:
                before = change.before is not None and not change.before.deleted
                living += (not change.after.deleted) - before
            self._counted[layer.id] = (head_seq, living)

    def forget(self) -> None:
        """What was told did not come to stay."""
        self._counted.clear()
