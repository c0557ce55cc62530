"""A lesson's graph as PyTorch source: its function, its numbers, and the derivatives that are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.expression import Name
from engine.trace import Reference
from engine.values import to_plain
from tutor.exports.torch_formula import head, identifiers, source
from tutor.lesson_graph import LessonGraph
from tutor.outputs.json_output import named_derivatives
from tutor.session import Session
from tutor.text import safe

LINE = 100
_ROUNDED_SLOPES = {
    "exp": ("{y}",),
    "sqrt": ("0.5 / {y}",),
    "tanh": ("1 - {y} ** 2",),
    "sigmoid": ("{y} * (1 - {y})",),
    "div": ("1 / {1}", "-{y} / {1}"),
}
"""Slopes that are taught through the operation's own value: on paper they use the rounded one."""


def function(shown: LessonGraph, name: str) -> Iterator[str]:
    """`def name(…)`: every node in order, then all values by the names the lesson spells."""
    graph = shown.graph
    spelled = identifiers(graph)
    yield f"def {name}({', '.join(spelled[key] for key in [*graph.given, *graph.weights])}):"
    for node in graph.nodes.values():
        yield f"    {spelled[node.key]} = {_node(shown, node.key, spelled)}  # {safe(node.text, 200)}"
    values = ", ".join(f"{graph.names[key]!a}: {spelled[key]}" for key in graph.names)
    yield f"    return {{{values}}}"


def _node(shown: LessonGraph, key: str, spelled: dict[str, str]) -> str:
    graph = shown.graph
    expr = graph.nodes[key].expr
    text = source(expr, graph, spelled)
    if isinstance(expr, Name):
        text = f"1.0 * {text}"  # a value of its own, with a gradient of its own
    if shown.decimals is None:
        return f"node({text})"
    op, args = head(expr, graph, spelled)
    slopes = [f"lambda y: {slope.format(*args, y='y')}" for slope in _ROUNDED_SLOPES.get(op, ())]
    pairs = ", ".join(f"({arg}, {slope})" for arg, slope in zip(args, slopes, strict=False))
    return f"on_paper({text}, {shown.decimals}, [{pairs}])"


def numbers(session: Session, shown: LessonGraph) -> dict[str, Any]:
    """What the script needs beside the function: inputs, rows, output, how rows are totalled, derivatives."""
    graph = shown.graph
    spelled = identifiers(graph)
    return {
        "inputs": {spelled[key]: to_plain(shown.values[key]) for key in [*graph.given, *graph.weights]},
        "weights": {spelled[key]: graph.names[key] for key in graph.weights},
        "rows": [{spelled[key]: to_plain(value) for key, value in row.items()} for row in shown.rows] or [{}],
        "output": graph.names[graph.output],
        "mean": shown.mean,
        "derivatives": [
            (label, *_place(shown, of), *_place(shown, by)) for label, of, by in named_derivatives(session, shown)
        ],
    }


def _place(shown: LessonGraph, reference: Reference) -> tuple[str, int | None]:
    return shown.graph.names[reference.key], reference.entry
