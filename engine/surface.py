"""The value of a node over one input or two: curves, loss surfaces, decision boundaries, "what if" plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.compiled import CompiledTape
from engine.errors import NumberError
from engine.graph import Graph
from engine.trace import Reference, to_reference

Array = Any
MAX_POINTS = 1_000_000


@dataclass(frozen=True)
class Axis:
    """`name` is an input or an entry of one ("w[0]", "W_{12}"), taken from `low` to `high` at `count` points."""

    name: str
    low: float
    high: float
    count: int = 64

    def points(self) -> Array:
        """The values, evenly spaced. Raises NumberError for bounds that are not finite and for too many points."""
        if not (np.isfinite(self.low) and np.isfinite(self.high)):
            raise NumberError(f"{self.name} goes from {self.low} to {self.high}; both ends must be finite")
        if not 1 <= self.count <= MAX_POINTS:
            raise NumberError(f"{self.name} is taken at {self.count} points; 1 to {MAX_POINTS} would do")
        return np.linspace(self.low, self.high, self.count)


@dataclass(frozen=True)
class Surface:
    """`values[j, i]` is the node at x[i] (and y[j]); without a second axis `values` has one row and y is None."""

    x: Array
    y: Array | None
    values: Array


def surface(
    graph: Graph,
    values: Mapping[str, Any],
    x: Axis,
    y: Axis | None = None,
    *,
    of: str | None = None,
    compiled: bool = True,
) -> Surface:
    """A scalar node (`of`, the output if None, or one entry such as "p[1]") over a grid, the other inputs at `values`.

    Raises NumberError for an axis that is no number of the graph's inputs, for too many points, for a node that is an
    array, and for inputs that do not fit.
    """
    axes = [x] if y is None else [x, y]
    if int(np.prod([axis.count for axis in axes])) > MAX_POINTS:
        raise NumberError(f"{' × '.join(str(a.count) for a in axes)} points are too many, at most {MAX_POINTS}")
    points = [axis.points() for axis in axes]
    grid = [each.ravel() for each in np.meshgrid(*points)]
    rows = moved(graph, values, [(_input(graph, a.name), g) for a, g in zip(axes, grid, strict=True)])
    node = _reference(graph, graph.names[graph.output] if of is None else of)
    found = CompiledTape.of(graph, compiled=compiled).values(graph.names[node.key], rows)
    return Surface(points[0], points[1] if y else None, _entry(graph, node, found).reshape(-1, x.count))


def moved(graph: Graph, values: Mapping[str, Any], columns: Sequence[tuple[Reference, Array]]) -> dict[str, Array]:
    """`values` as rows: every referred input takes its column, one value a row."""
    rows = {graph.key(name): np.asarray(value, dtype=float) for name, value in values.items()}
    for reference, column in columns:
        key = reference.key
        shape = graph.slots[graph.slot_of[key]].shape
        if not shape:
            rows[key] = column
            continue
        if key not in rows:
            raise NumberError(f"{graph.names[key]} has no value for its other entries")
        table = rows[key]
        if table.shape == shape:
            table = np.repeat(table[None], len(column), axis=0)
        table.reshape(len(column), -1)[:, reference.entry] = column
        rows[key] = table
    return rows


def _reference(graph: Graph, name: str) -> Reference:
    found = to_reference(graph, graph.read(name))
    if found is None:
        raise NumberError(f"{name} is no name of the graph and no entry of one")
    return found


def _input(graph: Graph, name: str) -> Reference:
    found = _reference(graph, name)
    if found.key not in (*graph.given, *graph.weights):
        raise NumberError(f"{name} is no input of the graph: only an input can be moved")
    if found.entry is None and graph.slots[graph.slot_of[found.key]].shape:
        raise NumberError(f"{name} is an array: give one entry, such as {name}[0]")
    return found


def _entry(graph: Graph, node: Reference, found: Array) -> Array:
    if found.ndim == 1:
        return found
    if node.entry is None:
        raise NumberError(f"{graph.names[node.key]} is an array: give one entry, such as {graph.names[node.key]}[0]")
    return found.reshape(len(found), -1)[:, node.entry]
