"""Where an answer and the right one differ: one point, with the values of every name that decides."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from engine.batched import forward
from engine.evaluate import evaluate
from engine.expression import Expr, Index, Name, names_in
from engine.graph import Graph
from engine.lead import Array
from engine.points import Points
from engine.values import to_plain
from tutor.marking.context import Target
from tutor.marking.result import Witness

MOST_INPUTS = 12
"""In larger graphs nobody looks for what decides."""
MOST_NAMES, MOST_NUMBERS = 6, 16
"""A witness that would show more is shown without what only decides."""


def witness(expr: Expr, target: Target, points: Points, point: int) -> Witness:
    """The answer's and the right value at one point, with the values of the names that matter."""
    graph = points.graph
    keys = {*names_in(expr), *_told(target, graph)}
    keys |= _deciding(keys, target, points, point)
    inputs = [key for key in graph.names if key in keys]
    at = {graph.names[key]: _plain(points.at(key), point) for key in inputs}
    given, right = evaluate(expr, points).value, target.value_at(points).value
    return Witness(at, _plain(given, point), _plain(right, point), by_row=given.shape[1] > 1 == right.shape[1])


def _deciding(keys: Collection[str], target: Target, points: Points, point: int) -> frozenset[str]:
    """The inputs that the right value depends on besides `keys`; none where they are too many to be shown."""
    graph = points.graph
    inputs = [key for key in (*graph.given, *graph.weights) if key not in keys]
    if points.rows or len(inputs) > MOST_INPUTS:
        return frozenset()
    here = points.picked(np.arange(points.count) == point)
    fixed = {graph.slot_of[key] for key in keys}
    right = target.value_at(here).value
    found = frozenset(key for key in inputs if _changes(right, target.value_at(_moved(here, key, fixed)).value))
    shown = {*keys, *found}
    numbers = sum(int(np.prod(graph.shape(key), dtype=int)) for key in shown if key in graph.slot_of)
    return found if len(shown) <= MOST_NAMES and numbers <= MOST_NUMBERS else frozenset()


def _moved(here: Points, key: str, fixed: Collection[int]) -> Points:
    """One point with one input changed; the slots of `fixed` keep their values."""
    slots = here.graph.slots
    values: list[Array] = []
    for i, slot in enumerate(slots):
        if slot.op == "input":
            values.append(here.values[i] * 1.25 + 0.1 if slot.name == key else here.values[i])
            continue
        forward(slots[: i + 1], values, i)
        if i in fixed:
            values[i] = here.values[i]
    return Points(here.graph, values, here.rows, here.mean, here.shared)


def _changes(right: Array, moved: Array) -> bool:
    return not np.allclose(right, moved, rtol=1e-9, atol=1e-12, equal_nan=True)


def _told(target: Target, graph: Graph) -> frozenset[str]:
    """The names that the target mentions; for a node what it is computed from, as its own value is the right answer."""
    whole = target.expr.body if isinstance(target.expr, Index) else target.expr
    node = graph.nodes.get(whole.key) if isinstance(whole, Name) else None
    return target.shown_names if node is None else frozenset(node.parents)


def _plain(x: Array, point: int) -> Any:
    """The value at a point: a number or lists; over the rows where they differ."""
    own = x[point if x.shape[0] > 1 else 0]
    own = own[:, 0]
    return to_plain(own[0] if own.shape[0] == 1 else own) if own.ndim > 1 or own.shape[0] > 1 else float(own[0])
