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
    graph, trace = shown.graph, shown.trace
    output = graph.names[graph.output]
    rows = [
        f"The backward pass of this graph is broken: one node makes one mistake. ∂{output}/∂… by that pass, and by",
        "finite differences where an input can be nudged:",
        "",
    ]
    keys = [key for key in reversed(list(graph.nodes)) if key != graph.output]
    for key in [*keys, *graph.weights, *graph.given]:
        wrong, right = injection.gradients[key], trace.gradient(key)
        line = f"    {graph.names[key]:8} {show_value(wrong, 5, 6):>14}"
        if key not in graph.nodes:
            sign = "✓" if _same(wrong, right) else "✗"
            line += f"   check {show_value(right, 5, 6):>14} {sign}"
        rows.append(line)
    rows += ["", "Which fault, at which node? Answer as in: missing-factor at " + output]
    return "\n".join(rows)


def _same(a: Any, b: Any) -> bool:
    return bool(np.allclose(a, b, rtol=1e-6, atol=1e-9))
