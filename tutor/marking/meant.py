"""The derivative that a formula written out by hand stands for."""

from __future__ import annotations

import numpy as np

from engine.batched import gradients, units
from engine.evaluate import evaluate
from engine.expression import Call, Derivative, Expr, Index, Name, Number, walk
from engine.graph import Graph
from engine.lead import Array
from engine.points import Points
from tutor.marking.mistakes import flat


def derivative_meant(expr: Expr, points: Points) -> Expr | None:
    """The derivative of a node that a formula without derivatives writes out, up to its sign; None if it is none."""
    if isinstance(expr, Name | Number) or any(isinstance(here, Derivative) for here in walk(expr)) or points.count < 3:
        return None
    graph = points.graph
    value = flat(evaluate(expr, points).value, points)
    if value.shape[1] != 1 or not np.isfinite(value).all() or not np.ptp(value, axis=0).any():
        return None
    for of in dict.fromkeys([graph.output, *reversed(list(graph.nodes))]):
        top = graph.slot_of[of]
        size = int(np.prod(graph.slots[top].shape, dtype=int))
        for entry in range(size) if size <= 12 else ():
            down = gradients(graph.slots, points.values, {top: units(graph.slots[top].shape, entry)})
            found = _by_what(graph, down, top, value, points)
            if found is not None:
                by, sign = found
                derivative = Derivative(_reference(graph, of, entry), by)
                return derivative if sign > 0 else Call("neg", (derivative,))
    return None


def _by_what(
    graph: Graph, down: list[Array | None], top: int, value: Array, points: Points
) -> tuple[Expr, float] | None:
    """The name or entry by which the derivative has this value (or minus it)."""
    for key in (*graph.weights, *graph.given, *graph.nodes):
        slot = graph.slot_of[key]
        g = down[slot]
        if g is None or slot >= top:
            continue
        pooled = points.pooled(g) if points.rows and key in points.shared else g
        entries = pooled.reshape(*pooled.shape[:3], -1)
        if entries.shape[1] != 1:
            continue
        for sign in (1.0, -1.0):
            close = np.isclose(sign * value[:, None, None], entries, rtol=1e-9, atol=1e-13).all(axis=(0, 1, 2))
            if close.any():
                return _reference(graph, key, int(close.argmax())), sign
    return None


def _reference(graph: Graph, key: str, entry: int) -> Expr:
    shape = graph.slots[graph.slot_of[key]].shape
    if not shape:
        return Name(key)
    return Index(Name(key), tuple(int(i) for i in np.unravel_index(entry, shape)))
