"""Bug steps: a fault is put into the backward pass of a graph, and the student names it and its node."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import EngineError
from engine.faults.injection import Injection, injections
from engine.numbers import show_value
from tutor.questions import Question

if TYPE_CHECKING:
    from tutor.lesson import Step
    from tutor.lesson_graph import LessonGraph

_WIDTH = 72
_GAP = 3


def bug_question(shown: LessonGraph, step: Step, name: str, lesson_id: str, variant: str | None) -> Question:
    """The question of a bug step; its text shows the wrong gradients beside finite differences.

    Raises EngineError if no such fault can be put into this graph.
    """
    injection = injected(shown, step, f"{lesson_id}\n{variant or ''}\n{name}")
    node = shown.graph.names[injection.at]
    return Question(
        id=name,
        kind="bug",
        ask=_text(shown, injection),
        target=f"{injection.fault} at {node}",
        hints=tuple(step.hints),
        points=float(step.points),
    )


def injected(shown: LessonGraph, step: Step, seed: str) -> Injection:
    """The fault of a step: the one that it names, or one drawn by the SHA-256 of `seed`."""
    at = None if step.at is None else shown.graph.key(step.at)
    found = list(injections(shown.graph, shown.trace, step.fault, at))
    if not found:
        said = " ".join(part for part in (step.fault, f"at {step.at}" if step.at else None) if part)
        raise EngineError(f"the fault {said} cannot be put into the backward pass of {shown.name}")
    drawn = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big")
    return found[drawn % len(found)]


def _text(shown: LessonGraph, injection: Injection) -> str:
    graph = shown.graph
    output = graph.names[graph.output]
    nodes = [key for key in reversed(list(graph.nodes)) if key != graph.output]
    example = "missing-factor" if injection.fault == "sign" else "sign"
    asked = (
        f"One node of this backward pass makes one mistake. Which fault, at which node? Answer as in: {example} at"
        f" {output}. Below its ∂{output}/∂…; ✗ where an input fails the check, and its finite difference:"
    )
    lines = [
        *_filled([_gradient(shown, injection, key) for key in nodes]),
        *_filled([_gradient(shown, injection, key) for key in (*graph.weights, *graph.given)]),
    ]
    return "\n".join([asked, "", *lines])


def _gradient(shown: LessonGraph, injection: Injection, key: str) -> str:
    """What the broken pass claims; at an input ✓, or ✗ and what finite differences say."""
    wrong, right = injection.gradients[key], shown.trace.gradient(key)
    text = f"{shown.graph.names[key]} {show_value(wrong, 5, 6)}"
    if key in shown.graph.nodes:
        return text
    return f"{text} ✓" if _same(wrong, right) else f"{text} ✗ {show_value(right, 5, 6)}"


def _filled(entries: list[str]) -> list[str]:
    """Lines of columns, as many as a terminal of 80 has room for."""
    width = max((len(entry) for entry in entries), default=1) + _GAP
    many = max(1, (_WIDTH + _GAP) // width)
    rows = [entries[at : at + many] for at in range(0, len(entries), many)]
    return ["    " + "".join(f"{entry:{width}}" for entry in row).rstrip() for row in rows]


def _same(a: Any, b: Any) -> bool:
    return bool(np.allclose(a, b, rtol=1e-6, atol=1e-9))
