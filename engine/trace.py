"""Everything about one row: each value, gradient, upstream gradient, local derivative and share along every edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from engine.errors import NumberError, did_you_mean
from engine.expression import Entry, Expr, Index, Name
from engine.graph import Graph
from engine.lowering import MAX_ENTRIES, subscripts
from engine.names import normalise
from engine.numbers import show_value
from engine.rule import Value
from engine.tape import Backward, Values, backward, forward, unit, zeros
from engine.values import to_value


@dataclass(frozen=True)
class Reference:
    """A name of the graph, or one entry of it (`entry` is its flat index)."""

    key: str
    entry: int | None = None


@dataclass(frozen=True, repr=False)
class Trace:
    """One row: the graph, the value of every slot, and the paper arithmetic it was computed in."""

    graph: Graph
    values: Values
    decimals: int | None = None

    @classmethod
    def of(cls, graph: Graph, values: Mapping[str, Any], decimals: int | None = None) -> Trace:
        """The forward pass. Raises NumberError for a missing, unknown, misshapen or non-finite value."""
        found = input_values(graph, values)
        inputs = {graph.slot_of[key]: value for key, value in found.items()}
        return cls(graph, forward(graph.slots, inputs, decimals), decimals)

    def __repr__(self) -> str:
        """A table for notebooks: every name with its value and, where the output is a number, its gradient."""
        rows = [("", "value", f"∂{self.graph.names[self.graph.output]}/∂·" if self.is_scalar else "")]
        for key, spelling in self.graph.names.items():
            gradient = show_value(self.gradient(key)) if self.is_scalar else ""
            rows.append((spelling, show_value(self.value(key)), gradient))
        name, value = (max(len(row[column]) for row in rows) for column in (0, 1))
        return "\n".join(f"{row[0]:{name}}  {row[1]:>{value}}  {row[2]}".rstrip() for row in rows)

    # -- values and gradients of names

    def value(self, name: str) -> Value:
        """The value of a given, a weight or a node."""
        return self.values[self.graph.slot_of[self.graph.key(name)]]

    def gradient(self, name: str) -> Value:
        """∂output/∂name; the output must be a scalar."""
        return self.slot_gradient(self.graph.slot_of[self.graph.key(name)])

    def slot_gradient(self, slot: int) -> Value:
        """∂output/∂slot, zero where no path leads to the output."""
        found = self.backward.gradients[slot]
        return zeros(self.graph.slots[slot]) if found is None else found

    @property
    def is_scalar(self) -> bool:
        """Whether the output is one number, so that it has a gradient."""
        return not self.graph.slots[self.output].shape

    @property
    def output(self) -> int:
        """The output's slot."""
        return self.graph.slot_of[self.graph.output]

    @cached_property
    def backward(self) -> Backward:
        """The backward pass from the output."""
        if not self.is_scalar:
            raise NumberError(f"{self.graph.names[self.graph.output]} is an array: it has a Jacobian, not a gradient")
        return backward(self.graph.slots, self.values, {self.output: 1.0})

    # -- edges between named nodes

    def share(self, parent: str, node: str, upstream: Value | None = None) -> Value:
        """What `node` hands back to `parent` along their edge, for the node's own gradient (or for `upstream`)."""
        graph = self.graph
        owner, target = graph.nodes[graph.key(node)], graph.slot_of[graph.key(parent)]
        seed = self.slot_gradient(owner.slot) if upstream is None else upstream
        found = backward(graph.slots, self.values, {owner.slot: seed}, owner.slots[0]).gradients[target]
        return zeros(graph.slots[target]) if found is None else found

    def local(self, parent: str, node: str) -> Value:
        """∂node/∂parent along their edge only, the rest held fixed: shape(node) + shape(parent)."""
        graph = self.graph
        owner, target = graph.nodes[graph.key(node)], graph.slot_of[graph.key(parent)]
        return self._jacobian(owner.slot, target, owner.slots[0])

    # -- any derivative

    def derivative(self, of: str | Reference, by: str | Reference) -> Value:
        """∂of/∂by along every path, with everything between following: shape(of) + shape(by)."""
        a, b = self._reference(of), self._reference(by)
        graph = self.graph
        top, bottom = graph.slot_of[a.key], graph.slot_of[b.key]
        found = self._jacobian(top, bottom, 0, a.entry)
        if b.entry is None:
            return found
        below = graph.slots[bottom].shape
        import numpy as np

        above = np.shape(found)[: np.ndim(found) - len(below)]
        picked = np.reshape(found, (*above, -1))[..., b.entry]
        return picked if above else float(picked)

    def _reference(self, name: str | Reference) -> Reference:
        return name if isinstance(name, Reference) else Reference(self.graph.key(name))

    def _jacobian(self, top: int, bottom: int, stop: int, entry: int | None = None) -> Value:
        slots = self.graph.slots
        slot = slots[top]
        if not slot.shape:
            return self._row(top, bottom, stop, 0)
        import numpy as np

        if entry is not None:
            return self._row(top, bottom, stop, entry)
        size = int(np.prod(slot.shape))
        numbers = size * int(np.prod(slots[bottom].shape))
        if numbers > MAX_ENTRIES:
            of, by = (self.graph.names.get(slots[place].name or "", "…") for place in (top, bottom))
            raise NumberError(f"∂{of}/∂{by} is too large: {numbers} entries, at most {MAX_ENTRIES}")
        rows = [self._row(top, bottom, stop, i) for i in range(size)]
        return np.reshape(np.array(rows), (*slot.shape, *slots[bottom].shape))

    def _row(self, top: int, bottom: int, stop: int, entry: int) -> Value:
        slots = self.graph.slots
        found = backward(slots, self.values, {top: unit(slots[top], entry)}, max(stop, bottom)).gradients[bottom]
        return zeros(slots[bottom]) if found is None else found


def input_values(graph: Graph, values: Mapping[str, Any]) -> dict[str, Value]:
    """Values of the graph's inputs by key. Raises NumberError for a missing, unknown or unfit one."""
    given = {normalise(name): value for name, value in values.items()}
    wanted = [*graph.given, *graph.weights]
    for name in values:
        if normalise(name) not in wanted:
            names = [graph.names[key] for key in wanted]
            raise NumberError(f"{name} is no input of this graph{did_you_mean(name, names)}")
    found: dict[str, Value] = {}
    for key in wanted:
        if key not in given:
            raise NumberError(f"{graph.names[key]} has no value; give {graph.names[key]}=NUMBER")
        found[key] = to_value(given[key], graph.slots[graph.slot_of[key]].shape, graph.names[key])
    return found


def to_reference(graph: Graph, expr: Expr) -> Reference | None:
    """The name or entry that an expression is, or None."""
    if isinstance(expr, Name):
        return Reference(expr.key)
    if isinstance(expr, Index | Entry) and isinstance(expr.body, Name):
        flat = flat_entry(graph, expr)
        return None if flat is None else Reference(expr.body.key, flat)
    return None


def flat_entry(graph: Graph, expr: Index | Entry) -> int | None:
    """The flat index of an entry of a named array; None if it is out of range or not a single entry."""
    assert isinstance(expr.body, Name)
    shape = graph.slots[graph.slot_of[expr.body.key]].shape
    items = subscripts(expr, shape) if isinstance(expr, Entry) else expr.items
    if items is None or len(items) != len(shape):
        return None
    flat = 0
    for n, item in zip(shape, items, strict=True):
        if not isinstance(item, int) or not -n <= item < n:
            return None
        flat = flat * n + item % n
    return flat
