"""Graphs, right answers and mistakes of the curriculum, from tests/data/marked_answers.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from engine.graph import Graph
from engine.values import shape_of
from tutor.marking import Context

DATA = json.loads((Path(__file__).parents[2] / "data" / "marked_answers.json").read_text(encoding="utf-8"))
RIGHT: list[dict[str, Any]] = DATA["right"]
WRONG: list[dict[str, Any]] = DATA["wrong"]


@cache
def _context(case: str, output: str | None, aliases: tuple[tuple[str, str], ...]) -> Context:
    found = DATA["cases"][case]
    graph = Graph.build(
        [f"{name} = {formula}" for name, formula in found["expressions"].items()],
        given={name: shape_of(value) for name, value in found["given"].items()},
        output=output if output in found["expressions"] else None,
        aliases=dict(aliases),
    )
    return Context(graph, found["given"], domain=found["domain"])


def context_of(item: dict[str, Any]) -> Context:
    """The graph and numbers that an item is about."""
    return _context(item["case"], item["output"], tuple(item.get("aliases", {}).items()))


def sigmoid_net(**more: Any) -> Context:
    """Two relus under two sigmoids (the second relu is off)."""
    graph = Graph.build(
        ["r1 = relu(c*x1 + e*x2)", "r2 = relu(d*x1 + f*x2)", "s1 = sigmoid(a*r1)", "s2 = sigmoid(b*r2)", "y = s1 + s2"],
        given={"x1": (), "x2": ()},
        weights=dict.fromkeys("abcdef", ()),
    )
    values = {"x1": 1.0, "x2": -1.0, "a": 1.0, "b": 1.0, "c": 4.0, "d": 1.0, "e": 2.0, "f": 2.0}
    return Context(graph, {**values, **more})


def one_neuron(rows: bool = False, mean: bool = False) -> Context:
    """A sigmoid neuron with squared error, with or without rows of data."""
    graph = Graph.build(
        ["z = w*x + b", "yhat = sigmoid(z)", "L = (yhat - y)^2"],
        given={"x": (), "y": ()},
        weights={"w": (), "b": ()},
    )
    data = ({"x": 1.5, "y": 1}, {"x": -2.0, "y": 0}, {"x": 0.5, "y": 1})
    return Context(graph, {"x": 1.5, "y": 1, "w": 0.5, "b": 0.1}, rows=data if rows else (), mean=mean)


def weights_context(*nodes: str, given: Mapping[str, Any] | None = None, **weights: Any) -> Context:
    """A graph over these weights, and given values if there are any."""
    given = given or {}
    shapes = {name: shape_of(value) for name, value in weights.items()}
    graph = Graph.build(list(nodes), given={name: shape_of(value) for name, value in given.items()}, weights=shapes)
    return Context(graph, {**given, **weights})
