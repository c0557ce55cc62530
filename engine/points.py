"""A graph at many points at once, with rows of data and their total."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from engine.batched import gradients, units
from engine.errors import ShapeError
from engine.graph import Graph
from engine.lead import LEAD, Array
from engine.rounding import error_bounds
from engine.trace import Reference

MAX_CHANNELS = 64
"""The largest number of entries whose Jacobian is formed."""


@dataclass(frozen=True, eq=False)
class Points:
    """A graph at many points: `values[slot]` has axes points × rows × 1 × the slot's shape.

    `shared` are the keys whose value is the same in all rows; `mean` says how rows make a total; without rows
    `rows` is False and the second axis has length 1.
    """

    graph: Graph
    values: list[Array]
    rows: bool = False
    mean: bool = False
    shared: frozenset[str] = frozenset()

    @cached_property
    def count(self) -> int:
        """How many points."""
        return max(int(value.shape[0]) for value in self.values)

    @cached_property
    def row_count(self) -> int:
        """How many rows of data each point has."""
        return max(int(value.shape[1]) for value in self.values)

    @cached_property
    def errors(self) -> list[Array]:
        """Bounds of the rounding error of every slot."""
        return error_bounds(self.graph.slots, self.values, [])

    def at(self, key: str) -> Array:
        """The values of a name."""
        return self.values[self.graph.slot_of[key]]

    def pooled(self, x: Array) -> Array:
        """The rows' parts made one: their sum, or their mean."""
        whole = np.broadcast_to(x, (x.shape[0], self.row_count, *x.shape[2:]))
        return whole.mean(axis=1, keepdims=True) if self.mean else whole.sum(axis=1, keepdims=True)

    def picked(self, chosen: Array) -> Points:
        """Only some of the points."""
        values = [value if value.shape[0] == 1 else value[chosen] for value in self.values]
        return replace(self, values=values)

    def is_total(self, of: Reference, by: Reference) -> bool:
        """Whether a derivative is one of the total over rows: of the output, by something all rows share."""
        return self.rows and of.key == self.graph.output and by.key in self.shared

    def derivative(self, of: Reference, by: Reference) -> Array:
        """∂of/∂by at every point, in every row: axes points × rows × 1 × of's × by's."""
        graph = self.graph
        top, bottom = graph.slot_of[of.key], graph.slot_of[by.key]
        shape = () if of.entry is not None else graph.slots[top].shape
        below = graph.slots[bottom].shape
        if int(np.prod(shape, dtype=int)) > MAX_CHANNELS:
            raise ShapeError(f"{graph.names[of.key]} has too many entries for a Jacobian")
        found = gradients(graph.slots, self.values, {top: units(graph.slots[top].shape, of.entry)}, bottom)[bottom]
        if found is None or top < bottom:
            found = np.zeros((1, 1, max(1, int(np.prod(shape, dtype=int))), *below))
        found = found.reshape(*found.shape[:2], 1, *shape, *below)
        if by.entry is not None:
            found = found.reshape(*found.shape[: LEAD + len(shape)], -1)[..., by.entry]
        return found
