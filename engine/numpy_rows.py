"""Many rows without the compiled kernel: every operation on all rows of a portion at once, in NumPy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.batched import forward, gradients
from engine.graph import Graph
from engine.lead import LEAD

Array = Any
PORTION = 2_000_000
"""Numbers of all slots together that are held at a time."""


@dataclass(frozen=True)
class NumpyRows:
    """A graph over `count` rows; `moving` values have the rows first, `fixed` ones have none."""

    graph: Graph
    moving: Mapping[str, Array]
    fixed: Mapping[str, Array]
    count: int

    def values(self, slot: int) -> Array:
        """The value of a slot in every row."""
        shape = self.graph.slots[slot].shape
        out = np.empty((self.count, *shape))
        for rows in self._portions():
            out[rows] = self._forward(rows)[slot].reshape(-1, *shape)
        return out

    def gradients(self, top: int, keys: Sequence[str], apart: bool) -> tuple[Array, dict[str, Array]]:
        """The scalar `top` in every row, and its gradients: row by row (`apart`), or their sum."""
        slots = self.graph.slots
        values = np.empty(self.count)
        shapes = {key: slots[self.graph.slot_of[key]].shape for key in keys}
        found = {key: np.zeros((self.count, *shape) if apart else shape) for key, shape in shapes.items()}
        for rows in self._portions():
            computed = self._forward(rows)
            values[rows] = computed[top].reshape(-1)
            back = gradients(slots, computed, {top: np.ones((1,) * LEAD)})
            for key in keys:
                g = back[self.graph.slot_of[key]]
                if g is None:
                    continue
                each = np.broadcast_to(g, (1, rows.stop - rows.start, 1, *shapes[key]))[0, :, 0]
                if apart:
                    found[key][rows] = each
                else:
                    found[key] += each.sum(axis=0)
        return values, found

    def _forward(self, rows: slice) -> list[Array]:
        inputs: list[Array] = []
        for key in [*self.graph.given, *self.graph.weights]:
            moves = key in self.moving
            value = self.moving[key][rows] if moves else self.fixed[key][None]
            inputs.append(value[None, :, None])
        return forward(self.graph.slots, inputs, len(inputs))

    def _portions(self) -> Iterator[slice]:
        numbers = sum(int(np.prod(slot.shape, dtype=int)) for slot in self.graph.slots)
        step = max(1, PORTION // max(numbers, 1))
        for start in range(0, self.count, step):
            yield slice(start, min(start + step, self.count))
