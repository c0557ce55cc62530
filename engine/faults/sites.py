"""One edge of the tape as a place for a mistake, and what may be taken for its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.batched import pull_of
from engine.graph import Graph
from engine.lead import LEAD, Array, shrunk
from engine.lowering import Slot
from engine.ops import OPS
from engine.points import Points
from engine.printing import show

Share = Callable[[Array], Array]

MAX_ALTERNATIVES = 24

MAX_SIBLINGS = 10

UNARY = tuple(
    rule.name for rule in OPS.values() if rule.elementwise and rule.takes == (1, 1) and rule.called and rule.prime
)


@dataclass(frozen=True)
class Change:
    """One mistake on one edge: `share(g)` is what is handed back for the upstream gradient g."""

    fault: str
    share: Share
    cost: float
    about: str = ""
    factor: str | None = None


@dataclass(frozen=True, eq=False)
class Site:
    """The edge from operation `slot` to its argument `argument`, with the values at every point."""

    points: Points
    slot: int
    argument: int

    @property
    def here(self) -> Slot:
        return self.points.graph.slots[self.slot]

    @property
    def y(self) -> Array:
        return self.points.values[self.slot]

    @property
    def x(self) -> list[Array]:
        return [self.points.values[arg] for arg in self.here.args]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the argument."""
        return self.points.graph.slots[self.here.args[self.argument]].shape

    def said(self, slot: int) -> str:
        """A slot as a student would write it."""
        return said(self.points.graph, slot)

    def with_slope(self, slope: Array) -> Share:
        """A share made of another local derivative."""
        return lambda g: shrunk(g * slope, self.shape)

    def with_argument(self, i: int, value: Array) -> Share:
        """The right rule, with another value in place of argument i."""
        x = list(self.x)
        x[i] = value
        return lambda g: pull_of(self.here, g, self.y, x, self.argument)


def said(graph: Graph, slot: int) -> str:
    """A slot as a student would write it."""
    here = graph.slots[slot]
    if here.name is not None:
        return graph.names.get(here.name, here.name)
    return show(here.expr, graph.names)


def alternatives(points: Points, slot: int) -> Iterator[tuple[str, Array]]:
    """What a student may take by mistake for the value of a slot: siblings by name, other entries of the same array."""
    graph = points.graph
    here = graph.slots[slot]
    if here.name is not None:
        for key in siblings(graph, here.name):
            yield graph.names[key], points.at(key)
        if here.shape and here.shape[-1] <= 8:
            for step in range(1, here.shape[-1]):
                yield "another entry", np.roll(points.values[slot], -step, axis=-1)
    elif here.op == "index":
        yield from other_entries(points, slot)


def other_entries(points: Points, slot: int) -> Iterator[tuple[str, Array]]:
    """The other entries (rows, columns) of the array that an entry was taken from."""
    graph = points.graph
    here = graph.slots[slot]
    items = dict(here.options)["items"]
    base = points.values[here.args[0]]
    shape = graph.slots[here.args[0]].shape
    body = said(graph, here.args[0])
    count = 0
    for axis, item in enumerate(items):
        for other in range(shape[axis]) if isinstance(item, int) else ():
            if other == item % shape[axis] or count >= MAX_ALTERNATIVES:
                continue
            count += 1
            chosen = [*items[:axis], other, *items[axis + 1 :]]
            key: tuple[Any, ...] = tuple(i if isinstance(i, int) else slice(i.start, i.stop) for i in chosen)
            label = ",".join(str(i) if isinstance(i, int) else ":" for i in chosen)
            yield f"{body}[{label}]", base[(slice(None),) * LEAD + key]


def siblings(graph: Graph, key: str) -> list[str]:
    """The nearest names of the same letters with another number, of the same shape: z2 for z1, w12 for w11 and w22."""
    shape = graph.slots[graph.slot_of[key]].shape
    stem = _stem(key)
    kin = [other for other in graph.names if other != key and stem and _stem(other) == stem]
    same = [other for other in kin if graph.slots[graph.slot_of[other]].shape == shape]
    return sorted(same, key=lambda other: _distance(key, other))[: max(3, min(MAX_SIBLINGS, 600 // len(graph.names)))]


def _stem(key: str) -> str:
    return key.rstrip("0123456789")


def _distance(a: str, b: str) -> tuple[int, int]:
    """In how many digits two names differ, then by how much."""
    if len(a) != len(b):
        return 9, abs(len(a) - len(b))
    differ = [abs(ord(x) - ord(y)) for x, y in zip(a, b, strict=True) if x != y]
    return len(differ), sum(differ)
